package encodetest

import (
	"time"

	"nflogship/event"
)

// Example is the packet that the documentation shows in every format: a SYN from outside to port 22, dropped.
func Example() *event.Batch {
	b := &event.Batch{Origins: []*event.Origin{{Host: "fw-edge-07", Source: "firewall", ID: "example"}}}
	b.Events = []event.Event{{
		Time:   time.Date(2026, 8, 22, 10, 15, 30, 123456000, time.UTC).UnixNano(),
		Prefix: b.AppendString("WAN_IN-42-DROP "), In: b.AppendString("eth0"), InIndex: 3,
		Link: b.AppendBytes(exampleLink), Packet: b.AppendBytes(examplePacket),
		Group: 10, Seq: 1841, Family: event.FamilyIPv4, Hook: 1, Action: event.ActionDrop, EtherType: 0x0800, HWType: 1,
		MACSrc: [6]byte(exampleLink[6:]), MACDst: [6]byte(exampleLink),
		Src: v4(203, 0, 113, 7), Dst: v4(192, 0, 2, 10), Proto: 6, SrcPort: 51544, DstPort: 22,
		Length: 60, TTL: 51, IPID: 42001, TCPSeq: 3735928559, Window: 64240, TCPFlags: 2,
		Has: event.HasTimeSeen | event.HasGroup | event.HasSeq | event.HasPrefix | event.HasHook | event.HasIn | event.HasEtherType |
			event.HasHWType | event.HasMACSrc | event.HasMACDst | event.HasAddrs | event.HasProto | event.HasPorts | event.HasIP |
			event.HasID | event.DontFragment | event.HasTCP,
	}}
	return b
}

var exampleLink = []byte{0x90, 0x10, 0x20, 0x76, 0x8d, 0x20, 0x90, 0x10, 0x65, 0x29, 0xb6, 0x2a, 0x08, 0x00}

var examplePacket = []byte{
	0x45, 0, 0, 60, 0xa4, 0x11, 0x40, 0, 51, 6, 0x7a, 0x69, 203, 0, 113, 7, 192, 0, 2, 10,
	0xc9, 0x58, 0, 22, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0x13, 0x37, 0, 0, // options: 20 bytes
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 1, 3, 3, 7,
}

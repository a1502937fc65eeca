// Package encodetest holds what the tests of the formats share: events to print, events drawn at random, captured ones, and
// checks that hold for every line of text.
package encodetest

import (
	"time"

	"nflogship/event"
)

// Case is a batch of one event.
type Case struct {
	Name  string
	Batch *event.Batch
}

// Cases returns one event of each shape, made anew.
func Cases() []Case {
	return []Case{
		{"tcp", TCP()}, {"ipv6 fragment", fragment()}, {"icmp error", icmpError()}, {"arp", arp()}, {"bridge", bridge()},
		{"conntrack", conntrack()}, {"hostile prefix", HostilePrefix()}, {"summary", Summary()}, {"summary of the rest", Rest()},
	}
}

// Stamp is the time of Cases: 2026-11-22T10:00:00.123456789Z.
var Stamp = time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC).UnixNano()

var origin = &event.Origin{Host: "ams1-fw3", Source: "firewall", ID: "x"}

func v4(a, b, c, d byte) [16]byte { return [16]byte{a, b, c, d} }

func one(e event.Event) *event.Batch {
	e.Time = Stamp
	return &event.Batch{Origins: []*event.Origin{origin}, Events: []event.Event{e}}
}

// TCP is a typical packet: a SYN that a drop rule logged.
func TCP() *event.Batch {
	b := one(event.Event{
		Group: 1, Seq: 81234567, Family: event.FamilyIPv4, Hook: 1, Action: event.ActionDrop, InIndex: 2,
		MACSrc: [6]byte{2, 0, 0, 0, 0, 11}, MACDst: [6]byte{2, 0, 0, 0, 0, 10},
		Src: v4(203, 0, 113, 7), Dst: v4(192, 0, 2, 10), Proto: 6, SrcPort: 51544, DstPort: 22,
		Length: 60, TTL: 52, IPID: 54321, TCPSeq: 3546750782, Window: 64240, TCPFlags: 2,
		Has: event.HasGroup | event.HasSeq | event.HasPrefix | event.HasHook | event.HasIn | event.HasMACSrc |
			event.HasMACDst | event.HasAddrs | event.HasProto | event.HasPorts | event.HasIP | event.HasID |
			event.DontFragment | event.HasTCP,
	})
	b.Events[0].Prefix, b.Events[0].In = b.AppendString("WAN_IN-42-DROP "), b.AppendString("eth0")
	return b
}

// TCP6 is TCP over IPv6.
func TCP6() *event.Batch {
	b := TCP()
	e := &b.Events[0]
	e.Family, e.Has = event.FamilyIPv6, e.Has|event.IsIPv6&^event.HasID
	e.Src, e.Dst = [16]byte{0x20, 1, 0x0d, 0xb8, 4: 0x45, 0x31, 0xad, 0x9d, 15: 9}, [16]byte{0xfd, 0x77, 15: 1}
	return b
}

func fragment() *event.Batch {
	return one(event.Event{Family: event.FamilyIPv6, Src: [16]byte{0x20, 1, 0x0d, 0xb8, 15: 9}, Dst: [16]byte{0xfd, 0x77, 15: 1},
		Proto: 17, Length: 72, TTL: 64, FlowLabel: 74565, FragOffset: 40, IPID: 0xcafebabe,
		Has: event.HasAddrs | event.IsIPv6 | event.HasProto | event.HasIP | event.HasFlowLabel | event.HasFrag | event.MoreFragments})
}

func icmpError() *event.Batch {
	b := one(event.Event{Family: event.FamilyIPv4, Src: v4(10, 99, 0, 2), Dst: v4(10, 99, 0, 1), Proto: 1, Length: 56, TTL: 64,
		ICMPType: 3, ICMPCode: 4, Word: 1400, Aux: 1, UID: 0, GID: 0,
		Has: event.HasAddrs | event.HasProto | event.HasIP | event.HasID | event.HasICMP | event.HasMTU | event.HasInner |
			event.HasUID | event.HasGID})
	b.Inners = []event.Inner{{Src: v4(10, 99, 0, 1), Dst: v4(192, 0, 2, 9), Proto: 17, SrcPort: 5555, DstPort: 53,
		Has: event.HasAddrs | event.HasProto | event.HasPorts}}
	return b
}

func arp() *event.Batch {
	b := one(event.Event{Family: event.FamilyARP, Hook: 0, InIndex: 3, Aux: 1, Has: event.HasHook | event.HasIn | event.HasARP})
	b.ARPs = []event.ARP{{HWType: 1, ProtoType: 0x800, Operation: 2, Plain: true, MACSrc: [6]byte{2, 0, 0, 0, 2, 2}, Src: [4]byte{10, 98, 0, 2},
		MACDst: [6]byte{2, 0, 0, 0, 2, 1}, Dst: [4]byte{10, 98, 0, 1}}}
	return b
}

func bridge() *event.Batch {
	b := one(event.Event{Family: event.FamilyBridge, Hook: 2, EtherType: 0x88cc, VLAN: 0xa064, VLANInner: 200, PhysOutIndex: 6,
		Has: event.HasHook | event.HasIn | event.HasPhysIn | event.HasPhysOut | event.HasEtherType | event.HasVLAN | event.HasVLANInner})
	b.Events[0].In, b.Events[0].PhysIn = b.AppendString("br0"), b.AppendString("port1")
	return b
}

func conntrack() *event.Batch {
	b := one(event.Event{Family: event.FamilyIPv4, Proto: 50, Word: 0xc0ffee01, CT: 1, Malformed: event.FaultShortESP,
		Has: event.HasProto | event.HasSPI | event.HasCT | event.Truncated})
	b.Conntracks = []event.Conntrack{{ID: 7, Mark: 42, Info: 4, NATSrc: v4(192, 0, 2, 1), NATSrcPort: 40000,
		Has: event.CTHasID | event.CTHasMark | event.CTHasInfo | event.CTHasNATSrc | event.CTHasNATSrcPort}}
	return b
}

// HostilePrefix is a message that held nothing but a prefix that tries to leave its line.
func HostilePrefix() *event.Batch {
	b := one(event.Event{Has: event.HasPrefix})
	b.Events[0].Prefix = b.AppendString("a\"b\\c\nd\xffe\u2028f\x7f")
	return b
}

// Summary is what a threshold held back.
func Summary() *event.Batch {
	b := one(event.Event{Kind: event.Summarised, Src: v4(203, 0, 113, 9), DstPort: 22, Aux: 1, Has: event.HasAddrs | event.HasPorts})
	b.Summaries = []event.Summary{{Reason: "threshold", Stage: "quiet", Key: [8]event.Field{event.FieldSrc, event.FieldDstPort}, Keys: 2,
		Suppressed: 187, Bytes: 11220, First: Stamp - 1e9, Last: Stamp}}
	return b
}

// Rest is the row of an overload's summary for everything that found no row of its own.
func Rest() *event.Batch {
	b := Summary()
	s := &b.Summaries[0]
	s.Reason, s.Stage, s.Other, s.Keys = "overload", "", true, 0
	return b
}

// Package communityid computes Community IDs, version 1: one name for a flow in every tool that watches it
// (https://github.com/corelight/community-id-spec).
package communityid

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"

	"nflogship/event"
)

// Protocols whose ports, or what stands for them, are part of the flow.
const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
	sctp   = 132
)

// Append appends the event's Community ID. It reports false where there is none: no addresses, or a fragment without ports.
// What is hashed, with the smaller address and port first, so that both directions are the same flow:
//
//	 0      2      2+n    2+2n        +1   +1         +2         +2
//	+------+------+------+----------+---+----------+----------+
//	| seed | src  | dst  | protocol | 0 | src port | dst port |   n: 4 or 16; big-endian; seed: 0
//	+------+------+------+----------+---+----------+----------+   no ports for other protocols
func Append(dst []byte, e *event.Event) ([]byte, bool) {
	if !e.Is(event.HasAddrs | event.HasProto) {
		return dst, false
	}
	f := flow{src: e.Src, dst: e.Dst, size: 4}
	if e.Is(event.IsIPv6) {
		f.size = 16
	}
	if !f.ports(e) {
		return dst, false
	}
	digest := sha1.Sum(f.bytes(e.Proto))
	return base64.StdEncoding.AppendEncode(append(dst, '1', ':'), digest[:]), true
}

type flow struct {
	src, dst         [16]byte
	size             int // of an address
	srcPort, dstPort uint16
	hasPorts, oneWay bool
	buf              [2 + 16 + 16 + 2 + 4]byte
}

// ports reports false where there should be ports and are none.
func (f *flow) ports(e *event.Event) bool {
	switch e.Proto {
	case tcp, udp, sctp:
		f.srcPort, f.dstPort, f.hasPorts = e.SrcPort, e.DstPort, true
		return e.Is(event.HasPorts)
	case icmp, icmpv6:
		f.srcPort, f.dstPort, f.oneWay = icmpPorts(e.Proto, e.ICMPType, e.ICMPCode)
		f.hasPorts = true
		return e.Is(event.HasICMP)
	}
	return true
}

// icmpPorts are what stands for ports: the type and its answer's, or the type and code of a message that has no answer and
// so keeps its direction.
func icmpPorts(proto, kind, code uint8) (src, dst uint16, oneWay bool) {
	answers := icmpAnswers
	if proto == icmpv6 {
		answers = icmpv6Answers
	}
	for _, pair := range answers {
		switch kind {
		case pair[0]:
			return uint16(pair[0]), uint16(pair[1]), false
		case pair[1]:
			return uint16(pair[1]), uint16(pair[0]), false
		}
	}
	return uint16(kind), uint16(code), true
}

// Types and their answers': echo, timestamp, information, router solicitation, mask.
var icmpAnswers = [][2]uint8{{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}}

// Echo, router and neighbour solicitation, listener query, node information, home agent address discovery.
var icmpv6Answers = [][2]uint8{{128, 129}, {133, 134}, {135, 136}, {130, 131}, {139, 140}, {144, 145}}

// bytes is what is hashed.
func (f *flow) bytes(proto uint8) []byte {
	src, dst, srcPort, dstPort := f.src[:f.size], f.dst[:f.size], f.srcPort, f.dstPort
	if order := bytes.Compare(src, dst); !f.oneWay && (order > 0 || order == 0 && srcPort > dstPort) {
		src, dst, srcPort, dstPort = dst, src, dstPort, srcPort
	}
	p := append(f.buf[:2], src...)
	p = append(p, dst...)
	p = append(p, proto, 0)
	if !f.hasPorts {
		return p
	}
	p = binary.BigEndian.AppendUint16(p, srcPort)
	return binary.BigEndian.AppendUint16(p, dstPort)
}

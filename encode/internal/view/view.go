// Package view shows an event as the schemas of SIEMs do: between two ends. Of a summary, only what its events have in
// common is there to be seen.
package view

import "nflogship/event"

// Fields is a set of an event's fields: what may be shown of it, if it has it.
type Fields uint64

// All is every field, for a packet.
const All = ^Fields(0)

// KeyFields is what the events that a summary stands for have in common.
func KeyFields(s *event.Summary) (f Fields) {
	if s.Other {
		return 0
	}
	for _, k := range s.Key[:s.Keys] {
		f |= 1 << k
	}
	return f
}

// Has reports whether a field is in the set.
func (f Fields) Has(k event.Field) bool { return f>>k&1 != 0 }

// End is who sent a packet, or whom it is for.
type End struct {
	Has     Has
	Addr    [16]byte
	NAT     [16]byte // what the address is translated to
	MAC     [6]byte
	Port    uint16
	NATPort uint16
}

// Has says which fields of an End are there.
type Has uint8

// The bits of Has.
const (
	HasAddr Has = 1 << iota
	IsIPv6      // Addr is
	HasNAT
	NATIsIPv6
	HasMAC
	HasPort
	HasNATPort
)

// Is reports whether every bit of h is set.
func (x *End) Is(h Has) bool { return x.Has&h == h }

// Ends returns both. The addresses of an ARP packet are its own.
func Ends(b *event.Batch, e *event.Event, f Fields) (src, dst End) {
	if e.Is(event.HasAddrs) {
		src.addr(e.Src, e.Is(event.IsIPv6), f.Has(event.FieldSrc))
		dst.addr(e.Dst, e.Is(event.IsIPv6), f.Has(event.FieldDst))
	}
	if e.Is(event.HasPorts) {
		src.port(e.SrcPort, f.Has(event.FieldSrcPort))
		dst.port(e.DstPort, f.Has(event.FieldDstPort))
	}
	src.mac(e.MACSrc, e.Is(event.HasMACSrc) && f.Has(event.FieldMACSrc))
	dst.mac(e.MACDst, e.Is(event.HasMACDst) && f.Has(event.FieldMACDst))
	if f != All {
		return src, dst
	}
	if e.Is(event.HasARP) && b.ARPs[e.Aux-1].Plain {
		a := &b.ARPs[e.Aux-1]
		src.arp(a.Src, a.MACSrc)
		dst.arp(a.Dst, a.MACDst)
	}
	if e.Is(event.HasCT) {
		ct := &b.Conntracks[e.CT-1]
		src.nat(ct.NATSrc, ct.NATIPv6, ct.Has&event.CTHasNATSrc != 0)
		dst.nat(ct.NATDst, ct.NATIPv6, ct.Has&event.CTHasNATDst != 0)
		src.natPort(ct.NATSrcPort, ct.Has&event.CTHasNATSrcPort != 0)
		dst.natPort(ct.NATDstPort, ct.Has&event.CTHasNATDstPort != 0)
	}
	return src, dst
}

func (x *End) addr(a [16]byte, v6, has bool) {
	if has {
		x.Addr, x.Has = a, x.Has|HasAddr
		if v6 {
			x.Has |= IsIPv6
		}
	}
}

func (x *End) nat(a [16]byte, v6, has bool) {
	if has {
		x.NAT, x.Has = a, x.Has|HasNAT
		if v6 {
			x.Has |= NATIsIPv6
		}
	}
}

func (x *End) mac(m [6]byte, has bool) {
	if has {
		x.MAC, x.Has = m, x.Has|HasMAC
	}
}

func (x *End) port(p uint16, has bool) {
	if has {
		x.Port, x.Has = p, x.Has|HasPort
	}
}

func (x *End) natPort(p uint16, has bool) {
	if has {
		x.NATPort, x.Has = p, x.Has|HasNATPort
	}
}

// arp gives an end the addresses in an ARP packet: the link header's are those of the frame, which say less.
func (x *End) arp(a [4]byte, m [6]byte) {
	x.Addr = [16]byte{a[0], a[1], a[2], a[3]}
	x.Has = x.Has&^IsIPv6 | HasAddr
	if !x.Is(HasMAC) {
		x.mac(m, true)
	}
}

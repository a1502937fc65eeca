package decode

import (
	"nflogship/event"
)

// Link types of captures (https://www.tcpdump.org/linktypes.html).
const (
	linkNull       = 0
	linkEthernet   = 1
	linkRaw        = 12 // LINKTYPE_RAW as BSD systems wrote it
	linkRawOpenBSD = 14
	linkRawIP      = 101
	linkLoop       = 108
	linkCooked     = 113
	linkIPv4       = 228
	linkIPv6       = 229
	linkNFLOG      = 239
	linkCooked2    = 276
)

// EtherTypes (include/uapi/linux/if_ether.h).
const (
	minEtherType = 0x600 // below it, the field is an 802.3 length
	typeIPv4     = 0x0800
	typeARP      = 0x0806
	typeRARP     = 0x8035
	typeVLAN     = 0x8100
	typeIPv6     = 0x86dd
	typeQinQ     = 0x88a8
	typeQinQOld  = 0x9100
)

func isTag(t uint16) bool { return t == typeVLAN || t == typeQinQ || t == typeQinQOld }

// Ethernet, each VLAN tag (802.1Q, 802.1ad) four bytes more before the type of what follows:
//
//	 0             6          12       14
//	+-------------+----------+--------+-----------------------+---------+
//	| destination | source   | type   | tag be16  | type be16 | packet  |
//	+-------------+----------+--------+-----------------------+---------+
const etherHeader = 14

func (d *Decoder) ethernet(e *event.Event, frame event.Span, cut bool) {
	p := d.b.Bytes(frame)
	if len(p) < etherHeader {
		e.Link, e.Packet = frame, event.Span{}
		short(e, cut, event.FaultShortLink)
		return
	}
	e.MACDst, e.MACSrc = [6]byte(p), [6]byte(p[6:])
	e.Has |= event.HasMACDst | event.HasMACSrc
	d.typed(e, be16(p[12:]), from(frame, etherHeader), cut)
	e.Link = event.Span{Off: frame.Off, Len: e.Packet.Off - frame.Off}
}

// from is the rest of s from byte n on.
func from(s event.Span, n uint32) event.Span { return event.Span{Off: s.Off + n, Len: s.Len - n} }

// typed decodes what follows a link header that says EtherType t.
func (d *Decoder) typed(e *event.Event, t uint16, rest event.Span, cut bool) {
	e.Packet = rest
	if t < minEtherType {
		e.EtherType = 0
		e.Has &^= event.HasEtherType
		return
	}
	e.EtherType = t
	e.Has |= event.HasEtherType
	d.byEtherType(e, rest, cut)
}

// byEtherType decodes what e.EtherType says rest is, after the VLAN tags it may begin with; without an EtherType, IP by
// its version. It leaves e.Packet behind the tags.
func (d *Decoder) byEtherType(e *event.Event, rest event.Span, cut bool) {
	e.Packet = rest
	if !e.Is(event.HasEtherType) {
		d.byVersion(e, d.b.Bytes(rest), cut)
		return
	}
	for isTag(e.EtherType) {
		p := d.b.Bytes(e.Packet)
		if len(p) < 4 {
			short(e, cut, event.FaultShortLink)
			return
		}
		tag(e, be16(p))
		e.EtherType = be16(p[2:])
		e.Packet = from(e.Packet, 4)
	}
	p := d.b.Bytes(e.Packet)
	switch e.EtherType {
	case typeIPv4:
		d.ipv4(e, p, cut)
	case typeIPv6:
		d.ipv6(e, p, cut)
	case typeARP, typeRARP:
		d.arp(e, p, cut)
	}
}

// tag records a VLAN tag: the first is the outermost, of more than two the ones between are left out.
func tag(e *event.Event, tci uint16) {
	if !e.Is(event.HasVLAN) {
		e.VLAN = tci
		e.Has |= event.HasVLAN
		return
	}
	e.VLANInner = tci
	e.Has |= event.HasVLANInner
}

// byVersion decodes IP by its version nibble, and nothing where it is neither.
func (d *Decoder) byVersion(e *event.Event, p []byte, cut bool) {
	if len(p) == 0 {
		return
	}
	switch p[0] >> 4 {
	case 4:
		d.ipv4(e, p, cut)
	case 6:
		d.ipv6(e, p, cut)
	}
}

func (d *Decoder) rawIP(e *event.Event, frame event.Span, linkType uint32, cut bool) {
	e.Packet = frame
	p := d.b.Bytes(frame)
	switch {
	case linkType == linkIPv4:
		d.ipv4(e, p, cut)
	case linkType == linkIPv6:
		d.ipv6(e, p, cut)
	case p[0]>>4 == 4 || p[0]>>4 == 6:
		d.byVersion(e, p, cut)
	default:
		e.Malformed = event.FaultIPVersion
	}
}

// BSD loopback: an address family in the byte order of the host that wrote it (link type 108: big-endian), then the packet.
const loopbackHeader = 4

func (d *Decoder) loopback(e *event.Event, frame event.Span, cut bool) {
	p := d.b.Bytes(frame)
	if len(p) < loopbackHeader {
		e.Link = frame
		short(e, cut, event.FaultShortLink)
		return
	}
	e.Packet = from(frame, loopbackHeader)
	family := be32(p)
	if family > 0xffff {
		family = Little.u32(p) // no family is so large
	}
	switch family {
	case 2: // AF_INET, everywhere
		d.ipv4(e, p[4:], cut)
	case 10, 24, 28, 30: // AF_INET6: Linux; NetBSD and OpenBSD; FreeBSD; macOS
		d.ipv6(e, p[4:], cut)
	}
}

package decode

import (
	"bytes"

	"nflogship/event"
)

const arphrdEther = 1 // include/uapi/linux/if_arp.h

// linkHeaders finds the link header. HWHEADER comes with an input device only, L2HDR with the bridge and netdev families
// only.
func (d *Decoder) linkHeaders(e *event.Event, msg event.Span) {
	switch {
	case d.attrs.has(attrHWHeader):
		e.Link = d.span(msg, attrHWHeader)
	case d.attrs.has(attrL2Hdr):
		e.Link = d.span(msg, attrL2Hdr)
	}
	d.addresses(e)
}

// addresses reads the link header where it is Ethernet's: without a HWTYPE, by its length.
func (d *Decoder) addresses(e *event.Event) {
	if e.Link.Len < etherHeader || e.Is(event.HasHWType) && e.HWType != arphrdEther {
		return
	}
	h := d.b.Bytes(e.Link)
	e.MACDst, e.MACSrc = [6]byte(h), [6]byte(h[6:])
	e.Has |= event.HasMACDst | event.HasMACSrc
	if !e.Is(event.HasEtherType) {
		if t := be16(h[12:]); t >= minEtherType && !isTag(t) {
			e.EtherType = t
			e.Has |= event.HasEtherType
		}
	}
}

// nested reads the attributes of message m that hold attributes.
func (d *Decoder) nested(e *event.Event, m []byte, order Order) {
	a := &d.attrs
	if a.has(attrVLAN) {
		vlanTag(e, a.value(m, attrVLAN), order)
	}
	if a.seen&(1<<attrCT|1<<attrCTInfo) == 0 {
		return
	}
	var c event.Conntrack
	if a.has(attrCTInfo) {
		c.Info = a.u32(m, attrCTInfo)
		c.Has |= event.CTHasInfo
	}
	if a.has(attrCT) && !conntrack(&c, a.value(m, attrCT), order) {
		e.Malformed = event.FaultAttribute
	}
	d.b.Conntracks = append(d.b.Conntracks, c)
	e.CT = uint32(len(d.b.Conntracks))
	e.Has |= event.HasCT
}

// vlanTag reads NFULA_VLAN: the tag the kernel keeps beside the packet, so the outermost.
//
//	NFULA_VLAN_PROTO 1: be16    NFULA_VLAN_TCI 2: be16
func vlanTag(e *event.Event, v []byte, order Order) {
	tci := attribute(v, 0, 2, order)
	if len(tci) < 2 {
		e.Malformed = event.FaultAttribute
		return
	}
	e.VLAN = be16(tci)
	e.Has |= event.HasVLAN
}

// payload decodes what NFULA_PAYLOAD holds: the packet from the network header, but from the link header where the kernel
// logs on the way out, before it hands the frame to the device (ARP output, netdev egress).
func (d *Decoder) payload(e *event.Event, span event.Span) {
	v := d.b.Bytes(span)
	e.Packet = span
	if e.Hook == hookOut && startsAtLink(e, d.b.Bytes(e.Link), v) {
		d.ethernet(e, span, true)
		return
	}
	switch e.Family {
	case event.FamilyIPv4:
		d.ipv4(e, v, true)
	case event.FamilyIPv6:
		d.ipv6(e, v, true)
	case event.FamilyARP:
		d.arp(e, v, true)
	default:
		d.byEtherType(e, span, true)
	}
}

// plainARP is how an ARP packet for IPv4 over Ethernet begins: hardware 1, protocol 0x0800, address lengths 6 and 4.
var plainARP = []byte{0, 1, 8, 0, 6, 4}

const hookOut = 1 // NF_ARP_OUT, NF_NETDEV_EGRESS

// startsAtLink reports whether payload v, logged at hookOut, begins with an Ethernet header: on netdev egress with the same bytes as L2HDR,
// on ARP output in front of an ARP packet.
func startsAtLink(e *event.Event, link, v []byte) bool {
	if len(v) == 0 {
		return false
	}
	switch e.Family {
	case event.FamilyNetdev:
		n := min(len(v), etherHeader)
		return len(link) >= n && bytes.Equal(v[:n], link[:n])
	case event.FamilyARP:
		if bytes.HasPrefix(v, plainARP) {
			return false
		}
		return len(v) < etherHeader || be16(v[12:]) == typeARP || isTag(be16(v[12:]))
	}
	return false
}

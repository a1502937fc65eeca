package pcap

import "nflogship/event"

const (
	etherHeader = 14 // destination, source, type
	typeARP     = 0x0806
	typeVLAN    = 0x8100
)

func isTag(t uint16) bool { return t == typeVLAN || t == 0x88a8 || t == 0x9100 }

// hookOut is NF_ARP_OUT and NF_NETDEV_EGRESS.
const hookOut = 1

// startsAtLink reports whether the kernel logs such a packet from its link header on: on the way out, before it hands the
// frame to the device.
func (m *message) startsAtLink() bool {
	if !m.e.Is(event.HasHook) || m.e.Hook != hookOut || len(m.link) == 0 {
		return false
	}
	switch {
	case len(m.link) < etherHeader:
		return len(m.packet) == 0 && m.e.Family == event.FamilyARP
	case m.e.Family == event.FamilyNetdev:
		return true
	}
	t := be16(m.link[12:])
	return m.e.Family == event.FamilyARP && (t == typeARP || isTag(t))
}

// linkLayer appends the link header, as it comes with packets of the IP and ARP families.
func (m *message) linkLayer(dst []byte) []byte {
	e := m.e
	if e.Is(event.HasMACSrc) {
		dst = append(dst, attrHeader+12, 0, attrHWAddr, 0, 0, 6, 0, 0)
		dst = append(append(dst, e.MACSrc[:]...), 0, 0)
	}
	if e.Is(event.HasHWType) {
		dst = append16(dst, attrHWType, e.HWType)
	}
	if len(m.link) > 0 && !m.joined && !m.layer2() {
		dst = append16(dst, attrHWLen, uint16(len(m.link)))
		dst = appendBytes(dst, attrHWHeader, m.link)
	}
	return dst
}

// bridged appends what comes with packets of the families that see frames: the VLAN tag that the kernel keeps beside the
// packet, and the link header.
func (m *message) bridged(dst []byte) []byte {
	e := m.e
	if e.Is(event.HasVLAN) && !m.tagsInPayload() && (!m.tagged || e.Is(event.HasVLANInner)) {
		var at int
		dst, at = open(dst, attrVLAN|nested)
		dst = append16(dst, 2, e.VLAN)
		dst = shut(append16(dst, 1, typeVLAN), at)
	}
	if len(m.link) > 0 && m.layer2() {
		dst = appendBytes(dst, attrL2Hdr, m.link)
	}
	return dst
}

func (m *message) layer2() bool {
	return m.e.Family == event.FamilyBridge || m.e.Family == event.FamilyNetdev
}

// tagsInPayload reports whether the event's tags are those of the link header that the payload begins with.
func (m *message) tagsInPayload() bool {
	if !m.joined || len(m.link) < etherHeader {
		return false
	}
	var first, last uint16
	tags := 0
	for rest := m.link[12:]; len(rest) >= 4 && isTag(be16(rest)); rest = rest[4:] {
		if last = be16(rest[2:]); tags == 0 {
			first = last
		}
		tags++
	}
	if tags == 0 || first != m.e.VLAN {
		return false
	}
	inner := tags > 1
	return inner == m.e.Is(event.HasVLANInner) && (!inner || last == m.e.VLANInner)
}

// tag is the tag that the payload begins with, if it does: the inner of two, for the other is beside the packet; or the only
// one, where the type behind it is 0, for a message that says 0 says nothing.
func (m *message) tag() (tci uint16, is bool) {
	e := m.e
	if m.joined || !e.Is(event.HasVLAN) {
		return 0, false
	}
	switch e.Family {
	case event.FamilyIPv4, event.FamilyIPv6, event.FamilyARP: // theirs begin with the packet
		return 0, false
	}
	if e.Is(event.HasVLANInner) {
		return e.VLANInner, true
	}
	return e.VLAN, e.Is(event.HasEtherType) && e.EtherType == 0
}

func be16(p []byte) uint16 { return uint16(p[0])<<8 | uint16(p[1]) }

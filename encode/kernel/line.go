package kernel

import (
	"encoding/binary"

	"nflogship/event"
)

// line is what one line is printed from.
type line struct {
	cfg   *Config
	e     *event.Event
	link  []byte
	p     []byte // from the network header on
	limit int    // the length of dst at which the line is full
}

// ETH_P_*, include/uapi/linux/if_ether.h.
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806
	typeRARP = 0x8035
	typeIPv6 = 0x86dd
)

func (l *line) packet(dst []byte) []byte {
	switch l.protocol() {
	case typeIPv4:
		return l.ipv4(l.inputMAC(dst), 0, !l.atLinkHeader())
	case typeIPv6:
		return l.ipv6(l.inputMAC(dst), 0, true)
	case typeARP, typeRARP:
		return l.arp(dst)
	}
	return l.mac(dst)
}

func (l *line) inputMAC(dst []byte) []byte {
	if l.e.Has&(event.HasIn|event.HasPhysIn) == 0 {
		return dst
	}
	return l.mac(dst)
}

// protocol is the EtherType by which the kernel would choose its printer, 0 where nothing tells.
func (l *line) protocol() uint16 {
	e := l.e
	switch e.Family {
	case event.FamilyIPv4:
		return typeIPv4
	case event.FamilyIPv6:
		return typeIPv6
	case event.FamilyARP:
		return typeARP
	case event.FamilyBridge, event.FamilyNetdev:
		// Not EtherType: it may have been found behind VLAN tags that the kernel does not look behind.
		if len(l.link) >= 14 && l.isEthernet() {
			return be16(l.link[12:])
		}
	}
	if e.Is(event.HasEtherType) && e.EtherType != 0 {
		return e.EtherType
	}
	return byVersion(l.p)
}

func (l *line) isEthernet() bool {
	return !l.e.Is(event.HasHWType) || l.e.HWType == arphrdEther || l.e.HWType == arphrdLoopback
}

func byVersion(p []byte) uint16 {
	if len(p) > 0 && p[0]>>4 == 4 {
		return typeIPv4
	}
	if len(p) > 0 && p[0]>>4 == 6 {
		return typeIPv6
	}
	return 0
}

// atLinkHeader reports whether the kernel's own view of the packet begins before the network header. Its IPv4 printer
// takes such a packet for one that is nested in another.
func (l *line) atLinkHeader() bool {
	const egress = 1
	return l.e.Family == event.FamilyNetdev && l.e.Is(event.HasHook) && l.e.Hook == egress
}

// header returns n bytes at off, nil where the packet ends before.
func (l *line) header(off, n int) []byte {
	if off+n > len(l.p) {
		return nil
	}
	return l.p[off : off+n]
}

// left is how many bytes there are from off on, as the kernel counts them: off may lie behind the end.
func (l *line) left(off int) uint32 { return uint32(len(l.p) - off) }

func be16(p []byte) uint16 { return binary.BigEndian.Uint16(p) }
func be32(p []byte) uint32 { return binary.BigEndian.Uint32(p) }

package decode

import "nflogship/event"

// ARP (RFC 826), the addresses as for IPv4 over Ethernet:
//
//	 0         2          4     5     6           8         14     18        24     28
//	+---------+----------+-----+-----+-----------+---------+------+---------+------+
//	| hw type | protocol | hln | pln | operation | mac src | src  | mac dst | dst  |
//	+---------+----------+-----+-----+-----------+---------+------+---------+------+
const (
	arpHeader = 8
	arpPlain  = 28
)

// arp decodes an ARP packet. What makes it plain is what the kernel's log looks at: Ethernet, and addresses of 6 and 4 bytes.
func (d *Decoder) arp(e *event.Event, p []byte, cut bool) {
	if len(p) < arpHeader {
		short(e, cut, event.FaultShortARP)
		return
	}
	a := event.ARP{HWType: be16(p), ProtoType: be16(p[2:]), Operation: be16(p[6:])}
	if a.HWType == arphrdEther && p[4] == 6 && p[5] == 4 {
		if len(p) < arpPlain {
			short(e, cut, event.FaultShortARP)
		} else {
			a.Plain = true
			a.MACSrc, a.Src = [6]byte(p[8:]), [4]byte(p[14:])
			a.MACDst, a.Dst = [6]byte(p[18:]), [4]byte(p[24:])
		}
	}
	d.b.ARPs = append(d.b.ARPs, a)
	e.Aux = uint32(len(d.b.ARPs))
	e.Has |= event.HasARP
}

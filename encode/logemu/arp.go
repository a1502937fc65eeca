package logemu

import "nflogship/event"

// ARP (RFC 826) for IPv4 over Ethernet, which ulogd2 takes all of it for:
//
//	 0    2    4     5     6    8         14       18        24       28
//	+----+----+-----+-----+----+---------+--------+---------+--------+
//	| hw | pr | hln | pln | op | mac_src | ip_src | mac_dst | ip_dst |
//	+----+----+-----+-----+----+---------+--------+---------+--------+
const arpLength = 28

func appendARP(dst, p []byte) []byte {
	if len(p) < arpLength {
		return append(dst, "PROTO=ARP "...)
	}
	dst = append(event.AppendIPv4(append(dst, "SRC="...), [4]byte(p[14:])), ' ')
	dst = append(event.AppendIPv4(append(dst, "DST="...), [4]byte(p[24:])), ' ')
	dst = append(dst, "PROTO=ARP "...)
	switch operation := be16(p[6:]); operation {
	case 1:
		return append(dst, "REQUEST "...)
	case 2:
		dst = event.AppendMAC(append(dst, "REPLY REPLY_MAC="...), [6]byte(p[8:]))
		return append(dst, ' ')
	case 10: // of ATM's InARP
		return append(dst, "NAK "...)
	default:
		return appendNumber(dst, "CODE=", operation)
	}
}

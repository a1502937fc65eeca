package kernel

import (
	"strconv"

	"nflogship/event"
)

// ARP (RFC 826), and behind it, for IPv4 over Ethernet, the addresses.
//
//	 0    2    4     5     6    8         14       18        24       28
//	+----+----+-----+-----+----+---------+--------+---------+--------+
//	| hw | pr | hln | pln | op | mac_src | ip_src | mac_dst | ip_dst |
//	+----+----+-----+-----+----+---------+--------+---------+--------+
func (l *line) arp(dst []byte) []byte {
	h := l.header(0, 8)
	if h == nil {
		return append(dst, "TRUNCATED"...)
	}
	dst = strconv.AppendUint(append(dst, "ARP HTYPE="...), uint64(be16(h)), 10)
	dst = append(dst, " PTYPE=0x"...)
	dst = appendHex(appendHex(dst, lowerHex, h[2]), lowerHex, h[3])
	dst = strconv.AppendUint(append(dst, " OPCODE="...), uint64(be16(h[6:])), 10)
	if be16(h) != arphrdEther || h[4] != 6 || h[5] != 4 {
		return dst
	}
	a := l.header(8, 20)
	if a == nil {
		dst = strconv.AppendUint(append(dst, " INCOMPLETE ["...), uint64(l.left(8)), 10)
		return append(dst, " bytes]"...)
	}
	dst = event.AppendMAC(append(dst, " MACSRC="...), [6]byte(a))
	dst = event.AppendIPv4(append(dst, " IPSRC="...), [4]byte(a[6:]))
	dst = event.AppendMAC(append(dst, " MACDST="...), [6]byte(a[10:]))
	return event.AppendIPv4(append(dst, " IPDST="...), [4]byte(a[16:]))
}

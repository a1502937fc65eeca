package kernel

// include/uapi/linux/in.h
const (
	protoHopOpts  = 0
	protoICMP     = 1
	protoTCP      = 6
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoDstOpts  = 60
	protoUDPLite  = 136
)

// The sizes of struct ip_esp_hdr and struct ip_auth_hdr, each without its data.
const (
	sizeESP = 8
	sizeAH  = 12
)

// TCP (RFC 9293).
//
//	 0     2     4     8     12         13      14       16         18       20
//	+-----+-----+-----+-----+----------+-------+--------+----------+--------+---------+
//	| src | dst | seq | ack | off, res | flags | window | checksum | urgent | options |
//	+-----+-----+-----+-----+----------+-------+--------+----------+--------+---------+
//
// The line ends where the header does not fit: neither the socket nor the mark follow.
func (l *line) tcp(dst []byte, later bool, off int) (_ []byte, goOn bool) {
	dst = append(dst, "PROTO=TCP "...)
	if later {
		return dst, true
	}
	h := l.header(off, 20)
	if h == nil {
		return appendIncomplete(dst, l.left(off)), false
	}
	dst = appendNumber(dst, "SPT=", be16(h))
	dst = appendNumber(dst, "DPT=", be16(h[2:]))
	if l.cfg.TCPSequence {
		dst = appendNumber(dst, "SEQ=", be32(h[4:]))
		dst = appendNumber(dst, "ACK=", be32(h[8:]))
	}
	dst = appendNumber(dst, "WINDOW=", be16(h[14:]))
	dst = appendHex(append(dst, "RES=0x"...), lowerHex, h[12]&0x0e<<2)
	dst = append(dst, ' ')
	dst = append(dst, tcpFlags[be16(h[12:])&0x1ff]...)
	dst = appendNumber(dst, "URGP=", be16(h[18:]))
	size := int(h[12]>>4) * 4
	if !l.cfg.TCPOptions || size <= 20 {
		return dst, true
	}
	options := l.header(off+20, size-20)
	if options == nil {
		return append(dst, "OPT (TRUNCATED)"...), false
	}
	return appendOptions(dst, options), true
}

// tcpFlags holds every combination of the nine, highest bit first, each with its space. AE is a flag since Linux 6.15,
// and RES has one bit less.
var tcpFlags = func() (names [512]string) {
	for bit, name := range []string{"FIN ", "SYN ", "RST ", "PSH ", "ACK ", "URG ", "ECE ", "CWR ", "AE "} {
		for flags := range names {
			if flags&(1<<bit) != 0 {
				names[flags] = name + names[flags]
			}
		}
	}
	return names
}()

// UDP (RFC 768) and UDP-Lite (RFC 3828): source, destination, length or coverage, checksum, two bytes each.
func (l *line) udp(dst []byte, protocol uint8, later bool, off int) (_ []byte, goOn bool) {
	if protocol == protoUDP {
		dst = append(dst, "PROTO=UDP "...)
	} else {
		dst = append(dst, "PROTO=UDPLITE "...)
	}
	if later {
		return dst, true
	}
	h := l.header(off, 8)
	if h == nil {
		return appendIncomplete(dst, l.left(off)), false
	}
	dst = appendNumber(dst, "SPT=", be16(h))
	dst = appendNumber(dst, "DPT=", be16(h[2:]))
	return appendNumber(dst, "LEN=", be16(h[4:])), true
}

package kernel

import "nflogship/event"

// IPv4 (RFC 791).
//
//	 0         1     2        4    6             8     9          10         12    16    20
//	+---------+-----+--------+----+-------------+-----+----------+----------+-----+-----+---------+
//	| ver ihl | tos | length | id | flags, frag | ttl | protocol | checksum | src | dst | options |
//	+---------+-----+--------+----+-------------+-----+----------+----------+-----+-----+---------+
//
// outer is false for a packet quoted in an ICMP error: it has no socket and no mark, and no packet within it is printed.
func (l *line) ipv4(dst []byte, off int, outer bool) []byte {
	h := l.header(off, 20)
	if h == nil {
		return append(dst, "TRUNCATED"...)
	}
	dst = appendIPv4Header(dst, h)
	size := int(h[0]&15) * 4
	if l.cfg.IPOptions && size > 20 {
		options := l.header(off+20, size-20)
		if options == nil {
			return append(dst, "TRUNCATED"...)
		}
		dst = appendOptions(dst, options)
	}
	dst, goOn := l.ipv4Payload(dst, h[9], be16(h[6:])&0x1fff != 0, off+size, outer)
	if !goOn || !outer {
		return dst
	}
	return l.tail(dst)
}

func appendIPv4Header(dst, h []byte) []byte {
	dst = append(dst, "SRC="...)
	dst = event.AppendIPv4(dst, [4]byte(h[12:]))
	dst = append(dst, " DST="...)
	dst = event.AppendIPv4(dst, [4]byte(h[16:]))
	dst = appendNumber(dst, " LEN=", be16(h[2:]))
	dst = appendHex(append(dst, "TOS=0x"...), upperHex, h[1]&0x1e)
	dst = appendHex(append(dst, " PREC=0x"...), upperHex, h[1]&0xe0)
	dst = appendNumber(dst, " TTL=", h[8])
	dst = appendNumber(dst, "ID=", be16(h[4:]))
	fragment := be16(h[6:])
	if fragment&0x8000 != 0 {
		dst = append(dst, "CE "...)
	}
	if fragment&0x4000 != 0 {
		dst = append(dst, "DF "...)
	}
	if fragment&0x2000 != 0 {
		dst = append(dst, "MF "...)
	}
	if fragment&0x1fff != 0 {
		dst = appendNumber(dst, "FRAG:", fragment&0x1fff)
	}
	return dst
}

// ipv4Payload prints what stands at off; later is true for all fragments but the first. goOn is false where the line ends.
func (l *line) ipv4Payload(dst []byte, protocol uint8, later bool, off int, outer bool) (_ []byte, goOn bool) {
	switch protocol {
	case protoICMP:
		return l.icmp(dst, later, off, outer), true
	case protoTCP:
		return l.tcp(dst, later, off)
	case protoUDP, protoUDPLite:
		return l.udp(dst, protocol, later, off)
	case protoESP:
		return l.spi(append(dst, "PROTO=ESP "...), later, off, sizeESP, 0), true
	case protoAH:
		if later { // without even its name
			return dst, true
		}
		return l.spi(append(dst, "PROTO=AH "...), later, off, sizeAH, 4), true
	}
	return appendNumber(dst, "PROTO=", protocol), true
}

// spi prints the security parameter index, which stands at bytes at of a header of the given size.
func (l *line) spi(dst []byte, later bool, off, size, at int) []byte {
	if later {
		return dst
	}
	h := l.header(off, size)
	if h == nil {
		return appendIncomplete(dst, l.left(off))
	}
	return appendHexNumber(dst, "SPI=0x", be32(h[at:]))
}

// tail is what is known of the outermost packet from beside it.
func (l *line) tail(dst []byte) []byte {
	e := l.e
	if l.cfg.UID && e.Is(event.HasUID) {
		dst = appendNumber(dst, "UID=", e.UID)
	}
	if l.cfg.UID && e.Is(event.HasGID) {
		dst = appendNumber(dst, "GID=", e.GID)
	}
	if e.Is(event.HasMark) && e.Mark != 0 {
		dst = appendHexNumber(dst, "MARK=0x", e.Mark)
	}
	return dst
}

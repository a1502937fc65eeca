package kernel

import "strconv"

// IPv6 (RFC 8200).
//
//	 0                              4        6      7           8     24    40
//	+------------------------------+--------+------+-----------+-----+-----+
//	| version, class, flow label   | length | next | hop limit | src | dst |
//	+------------------------------+--------+------+-----------+-----+-----+
//
// outer is false for a packet quoted in an ICMPv6 error.
func (l *line) ipv6(dst []byte, off int, outer bool) []byte {
	h := l.header(off, 40)
	if h == nil {
		return append(dst, "TRUNCATED"...)
	}
	dst = appendIPv6Addr(append(dst, "SRC="...), h[8:24])
	dst = appendIPv6Addr(append(dst, " DST="...), h[24:40])
	dst = appendNumber(dst, " LEN=", uint32(be16(h[4:]))+40)
	word := be32(h)
	dst = appendNumber(dst, "TC=", byte(word>>20))
	dst = appendNumber(dst, "HOPLIMIT=", h[7])
	dst = appendNumber(dst, "FLOWLBL=", word&0xfffff)

	x := extensions{next: h[6], off: off + 40}
	dst, goOn := l.extensions(dst, &x)
	if !goOn {
		return dst
	}
	dst, goOn = l.ipv6Payload(dst, &x, outer)
	if !goOn || !outer {
		return dst
	}
	return l.tail(dst)
}

// appendIPv6Addr appends an address with all its zeros.
func appendIPv6Addr(dst, a []byte) []byte {
	for i := 0; i < 16; i += 2 {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = appendHex(appendHex(dst, lowerHex, a[i]), lowerHex, a[i+1])
	}
	return dst
}

func (l *line) ipv6Payload(dst []byte, x *extensions, outer bool) (_ []byte, goOn bool) {
	switch x.next {
	case protoTCP:
		return l.tcp(dst, x.later, x.off)
	case protoUDP, protoUDPLite:
		return l.udp(dst, x.next, x.later, x.off)
	case protoICMPv6:
		return l.icmpv6(dst, x.later, x.off, outer)
	}
	return appendNumber(dst, "PROTO=", x.next), true
}

// extensions is how far the chain of extension headers has been read.
type extensions struct {
	next  uint8 // what stands at off
	off   int
	later bool // any fragment but the first
}

// extensions prints the extension headers, each in an OPT ( ) of its own. goOn is false where the line ends with them.
func (l *line) extensions(dst []byte, x *extensions) (_ []byte, goOn bool) {
	for isExtension(x.next) {
		h := l.header(x.off, 2)
		if h == nil {
			return append(dst, "TRUNCATED"...), false
		}
		if l.cfg.IPOptions {
			dst = append(dst, "OPT ( "...)
		}
		var size int
		if dst, size = l.extension(dst, x, h); size == 0 {
			return dst, false
		}
		if l.cfg.IPOptions {
			dst = append(dst, ") "...)
		}
		x.next, x.off = h[0], x.off+size
		if len(dst) >= l.limit { // a long chain is as cheap as a full line
			return dst, false
		}
	}
	return dst, true
}

func isExtension(next uint8) bool {
	switch next {
	case protoHopOpts, protoRouting, protoFragment, protoESP, protoAH, protoDstOpts:
		return true
	}
	return false
}

// extension prints one header, of which h is the next header and the length, and returns its size: 0 where the line ends.
func (l *line) extension(dst []byte, x *extensions, h []byte) (_ []byte, size int) {
	switch x.next {
	case protoFragment:
		return l.fragment(dst, x)
	case protoAH:
		dst, goOn := l.extensionSPI(dst, "AH ", x, sizeAH, 4)
		if !goOn {
			return dst, 0
		}
		return dst, (int(h[1]) + 2) * 4
	case protoESP: // nothing behind it can be read
		dst, goOn := l.extensionSPI(dst, "ESP ", x, sizeESP, 0)
		if goOn && l.cfg.IPOptions {
			dst = append(dst, ')')
		}
		return dst, 0
	}
	if x.later {
		return l.closeOptions(dst), 0
	}
	return dst, (int(h[1]) + 1) * 8
}

// fragment: next header, reserved, offset in bytes and more-follows bit be16, identification be32.
func (l *line) fragment(dst []byte, x *extensions) (_ []byte, size int) {
	dst = append(dst, "FRAG:"...)
	h := l.header(x.off, 8)
	if h == nil {
		return append(dst, "TRUNCATED "...), 0
	}
	offset := be16(h[2:])
	dst = appendNumber(dst, "", offset&0xfff8)
	if offset&1 != 0 {
		dst = append(dst, "INCOMPLETE "...)
	}
	x.later = x.later || offset&0xfff8 != 0
	return appendHex32(dst, "ID:", be32(h[4:])), 8
}

// extensionSPI prints the security parameter index, which stands at bytes at of a header of the given size. Without IP
// options the header is passed over unprinted.
func (l *line) extensionSPI(dst []byte, name string, x *extensions, size, at int) (_ []byte, goOn bool) {
	if !l.cfg.IPOptions {
		return dst, true
	}
	dst = append(dst, name...)
	if x.later {
		return l.closeOptions(dst), false
	}
	h := l.header(x.off, size)
	if h == nil {
		return append(appendIncomplete(dst, l.left(x.off)), ')'), false
	}
	dst = strconv.AppendUint(append(dst, "SPI=0x"...), uint64(be32(h[at:])), 16)
	return append(dst, ' '), true
}

func (l *line) closeOptions(dst []byte) []byte {
	if !l.cfg.IPOptions {
		return dst
	}
	return append(dst, ')')
}

package kernel

// ICMPv6 types (RFC 4443).
const (
	icmp6Unreachable      = 1
	icmp6PacketTooBig     = 2
	icmp6TimeExceeded     = 3
	icmp6ParameterProblem = 4
	icmp6Echo             = 128
	icmp6EchoReply        = 129
)

// ICMPv6: type, code, checksum be16, and four bytes that depend on the type: id and sequence, the MTU, or the pointer.
func (l *line) icmpv6(dst []byte, later bool, off int, outer bool) (_ []byte, goOn bool) {
	dst = append(dst, "PROTO=ICMPv6 "...)
	if later {
		return dst, true
	}
	h := l.header(off, 8)
	if h == nil {
		return appendIncomplete(dst, l.left(off)), false
	}
	dst = appendNumber(dst, "TYPE=", h[0])
	dst = appendNumber(dst, "CODE=", h[1])
	switch h[0] {
	case icmp6Echo, icmp6EchoReply:
		dst = appendNumber(dst, "ID=", be16(h[4:]))
		dst = appendNumber(dst, "SEQ=", be16(h[6:]))
	case icmp6ParameterProblem:
		dst = appendHex32(dst, "POINTER=", be32(h[4:]))
		dst = l.quotedIPv6(dst, off+8, outer)
	case icmp6Unreachable, icmp6TimeExceeded:
		dst = l.quotedIPv6(dst, off+8, outer)
	case icmp6PacketTooBig:
		dst = l.quotedIPv6(dst, off+8, outer)
		dst = appendNumber(dst, "MTU=", be32(h[4:]))
	}
	return dst, true
}

// quotedIPv6 prints the packet that an error is about, but not one in a packet that is itself quoted.
func (l *line) quotedIPv6(dst []byte, off int, outer bool) []byte {
	if !outer {
		return dst
	}
	dst = l.ipv6(append(dst, '['), off, false)
	return append(dst, "] "...)
}

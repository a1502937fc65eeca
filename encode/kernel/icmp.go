package kernel

import "nflogship/event"

// ICMP types (RFC 792).
const (
	icmpEchoReply        = 0
	icmpUnreachable      = 3
	icmpSourceQuench     = 4
	icmpRedirect         = 5
	icmpEcho             = 8
	icmpTimeExceeded     = 11
	icmpParameterProblem = 12
	icmpTimestamp        = 13
	icmpTimestampReply   = 14
	icmpAddressMask      = 17
	icmpAddressMaskReply = 18
)

// icmpNeeds is how long a message of each type must be for the kernel to print more than its type and code: an error
// quotes at least an IPv4 header.
var icmpNeeds = [256]uint32{
	icmpUnreachable: 28, icmpSourceQuench: 28, icmpRedirect: 28, icmpTimeExceeded: 28, icmpParameterProblem: 28,
	icmpTimestamp: 20, icmpTimestampReply: 20, icmpAddressMask: 12, icmpAddressMaskReply: 12,
}

// ICMP: type, code, checksum be16, and four bytes that depend on the type:
//
//	 0                  2
//	+------------------+------------------+
//	| id               | sequence         |   echo
//	| gateway                             |   redirect
//	| pointer | unused | next hop's MTU   |   parameter problem; fragmentation needed
//	+------------------+------------------+
func (l *line) icmp(dst []byte, later bool, off int, outer bool) []byte {
	dst = append(dst, "PROTO=ICMP "...)
	if later {
		return dst
	}
	h := l.header(off, 8)
	if h == nil {
		return appendIncomplete(dst, l.left(off))
	}
	dst = appendNumber(dst, "TYPE=", h[0])
	dst = appendNumber(dst, "CODE=", h[1])
	if l.left(off) < icmpNeeds[h[0]] {
		return appendIncomplete(dst, l.left(off))
	}
	switch h[0] {
	case icmpEchoReply, icmpEcho:
		dst = appendNumber(dst, "ID=", be16(h[4:]))
		return appendNumber(dst, "SEQ=", be16(h[6:]))
	case icmpParameterProblem:
		return appendNumber(dst, "PARAMETER=", h[4])
	case icmpRedirect:
		dst = event.AppendIPv4(append(dst, "GATEWAY="...), [4]byte(h[4:]))
		return l.quotedIPv4(append(dst, ' '), off+8, outer)
	case icmpSourceQuench, icmpTimeExceeded:
		return l.quotedIPv4(dst, off+8, outer)
	case icmpUnreachable:
		dst = l.quotedIPv4(dst, off+8, outer)
		if h[1] == 4 { // fragmentation needed
			dst = appendNumber(dst, "MTU=", be16(h[6:]))
		}
	}
	return dst
}

// quotedIPv4 prints the packet that an error is about, but not one in a packet that is itself quoted.
func (l *line) quotedIPv4(dst []byte, off int, outer bool) []byte {
	if !outer {
		return dst
	}
	dst = l.ipv4(append(dst, '['), off, false)
	return append(dst, "] "...)
}

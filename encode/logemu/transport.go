package logemu

import "nflogship/event"

// include/uapi/linux/in.h, in6.h
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoTCP      = 6
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoOptions  = 60
	protoSCTP     = 132
)

func appendOverIPv4(dst []byte, proto uint8, p []byte) []byte {
	switch proto {
	case protoICMP:
		return appendICMP(dst, p)
	case protoSCTP:
		dst = append(dst, "PROTO=SCTP "...)
		if len(p) < 12 {
			return append(dst, incomplete...)
		}
		return appendPorts(dst, p)
	}
	return appendTransport(dst, proto, p)
}

// appendOverIPv6 never reads SCTP: ulogd2 does not look for it there.
func appendOverIPv6(dst []byte, proto uint8, p []byte) []byte {
	switch proto {
	case protoICMPv6:
		return appendICMPv6(dst, p)
	case protoSCTP:
		return append(dst, "PROTO=SCTP "+incomplete...)
	}
	return appendTransport(dst, proto, p)
}

const incomplete = "INCOMPLETE"

func appendTransport(dst []byte, proto uint8, p []byte) []byte {
	switch proto {
	case protoTCP:
		return appendTCP(append(dst, "PROTO=TCP "...), p)
	case protoUDP:
		dst = append(dst, "PROTO=UDP "...)
		if len(p) < 8 {
			return append(dst, incomplete...)
		}
		return appendNumber(appendPorts(dst, p), "LEN=", be16(p[4:]))
	case protoESP:
		return append(dst, "PROTO=ESP "+incomplete...)
	case protoAH:
		return append(dst, "PROTO=AH "+incomplete...)
	}
	return appendNumber(dst, "PROTO=", proto)
}

func appendPorts(dst, p []byte) []byte {
	return appendNumber(appendNumber(dst, "SPT=", be16(p)), "DPT=", be16(p[2:]))
}

// TCP (RFC 9293):
//
//	 0     2     4     8     12         13      14       16         18       20
//	+-----+-----+-----+-----+----------+-------+--------+----------+--------+---------+
//	| src | dst | seq | ack | off, res | flags | window | checksum | urgent | options |
//	+-----+-----+-----+-----+----------+-------+--------+----------+--------+---------+
func appendTCP(dst, p []byte) []byte {
	if len(p) < 20 {
		return append(dst, incomplete...)
	}
	dst = appendPorts(dst, p)
	dst = appendNumber(dst, "SEQ=", be32(p[4:]))
	dst = appendNumber(dst, "ACK=", be32(p[8:]))
	dst = appendNumber(dst, "WINDOW=", be16(p[14:]))
	flags := p[13] & 63
	dst = append(dst, flagNames[flags]...)
	urgent := uint16(0) // unless the flag says that it means something
	if flags&32 != 0 {
		urgent = be16(p[18:])
	}
	return appendNumber(dst, "URGP=", urgent)
}

// flagNames holds every combination of the six flags that ulogd2 knows, highest bit first, each with its space.
var flagNames = func() (names [64]string) {
	for bit, name := range []string{"FIN ", "SYN ", "RST ", "PSH ", "ACK ", "URG "} {
		for flags := range names {
			if flags&(1<<bit) != 0 {
				names[flags] = name + names[flags]
			}
		}
	}
	return names
}()

// ICMP types (RFC 792).
const (
	icmpEchoReply = 0
	icmpRedirect  = 5
	icmpEcho      = 8
	icmpParameter = 12
)

// ICMP: type, code, checksum, and four bytes that depend on the type. ulogd2 reads them for echoes, redirects and parameter
// problems, but chooses by the code what to print: zeros of what it did not read.
func appendICMP(dst, p []byte) []byte {
	dst = append(dst, "PROTO=ICMP "...)
	if len(p) < 8 {
		return append(dst, incomplete...)
	}
	dst = appendNumber(dst, "TYPE=", p[0])
	dst = appendNumber(dst, "CODE=", p[1])
	var zero [4]byte
	echo, gateway := zero[:], zero[:]
	switch p[0] {
	case icmpEcho, icmpEchoReply:
		echo = p[4:8]
	case icmpRedirect, icmpParameter:
		gateway = p[4:8]
	}
	switch p[1] {
	case icmpEcho, icmpEchoReply:
		return appendEcho(dst, echo)
	case icmpParameter:
		return appendNumber(dst, "PARAMETER=", gateway[0])
	case icmpRedirect:
		return append(event.AppendIPv4(append(dst, "GATEWAY="...), [4]byte(gateway)), ' ')
	}
	return dst
}

func appendEcho(dst, p []byte) []byte {
	return appendNumber(appendNumber(dst, "ID=", be16(p)), "SEQ=", be16(p[2:]))
}

// ICMPv6 (RFC 4443): type, code, checksum, and for echo the id and the sequence.
func appendICMPv6(dst, p []byte) []byte {
	const echo, echoReply = 128, 129
	dst = append(dst, "PROTO=ICMPv6 "...)
	if len(p) < 8 {
		return append(dst, incomplete...)
	}
	dst = appendNumber(dst, "TYPE=", p[0])
	dst = appendNumber(dst, "CODE=", p[1])
	if p[0] == echo || p[0] == echoReply {
		return appendEcho(dst, p[4:8])
	}
	return dst
}

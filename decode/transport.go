package decode

import "nflogship/event"

const (
	protoICMP    = 1
	protoTCP     = 6
	protoUDP     = 17
	protoDCCP    = 33
	protoICMPv6  = 58
	protoSCTP    = 132
	protoUDPLite = 136
)

// Lengths of headers without options. SCTP: RFC 9260, DCCP: RFC 4340 (with the short sequence number), AH: RFC 4302,
// ESP: RFC 4303.
const (
	tcpHeader  = 20
	udpHeader  = 8
	sctpHeader = 12
	dccpHeader = 12
	ahHeader   = 12
	espHeader  = 8
)

// transport decodes the header of protocol e.Proto at the beginning of p, which ends with the packet.
func (d *Decoder) transport(e *event.Event, p []byte, cut bool) {
	switch e.Proto {
	case protoTCP:
		tcp(e, p, cut)
	case protoUDP, protoUDPLite:
		if !ports(e, p) || len(p) < udpHeader {
			short(e, cut, event.FaultShortUDP)
			return
		}
		e.UDPLength = be16(p[4:])
		e.Has |= event.HasUDP
	case protoICMP:
		if !e.Is(event.IsIPv6) {
			d.icmp(e, p, cut)
		}
	case protoICMPv6:
		if e.Is(event.IsIPv6) {
			d.icmpv6(e, p, cut)
		}
	case protoSCTP:
		if !ports(e, p) || len(p) < sctpHeader {
			short(e, cut, event.FaultShortSCTP)
		}
	case protoDCCP:
		if !ports(e, p) || len(p) < dccpHeader {
			short(e, cut, event.FaultShortDCCP)
		}
	case protoESP:
		if !spi(e, p, 0) || len(p) < espHeader {
			short(e, cut, event.FaultShortESP)
		}
	case protoAH:
		if !spi(e, p, 4) || len(p) < ahHeader {
			short(e, cut, event.FaultShortAH)
		}
	}
}

func ports(e *event.Event, p []byte) bool {
	if len(p) < 4 {
		return false
	}
	e.SrcPort, e.DstPort = be16(p), be16(p[2:])
	e.Has |= event.HasPorts
	return true
}

func spi(e *event.Event, p []byte, at int) bool {
	if len(p) < at+4 {
		return false
	}
	e.Word = be32(p[at:])
	e.Has |= event.HasSPI
	return true
}

// TCP (RFC 9293; AE: RFC 9768):
//
//	 0          2          4     8     12                 14       16         18       20
//	+----------+----------+-----+-----+------------------+--------+----------+--------+---------+
//	| src port | dst port | seq | ack | offset, 9 flags  | window | checksum | urgent | options |
//	+----------+----------+-----+-----+------------------+--------+----------+--------+---------+
func tcp(e *event.Event, p []byte, cut bool) {
	if !ports(e, p) || len(p) < tcpHeader {
		short(e, cut, event.FaultShortTCP)
		return
	}
	flags := be16(p[12:])
	e.TCPSeq, e.TCPAck, e.TCPFlags = be32(p[4:]), be32(p[8:]), flags&0x1ff
	e.Window, e.Urgent = be16(p[14:]), be16(p[18:])
	e.Has |= event.HasTCP
	header := int(flags>>12) * 4
	if header < tcpHeader {
		wrong(e, event.FaultTCPOffset)
	} else if header > len(p) {
		short(e, cut, event.FaultTCPOffset)
	}
}

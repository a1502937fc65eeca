package ulogd

import (
	"encoding/binary"

	"nflogship/encode/internal/header"
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// Protocols (IANA).
const (
	icmp = 1
	tcp  = 6
	udp  = 17
	esp  = 50
	sctp = 132
)

func be16(p []byte) uint64 { return uint64(binary.BigEndian.Uint16(p)) }

func appendNetwork(dst, p []byte, e *event.Event) []byte {
	if e.Is(event.IsIPv6) {
		return appendIPv6(dst, p, e)
	}
	dst = jsontext.AppendNumber(dst, `, "ip.protocol": `, uint64(e.Proto))
	dst = jsontext.AppendNumber(dst, `, "ip.tos": `, uint64(e.TOS))
	dst = jsontext.AppendNumber(dst, `, "ip.ttl": `, uint64(e.TTL))
	dst = jsontext.AppendNumber(dst, `, "ip.totlen": `, uint64(e.Length))
	h := header.IPv4(p)
	if h != nil {
		dst = jsontext.AppendNumber(dst, `, "ip.ihl": `, uint64(h[0]&15))
		dst = jsontext.AppendNumber(dst, `, "ip.csum": `, be16(h[10:]))
	}
	dst = jsontext.AppendNumber(dst, `, "ip.id": `, uint64(e.IPID))
	if h != nil {
		dst = jsontext.AppendNumber(dst, `, "ip.fragoff": `, be16(h[6:]))
	}
	return dst
}

// appendIPv6 leaves out the protocol where ulogd2 does not get so far: behind a later fragment, and with ESP.
func appendIPv6(dst, p []byte, e *event.Event) []byte {
	laterFragment := e.Is(event.HasFrag) && e.FragOffset > 0
	reached := e.Is(event.HasProto) && e.Proto != esp
	dst = jsontext.AppendIf(dst, reached && !laterFragment, `, "ip.protocol": `, uint64(e.Proto))
	if h := header.IPv6(p); h != nil {
		dst = jsontext.AppendNumber(dst, `, "ip6.payloadlen": `, be16(h[4:]))
	}
	dst = jsontext.AppendNumber(dst, `, "ip6.priority": `, uint64(e.TOS))
	dst = jsontext.AppendNumber(dst, `, "ip6.flowlabel": `, uint64(e.FlowLabel))
	dst = jsontext.AppendNumber(dst, `, "ip6.hoplimit": `, uint64(e.TTL))
	dst = jsontext.AppendIf(dst, reached, `, "ip6.nexthdr": `, uint64(e.Proto))
	if e.Is(event.HasFrag) {
		dst = jsontext.AppendNumber(dst, `, "ip6.fragoff": `, uint64(e.FragOffset))
		dst = jsontext.AppendNumber(dst, `, "ip6.fragid": `, uint64(e.IPID))
	}
	return dst
}

// appendTransport appends the headers that ulogd2 knows: TCP, UDP, ICMP, and SCTP over IPv4.
func appendTransport(dst, p []byte, e *event.Event) []byte {
	h := header.Upper(p)
	switch {
	case e.Is(event.HasTCP):
		return appendTCP(appendPorts(dst, e), h, e)
	case e.Is(event.HasUDP) && e.Proto == udp:
		dst = jsontext.AppendNumber(appendPorts(dst, e), `, "udp.len": `, uint64(e.UDPLength))
		if len(h) >= 8 {
			dst = jsontext.AppendNumber(dst, `, "udp.csum": `, be16(h[6:]))
		}
	case e.Is(event.HasICMP):
		return appendICMP(dst, h, e)
	case e.Is(event.HasPorts) && e.Proto == sctp && !e.Is(event.IsIPv6) && len(h) >= 12:
		return jsontext.AppendNumber(appendPorts(dst, e), `, "sctp.csum": `, uint64(binary.BigEndian.Uint32(h[8:])))
	}
	return dst
}

func appendPorts(dst []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `, "src_port": `, uint64(e.SrcPort))
	return jsontext.AppendNumber(dst, `, "dest_port": `, uint64(e.DstPort))
}

func appendTCP(dst, h []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `, "tcp.seq": `, uint64(e.TCPSeq))
	dst = jsontext.AppendNumber(dst, `, "tcp.ackseq": `, uint64(e.TCPAck))
	dst = jsontext.AppendNumber(dst, `, "tcp.window": `, uint64(e.Window))
	if len(h) >= 20 {
		dst = jsontext.AppendNumber(dst, `, "tcp.offset": `, uint64(h[12]>>4))
	}
	dst = append(dst, `, "tcp.reserved": 0`...) // always, in ulogd2: tcp.res1 has the bits
	dst = appendFlag(dst, `, "tcp.urg": `, e.TCPFlags>>5)
	dst = jsontext.AppendIf(dst, e.TCPFlags>>5&1 == 1, `, "tcp.urgp": `, uint64(e.Urgent))
	dst = appendFlag(dst, `, "tcp.ack": `, e.TCPFlags>>4)
	dst = appendFlag(dst, `, "tcp.psh": `, e.TCPFlags>>3)
	dst = appendFlag(dst, `, "tcp.rst": `, e.TCPFlags>>2)
	dst = appendFlag(dst, `, "tcp.syn": `, e.TCPFlags>>1)
	dst = appendFlag(dst, `, "tcp.fin": `, e.TCPFlags)
	if len(h) < 20 {
		return dst
	}
	dst = jsontext.AppendNumber(dst, `, "tcp.res1": `, uint64(h[12]&15))
	dst = jsontext.AppendNumber(dst, `, "tcp.res2": `, uint64(h[13]>>6)) // ECE and CWR
	return jsontext.AppendNumber(dst, `, "tcp.csum": `, be16(h[16:]))
}

func appendFlag(dst []byte, key string, flags uint16) []byte {
	dst = append(dst, key...)
	return append(dst, '0'+byte(flags&1))
}

func appendICMP(dst, h []byte, e *event.Event) []byte {
	v4 := e.Proto == icmp
	before := `, "icmpv6.`
	if v4 {
		before = `, "icmp.`
	}
	dst = jsontext.AppendNumber(append(dst, before...), `type": `, uint64(e.ICMPType))
	dst = jsontext.AppendNumber(append(dst, before...), `code": `, uint64(e.ICMPCode))
	if e.Is(event.HasEcho) && isEcho(e.Proto, e.ICMPType) {
		dst = jsontext.AppendNumber(append(dst, before...), `echoid": `, uint64(e.ICMPID))
		dst = jsontext.AppendNumber(append(dst, before...), `echoseq": `, uint64(e.ICMPSeq))
	}
	dst = jsontext.AppendIf(dst, v4 && e.Is(event.HasMTU), `, "icmp.fragmtu": `, uint64(e.Word))
	if len(h) >= 8 {
		dst = jsontext.AppendNumber(append(dst, before...), `csum": `, be16(h[2:]))
	}
	return dst
}

// isEcho leaves out timestamps and masks: they have an id and a sequence number too, that ulogd2 does not print.
func isEcho(proto, kind uint8) bool {
	if proto == icmp {
		return kind == 0 || kind == 8
	}
	return kind == 128 || kind == 129
}

func appendARP(dst []byte, a *event.ARP) []byte {
	dst = jsontext.AppendNumber(dst, `, "arp.hwtype": `, uint64(a.HWType))
	dst = jsontext.AppendNumber(dst, `, "arp.protocoltype": `, uint64(a.ProtoType))
	return jsontext.AppendNumber(dst, `, "arp.operation": `, uint64(a.Operation))
}

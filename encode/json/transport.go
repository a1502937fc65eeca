package json

import (
	"encoding/binary"

	"nflogship/event"
)

func appendTransport(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasTCP) {
		dst = appendTCP(dst, e)
	}
	if e.Is(event.HasUDP) {
		dst = appendNumber(dst, `,"udp":{"length":`, uint64(e.UDPLength))
		dst = append(dst, '}')
	}
	if e.Is(event.HasICMP) {
		dst = appendICMP(dst, b, e)
	}
	if e.Is(event.HasSPI) {
		dst = appendNumber(dst, `,"spi":`, uint64(e.Word))
	}
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	return dst
}

func appendTCP(dst []byte, e *event.Event) []byte {
	dst = append(dst, `,"tcp":{"flags":"`...)
	dst = append(dst, flagNames[e.TCPFlags&0x1ff]...)
	dst = appendNumber(dst, `","seq":`, uint64(e.TCPSeq))
	dst = appendNumber(dst, `,"ack":`, uint64(e.TCPAck))
	dst = appendNumber(dst, `,"window":`, uint64(e.Window))
	dst = appendNumber(dst, `,"urgent":`, uint64(e.Urgent))
	return append(dst, '}')
}

// flagNames holds every combination of the nine TCP flags (RFC 9293 and, for AE, RFC 9768), lowest bit first.
var flagNames = func() (names [512]string) {
	for bit, name := range []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"} {
		for flags := range names {
			if flags&(1<<bit) == 0 {
				continue
			}
			if names[flags] != "" {
				names[flags] += ","
			}
			names[flags] += name
		}
	}
	return names
}()

func appendICMP(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `,"icmp":{"type":`...)
	dst = event.AppendByte(dst, e.ICMPType)
	dst = append(dst, `,"code":`...)
	dst = event.AppendByte(dst, e.ICMPCode)
	if e.Is(event.HasEcho) {
		dst = appendNumber(dst, `,"id":`, uint64(e.ICMPID))
		dst = appendNumber(dst, `,"seq":`, uint64(e.ICMPSeq))
	}
	if e.Is(event.HasGateway) {
		dst = append(dst, `,"gateway":"`...)
		dst = appendWordAddr(dst, e.Word)
		dst = append(dst, '"')
	}
	if e.Is(event.HasMTU) {
		dst = appendNumber(dst, `,"mtu":`, uint64(e.Word))
	}
	if e.Is(event.HasPointer) {
		dst = appendNumber(dst, `,"pointer":`, uint64(e.Word))
	}
	if e.Is(event.HasInner) {
		dst = appendInner(dst, &b.Inners[e.Aux-1])
	}
	return append(dst, '}')
}

func appendWordAddr(dst []byte, word uint32) []byte {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], word)
	return event.AppendIPv4(dst, a)
}

func appendInner(dst []byte, in *event.Inner) []byte {
	dst = append(dst, `,"inner":`...)
	open := len(dst)
	if in.Has&event.HasAddrs != 0 {
		dst = appendAddrs(dst, &in.Src, &in.Dst, in.Has&event.IsIPv6 != 0)
	}
	if in.Has&event.HasProto != 0 {
		dst = appendProto(dst, in.Proto)
	}
	if in.Has&event.HasPorts != 0 {
		dst = appendPorts(dst, in.SrcPort, in.DstPort)
	}
	return closeObject(dst, open)
}

// closeObject makes an object of the `,"key":value` pairs that stand in dst from open on.
func closeObject(dst []byte, open int) []byte {
	if len(dst) == open {
		return append(dst, '{', '}')
	}
	dst[open] = '{' // instead of the first pair's comma
	return append(dst, '}')
}

func appendARP(dst []byte, a *event.ARP) []byte {
	switch a.Operation {
	case 1:
		dst = append(dst, `,"arp":{"operation":"request"`...)
	case 2:
		dst = append(dst, `,"arp":{"operation":"reply"`...)
	default:
		dst = appendNumber(dst, `,"arp":{"operation":`, uint64(a.Operation))
	}
	if a.Plain {
		dst = appendMAC(dst, `,"mac_src":"`, a.MACSrc)
		dst = append(dst, `,"src":"`...)
		dst = event.AppendIPv4(dst, a.Src)
		dst = appendMAC(dst, `","mac_dst":"`, a.MACDst)
		dst = append(dst, `,"dst":"`...)
		dst = event.AppendIPv4(dst, a.Dst)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

package json

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

func appendTransport(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasTCP) {
		dst = appendTCP(dst, e)
	}
	if e.Is(event.HasUDP) {
		dst = jsontext.AppendNumber(dst, `,"udp":{"length":`, uint64(e.UDPLength))
		dst = append(dst, '}')
	}
	if e.Is(event.HasICMP) {
		dst = appendICMP(dst, b, e)
	}
	if e.Is(event.HasSPI) {
		dst = jsontext.AppendNumber(dst, `,"spi":`, uint64(e.Word))
	}
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	return dst
}

func appendTCP(dst []byte, e *event.Event) []byte {
	dst = append(dst, `,"tcp":{"flags":"`...)
	dst = append(dst, jsontext.TCPFlags(e.TCPFlags)...)
	dst = jsontext.AppendNumber(dst, `","seq":`, uint64(e.TCPSeq))
	dst = jsontext.AppendNumber(dst, `,"ack":`, uint64(e.TCPAck))
	dst = jsontext.AppendNumber(dst, `,"window":`, uint64(e.Window))
	dst = jsontext.AppendNumber(dst, `,"urgent":`, uint64(e.Urgent))
	return append(dst, '}')
}

func appendICMP(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `,"icmp":{"type":`...)
	dst = event.AppendByte(dst, e.ICMPType)
	dst = append(dst, `,"code":`...)
	dst = event.AppendByte(dst, e.ICMPCode)
	if e.Is(event.HasEcho) {
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(e.ICMPID))
		dst = jsontext.AppendNumber(dst, `,"seq":`, uint64(e.ICMPSeq))
	}
	if e.Is(event.HasGateway) {
		dst = jsontext.AppendWordAddr(dst, `,"gateway":"`, e.Word)
	}
	if e.Is(event.HasMTU) {
		dst = jsontext.AppendNumber(dst, `,"mtu":`, uint64(e.Word))
	}
	if e.Is(event.HasPointer) {
		dst = jsontext.AppendNumber(dst, `,"pointer":`, uint64(e.Word))
	}
	if e.Is(event.HasInner) {
		dst = appendInner(dst, &b.Inners[e.Aux-1])
	}
	return append(dst, '}')
}

func appendInner(dst []byte, in *event.Inner) []byte {
	dst, o := jsontext.Open(dst, `,"inner":`)
	if in.Has&event.HasAddrs != 0 {
		dst = appendAddrs(dst, &in.Src, &in.Dst, in.Has&event.IsIPv6 != 0)
	}
	if in.Has&event.HasProto != 0 {
		dst = jsontext.AppendProto(dst, `,"proto":"`, in.Proto)
	}
	if in.Has&event.HasPorts != 0 {
		dst = appendPorts(dst, in.SrcPort, in.DstPort)
	}
	return o.Close(dst)
}

func appendARP(dst []byte, a *event.ARP) []byte {
	switch a.Operation {
	case 1:
		dst = append(dst, `,"arp":{"operation":"request"`...)
	case 2:
		dst = append(dst, `,"arp":{"operation":"reply"`...)
	default:
		dst = jsontext.AppendNumber(dst, `,"arp":{"operation":`, uint64(a.Operation))
	}
	if a.Plain {
		dst = jsontext.AppendMAC(dst, `,"mac_src":"`, a.MACSrc)
		dst = jsontext.AppendIPv4(dst, `,"src":"`, a.Src)
		dst = jsontext.AppendMAC(dst, `,"mac_dst":"`, a.MACDst)
		dst = jsontext.AppendIPv4(dst, `,"dst":"`, a.Dst)
	}
	return append(dst, '}')
}

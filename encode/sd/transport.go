package sd

import (
	"encoding/binary"

	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

func appendTransport(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasTCP) {
		dst = param.Word(dst, ` tcp_flags="`, jsontext.TCPFlags(e.TCPFlags))
		dst = param.Number(dst, ` tcp_seq="`, uint64(e.TCPSeq))
		dst = param.Number(dst, ` tcp_ack="`, uint64(e.TCPAck))
		dst = param.Number(dst, ` tcp_window="`, uint64(e.Window))
		dst = param.Number(dst, ` tcp_urgent="`, uint64(e.Urgent))
	}
	if e.Is(event.HasUDP) {
		dst = param.Number(dst, ` udp_length="`, uint64(e.UDPLength))
	}
	if e.Is(event.HasICMP) {
		dst = appendICMP(dst, b, e)
	}
	if e.Is(event.HasSPI) {
		dst = param.Number(dst, ` spi="`, uint64(e.Word))
	}
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	return dst
}

func appendICMP(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = param.Byte(dst, ` icmp_type="`, e.ICMPType)
	dst = param.Byte(dst, ` icmp_code="`, e.ICMPCode)
	if e.Is(event.HasEcho) {
		dst = param.Number(dst, ` icmp_id="`, uint64(e.ICMPID))
		dst = param.Number(dst, ` icmp_seq="`, uint64(e.ICMPSeq))
	}
	if e.Is(event.HasGateway) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], e.Word)
		dst = param.IPv4(dst, ` icmp_gateway="`, a)
	}
	if e.Is(event.HasMTU) {
		dst = param.Number(dst, ` icmp_mtu="`, uint64(e.Word))
	}
	if e.Is(event.HasPointer) {
		dst = param.Number(dst, ` icmp_pointer="`, uint64(e.Word))
	}
	if e.Is(event.HasInner) {
		dst = appendInner(dst, &b.Inners[e.Aux-1])
	}
	return dst
}

func appendInner(dst []byte, in *event.Inner) []byte {
	if in.Has&event.HasAddrs != 0 {
		dst = param.Addr(dst, ` inner_src="`, &in.Src, in.Has&event.IsIPv6 != 0)
		dst = param.Addr(dst, ` inner_dst="`, &in.Dst, in.Has&event.IsIPv6 != 0)
	}
	if in.Has&event.HasProto != 0 {
		dst = param.Proto(dst, ` inner_proto="`, in.Proto)
	}
	if in.Has&event.HasPorts != 0 {
		dst = param.Number(dst, ` inner_src_port="`, uint64(in.SrcPort))
		dst = param.Number(dst, ` inner_dst_port="`, uint64(in.DstPort))
	}
	return dst
}

func appendARP(dst []byte, a *event.ARP) []byte {
	switch a.Operation {
	case 1:
		dst = append(dst, ` arp_operation="request"`...)
	case 2:
		dst = append(dst, ` arp_operation="reply"`...)
	default:
		dst = param.Number(dst, ` arp_operation="`, uint64(a.Operation))
	}
	if !a.Plain {
		return dst
	}
	dst = param.MAC(dst, ` arp_mac_src="`, a.MACSrc)
	dst = param.IPv4(dst, ` arp_src="`, a.Src)
	dst = param.MAC(dst, ` arp_mac_dst="`, a.MACDst)
	return param.IPv4(dst, ` arp_dst="`, a.Dst)
}

// ctInfo is what the values of enum ip_conntrack_info mean (include/uapi/linux/netfilter/nf_conntrack_common.h).
var ctInfo = [...]struct{ state, direction string }{
	0: {"established", "original"}, 1: {"related", "original"}, 2: {"new", "original"},
	3: {"established", "reply"}, 4: {"related", "reply"}, 5: {"new", "reply"}, 7: {"untracked", ""},
}

func appendConntrack(dst []byte, ct *event.Conntrack) []byte {
	if ct.Has&event.CTHasID != 0 {
		dst = param.Number(dst, ` ct_id="`, uint64(ct.ID))
	}
	if ct.Has&event.CTHasInfo != 0 && ct.Info < uint32(len(ctInfo)) {
		dst = param.Name(dst, ` ct_state="`, ctInfo[ct.Info].state)
		dst = param.Name(dst, ` ct_direction="`, ctInfo[ct.Info].direction)
	}
	if ct.Has&event.CTHasMark != 0 {
		dst = param.Number(dst, ` ct_mark="`, uint64(ct.Mark))
	}
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = param.Addr(dst, ` ct_nat_src="`, &ct.NATSrc, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATDst != 0 {
		dst = param.Addr(dst, ` ct_nat_dst="`, &ct.NATDst, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATSrcPort != 0 {
		dst = param.Number(dst, ` ct_nat_src_port="`, uint64(ct.NATSrcPort))
	}
	if ct.Has&event.CTHasNATDstPort != 0 {
		dst = param.Number(dst, ` ct_nat_dst_port="`, uint64(ct.NATDstPort))
	}
	return dst
}

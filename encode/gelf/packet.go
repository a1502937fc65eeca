package gelf

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// scalars are the fields of the json format that are no objects, in its order.
var scalars = [...]event.Field{
	event.FieldFamily, event.FieldGroup, event.FieldSeq, event.FieldSeqGlobal, event.FieldPrefix, event.FieldAction,
	event.FieldHook, event.FieldIn, event.FieldOut, event.FieldPhysIn, event.FieldPhysOut, event.FieldMark, event.FieldUID,
	event.FieldGID, event.FieldMACSrc, event.FieldMACDst, event.FieldEtherType, event.FieldVLAN, event.FieldVLANPriority,
	event.FieldVLANInner, event.FieldSrc, event.FieldDst, event.FieldProto, event.FieldSrcPort, event.FieldDstPort,
	event.FieldLength, event.FieldTTL, event.FieldTOS, event.FieldID, event.FieldFlowLabel,
}

// appendField appends a scalar field. _id is forbidden, and _source would be taken for the host.
func appendField(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	switch f {
	case event.FieldHost, event.FieldSource: // stand in every message
		return dst
	case event.FieldID:
		id, has := e.Number(f)
		return jsontext.AppendIf(dst, has, `,"_ip_id":`, id)
	}
	return jsontext.AppendField(dst, `,"_`, b, e, f)
}

func appendPacket(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = appendShort(dst, b, e)
	dst = appendTime(dst, b, e, e.Action)
	for _, f := range scalars {
		dst = appendField(dst, b, e, f)
	}
	dst = appendFlag(dst, e.Is(event.DontFragment), `,"_df":1`)
	dst = jsontext.AppendIf(dst, e.Is(event.HasFrag), `,"_frag_offset":`, uint64(e.FragOffset))
	dst = appendFlag(dst, e.Is(event.HasFrag|event.MoreFragments), `,"_frag_more":1`)
	dst = appendTransport(dst, b, e)
	if e.Is(event.HasCT) {
		dst = appendConntrack(dst, &b.Conntracks[e.CT-1])
	}
	dst = appendFlag(dst, e.Is(event.Truncated), `,"_truncated":1`)
	return jsontext.AppendName(dst, `,"_malformed":"`, e.Malformed.String())
}

func appendFlag(dst []byte, set bool, member string) []byte {
	if !set {
		return dst
	}
	return append(dst, member...)
}

func appendTransport(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasTCP) {
		dst = append(dst, `,"_tcp_flags":"`...)
		dst = append(dst, jsontext.TCPFlags(e.TCPFlags)...)
		dst = jsontext.AppendNumber(dst, `","_tcp_seq":`, uint64(e.TCPSeq))
		dst = jsontext.AppendNumber(dst, `,"_tcp_ack":`, uint64(e.TCPAck))
		dst = jsontext.AppendNumber(dst, `,"_tcp_window":`, uint64(e.Window))
		dst = jsontext.AppendNumber(dst, `,"_tcp_urgent":`, uint64(e.Urgent))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasUDP), `,"_udp_length":`, uint64(e.UDPLength))
	if e.Is(event.HasICMP) {
		dst = appendICMP(dst, b, e)
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasSPI), `,"_spi":`, uint64(e.Word))
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	return dst
}

func appendICMP(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `,"_icmp_type":`, uint64(e.ICMPType))
	dst = jsontext.AppendNumber(dst, `,"_icmp_code":`, uint64(e.ICMPCode))
	dst = jsontext.AppendIf(dst, e.Is(event.HasEcho), `,"_icmp_id":`, uint64(e.ICMPID))
	dst = jsontext.AppendIf(dst, e.Is(event.HasEcho), `,"_icmp_seq":`, uint64(e.ICMPSeq))
	if e.Is(event.HasGateway) {
		dst = jsontext.AppendWordAddr(dst, `,"_icmp_gateway":"`, e.Word)
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasMTU), `,"_icmp_mtu":`, uint64(e.Word))
	dst = jsontext.AppendIf(dst, e.Is(event.HasPointer), `,"_icmp_pointer":`, uint64(e.Word))
	if e.Is(event.HasInner) {
		dst = appendInner(dst, &b.Inners[e.Aux-1])
	}
	return dst
}

func appendInner(dst []byte, in *event.Inner) []byte {
	if in.Has&event.HasAddrs != 0 {
		dst = jsontext.AppendAddr(dst, `,"_icmp_inner_src":"`, &in.Src, in.Has&event.IsIPv6 != 0)
		dst = jsontext.AppendAddr(dst, `,"_icmp_inner_dst":"`, &in.Dst, in.Has&event.IsIPv6 != 0)
	}
	if in.Has&event.HasProto != 0 {
		dst = jsontext.AppendProto(dst, `,"_icmp_inner_proto":"`, in.Proto)
	}
	dst = jsontext.AppendIf(dst, in.Has&event.HasPorts != 0, `,"_icmp_inner_src_port":`, uint64(in.SrcPort))
	return jsontext.AppendIf(dst, in.Has&event.HasPorts != 0, `,"_icmp_inner_dst_port":`, uint64(in.DstPort))
}

func appendARP(dst []byte, a *event.ARP) []byte {
	switch a.Operation { // a string always: a field has one type
	case 1:
		dst = append(dst, `,"_arp_operation":"request"`...)
	case 2:
		dst = append(dst, `,"_arp_operation":"reply"`...)
	default:
		dst = jsontext.AppendQuoted(dst, `,"_arp_operation":"`, uint64(a.Operation))
	}
	if a.Plain {
		dst = jsontext.AppendMAC(dst, `,"_arp_mac_src":"`, a.MACSrc)
		dst = jsontext.AppendIPv4(dst, `,"_arp_src":"`, a.Src)
		dst = jsontext.AppendMAC(dst, `,"_arp_mac_dst":"`, a.MACDst)
		dst = jsontext.AppendIPv4(dst, `,"_arp_dst":"`, a.Dst)
	}
	return dst
}

func appendConntrack(dst []byte, ct *event.Conntrack) []byte {
	dst = jsontext.AppendIf(dst, ct.Has&event.CTHasID != 0, `,"_conntrack_id":`, uint64(ct.ID))
	if ct.Has&event.CTHasInfo != 0 {
		state, direction := jsontext.ConntrackInfo(ct.Info)
		dst = jsontext.AppendName(dst, `,"_conntrack_state":"`, state)
		dst = jsontext.AppendName(dst, `,"_conntrack_direction":"`, direction)
	}
	dst = jsontext.AppendIf(dst, ct.Has&event.CTHasMark != 0, `,"_conntrack_mark":`, uint64(ct.Mark))
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = jsontext.AppendAddr(dst, `,"_nat_src":"`, &ct.NATSrc, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATDst != 0 {
		dst = jsontext.AppendAddr(dst, `,"_nat_dst":"`, &ct.NATDst, ct.NATIPv6)
	}
	dst = jsontext.AppendIf(dst, ct.Has&event.CTHasNATSrcPort != 0, `,"_nat_src_port":`, uint64(ct.NATSrcPort))
	return jsontext.AppendIf(dst, ct.Has&event.CTHasNATDstPort != 0, `,"_nat_dst_port":`, uint64(ct.NATDstPort))
}

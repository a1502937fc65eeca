package ocsf

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// appendUnmapped appends what the schema has no attribute for.
func (x *encoder) appendUnmapped(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst, o := jsontext.Open(dst, `,"unmapped":`)
	dst = appendMessage(dst, b, e)
	dst = appendIP(dst, e)
	dst = appendTransport(dst, b, e)
	if e.Is(event.HasCT) {
		dst = appendNAT(dst, &b.Conntracks[e.CT-1])
	}
	if e.Is(event.Truncated) {
		dst = append(dst, `,"truncated":true`...)
	}
	dst = jsontext.AppendName(dst, `,"malformed":"`, e.Malformed.String())
	dst = x.packetBytes.Append(dst, `,"packet":"`, b.Bytes(e.Packet))
	dst = append(dst, x.own...)
	return o.CloseOrDrop(dst)
}

func appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasPrefix) {
		dst = jsontext.AppendText(dst, `,"nflog.prefix":`, b.Bytes(e.Prefix))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasHook), `,"nflog.hook":`, uint64(e.Hook))
	dst = jsontext.AppendIf(dst, e.Is(event.HasSeqGlobal), `,"nflog.seq_global":`, uint64(e.SeqGlobal))
	dst = jsontext.AppendIf(dst, e.Is(event.HasMark), `,"nflog.mark":`, uint64(e.Mark))
	dst = jsontext.AppendIf(dst, e.Is(event.HasGID) && !e.Is(event.HasUID), `,"nflog.gid":`, uint64(e.GID))
	if e.PhysIn.Len > 0 {
		dst = jsontext.AppendText(dst, `,"nflog.physin":`, b.Bytes(e.PhysIn))
	}
	if e.PhysOut.Len > 0 {
		dst = jsontext.AppendText(dst, `,"nflog.physout":`, b.Bytes(e.PhysOut))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasEtherType) && !e.Is(event.HasIP), `,"link.ethertype":`, uint64(e.EtherType))
	return jsontext.AppendIf(dst, e.Is(event.HasVLANInner), `,"link.vlan_inner":`, uint64(e.VLANInner&0xfff))
}

func appendIP(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasIP) {
		dst = jsontext.AppendNumber(dst, `,"ip.ttl":`, uint64(e.TTL))
		dst = jsontext.AppendNumber(dst, `,"ip.tos":`, uint64(e.TOS))
	}
	dst = jsontext.AppendIf(dst, e.Has&(event.HasID|event.HasFrag) != 0, `,"ip.id":`, uint64(e.IPID))
	dst = jsontext.AppendIf(dst, e.Is(event.HasFlowLabel), `,"ip.flow_label":`, uint64(e.FlowLabel))
	if e.Is(event.DontFragment) {
		dst = append(dst, `,"ip.df":true`...)
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasFrag), `,"ip.fragment_offset":`, uint64(e.FragOffset))
	if e.Is(event.MoreFragments) {
		dst = append(dst, `,"ip.more_fragments":true`...)
	}
	return dst
}

func appendTransport(dst []byte, b *event.Batch, e *event.Event) []byte {
	switch {
	case e.Is(event.HasTCP):
		dst = jsontext.AppendNumber(dst, `,"tcp.seq":`, uint64(e.TCPSeq))
		dst = jsontext.AppendNumber(dst, `,"tcp.ack":`, uint64(e.TCPAck))
		dst = jsontext.AppendNumber(dst, `,"tcp.window":`, uint64(e.Window))
		return jsontext.AppendNumber(dst, `,"tcp.urgent":`, uint64(e.Urgent))
	case e.Is(event.HasUDP):
		return jsontext.AppendNumber(dst, `,"udp.length":`, uint64(e.UDPLength))
	case e.Is(event.HasICMP):
		return appendICMP(dst, e)
	case e.Is(event.HasSPI):
		return jsontext.AppendNumber(dst, `,"ipsec.spi":`, uint64(e.Word))
	case e.Is(event.HasARP):
		return jsontext.AppendNumber(dst, `,"arp.operation":`, uint64(b.ARPs[e.Aux-1].Operation))
	}
	return dst
}

func appendICMP(dst []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `,"icmp.type":`, uint64(e.ICMPType))
	dst = jsontext.AppendNumber(dst, `,"icmp.code":`, uint64(e.ICMPCode))
	if e.Is(event.HasEcho) {
		dst = jsontext.AppendNumber(dst, `,"icmp.id":`, uint64(e.ICMPID))
		dst = jsontext.AppendNumber(dst, `,"icmp.seq":`, uint64(e.ICMPSeq))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasMTU), `,"icmp.mtu":`, uint64(e.Word))
	dst = jsontext.AppendIf(dst, e.Is(event.HasPointer), `,"icmp.pointer":`, uint64(e.Word))
	if e.Is(event.HasGateway) {
		dst = jsontext.AppendWordAddr(dst, `,"icmp.gateway":"`, e.Word)
	}
	return dst
}

func appendNAT(dst []byte, ct *event.Conntrack) []byte {
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = jsontext.AppendAddr(dst, `,"nat.src_ip":"`, &ct.NATSrc, ct.NATIPv6)
	}
	dst = jsontext.AppendIf(dst, ct.Has&event.CTHasNATSrcPort != 0, `,"nat.src_port":`, uint64(ct.NATSrcPort))
	if ct.Has&event.CTHasNATDst != 0 {
		dst = jsontext.AppendAddr(dst, `,"nat.dst_ip":"`, &ct.NATDst, ct.NATIPv6)
	}
	return jsontext.AppendIf(dst, ct.Has&event.CTHasNATDstPort != 0, `,"nat.dst_port":`, uint64(ct.NATDstPort))
}

package json

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// appendMessage appends what netfilter said beside the packet.
func appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = jsontext.AppendName(dst, `,"family":"`, e.Family.String())
	if e.Is(event.HasGroup) {
		dst = jsontext.AppendNumber(dst, `,"group":`, uint64(e.Group))
	}
	if e.Is(event.HasSeq) {
		dst = jsontext.AppendNumber(dst, `,"seq":`, uint64(e.Seq))
	}
	if e.Is(event.HasSeqGlobal) {
		dst = jsontext.AppendNumber(dst, `,"seq_global":`, uint64(e.SeqGlobal))
	}
	if e.Is(event.HasPrefix) {
		dst = jsontext.AppendText(dst, `,"prefix":`, b.Bytes(e.Prefix))
	}
	dst = jsontext.AppendName(dst, `,"action":"`, e.SaidAction().String())
	if e.Is(event.HasHook) {
		dst = jsontext.AppendName(dst, `,"hook":"`, event.HookName(e.Family, e.Hook))
	}
	dst = appendInterfaces(dst, b, e, anyInterface)
	if e.Is(event.HasMark) {
		dst = jsontext.AppendNumber(dst, `,"mark":`, uint64(e.Mark))
	}
	if e.Is(event.HasUID) {
		dst = jsontext.AppendNumber(dst, `,"uid":`, uint64(e.UID))
	}
	if e.Is(event.HasGID) {
		dst = jsontext.AppendNumber(dst, `,"gid":`, uint64(e.GID))
	}
	return dst
}

const anyInterface = event.HasIn | event.HasOut | event.HasPhysIn | event.HasPhysOut

// appendInterfaces appends those of the four that are wanted and known.
func appendInterfaces(dst []byte, b *event.Batch, e *event.Event, want event.Has) []byte {
	has := e.Has & want
	if has&event.HasIn != 0 {
		dst = appendInterface(dst, `,"in":`, `,"in_index":`, b, e.In, e.InIndex)
	}
	if has&event.HasOut != 0 {
		dst = appendInterface(dst, `,"out":`, `,"out_index":`, b, e.Out, e.OutIndex)
	}
	if has&event.HasPhysIn != 0 {
		dst = appendInterface(dst, `,"physin":`, `,"physin_index":`, b, e.PhysIn, e.PhysInIndex)
	}
	if has&event.HasPhysOut != 0 {
		dst = appendInterface(dst, `,"physout":`, `,"physout_index":`, b, e.PhysOut, e.PhysOutIndex)
	}
	return dst
}

func appendInterface(dst []byte, nameKey, indexKey string, b *event.Batch, name event.Span, index uint32) []byte {
	if name.Len == 0 {
		return jsontext.AppendNumber(dst, indexKey, uint64(index))
	}
	return jsontext.AppendText(dst, nameKey, b.Bytes(name))
}

func appendLink(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasMACSrc) {
		dst = jsontext.AppendMAC(dst, `,"mac_src":"`, e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		dst = jsontext.AppendMAC(dst, `,"mac_dst":"`, e.MACDst)
	}
	if e.Is(event.HasEtherType) && !familyTells(e.EtherType) {
		dst = jsontext.AppendNumber(dst, `,"ethertype":`, uint64(e.EtherType))
	}
	if e.Is(event.HasVLAN) {
		dst = jsontext.AppendNumber(dst, `,"vlan":`, uint64(e.VLAN&0xfff))
		dst = jsontext.AppendNumber(dst, `,"vlan_priority":`, uint64(e.VLAN>>13))
	}
	if e.Is(event.HasVLANInner) {
		dst = jsontext.AppendNumber(dst, `,"vlan_inner":`, uint64(e.VLANInner&0xfff))
	}
	return dst
}

// familyTells reports whether other keys say as much as the EtherType does: ETH_P_IP, ETH_P_ARP, ETH_P_IPV6.
func familyTells(etherType uint16) bool {
	return etherType == 0x0800 || etherType == 0x0806 || etherType == 0x86dd
}

func appendNetwork(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasAddrs) {
		dst = appendAddrs(dst, &e.Src, &e.Dst, e.Is(event.IsIPv6))
	}
	if e.Is(event.HasProto) {
		dst = jsontext.AppendProto(dst, `,"proto":"`, e.Proto)
	}
	if e.Is(event.HasPorts) {
		dst = appendPorts(dst, e.SrcPort, e.DstPort)
	}
	if e.Is(event.HasIP) {
		dst = jsontext.AppendNumber(dst, `,"length":`, uint64(e.Length))
		dst = append(dst, `,"ttl":`...)
		dst = event.AppendByte(dst, e.TTL)
		dst = append(dst, `,"tos":`...)
		dst = event.AppendByte(dst, e.TOS)
	}
	if e.Is(event.HasID) {
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(e.IPID))
	}
	if e.Is(event.HasFlowLabel) {
		dst = jsontext.AppendNumber(dst, `,"flow_label":`, uint64(e.FlowLabel))
	}
	if e.Is(event.DontFragment) {
		dst = append(dst, `,"df":true`...)
	}
	if e.Is(event.HasFrag) {
		dst = appendFragment(dst, e)
	}
	return dst
}

func appendFragment(dst []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `,"frag":{"offset":`, uint64(e.FragOffset))
	if e.Is(event.MoreFragments) {
		dst = append(dst, `,"more":true`...)
	}
	if e.Is(event.IsIPv6) { // IPv4 has it in every header: above
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(e.IPID))
	}
	return append(dst, '}')
}

func appendAddrs(dst []byte, src, to *[16]byte, v6 bool) []byte {
	dst = jsontext.AppendAddr(dst, `,"src":"`, src, v6)
	return jsontext.AppendAddr(dst, `,"dst":"`, to, v6)
}

func appendPorts(dst []byte, src, to uint16) []byte {
	dst = jsontext.AppendNumber(dst, `,"src_port":`, uint64(src))
	return jsontext.AppendNumber(dst, `,"dst_port":`, uint64(to))
}

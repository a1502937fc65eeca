package sd

import (
	"nflogship/event"
)

// appendMessage appends what netfilter said beside the packet.
func appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = param.Name(dst, ` family="`, e.Family.String())
	if e.Is(event.HasGroup) {
		dst = param.Number(dst, ` group="`, uint64(e.Group))
	}
	if e.Is(event.HasSeq) {
		dst = param.Number(dst, ` seq="`, uint64(e.Seq))
	}
	if e.Is(event.HasSeqGlobal) {
		dst = param.Number(dst, ` seq_global="`, uint64(e.SeqGlobal))
	}
	if e.Is(event.HasPrefix) {
		dst = param.Bytes(dst, ` prefix="`, b.Bytes(e.Prefix))
	}
	dst = param.Name(dst, ` action="`, e.SaidAction().String())
	if e.Is(event.HasHook) {
		dst = param.Name(dst, ` hook="`, event.HookName(e.Family, e.Hook))
	}
	dst = appendInterfaces(dst, b, e)
	if e.Is(event.HasMark) {
		dst = param.Number(dst, ` mark="`, uint64(e.Mark))
	}
	if e.Is(event.HasUID) {
		dst = param.Number(dst, ` uid="`, uint64(e.UID))
	}
	if e.Is(event.HasGID) {
		dst = param.Number(dst, ` gid="`, uint64(e.GID))
	}
	return dst
}

func appendInterfaces(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasIn) {
		dst = appendInterface(dst, ` in="`, ` in_index="`, b.Bytes(e.In), e.InIndex)
	}
	if e.Is(event.HasOut) {
		dst = appendInterface(dst, ` out="`, ` out_index="`, b.Bytes(e.Out), e.OutIndex)
	}
	if e.Is(event.HasPhysIn) {
		dst = appendInterface(dst, ` physin="`, ` physin_index="`, b.Bytes(e.PhysIn), e.PhysInIndex)
	}
	if e.Is(event.HasPhysOut) {
		dst = appendInterface(dst, ` physout="`, ` physout_index="`, b.Bytes(e.PhysOut), e.PhysOutIndex)
	}
	return dst
}

func appendInterface(dst []byte, nameKey, indexKey string, name []byte, index uint32) []byte {
	if len(name) == 0 {
		return param.Number(dst, indexKey, uint64(index))
	}
	return param.Bytes(dst, nameKey, name)
}

func appendLink(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasMACSrc) {
		dst = param.MAC(dst, ` mac_src="`, e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		dst = param.MAC(dst, ` mac_dst="`, e.MACDst)
	}
	if e.Is(event.HasEtherType) && !familyTells(e.EtherType) {
		dst = param.Number(dst, ` ethertype="`, uint64(e.EtherType))
	}
	if e.Is(event.HasVLAN) {
		dst = param.Number(dst, ` vlan="`, uint64(e.VLAN&0xfff))
		dst = param.Number(dst, ` vlan_priority="`, uint64(e.VLAN>>13))
	}
	if e.Is(event.HasVLANInner) {
		dst = param.Number(dst, ` vlan_inner="`, uint64(e.VLANInner&0xfff))
	}
	return dst
}

// familyTells reports whether other keys say as much as the EtherType does: ETH_P_IP, ETH_P_ARP, ETH_P_IPV6.
func familyTells(etherType uint16) bool {
	return etherType == 0x0800 || etherType == 0x0806 || etherType == 0x86dd
}

func appendNetwork(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasAddrs) {
		dst = param.Addr(dst, ` src="`, &e.Src, e.Is(event.IsIPv6))
		dst = param.Addr(dst, ` dst="`, &e.Dst, e.Is(event.IsIPv6))
	}
	if e.Is(event.HasProto) {
		dst = param.Proto(dst, ` proto="`, e.Proto)
	}
	if e.Is(event.HasPorts) {
		dst = param.Number(dst, ` src_port="`, uint64(e.SrcPort))
		dst = param.Number(dst, ` dst_port="`, uint64(e.DstPort))
	}
	if e.Is(event.HasIP) {
		dst = param.Number(dst, ` length="`, uint64(e.Length))
		dst = param.Byte(dst, ` ttl="`, e.TTL)
		dst = param.Byte(dst, ` tos="`, e.TOS)
	}
	if e.Is(event.HasID) {
		dst = param.Number(dst, ` id="`, uint64(e.IPID))
	}
	if e.Is(event.HasFlowLabel) {
		dst = param.Number(dst, ` flow_label="`, uint64(e.FlowLabel))
	}
	if e.Is(event.DontFragment) {
		dst = append(dst, ` df="true"`...)
	}
	if e.Is(event.HasFrag) {
		dst = appendFragment(dst, e)
	}
	return dst
}

func appendFragment(dst []byte, e *event.Event) []byte {
	dst = param.Number(dst, ` frag_offset="`, uint64(e.FragOffset))
	if e.Is(event.MoreFragments) {
		dst = append(dst, ` frag_more="true"`...)
	}
	if e.Is(event.IsIPv6) { // IPv4 has it in every header: id
		dst = param.Number(dst, ` frag_id="`, uint64(e.IPID))
	}
	return dst
}

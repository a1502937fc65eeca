package json

import (
	"strconv"

	"nflogship/event"
)

// appendMessage appends what netfilter said beside the packet.
func appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = appendName(dst, `,"family":"`, e.Family.String())
	if e.Is(event.HasGroup) {
		dst = appendNumber(dst, `,"group":`, uint64(e.Group))
	}
	if e.Is(event.HasSeq) {
		dst = appendNumber(dst, `,"seq":`, uint64(e.Seq))
	}
	if e.Is(event.HasSeqGlobal) {
		dst = appendNumber(dst, `,"seq_global":`, uint64(e.SeqGlobal))
	}
	if e.Is(event.HasPrefix) {
		dst = append(dst, `,"prefix":`...)
		dst = appendString(dst, b.Bytes(e.Prefix))
	}
	dst = appendName(dst, `,"action":"`, e.Action.String())
	if e.Is(event.HasHook) {
		dst = appendName(dst, `,"hook":"`, event.HookName(e.Family, e.Hook))
	}
	dst = appendInterfaces(dst, b, e, anyInterface)
	if e.Is(event.HasMark) {
		dst = appendNumber(dst, `,"mark":`, uint64(e.Mark))
	}
	if e.Is(event.HasUID) {
		dst = appendNumber(dst, `,"uid":`, uint64(e.UID))
	}
	if e.Is(event.HasGID) {
		dst = appendNumber(dst, `,"gid":`, uint64(e.GID))
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
		return appendNumber(dst, indexKey, uint64(index))
	}
	return appendString(append(dst, nameKey...), b.Bytes(name))
}

func appendLink(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasMACSrc) {
		dst = appendMAC(dst, `,"mac_src":"`, e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		dst = appendMAC(dst, `,"mac_dst":"`, e.MACDst)
	}
	if e.Is(event.HasEtherType) && !familyTells(e.EtherType) {
		dst = appendNumber(dst, `,"ethertype":`, uint64(e.EtherType))
	}
	if e.Is(event.HasVLAN) {
		dst = appendNumber(dst, `,"vlan":`, uint64(e.VLAN&0xfff))
		dst = appendNumber(dst, `,"vlan_priority":`, uint64(e.VLAN>>13))
	}
	if e.Is(event.HasVLANInner) {
		dst = appendNumber(dst, `,"vlan_inner":`, uint64(e.VLANInner&0xfff))
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
		dst = appendProto(dst, e.Proto)
	}
	if e.Is(event.HasPorts) {
		dst = appendPorts(dst, e.SrcPort, e.DstPort)
	}
	if e.Is(event.HasIP) {
		dst = appendNumber(dst, `,"length":`, uint64(e.Length))
		dst = append(dst, `,"ttl":`...)
		dst = event.AppendByte(dst, e.TTL)
		dst = append(dst, `,"tos":`...)
		dst = event.AppendByte(dst, e.TOS)
	}
	if e.Is(event.HasID) {
		dst = appendNumber(dst, `,"id":`, uint64(e.IPID))
	}
	if e.Is(event.HasFlowLabel) {
		dst = appendNumber(dst, `,"flow_label":`, uint64(e.FlowLabel))
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
	dst = appendNumber(dst, `,"frag":{"offset":`, uint64(e.FragOffset))
	if e.Is(event.MoreFragments) {
		dst = append(dst, `,"more":true`...)
	}
	if e.Is(event.IsIPv6) { // IPv4 has it in every header: above
		dst = appendNumber(dst, `,"id":`, uint64(e.IPID))
	}
	return append(dst, '}')
}

func appendAddrs(dst []byte, src, to *[16]byte, v6 bool) []byte {
	dst = append(dst, `,"src":"`...)
	dst = event.AppendAddr(dst, src, v6)
	dst = append(dst, `","dst":"`...)
	dst = event.AppendAddr(dst, to, v6)
	return append(dst, '"')
}

func appendProto(dst []byte, proto uint8) []byte {
	dst = append(dst, `,"proto":"`...)
	dst = event.AppendProto(dst, proto)
	return append(dst, '"')
}

func appendPorts(dst []byte, src, to uint16) []byte {
	dst = appendNumber(dst, `,"src_port":`, uint64(src))
	return appendNumber(dst, `,"dst_port":`, uint64(to))
}

func appendMAC(dst []byte, key string, mac [6]byte) []byte {
	dst = append(dst, key...)
	dst = event.AppendMAC(dst, mac)
	return append(dst, '"')
}

// appendName appends a word that needs no escapes, or nothing where there is none. The key ends in its quote.
func appendName(dst []byte, key, name string) []byte {
	if name == "" {
		return dst
	}
	dst = append(dst, key...)
	dst = append(dst, name...)
	return append(dst, '"')
}

func appendNumber(dst []byte, key string, v uint64) []byte {
	return strconv.AppendUint(append(dst, key...), v, 10)
}

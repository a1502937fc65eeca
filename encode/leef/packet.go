package leef

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// appendEnds appends the two ends of the packet, or those that an ARP packet speaks of.
func appendEnds(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasProto) {
		dst = attribute.Word(dst, "\tproto=", pairs.Proto(e.Proto))
	}
	if e.Is(event.HasARP) {
		return appendARP(dst, e, &b.ARPs[e.Aux-1])
	}
	if e.Is(event.HasAddrs) {
		dst = attribute.Addr(dst, "\tsrc=", &e.Src, e.Is(event.IsIPv6))
		dst = attribute.Addr(dst, "\tdst=", &e.Dst, e.Is(event.IsIPv6))
	}
	if e.Is(event.HasPorts) {
		dst = attribute.Number(dst, "\tsrcPort=", uint64(e.SrcPort))
		dst = attribute.Number(dst, "\tdstPort=", uint64(e.DstPort))
	}
	if e.Is(event.HasMACSrc) {
		dst = attribute.MAC(dst, "\tsrcMAC=", e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		dst = attribute.MAC(dst, "\tdstMAC=", e.MACDst)
	}
	if e.Is(event.HasCT) {
		dst = appendNAT(dst, &b.Conntracks[e.CT-1])
	}
	return dst
}

func appendARP(dst []byte, e *event.Event, a *event.ARP) []byte {
	if !e.Is(event.HasProto) {
		dst = attribute.Word(dst, "\tproto=", "ARP")
	}
	if !a.Plain {
		return dst
	}
	dst = attribute.IPv4(dst, "\tsrc=", a.Src)
	dst = attribute.IPv4(dst, "\tdst=", a.Dst)
	dst = attribute.MAC(dst, "\tsrcMAC=", a.MACSrc)
	return attribute.MAC(dst, "\tdstMAC=", a.MACDst)
}

// appendNAT appends what a connection was translated to.
func appendNAT(dst []byte, ct *event.Conntrack) []byte {
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = attribute.Addr(dst, "\tsrcPostNAT=", &ct.NATSrc, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATSrcPort != 0 {
		dst = attribute.Number(dst, "\tsrcPostNATPort=", uint64(ct.NATSrcPort))
	}
	if ct.Has&event.CTHasNATDst != 0 {
		dst = attribute.Addr(dst, "\tdstPostNAT=", &ct.NATDst, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATDstPort != 0 {
		dst = attribute.Number(dst, "\tdstPostNATPort=", uint64(ct.NATDstPort))
	}
	return dst
}

// appendMessage appends what netfilter said beside the packet.
func appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasHook) {
		dst = attribute.Name(dst, "\thook=", event.HookName(e.Family, e.Hook))
	}
	if e.Is(event.HasIn) {
		dst = appendDevice(dst, "\tin=", b, e.In, e.InIndex)
	}
	if e.Is(event.HasOut) {
		dst = appendDevice(dst, "\tout=", b, e.Out, e.OutIndex)
	}
	if e.Is(event.HasPhysIn) {
		dst = appendDevice(dst, "\tphysin=", b, e.PhysIn, e.PhysInIndex)
	}
	if e.Is(event.HasPhysOut) {
		dst = appendDevice(dst, "\tphysout=", b, e.PhysOut, e.PhysOutIndex)
	}
	if e.Is(event.HasSeq) {
		dst = attribute.Number(dst, "\tseq=", uint64(e.Seq))
	}
	if e.Is(event.HasMark) {
		dst = attribute.Number(dst, "\tmark=", uint64(e.Mark))
	}
	if e.Is(event.HasUID) {
		dst = attribute.Number(dst, "\tuid=", uint64(e.UID))
	}
	if e.Is(event.HasGID) {
		dst = attribute.Number(dst, "\tgid=", uint64(e.GID))
	}
	return dst
}

func appendHeaders(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasVLAN) {
		dst = attribute.Number(dst, "\tvlan=", uint64(e.VLAN&0xfff))
	}
	if e.Is(event.HasIP) {
		dst = attribute.Byte(dst, "\tttl=", e.TTL)
		dst = attribute.Byte(dst, "\ttos=", e.TOS)
	}
	if e.Is(event.HasTCP) {
		dst = attribute.Word(dst, "\ttcpFlags=", jsontext.TCPFlags(e.TCPFlags))
	}
	if e.Is(event.HasICMP) {
		dst = attribute.Byte(dst, "\ticmpType=", e.ICMPType)
		dst = attribute.Byte(dst, "\ticmpCode=", e.ICMPCode)
	}
	if e.Is(event.Truncated) {
		dst = append(dst, "\ttruncated=true"...)
	}
	return attribute.Name(dst, "\tmalformed=", e.Malformed.String())
}

package cef

import (
	"strconv"

	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// way appends which way the packet went, and through which interfaces.
func (x *encoder) way(dst []byte, b *event.Batch, e *event.Event) []byte {
	switch directionOf(e) {
	case inbound:
		dst = append(dst, " deviceDirection=0"...)
	case outbound:
		dst = append(dst, " deviceDirection=1"...)
	}
	if e.Is(event.HasIn) {
		dst = text(dst, " deviceInboundInterface=", x.device(b, e.In, e.InIndex))
	}
	if e.Is(event.HasOut) {
		dst = text(dst, " deviceOutboundInterface=", x.device(b, e.Out, e.OutIndex))
	}
	return dst
}

// device is an interface's name, or its index where that is all there is. It is valid until the next call.
func (x *encoder) device(b *event.Batch, name event.Span, index uint32) []byte {
	if name.Len > 0 {
		return b.Bytes(name)
	}
	x.scratch = strconv.AppendUint(x.scratch[:0], uint64(index), 10)
	return x.scratch
}

type direction uint8

const (
	neither direction = iota
	inbound
	outbound
)

// directionOf goes by the hook; what is forwarded goes neither way. Without a hook, as in a plain capture, nothing tells.
func directionOf(e *event.Event) direction {
	if !e.Is(event.HasHook) {
		return neither
	}
	switch event.HookName(e.Family, e.Hook) {
	case "prerouting", "input", "ingress", "brouting":
		return inbound
	case "output", "postrouting", "egress":
		return outbound
	}
	return neither
}

// appendEnds appends the protocol and the two ends.
func appendEnds(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasProto) {
		dst = extension.Word(dst, " proto=", pairs.Proto(e.Proto))
	}
	if e.Is(event.HasARP) {
		return appendARP(dst, e, &b.ARPs[e.Aux-1])
	}
	if e.Is(event.HasAddrs) {
		dst = appendSource(dst, e)
	}
	if e.Is(event.HasPorts) {
		dst = extension.Number(dst, " spt=", uint64(e.SrcPort))
	}
	if e.Is(event.HasMACSrc) {
		dst = extension.MAC(dst, " smac=", e.MACSrc)
	}
	if e.Is(event.HasAddrs) {
		dst = appendDestination(dst, e)
	}
	if e.Is(event.HasPorts) {
		dst = extension.Number(dst, " dpt=", uint64(e.DstPort))
	}
	if e.Is(event.HasMACDst) {
		dst = extension.MAC(dst, " dmac=", e.MACDst)
	}
	if e.Is(event.HasCT) {
		dst = appendNAT(dst, &b.Conntracks[e.CT-1])
	}
	return dst
}

func appendSource(dst []byte, e *event.Event) []byte {
	if e.Is(event.IsIPv6) {
		return extension.Addr(dst, " c6a2Label=Source IPv6 Address c6a2=", &e.Src, true)
	}
	return extension.Addr(dst, " src=", &e.Src, false)
}

func appendDestination(dst []byte, e *event.Event) []byte {
	if e.Is(event.IsIPv6) {
		return extension.Addr(dst, " c6a3Label=Destination IPv6 Address c6a3=", &e.Dst, true)
	}
	return extension.Addr(dst, " dst=", &e.Dst, false)
}

// appendARP appends the addresses in an ARP packet: those of its frame may be others.
func appendARP(dst []byte, e *event.Event, a *event.ARP) []byte {
	if !e.Is(event.HasProto) {
		dst = extension.Word(dst, " proto=", "ARP")
	}
	if !a.Plain {
		return dst
	}
	dst = extension.IPv4(dst, " src=", a.Src)
	dst = extension.MAC(dst, " smac=", a.MACSrc)
	dst = extension.IPv4(dst, " dst=", a.Dst)
	return extension.MAC(dst, " dmac=", a.MACDst)
}

// appendNAT appends what a connection was translated to. The dictionary's keys hold IPv4 only.
func appendNAT(dst []byte, ct *event.Conntrack) []byte {
	if ct.NATIPv6 {
		return dst
	}
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = extension.Addr(dst, " sourceTranslatedAddress=", &ct.NATSrc, false)
	}
	if ct.Has&event.CTHasNATSrcPort != 0 {
		dst = extension.Number(dst, " sourceTranslatedPort=", uint64(ct.NATSrcPort))
	}
	if ct.Has&event.CTHasNATDst != 0 {
		dst = extension.Addr(dst, " destinationTranslatedAddress=", &ct.NATDst, false)
	}
	if ct.Has&event.CTHasNATDstPort != 0 {
		dst = extension.Number(dst, " destinationTranslatedPort=", uint64(ct.NATDstPort))
	}
	return dst
}

// rest appends what the dictionary has no key for.
func (x *encoder) rest(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasTCP) {
		flags := jsontext.TCPFlags(e.TCPFlags)
		if flags == "" {
			flags = "NONE"
		}
		dst = extension.Word(dst, " cs3Label=tcpFlags cs3=", flags)
	}
	if e.Is(event.HasICMP) {
		dst = extension.Byte(dst, " cs4Label=icmpTypeCode cs4=", e.ICMPType)
		dst = extension.Byte(dst, "/", e.ICMPCode)
	}
	if e.Is(event.HasPhysIn) {
		dst = text(dst, " cs5Label=bridgePortIn cs5=", x.device(b, e.PhysIn, e.PhysInIndex))
	}
	if e.Is(event.HasPhysOut) {
		dst = text(dst, " cs6Label=bridgePortOut cs6=", x.device(b, e.PhysOut, e.PhysOutIndex))
	}
	if e.Is(event.HasIP) {
		dst = extension.Byte(dst, " cn1Label=ttl cn1=", e.TTL)
	}
	if e.Is(event.HasMark) {
		dst = extension.Number(dst, " cn2Label=mark cn2=", uint64(e.Mark))
	}
	if e.Is(event.HasVLAN) {
		dst = extension.Number(dst, " cn3Label=vlan cn3=", uint64(e.VLAN&0xfff))
	}
	return appendFault(dst, e)
}

// appendFault says in words why a packet's fields may be incomplete.
func appendFault(dst []byte, e *event.Event) []byte {
	switch {
	case e.Malformed != event.FaultNone:
		return extension.Word(dst, " msg=", e.Malformed.String())
	case e.Is(event.Truncated):
		return append(dst, " msg=headers cut by copy_range"...)
	}
	return dst
}

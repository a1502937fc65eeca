package protobuf

import (
	"nflogship/encode/internal/view"
	"nflogship/event"
)

// Numbers of Event's fields.
const (
	eventTime         = 1
	eventHost         = 2
	eventSource       = 3
	eventFamily       = 4
	eventGroup        = 5
	eventSeq          = 6
	eventPrefix       = 7
	eventAction       = 8
	eventHook         = 9
	eventIn           = 10
	eventSrc          = 11
	eventDst          = 12
	eventProto        = 13
	eventSrcPort      = 14
	eventDstPort      = 15
	eventSeqGlobal    = 16
	eventOut          = 17
	eventPhysIn       = 18
	eventPhysOut      = 19
	eventInIndex      = 20
	eventOutIndex     = 21
	eventPhysInIndex  = 22
	eventPhysOutIndex = 23
	eventMark         = 24
	eventUID          = 25
	eventGID          = 26
	eventMACSrc       = 27
	eventMACDst       = 28
	eventEtherType    = 29
	eventVLAN         = 30
	eventVLANPriority = 31
	eventVLANInner    = 32
	eventLength       = 33
	eventTTL          = 34
	eventTOS          = 35
	eventID           = 36
	eventFlowLabel    = 37
	eventDF           = 38
	eventFrag         = 39
	eventTCP          = 40
	eventUDP          = 41
	eventICMP         = 42
	eventSPI          = 43
	eventARP          = 44
	eventConntrack    = 45
	eventTruncated    = 46
	eventMalformed    = 47
	eventPacket       = 48
	eventFields       = 49
	eventSummary      = 50
)

// appendFields appends those of the wanted fields that the event has: of a packet all, of a summary what its events have in
// common.
func appendFields(dst []byte, b *event.Batch, e *event.Event, want view.Fields) []byte {
	if want.Has(event.FieldFamily) && e.Family.String() != "" {
		dst = appendUint(dst, eventFamily, uint32(e.Family))
	}
	if e.Is(event.HasGroup) && want.Has(event.FieldGroup) {
		dst = appendUint(dst, eventGroup, uint32(e.Group))
	}
	if e.Is(event.HasSeq) && want.Has(event.FieldSeq) {
		dst = appendUint(dst, eventSeq, e.Seq)
	}
	if e.Is(event.HasSeqGlobal) && want.Has(event.FieldSeqGlobal) {
		dst = appendUint(dst, eventSeqGlobal, e.SeqGlobal)
	}
	if e.Is(event.HasPrefix) && want.Has(event.FieldPrefix) {
		dst = appendText(dst, eventPrefix, b.Bytes(e.Prefix))
	}
	if want.Has(event.FieldAction) {
		dst = appendNonzero(dst, eventAction, uint32(e.SaidAction()))
	}
	if e.Is(event.HasHook) && want.Has(event.FieldHook) {
		dst = appendNonzero(dst, eventHook, hookOf(e))
	}
	dst = appendInterfaces(dst, b, e, want)
	dst = appendNumbers(dst, e, want)
	return appendEnds(dst, e, want)
}

func appendInterfaces(dst []byte, b *event.Batch, e *event.Event, want view.Fields) []byte {
	if e.Is(event.HasIn) && want.Has(event.FieldIn) {
		dst = appendInterface(dst, eventIn, eventInIndex, b.Bytes(e.In), e.InIndex)
	}
	if e.Is(event.HasOut) && want.Has(event.FieldOut) {
		dst = appendInterface(dst, eventOut, eventOutIndex, b.Bytes(e.Out), e.OutIndex)
	}
	if e.Is(event.HasPhysIn) && want.Has(event.FieldPhysIn) {
		dst = appendInterface(dst, eventPhysIn, eventPhysInIndex, b.Bytes(e.PhysIn), e.PhysInIndex)
	}
	if e.Is(event.HasPhysOut) && want.Has(event.FieldPhysOut) {
		dst = appendInterface(dst, eventPhysOut, eventPhysOutIndex, b.Bytes(e.PhysOut), e.PhysOutIndex)
	}
	return dst
}

func appendInterface(dst []byte, named, indexed uint16, name []byte, index uint32) []byte {
	if len(name) == 0 {
		return appendUint(dst, indexed, index)
	}
	return appendText(dst, named, name)
}

// appendNumbers appends what is one number each, but for the ports.
func appendNumbers(dst []byte, e *event.Event, want view.Fields) []byte {
	if e.Is(event.HasMark) && want.Has(event.FieldMark) {
		dst = appendUint(dst, eventMark, e.Mark)
	}
	if e.Is(event.HasUID) && want.Has(event.FieldUID) {
		dst = appendUint(dst, eventUID, e.UID)
	}
	if e.Is(event.HasGID) && want.Has(event.FieldGID) {
		dst = appendUint(dst, eventGID, e.GID)
	}
	if e.Is(event.HasEtherType) && want.Has(event.FieldEtherType) && (want != view.All || !familyTells(e.EtherType)) {
		dst = appendUint(dst, eventEtherType, uint32(e.EtherType))
	}
	if e.Is(event.HasVLAN) {
		if want.Has(event.FieldVLAN) {
			dst = appendUint(dst, eventVLAN, uint32(e.VLAN&0xfff))
		}
		if want.Has(event.FieldVLANPriority) {
			dst = appendUint(dst, eventVLANPriority, uint32(e.VLAN>>13))
		}
	}
	if e.Is(event.HasVLANInner) && want.Has(event.FieldVLANInner) {
		dst = appendUint(dst, eventVLANInner, uint32(e.VLANInner&0xfff))
	}
	if e.Is(event.HasIP) {
		if want.Has(event.FieldLength) {
			dst = appendUint(dst, eventLength, e.Length)
		}
		if want.Has(event.FieldTTL) {
			dst = appendUint(dst, eventTTL, uint32(e.TTL))
		}
		if want.Has(event.FieldTOS) {
			dst = appendUint(dst, eventTOS, uint32(e.TOS))
		}
	}
	// A fragment's, of IPv6, stands in frag.
	if (e.Is(event.HasID) || want != view.All && e.Is(event.HasFrag)) && want.Has(event.FieldID) {
		dst = appendUint(dst, eventID, e.IPID)
	}
	if e.Is(event.HasFlowLabel) && want.Has(event.FieldFlowLabel) {
		dst = appendUint(dst, eventFlowLabel, e.FlowLabel)
	}
	if e.Is(event.HasSPI) && want.Has(event.FieldSPI) {
		dst = appendFixed32(dst, eventSPI, e.Word)
	}
	return dst
}

// familyTells reports whether other fields say as much as the EtherType does: ETH_P_IP, ETH_P_ARP, ETH_P_IPV6.
func familyTells(etherType uint16) bool {
	return etherType == 0x0800 || etherType == 0x0806 || etherType == 0x86dd
}

func appendEnds(dst []byte, e *event.Event, want view.Fields) []byte {
	if e.Is(event.HasMACSrc) && want.Has(event.FieldMACSrc) {
		dst = appendBytes(dst, eventMACSrc, e.MACSrc[:])
	}
	if e.Is(event.HasMACDst) && want.Has(event.FieldMACDst) {
		dst = appendBytes(dst, eventMACDst, e.MACDst[:])
	}
	if e.Is(event.HasAddrs) {
		if want.Has(event.FieldSrc) {
			dst = appendAddr(dst, eventSrc, &e.Src, e.Is(event.IsIPv6))
		}
		if want.Has(event.FieldDst) {
			dst = appendAddr(dst, eventDst, &e.Dst, e.Is(event.IsIPv6))
		}
	}
	if e.Is(event.HasProto) && want.Has(event.FieldProto) {
		dst = appendUint(dst, eventProto, uint32(e.Proto))
	}
	if e.Is(event.HasPorts) {
		if want.Has(event.FieldSrcPort) {
			dst = appendUint(dst, eventSrcPort, uint32(e.SrcPort))
		}
		if want.Has(event.FieldDstPort) {
			dst = appendUint(dst, eventDstPort, uint32(e.DstPort))
		}
	}
	return dst
}

func appendAddr(dst []byte, number uint16, a *[16]byte, v6 bool) []byte {
	if v6 {
		return appendBytes(dst, number, a[:])
	}
	return appendBytes(dst, number, a[:4])
}

// hookOf is the value of enum Hook for what the event's family calls its hook.
func hookOf(e *event.Event) uint32 {
	switch event.HookName(e.Family, e.Hook) {
	case "prerouting":
		return 1
	case "input":
		return 2
	case "forward":
		return 3
	case "output":
		return 4
	case "postrouting":
		return 5
	case "ingress":
		return 6
	case "egress":
		return 7
	case "brouting":
		return 8
	}
	return 0
}

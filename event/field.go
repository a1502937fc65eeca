package event

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Field is a scalar field of an event, by its name in the JSON event: what topics, subjects, paths, keys and track name.
type Field uint8

// The fields.
const (
	FieldNone Field = iota
	FieldHost
	FieldSource
	FieldFamily
	FieldGroup
	FieldSeq
	FieldSeqGlobal
	FieldPrefix
	FieldAction
	FieldHook
	FieldIn
	FieldOut
	FieldPhysIn
	FieldPhysOut
	FieldMark
	FieldUID
	FieldGID
	FieldMACSrc
	FieldMACDst
	FieldEtherType
	FieldVLAN
	FieldVLANPriority
	FieldVLANInner
	FieldSrc
	FieldDst
	FieldProto
	FieldSrcPort
	FieldDstPort
	FieldLength
	FieldTTL
	FieldTOS
	FieldID
	FieldFlowLabel
	FieldSPI
	fieldCount
)

var fieldNames = [fieldCount]string{
	FieldHost: "host", FieldSource: "source", FieldFamily: "family", FieldGroup: "group", FieldSeq: "seq",
	FieldSeqGlobal: "seq_global", FieldPrefix: "prefix", FieldAction: "action", FieldHook: "hook", FieldIn: "in",
	FieldOut: "out", FieldPhysIn: "physin", FieldPhysOut: "physout", FieldMark: "mark", FieldUID: "uid", FieldGID: "gid",
	FieldMACSrc: "mac_src", FieldMACDst: "mac_dst", FieldEtherType: "ethertype", FieldVLAN: "vlan",
	FieldVLANPriority: "vlan_priority", FieldVLANInner: "vlan_inner", FieldSrc: "src", FieldDst: "dst", FieldProto: "proto",
	FieldSrcPort: "src_port", FieldDstPort: "dst_port", FieldLength: "length", FieldTTL: "ttl", FieldTOS: "tos",
	FieldID: "id", FieldFlowLabel: "flow_label", FieldSPI: "spi",
}

// String is the field's name.
func (f Field) String() string { return fieldNames[f] }

// ParseField finds a field by its name.
func ParseField(name string) (Field, bool) {
	for f := FieldHost; f < fieldCount; f++ {
		if fieldNames[f] == name {
			return f, true
		}
	}
	return FieldNone, false
}

// FieldNames lists every field's name, sorted, for messages.
func FieldNames() []string {
	names := append([]string(nil), fieldNames[FieldHost:]...)
	sort.Strings(names)
	return names
}

// Number returns the field's value where it is a number in the JSON event, and whether the event has it.
func (e *Event) Number(f Field) (uint64, bool) {
	switch f {
	case FieldGroup:
		return uint64(e.Group), e.Is(HasGroup)
	case FieldSeq:
		return uint64(e.Seq), e.Is(HasSeq)
	case FieldSeqGlobal:
		return uint64(e.SeqGlobal), e.Is(HasSeqGlobal)
	case FieldMark:
		return uint64(e.Mark), e.Is(HasMark)
	case FieldUID:
		return uint64(e.UID), e.Is(HasUID)
	case FieldGID:
		return uint64(e.GID), e.Is(HasGID)
	case FieldEtherType:
		return uint64(e.EtherType), e.Is(HasEtherType)
	case FieldVLAN:
		return uint64(e.VLAN & 0xfff), e.Is(HasVLAN)
	case FieldVLANPriority:
		return uint64(e.VLAN >> 13), e.Is(HasVLAN)
	case FieldVLANInner:
		return uint64(e.VLANInner & 0xfff), e.Is(HasVLANInner)
	case FieldSrcPort:
		return uint64(e.SrcPort), e.Is(HasPorts)
	case FieldDstPort:
		return uint64(e.DstPort), e.Is(HasPorts)
	case FieldLength:
		return uint64(e.Length), e.Is(HasIP)
	case FieldTTL:
		return uint64(e.TTL), e.Is(HasIP)
	case FieldTOS:
		return uint64(e.TOS), e.Is(HasIP)
	case FieldID:
		return uint64(e.IPID), e.Has&(HasID|HasFrag) != 0
	case FieldFlowLabel:
		return uint64(e.FlowLabel), e.Is(HasFlowLabel)
	case FieldSPI:
		return uint64(e.Word), e.Is(HasSPI)
	}
	return 0, false
}

// SetNumber sets a field whose values are numbers, and its bit in Has.
func (e *Event) SetNumber(f Field, n uint64) {
	switch f {
	case FieldGroup:
		e.Group, e.Has = uint16(n), e.Has|HasGroup
	case FieldSeq:
		e.Seq, e.Has = uint32(n), e.Has|HasSeq
	case FieldSeqGlobal:
		e.SeqGlobal, e.Has = uint32(n), e.Has|HasSeqGlobal
	case FieldMark:
		e.Mark, e.Has = uint32(n), e.Has|HasMark
	case FieldUID:
		e.UID, e.Has = uint32(n), e.Has|HasUID
	case FieldGID:
		e.GID, e.Has = uint32(n), e.Has|HasGID
	case FieldEtherType:
		e.EtherType, e.Has = uint16(n), e.Has|HasEtherType
	case FieldVLAN:
		e.VLAN, e.Has = e.VLAN&^0xfff|uint16(n)&0xfff, e.Has|HasVLAN
	case FieldVLANPriority:
		e.VLAN, e.Has = e.VLAN&0x1fff|uint16(n)<<13, e.Has|HasVLAN
	case FieldVLANInner:
		e.VLANInner, e.Has = uint16(n), e.Has|HasVLANInner
	case FieldSrcPort:
		e.SrcPort, e.Has = uint16(n), e.Has|HasPorts
	case FieldDstPort:
		e.DstPort, e.Has = uint16(n), e.Has|HasPorts
	case FieldLength:
		e.Length, e.Has = uint32(n), e.Has|HasIP
	case FieldTTL:
		e.TTL, e.Has = uint8(n), e.Has|HasIP
	case FieldTOS:
		e.TOS, e.Has = uint8(n), e.Has|HasIP
	case FieldID:
		e.IPID, e.Has = uint32(n), e.Has|HasID
	case FieldFlowLabel:
		e.FlowLabel, e.Has = uint32(n), e.Has|HasFlowLabel
	case FieldSPI:
		e.Word, e.Has = uint32(n), e.Has|HasSPI
	}
}

// IsNumber reports whether the field's values are numbers in the JSON event.
func (f Field) IsNumber() bool {
	switch f {
	case FieldGroup, FieldSeq, FieldSeqGlobal, FieldMark, FieldUID, FieldGID, FieldEtherType, FieldVLAN, FieldVLANPriority,
		FieldVLANInner, FieldSrcPort, FieldDstPort, FieldLength, FieldTTL, FieldTOS, FieldID, FieldFlowLabel, FieldSPI:
		return true
	}
	return false
}

// AppendField appends the field's value as text, and reports whether the event has it. The bytes of a prefix are
// appended as they are, a trailing space included: making them safe for a place is for whoever puts them there.
// An interface of which only the index is known gives the index.
func AppendField(dst []byte, b *Batch, e *Event, f Field) ([]byte, bool) {
	if f.IsNumber() {
		n, ok := e.Number(f)
		if !ok {
			return dst, false
		}
		return strconv.AppendUint(dst, n, 10), true
	}
	before := len(dst)
	dst = appendText(dst, b, e, f)
	return dst, len(dst) > before
}

func appendText(dst []byte, b *Batch, e *Event, f Field) []byte {
	switch f {
	case FieldHost:
		return append(dst, b.Origins[e.Origin].Host...)
	case FieldSource:
		return append(dst, b.Origins[e.Origin].Source...)
	case FieldFamily:
		return append(dst, e.Family.String()...)
	case FieldPrefix:
		return append(dst, b.Bytes(e.Prefix)...)
	case FieldAction:
		return append(dst, e.SaidAction().String()...)
	case FieldHook:
		if e.Is(HasHook) {
			return append(dst, HookName(e.Family, e.Hook)...)
		}
	case FieldIn:
		return appendInterface(dst, b, e.Is(HasIn), e.In, e.InIndex)
	case FieldOut:
		return appendInterface(dst, b, e.Is(HasOut), e.Out, e.OutIndex)
	case FieldPhysIn:
		return appendInterface(dst, b, e.Is(HasPhysIn), e.PhysIn, e.PhysInIndex)
	case FieldPhysOut:
		return appendInterface(dst, b, e.Is(HasPhysOut), e.PhysOut, e.PhysOutIndex)
	case FieldMACSrc:
		if e.Is(HasMACSrc) {
			return AppendMAC(dst, e.MACSrc)
		}
	case FieldMACDst:
		if e.Is(HasMACDst) {
			return AppendMAC(dst, e.MACDst)
		}
	case FieldSrc:
		if e.Is(HasAddrs) {
			return AppendAddr(dst, &e.Src, e.Is(IsIPv6))
		}
	case FieldDst:
		if e.Is(HasAddrs) {
			return AppendAddr(dst, &e.Dst, e.Is(IsIPv6))
		}
	case FieldProto:
		if e.Is(HasProto) {
			return AppendProto(dst, e.Proto)
		}
	}
	return dst
}

func appendInterface(dst []byte, b *Batch, has bool, name Span, index uint32) []byte {
	if name.Len > 0 {
		return append(dst, b.Bytes(name)...)
	}
	if has {
		return strconv.AppendUint(dst, uint64(index), 10)
	}
	return dst
}

// UnmarshalText reads a field's name, for settings.
func (f *Field) UnmarshalText(text []byte) error {
	known, ok := ParseField(string(text))
	if !ok {
		return fmt.Errorf("%q is not a field of an event; there are %s", text, strings.Join(FieldNames(), ", "))
	}
	*f = known
	return nil
}

// MarshalText writes the field's name.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

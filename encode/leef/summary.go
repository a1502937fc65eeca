package leef

import (
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// summary prints the fields that the events have in common under the keys that packets have them under, and all of them
// once more, for people to read, in key.
func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = append(dst, "summary-"...)
	dst = pairs.Append(dst, header, s.Reason)
	dst = x.begin(dst, b, e, "summary")
	for _, f := range pairs.KeyFields(s) {
		dst = x.field(dst, b, e, f)
	}
	dst = attribute.Number(dst, "\tsrcBytes=", s.Bytes)
	dst = attribute.Number(dst, "\tsrcPackets=", s.Suppressed)
	dst = attribute.Text(dst, "\treason=", s.Reason)
	if s.Stage != "" { // overload strikes outside any stage
		dst = attribute.Text(dst, "\tstage=", s.Stage)
	}
	x.scratch = pairs.AppendKey(x.scratch[:0], b, e, s)
	dst = attribute.Bytes(dst, "\tkey=", x.scratch)
	dst = attribute.Millis(dst, "\tfirst=", s.First)
	return attribute.Millis(dst, "\tlast=", s.Last)
}

// field appends one field of the key, if packets have it too.
func (x *encoder) field(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	var has bool
	if x.scratch, has = event.AppendField(x.scratch[:0], b, e, f); !has {
		return dst
	}
	switch f {
	case event.FieldPrefix:
		return appendPrefix(dst, x.scratch)
	case event.FieldProto:
		return attribute.Word(dst, "\tproto=", pairs.Proto(e.Proto))
	}
	if key := summaryKeys[f]; key != "" {
		return attribute.Bytes(dst, key, x.scratch)
	}
	return dst
}

// summaryKeys are the keys of fields whose values need nothing done to them.
var summaryKeys = [256]string{
	event.FieldSrc: "\tsrc=", event.FieldDst: "\tdst=", event.FieldSrcPort: "\tsrcPort=", event.FieldDstPort: "\tdstPort=",
	event.FieldMACSrc: "\tsrcMAC=", event.FieldMACDst: "\tdstMAC=", event.FieldHook: "\thook=", event.FieldIn: "\tin=", event.FieldOut: "\tout=",
	event.FieldPhysIn: "\tphysin=", event.FieldPhysOut: "\tphysout=", event.FieldSeq: "\tseq=", event.FieldMark: "\tmark=",
	event.FieldUID: "\tuid=", event.FieldGID: "\tgid=", event.FieldVLAN: "\tvlan=", event.FieldTTL: "\tttl=", event.FieldTOS: "\ttos=",
}

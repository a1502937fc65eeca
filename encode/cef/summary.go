package cef

import (
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// summary prints the fields that the events have in common under the keys that packets have them under, and all of them
// once more, for people to read, in msg.
func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = append(dst, "summary-"...)
	dst = pairs.Append(dst, header, s.Reason)
	dst = append(dst, "|Packets suppressed|"...)
	dst = x.begin(dst, b, e)
	for _, f := range pairs.KeyFields(s) {
		dst = x.field(dst, b, e, f)
	}
	dst = extension.Number(dst, " in=", s.Bytes)
	dst = extension.Number(dst, " cnt=", s.Suppressed)
	dst = extension.Millis(dst, " start=", s.First)
	dst = extension.Millis(dst, " end=", s.Last)
	dst = extension.Text(dst, " reason=", s.Reason)
	x.scratch = append(x.scratch[:0], s.Stage...)
	dst = text(dst, " cs4Label=stage cs4=", x.scratch)
	x.scratch = pairs.AppendKey(x.scratch[:0], b, e, s)
	return text(dst, " msg=", x.scratch)
}

// field appends one field of the key, if packets have it too. The action is there already, and the host.
func (x *encoder) field(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	var has bool
	if x.scratch, has = event.AppendField(x.scratch[:0], b, e, f); !has {
		return dst
	}
	switch f {
	case event.FieldPrefix:
		return appendPrefix(dst, x.scratch)
	case event.FieldProto:
		return extension.Word(dst, " proto=", pairs.Proto(e.Proto))
	case event.FieldSrc:
		return appendSource(dst, e)
	case event.FieldDst:
		return appendDestination(dst, e)
	}
	if key := summaryKeys[f]; key != "" {
		return text(dst, key, x.scratch)
	}
	return dst
}

// summaryKeys are the keys of fields whose values need nothing done to them.
var summaryKeys = [256]string{
	event.FieldIn: " deviceInboundInterface=", event.FieldOut: " deviceOutboundInterface=", event.FieldSrcPort: " spt=",
	event.FieldDstPort: " dpt=", event.FieldMACSrc: " smac=", event.FieldMACDst: " dmac=", event.FieldUID: " suid=",
	event.FieldSeq: " externalId=", event.FieldTTL: " cn1Label=ttl cn1=", event.FieldMark: " cn2Label=mark cn2=",
	event.FieldVLAN: " cn3Label=vlan cn3=",
}

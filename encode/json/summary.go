package json

import "nflogship/event"

func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = append(dst, `{"kind":"summary","time":"`...)
	dst = x.clock.append(dst, e.Time)
	dst = append(dst, '"')
	dst = x.origins.append(dst, b.Origins[e.Origin])
	dst = append(dst, `,"reason":`...)
	dst = appendString(dst, s.Reason)
	if s.Stage != "" { // overload strikes outside any stage
		dst = append(dst, `,"stage":`...)
		dst = appendString(dst, s.Stage)
	}
	dst = append(dst, `,"key":`...)
	if s.Other {
		dst = append(dst, `{"other":true}`...)
	} else {
		dst = appendKey(dst, b, e, s.Key[:s.Keys])
	}
	dst = appendNumber(dst, `,"suppressed":`, s.Suppressed)
	dst = appendNumber(dst, `,"bytes":`, s.Bytes)
	dst = append(dst, `,"first":"`...)
	dst = x.clock.append(dst, s.First)
	dst = append(dst, `","last":"`...)
	dst = x.clock.append(dst, s.Last)
	dst = append(dst, '"')
	return append(dst, x.tail...)
}

// appendKey appends the fields that the suppressed events have in common; one that they all lack is left out.
func appendKey(dst []byte, b *event.Batch, e *event.Event, fields []event.Field) []byte {
	open := len(dst)
	for _, f := range fields {
		dst = appendField(dst, b, e, f)
	}
	return closeObject(dst, open)
}

func appendField(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	switch f {
	case event.FieldIn:
		return appendInterfaces(dst, b, e, event.HasIn)
	case event.FieldOut:
		return appendInterfaces(dst, b, e, event.HasOut)
	case event.FieldPhysIn:
		return appendInterfaces(dst, b, e, event.HasPhysIn)
	case event.FieldPhysOut:
		return appendInterfaces(dst, b, e, event.HasPhysOut)
	case event.FieldHost:
		return appendString(append(dst, `,"host":`...), b.Origins[e.Origin].Host)
	case event.FieldSource:
		return appendString(append(dst, `,"source":`...), b.Origins[e.Origin].Source)
	case event.FieldPrefix:
		if !e.Is(event.HasPrefix) {
			return dst
		}
		return appendString(append(dst, `,"prefix":`...), b.Bytes(e.Prefix))
	}
	return appendPlainField(dst, b, e, f)
}

// appendPlainField appends a number, or a text that needs no escapes.
func appendPlainField(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	key := len(dst)
	dst = append(dst, ',', '"')
	dst = append(dst, f.String()...)
	dst = append(dst, '"', ':')
	if !f.IsNumber() {
		dst = append(dst, '"')
	}
	dst, ok := event.AppendField(dst, b, e, f)
	if !ok {
		return dst[:key]
	}
	if !f.IsNumber() {
		dst = append(dst, '"')
	}
	return dst
}

package jsontext

import "nflogship/event"

// AppendKey appends the object of the fields in a summary's key; one that all its events lack is left out.
func AppendKey(dst []byte, key string, b *event.Batch, e *event.Event, s *event.Summary) []byte {
	if s.Other {
		dst = append(dst, key...)
		return append(dst, `{"other":true}`...)
	}
	dst, o := Open(dst, key)
	for _, f := range s.Key[:s.Keys] {
		dst = AppendField(dst, `,"`, b, e, f)
	}
	return o.Close(dst)
}

// AppendField appends a field under its name in the JSON event, if the event has it. The key begins with before, its quote
// included.
func AppendField(dst []byte, before string, b *event.Batch, e *event.Event, f event.Field) []byte {
	start := len(dst)
	dst = append(dst, before...)
	dst = append(dst, f.String()...)
	if onlyIndex(e, f) {
		dst = append(dst, "_index"...)
	}
	dst = append(dst, '"', ':')
	if f.IsNumber() || onlyIndex(e, f) {
		if dst, has := event.AppendField(dst, b, e, f); has {
			return dst
		}
		return dst[:start]
	}
	dst, has := appendQuoted(dst, b, e, f)
	if !has {
		return dst[:start]
	}
	return dst
}

// appendQuoted appends a field's value as a string.
func appendQuoted(dst []byte, b *event.Batch, e *event.Event, f event.Field) ([]byte, bool) {
	switch f {
	case event.FieldHost:
		return AppendString(dst, b.Origins[e.Origin].Host), true
	case event.FieldSource:
		return AppendString(dst, b.Origins[e.Origin].Source), true
	case event.FieldPrefix:
		return AppendString(dst, b.Bytes(e.Prefix)), e.Is(event.HasPrefix)
	case event.FieldIn, event.FieldOut, event.FieldPhysIn, event.FieldPhysOut:
		name, has := interfaceOf(e, f)
		return AppendString(dst, b.Bytes(name)), has
	}
	dst, has := event.AppendField(append(dst, '"'), b, e, f)
	return append(dst, '"'), has
}

// onlyIndex reports whether f is an interface whose name is not known.
func onlyIndex(e *event.Event, f event.Field) bool {
	name, has := interfaceOf(e, f)
	return has && name.Len == 0
}

func interfaceOf(e *event.Event, f event.Field) (name event.Span, has bool) {
	switch f {
	case event.FieldIn:
		return e.In, e.Is(event.HasIn)
	case event.FieldOut:
		return e.Out, e.Is(event.HasOut)
	case event.FieldPhysIn:
		return e.PhysIn, e.Is(event.HasPhysIn)
	case event.FieldPhysOut:
		return e.PhysOut, e.Is(event.HasPhysOut)
	}
	return event.Span{}, false
}

package jsontext

import "nflogship/event"

// Fields is a set of an event's fields: what may be printed of it, if it has it.
type Fields uint64

// All is every field, for a packet.
const All = ^Fields(0)

// KeyFields is what the events that a summary stands for have in common.
func KeyFields(s *event.Summary) (f Fields) {
	if s.Other {
		return 0
	}
	for _, k := range s.Key[:s.Keys] {
		f |= 1 << k
	}
	return f
}

// Has reports whether a field is in the set.
func (f Fields) Has(k event.Field) bool { return f>>k&1 != 0 }

// AppendKey appends the object of the fields in a summary's key; one that all its events lack is left out.
func AppendKey(dst []byte, key string, b *event.Batch, e *event.Event, s *event.Summary) []byte {
	if s.Other {
		dst = append(dst, key...)
		return append(dst, `{"other":true}`...)
	}
	dst, o := Open(dst, key)
	return o.Close(AppendFields(dst, `,"`, b, e, s.Key[:s.Keys]))
}

// AppendFields appends those of the fields that the event has, under their names in the JSON event. Each key begins with
// before, its quote included.
func AppendFields(dst []byte, before string, b *event.Batch, e *event.Event, fields []event.Field) []byte {
	for _, f := range fields {
		dst = appendField(dst, before, b, e, f)
	}
	return dst
}

func appendField(dst []byte, before string, b *event.Batch, e *event.Event, f event.Field) []byte {
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

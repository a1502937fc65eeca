package pairs

import "nflogship/event"

// AppendKey appends what the events of a summary have in common, for people to read: src=203.0.113.9, dst_port=22.
// For the row of the rest it is "other".
func AppendKey(dst []byte, b *event.Batch, e *event.Event, s *event.Summary) []byte {
	if s.Other {
		return append(dst, "other"...)
	}
	for i, f := range s.Key[:s.Keys] {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, f.String()...)
		dst = append(dst, '=')
		dst, _ = event.AppendField(dst, b, e, f)
	}
	return dst
}

// KeyFields are the fields that the events of a summary have in common.
func KeyFields(s *event.Summary) []event.Field {
	if s.Other {
		return nil
	}
	return s.Key[:s.Keys]
}

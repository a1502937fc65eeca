package protobuf

import (
	"nflogship/encode/internal/view"
	"nflogship/event"
)

func appendSummary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst, at := open(dst, eventSummary)
	dst = appendText(dst, 1, s.Reason)
	if s.Stage != "" { // overload strikes outside any stage
		dst = appendText(dst, 2, s.Stage)
	}
	if s.Other {
		dst = appendTrue(dst, 4, true)
	} else {
		dst = appendKey(dst, b, e, s)
	}
	dst = appendVarint(appendTag(dst, 5, wireVarint), s.Suppressed)
	dst = appendVarint(appendTag(dst, 6, wireVarint), s.Bytes)
	dst = appendFixed64(dst, 7, s.First)
	dst = appendFixed64(dst, 8, s.Last)
	return shut(dst, at)
}

// appendKey appends the fields that the events have in common, as an event of its own.
func appendKey(dst []byte, b *event.Batch, e *event.Event, s *event.Summary) []byte {
	dst, at := open(dst, 3)
	want := view.KeyFields(s)
	if o := b.Origins[e.Origin]; want.Has(event.FieldHost) && o.Host != "" {
		dst = appendText(dst, eventHost, o.Host)
	}
	if o := b.Origins[e.Origin]; want.Has(event.FieldSource) && o.Source != "" {
		dst = appendText(dst, eventSource, o.Source)
	}
	dst = appendFields(dst, b, e, want)
	return shut(dst, at)
}

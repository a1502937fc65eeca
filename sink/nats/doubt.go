package nats

import (
	"time"

	"nflogship/sink"
)

// doubt remembers what was sent and neither acknowledged nor refused: when its load comes again, it may arrive twice,
// unless the stream still knows its ids.
type doubt struct {
	serial uint64 // of the load
	events int
	since  time.Time // when the oldest of it was sent
}

// note is told of a Send that began at some time and failed with so many events in doubt.
func (d *doubt) note(l *sink.Load, began time.Time, events int) {
	if d.serial != l.Serial() || d.events == 0 {
		*d = doubt{l.Serial(), events, began}
		return
	}
	d.events = max(d.events, events)
}

// resend counts what is now sent a second time, if ids no longer help: they do for memory of what was sent before.
func (d *doubt) resend(l *sink.Load, now time.Time, memory time.Duration) {
	if d.serial == l.Serial() && d.events > 0 && now.Sub(d.since) >= memory {
		l.MaybeTwice(min(d.events, l.Open()))
		d.events = 0
	}
}

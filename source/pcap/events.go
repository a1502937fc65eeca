package pcap

import (
	"slices"

	"nflogship/decode"
	"nflogship/event"
)

// events adds the record's event to the batch, of a netlink datagram one for each log message in it. It returns an error
// where the file has no other records to go on with.
func (r *replay) events() (damage error) {
	rec := &r.record
	frame := decode.Frame{
		LinkType: uint32(rec.Link), Bytes: event.Span{Off: uint32(r.at + rec.Off), Len: uint32(rec.Len)},
		Original: rec.Length, Order: decode.Order(rec.BigEndian),
	}
	if rec.Link == decode.LinkNetlink {
		return r.messages(frame)
	}
	return r.keep(r.decoder.Frame(r.add(), frame))
}

// messages is events for a netlink datagram.
func (r *replay) messages(frame decode.Frame) (damage error) {
	g, err := r.decoder.Datagram(frame)
	for n := 0; g.Next(); n++ {
		if n > 0 {
			r.more++
		}
		if damage := r.keep(r.decoder.Logged(r.add(), &g)); damage != nil {
			return damage
		}
	}
	if err == nil {
		err = g.Err()
	}
	return r.note(err)
}

// keep takes the event that was added last away again where decoding it failed.
func (r *replay) keep(err error) (damage error) {
	if err != nil {
		r.batch.Events = r.batch.Events[:len(r.batch.Events)-1]
	}
	return r.note(err)
}

// note counts a record or message that held no event.
func (r *replay) note(err error) (damage error) {
	if err == nil {
		return nil
	}
	if damage = r.skipped.note(r, err); damage == nil {
		r.lost++
	}
	return damage
}

// add adds an event to the batch, with what the record says of it.
func (r *replay) add() *event.Event {
	b, rec := r.batch, &r.record
	e := next(b)
	e.Record = r.number + r.more
	if rec.HasTime {
		e.Time, e.Has = rec.Time, event.HasTimeSeen
	} else {
		e.Time = b.Received
	}
	return e
}

// next adds an event to the batch. It clears the event where it stands: append would clear another one and copy it.
func next(b *event.Batch) *event.Event {
	n := len(b.Events)
	if n == cap(b.Events) {
		b.Events = slices.Grow(b.Events, max(n, 256))
	}
	b.Events = b.Events[:n+1]
	b.Events[n] = event.Event{}
	return &b.Events[n]
}

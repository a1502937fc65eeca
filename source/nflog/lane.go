package nflog

import (
	"context"
	"time"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/source"
)

// lane decodes what the readers hand over and gives it on, all in the goroutine of Run.
type lane struct {
	emit    source.Emit
	decoder decode.Decoder
	aborted error // what emit failed with: from then on events are counted and ended
}

// unnumbered marks the Record of an event that the kernel gave no number: one that was logged between the moment the
// group was bound and the moment its flags were set.
const unnumbered = 1 << 63

// take decodes a haul and emits it.
func (l *lane) take(ctx context.Context, h *haul) {
	defer func() { <-h.from.group.places }()
	lost := h.from.sequence.skip(&h.skipped)
	if h.batch == nil {
		h.from.lose(lost, time.Now())
		return
	}
	l.decoder.Names = h.from.names
	more, undecodable := l.decode(h)
	h.from.lose(lost+more, time.Unix(0, h.batch.Received))
	l.deliver(ctx, h, undecodable)
}

// decode fills the batch's events, and returns how many were lost between them and how many messages held none.
func (l *lane) decode(h *haul) (lost, undecodable uint64) {
	b := h.batch
	l.decoder.Begin(b)
	origin := b.AddOrigin(h.from.origin)
	start := uint32(0)
	for _, end := range h.ends[:h.n] {
		datagram := event.Span{Off: start, Len: end - start}
		start = end
		m := decode.Walk(b.Arena, datagram, decode.Native)
		for m.Next() {
			if m.Type != decode.TypePacket {
				continue // the end of a datagram, or an answer that was not waited for
			}
			b.Events = append(b.Events, event.Event{Time: b.Received, Origin: origin})
			e := &b.Events[len(b.Events)-1]
			if err := l.decoder.NFLOG(e, m.Body, decode.Native); err != nil {
				b.Events = b.Events[:len(b.Events)-1]
				undecodable++
				h.from.complain(err)
				continue
			}
			lost += h.from.number(e)
		}
		if err := m.Err(); err != nil {
			undecodable++
			h.from.complain(err)
		}
	}
	return lost, undecodable
}

// number sets the event's record number and returns how many events were lost before it.
func (r *reader) number(e *event.Event) (lost uint64) {
	if !e.Is(event.HasSeq) {
		e.Record = unnumbered | r.unnumbered
		r.unnumbered++
		return 0
	}
	e.Record, lost = r.sequence.take(e.Seq)
	return lost
}

// deliver counts the batch and gives it on.
func (l *lane) deliver(ctx context.Context, h *haul, undecodable uint64) {
	counts, n := h.from.group.counts, uint64(len(h.batch.Events))
	counts.In.Add(n)
	if undecodable > 0 {
		counts.Undecodable.Add(undecodable)
	}
	switch {
	case n == 0:
		h.batch.Release()
	case l.aborted != nil:
		h.batch.End(event.Aborted)
		counts.Aborted.Add(n)
	default:
		if l.aborted = l.emit(ctx, h.batch); l.aborted != nil {
			counts.Aborted.Add(n)
			return
		}
		counts.Out.Add(n)
	}
}

// lose counts what is missing in the kernel's sequence, and says so now and then.
func (r *reader) lose(lost uint64, now time.Time) {
	if lost == 0 {
		return
	}
	total := r.group.counts.KernelLost.Add(lost)
	if r.lossy.due(now) {
		r.log.Warn("packets were lost in the kernel: if it goes on, raise receive_buffer, or log less", "lost", lost, "in_all", total)
	}
}

func (r *reader) complain(err error) {
	if r.broken.due(time.Now()) {
		r.log.Warn("a message from the kernel could not be decoded", "error", err)
	}
}

// seldom keeps a line that could come with every packet from filling the log.
type seldom struct{ next time.Time }

func (s *seldom) due(now time.Time) bool {
	if now.Before(s.next) {
		return false
	}
	s.next = now.Add(10 * time.Second)
	return true
}

package threshold

import (
	"time"

	"nflogship/event"
	"nflogship/pipeline/stage"
)

// Stage holds back what its rule says. Live events count by the time of their arrival, replayed ones by the packets'
// own; the two never meet in one window.
type Stage struct {
	cfg     Config
	window  int64
	deps    stage.Deps
	pass    func(s *Stage, e *entry) bool
	live    clocked
	replay  clocked
	scratch []byte

	life    string
	origins []*event.Origin // of the summaries, one for each source
	made    uint64          // summaries so far: their record numbers
	out     *event.Batch    // summaries to hand on; nil: none
}

// clocked is a table and the time on its clock.
type clocked struct {
	*table
	now int64
}

// tickGrain is how late a window may be closed by the timer: closing many together spares wake-ups.
const tickGrain = int64(100 * time.Millisecond)

// New returns a stage that remembers nothing.
func New(cfg Config, d stage.Deps) *Stage {
	s := &Stage{cfg: cfg, window: cfg.window(), deps: d, life: event.NewLife()}
	s.live.table, s.replay.table = newTable(cfg.MaxKeys), newTable(cfg.MaxKeys)
	switch cfg.Type {
	case "limit":
		s.pass = (*Stage).limit
	case "threshold":
		s.pass = (*Stage).every
	case "both":
		s.pass = (*Stage).once
	default:
		panic("BUG: threshold type " + cfg.Type)
	}
	return s
}

// limit lets the first count of a window pass.
func (s *Stage) limit(e *entry) bool { return e.n <= s.cfg.Count }

// every lets each count-th pass.
func (s *Stage) every(e *entry) bool {
	if e.n < s.cfg.Count {
		return false
	}
	e.n = 0
	return true
}

// once lets only the count-th of a window pass.
func (s *Stage) once(e *entry) bool { return e.n == s.cfg.Count }

// Process drops from b what is held back, and hands on the rest; summaries of windows that have closed go before.
func (s *Stage) Process(b *event.Batch, next stage.Next) error {
	in := len(b.Events)
	kept := b.Events[:0]
	var origins originCache
	for i := range b.Events {
		e := &b.Events[i]
		if s.passes(b, e, &origins) {
			kept = append(kept, *e)
		}
	}
	b.Events = kept
	s.expire(&s.replay)
	s.expire(&s.live)
	s.deps.Counts.In.Add(uint64(in))
	s.deps.Counts.Passed.Add(uint64(len(kept)))
	s.deps.Counts.Suppressed.Add(uint64(in - len(kept)))
	if len(kept) < in {
		b.Delivery.Worsen(event.Folded)
	}
	err := s.handSummaries(next)
	if len(kept) == 0 {
		b.End(event.Folded)
		return err
	}
	if e := next(b); err == nil {
		err = e
	}
	return err
}

// passes counts the event in its window, and reports whether it goes on.
func (s *Stage) passes(b *event.Batch, e *event.Event, origins *originCache) bool {
	if e.Kind != event.Packet {
		return true
	}
	t, now := &s.replay, e.Time
	if b.Origins[e.Origin].Live {
		t, now = &s.live, b.Received
	}
	t.now = now
	s.scratch = appendKey(s.scratch[:0], &s.cfg.Track, b, e)
	hash := t.hash(s.scratch)
	n := t.find(s.scratch, hash)
	if n == 0 {
		s.expire(t)
		if n = t.add(s.scratch, hash, now); n == 0 {
			s.deps.Counts.FailedOpen.Add(1)
			return true
		}
		t.at(n).origin = s.originOf(b, e, origins)
	} else if s.over(t.at(n), now) {
		s.summarise(t, n)
		t.renew(n, now)
	}
	w := t.at(n)
	if w.n < ^uint32(0) {
		w.n++
	}
	if s.pass(s, w) {
		return true
	}
	hold(w, e)
	return false
}

// hold counts an event as held back.
func hold(w *entry, e *event.Event) {
	if w.suppressed == 0 {
		w.first = e.Time
	}
	w.last = e.Time
	w.suppressed++
	if e.Is(event.HasIP) {
		w.bytes += uint64(e.Length)
	} else {
		w.bytes += uint64(e.Packet.Len)
	}
}

// over reports whether the window has ended: its last moment still belongs to it. A clock that jumped back by more than
// a window, as from one capture to an older one, ends it too.
func (s *Stage) over(w *entry, now int64) bool {
	return now > w.began+s.window || now < w.began-s.window
}

// expire closes the windows that have ended, oldest first.
func (s *Stage) expire(t *clocked) {
	for t.oldest != 0 && s.over(t.at(t.oldest), t.now) {
		n := t.oldest
		s.summarise(t, n)
		t.remove(n)
	}
}

// Tick closes the live windows that time has ended.
func (s *Stage) Tick(now time.Time, next stage.Next) (time.Time, error) {
	if s.live.live == 0 {
		return time.Time{}, nil
	}
	s.live.now = max(s.live.now, now.UnixNano())
	s.expire(&s.live)
	err := s.handSummaries(next)
	if s.live.oldest == 0 {
		return time.Time{}, err
	}
	due := s.live.at(s.live.oldest).began + s.window + 1
	return time.Unix(0, due-due%tickGrain+tickGrain), err
}

// Flush closes every window.
func (s *Stage) Flush(next stage.Next) error {
	for _, t := range []*clocked{&s.replay, &s.live} {
		for t.oldest != 0 {
			n := t.oldest
			s.summarise(t, n)
			t.remove(n)
		}
	}
	return s.handSummaries(next)
}

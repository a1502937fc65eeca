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
	out     *event.Batch    // what is kept and made is for this one
	kept    []event.Event   // so far
}

// clocked is a table and the time on its clock.
type clocked struct {
	*table
	now int64
}

// tickGrain is how late a window may be closed by the timer: closing many together spares wake-ups.
const tickGrain = int64(100 * time.Millisecond)

// maxMade bounds the summaries that are made at once.
const maxMade = 512

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

// Process drops from b what is held back. The summary of a window that has closed stands where it closed.
func (s *Stage) Process(b *event.Batch, next stage.Next) error {
	in, made := len(b.Events), s.made
	s.begin(b)
	var origins originCache
	for i := range b.Events {
		if e := &b.Events[i]; s.passes(b, e, &origins) {
			s.kept = append(s.kept, *e)
		}
	}
	s.end()
	passed := len(b.Events) - int(s.made-made)
	s.deps.Counts.In.Add(uint64(in))
	s.deps.Counts.Passed.Add(uint64(passed))
	s.deps.Counts.Suppressed.Add(uint64(in - passed))
	s.deps.Counts.Summaries.Add(s.made - made)
	if passed < in {
		b.Delivery.Worsen(event.Folded)
	}
	if len(b.Events) == 0 {
		b.End(event.Folded)
		return nil
	}
	return next(b)
}

// begin has what is kept and what is made collected for b.
func (s *Stage) begin(b *event.Batch) { s.out, s.kept = b, s.kept[:0] }

// end gives b what was collected, and keeps the memory of what it held.
func (s *Stage) end() {
	s.out.Events, s.kept = s.kept, s.out.Events
	s.out = nil
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
	s.expire(t)
	s.scratch = appendKey(s.scratch[:0], &s.cfg.Track, b, e)
	hash := t.hash(s.scratch)
	n := t.find(s.scratch, hash)
	if n == 0 {
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

// expire closes the windows that have ended, oldest first. It leaves some for the next event or tick where they are
// many: what it makes is held in memory at once.
func (s *Stage) expire(t *clocked) {
	for made := s.made; t.oldest != 0 && s.over(t.at(t.oldest), t.now) && s.made-made < maxMade; {
		n := t.oldest
		s.summarise(t, n)
		t.remove(n)
	}
}

// Tick closes the live windows that time has ended.
func (s *Stage) Tick(now time.Time, next stage.Next) (time.Time, error) {
	t := &s.live
	if t.live == 0 {
		return time.Time{}, nil
	}
	t.now = max(t.now, now.UnixNano())
	var err error
	for err == nil && t.oldest != 0 && s.over(t.at(t.oldest), t.now) {
		err = s.hand(func() { s.expire(t) }, next)
	}
	if t.oldest == 0 {
		return time.Time{}, err
	}
	due := t.at(t.oldest).began + s.window + 1
	return time.Unix(0, due-due%tickGrain+tickGrain), err
}

// Flush closes every window.
func (s *Stage) Flush(next stage.Next) error {
	for _, t := range []*clocked{&s.replay, &s.live} {
		for t.oldest != 0 {
			if err := s.hand(func() { s.close(t) }, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// close closes windows whether they have ended or not, as many as fit a batch.
func (s *Stage) close(t *clocked) {
	for made := s.made; t.oldest != 0 && s.made-made < maxMade; {
		n := t.oldest
		s.summarise(t, n)
		t.remove(n)
	}
}

// hand hands on the summaries that closing makes, in a batch of their own.
func (s *Stage) hand(closing func(), next stage.Next) error {
	b, made := s.deps.Pool.Get(), s.made
	s.begin(b)
	closing()
	s.end()
	if len(b.Events) == 0 {
		b.Release()
		return nil
	}
	b.Received = max(s.live.now, s.replay.now)
	s.deps.Counts.Summaries.Add(s.made - made)
	return next(b)
}

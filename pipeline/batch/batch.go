package batch

import (
	"time"

	"nflogship/event"
	"nflogship/pipeline/stage"
)

// Stage collects events into sealed batches.
type Stage struct {
	cfg   Config
	deps  stage.Deps
	held  *event.Batch // nil while nothing is held
	joint *event.Joint // the deliveries of what is held
	since time.Time    // of the first held event; zero until the lane tells the time
}

// New returns a stage that holds nothing.
func New(cfg Config, d stage.Deps) *Stage { return &Stage{cfg: cfg, deps: d} }

// Process copies the events over, handing on every batch that is full.
func (s *Stage) Process(b *event.Batch, next stage.Next) error {
	n := len(b.Events)
	s.deps.Counts.In.Add(uint64(n))
	s.deps.Counts.Held.Add(int64(n))
	var err error
	joined := false // the batch at hand waits for b's delivery
	for i := range b.Events {
		if s.held == nil {
			s.begin()
			joined = false
		}
		if !joined {
			s.join(b.Delivery)
			joined = true
		}
		s.held.Received = b.Received
		s.held.AppendEvent(b, &b.Events[i])
		if s.full() {
			if e := s.hand(next); err == nil {
				err = e
			}
		}
	}
	b.End(event.Delivered) // this stage's branch: the held batches have theirs
	return err
}

// Tick hands on a batch that has waited long enough.
func (s *Stage) Tick(now time.Time, next stage.Next) (time.Time, error) {
	if s.held == nil {
		return time.Time{}, nil
	}
	if s.since.IsZero() {
		s.since = now
	}
	due := s.since.Add(time.Duration(s.cfg.MaxWait))
	if now.Before(due) {
		return due, nil
	}
	return time.Time{}, s.hand(next)
}

// Flush hands on what is held.
func (s *Stage) Flush(next stage.Next) error {
	if s.held == nil {
		return nil
	}
	return s.hand(next)
}

func (s *Stage) begin() {
	s.held, s.joint, s.since = s.deps.Pool.Get(), &event.Joint{}, time.Time{}
}

// join makes the held batch's fate that of d too.
func (s *Stage) join(d *event.Delivery) {
	if d == nil {
		return
	}
	d.Branch(1)
	s.joint.Parents = append(s.joint.Parents, d)
}

func (s *Stage) full() bool {
	return len(s.held.Events) >= s.cfg.MaxEvents || len(s.held.Arena) >= int(s.cfg.MaxBytes)
}

func (s *Stage) hand(next stage.Next) error {
	b, n := s.held, len(s.held.Events)
	b.Sealed = true
	if len(s.joint.Parents) > 0 {
		b.Delivery = event.NewDelivery(s.joint, 0)
	}
	s.held, s.joint = nil, nil
	s.deps.Counts.Held.Add(-int64(n))
	s.deps.Counts.Passed.Add(uint64(n))
	return next(b)
}

package pipeline

import (
	"context"
	"sync"
	"time"

	"nflogship/event"
	"nflogship/pipeline/stage"
)

// Lane is one pipeline's straight line: batches pass through its stages to its router by plain calls. Whichever source
// brings a batch runs the lane, one at a time, so that stages own their state without locks of their own.
type Lane struct {
	name   string
	stages []stage.Stage
	router *router

	mu    sync.Mutex // guards everything below, and the stages: held while a batch passes
	ctx   context.Context
	next  []stage.Next // next[i] is where stage i hands on
	timer *time.Timer  // runs tick when a stage wants it
	due   time.Time
	ended bool
}

// NewLane builds a lane over its stages and sinks.
func NewLane(name string, stages []stage.Stage, sinks []*Shipper) *Lane {
	l := &Lane{name: name, stages: stages, router: newRouter(sinks), next: make([]stage.Next, len(stages))}
	for i := range stages {
		if i == len(stages)-1 {
			l.next[i] = func(b *event.Batch) error { return l.router.route(l.ctx, b) }
			continue
		}
		l.next[i] = func(b *event.Batch) error { return l.stages[i+1].Process(b, l.next[i+1]) }
	}
	return l
}

// accept takes a batch over. An error means the run has been aborted.
func (l *Lane) accept(ctx context.Context, b *event.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx = ctx
	if len(l.stages) == 0 {
		return l.router.route(ctx, b)
	}
	err := l.stages[0].Process(b, l.next[0])
	if tickErr := l.tickLocked(time.Now()); err == nil {
		err = tickErr
	}
	return err
}

// tickLocked lets every stage do what is due, and sets the timer for what comes next.
func (l *Lane) tickLocked(now time.Time) error {
	var soonest time.Time
	var first error
	for i, s := range l.stages {
		due, err := s.Tick(now, l.next[i])
		if first == nil {
			first = err
		}
		if !due.IsZero() && (soonest.IsZero() || due.Before(soonest)) {
			soonest = due
		}
	}
	l.scheduleLocked(soonest, now)
	return first
}

func (l *Lane) scheduleLocked(due, now time.Time) {
	if due.Equal(l.due) {
		return
	}
	l.due = due
	switch {
	case due.IsZero():
		l.timer.Stop()
	case l.timer == nil:
		l.timer = time.AfterFunc(due.Sub(now), l.tick)
	default:
		l.timer.Reset(due.Sub(now))
	}
}

// tick runs on the timer's goroutine. An abort needs no telling here: the stages' batches are ended and counted.
func (l *Lane) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.due = time.Time{}
	_ = l.tickLocked(time.Now())
}

// flush hands on what the stages hold: the input has ended.
func (l *Lane) flush(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.ended = ctx, true
	if l.timer != nil {
		l.timer.Stop()
	}
	var first error
	for i, s := range l.stages {
		if err := s.Flush(l.next[i]); first == nil {
			first = err
		}
	}
	return first
}

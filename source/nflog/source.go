// Package nflog is the live source: it binds NFLOG groups of the kernel's nfnetlink_log and decodes what they bring. It
// counts what the kernel lost by the gaps in its sequence numbers, and loses nothing itself, not even when it is stopped.
//
// There is a goroutine for each group, which only receives (reader); the caller of Run, which decodes and emits (lane);
// one that follows the interfaces' names (links); and one that begins and ends all of these (Source.supervise).
package nflog

import (
	"context"
	"strconv"
	"sync"
	"time"

	"nflogship/source"
)

// Source binds one or more groups in one network namespace.
type Source struct {
	config Config
	deps   source.Deps
	groups []*group
	hauls  chan haul

	first    *life         // from Open to Run
	stopping chan struct{} // closed by Stop
	stop     sync.Once
}

var _ source.Source = (*Source)(nil)

// places is how many batches of a group may be on the way: with a hiccup of the sinks longer than these last, packets
// wait in the kernel's buffer.
const places = 32

// New makes a source from a checked Config. It holds nothing yet.
func New(c Config, d source.Deps) *Source {
	s := &Source{config: c, deps: d, hauls: make(chan haul, places*len(c.Groups)), stopping: make(chan struct{})}
	for _, g := range c.Groups {
		s.groups = append(s.groups, &group{
			number: g,
			counts: d.Ledger.Source(d.Name, strconv.Itoa(int(g))),
			places: make(chan struct{}, places),
		})
	}
	return s
}

// Open binds the groups: from then on the kernel collects, up to its buffer's size. Run lets go of them; so does Run with
// a context that is cancelled already, for a source that was opened and is not wanted.
func (s *Source) Open(context.Context) (err error) {
	s.first, err = s.bear()
	return err
}

// Run decodes and emits until Stop is called or ctx is cancelled; both unbind the groups and still take all that was
// collected. It returns an error only when emit did.
func (s *Source) Run(ctx context.Context, emit source.Emit) error {
	go s.supervise(ctx) // ends by closing hauls
	l := lane{emit: emit}
	for h := range s.hauls {
		l.take(ctx, &h)
		if l.aborted != nil {
			s.Stop()
		}
	}
	return l.aborted
}

// Stop unbinds the groups. Run returns when what was collected until then is emitted.
func (s *Source) Stop() { s.stop.Do(func() { close(s.stopping) }) }

// supervise runs one life after the other until ctx ends or Stop is called, and every reader has ended.
func (s *Source) supervise(ctx context.Context) {
	defer close(s.hauls)
	var running sync.WaitGroup
	defer running.Wait()
	for l := s.first; l != nil; l = s.next(ctx) {
		l.run(&running)
		s.outlast(ctx, l)
		l.end()
	}
}

// lookEvery is how often the namespace's path is looked at. Nobody tells when something else is mounted there.
const lookEvery = time.Second

// outlast waits until the life is over: another namespace stands at the path or none, a socket failed, or all is to end.
func (s *Source) outlast(ctx context.Context, l *life) {
	for l.space.stands() {
		var look <-chan time.Time
		if l.space.file != nil { // the program's own cannot be replaced
			look = time.After(lookEvery)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.stopping:
			return
		case <-l.failed:
			return
		case <-look:
		}
	}
	s.deps.Log.Warn("the network namespace is gone or another", "netns", l.space.path)
}

// next waits until the groups can be bound anew, in whatever namespace is there then. It returns nil when all is to end.
func (s *Source) next(ctx context.Context) *life {
	said := ""
	for pause := lookEvery / 10; ; pause = lookEvery {
		select {
		case <-ctx.Done():
			return nil
		case <-s.stopping:
			return nil
		case <-time.After(pause):
		}
		l, err := s.bear()
		if err == nil {
			s.deps.Log.Info("the groups are bound again: their sequences begin anew")
			return l
		}
		if text := err.Error(); text != said {
			s.deps.Log.Warn("the groups cannot be bound, trying again every second", "error", err)
			said = text
		}
	}
}

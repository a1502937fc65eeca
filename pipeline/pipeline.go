// Package pipeline moves batches from sources through lanes and queues to sinks. There are three kinds of goroutine: a
// source's own, which runs the lanes it feeds; a shipper for each sink; and the one that began it all, which waits.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"nflogship/event"
	"nflogship/sink"
	"nflogship/source"
	"nflogship/source/action"
)

// Feed is a source and the lanes it brings its batches to.
type Feed struct {
	Name   string
	Source source.Source
	Action *action.Rules // nil: events keep what they have
	Lanes  []*Lane
}

// Pipeline is everything of one run, built and checked.
type Pipeline struct {
	Feeds    []Feed
	Lanes    []*Lane
	Shippers []*Shipper
	Timeout  time.Duration // for a stop: how long what waits may take to be delivered
	Ledger   *event.Ledger
	Log      *slog.Logger
}

// Open claims what the sources need. Nothing runs yet.
func (p *Pipeline) Open(ctx context.Context) error {
	for i, f := range p.Feeds {
		if err := f.Source.Open(ctx); err != nil {
			p.letGo(p.Feeds[:i])
			return fmt.Errorf("source %s: %w", f.Name, err)
		}
	}
	return nil
}

// letGo has opened sources give back what they claimed: a Run that is over before it begins.
func (p *Pipeline) letGo(feeds []Feed) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range feeds {
		f.Source.Stop()
		_ = f.Source.Run(over, func(_ context.Context, b *event.Batch) error {
			b.End(event.Aborted)
			return over.Err()
		})
	}
}

// Run moves events until every source has ended, or stop is closed: then the sources end, what is under way is given
// Timeout to be delivered, and what is left is aborted. Cancelling ctx aborts at once.
func (p *Pipeline) Run(ctx context.Context, stop <-chan struct{}) error {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	var watching sync.WaitGroup
	defer watching.Wait()
	defer abort() // ends the sentinel
	watching.Go(func() { p.sentinel().watch(ctx) })
	shipping := p.ship(ctx)
	failed := p.feed(ctx)
	deadline := p.watch(ctx, stop, abort)
	err := failed()
	for _, l := range p.Lanes {
		if flushErr := l.flush(ctx); err == nil && ctx.Err() == nil {
			err = flushErr
		}
	}
	for _, s := range p.Shippers {
		s.queue.CloseWrite()
	}
	shipping.Wait()
	deadline.Stop()
	p.close(ctx)
	return err
}

func (p *Pipeline) sentinel() *sentinel {
	return &sentinel{
		log: p.Log, ledger: p.Ledger, shippers: p.Shippers, losses: map[[2]string]told{}, stuck: map[*Shipper]progress{},
	}
}

// Reopen lets every sink that can take up anew what it holds open.
func (p *Pipeline) Reopen() {
	for _, s := range p.Shippers {
		if r, ok := s.sink.Sender.(sink.Reopener); ok {
			r.Reopen()
		}
	}
}

// ship starts a goroutine for each sink; it ends when its queue is closed and empty, or ctx ends.
func (p *Pipeline) ship(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	for _, s := range p.Shippers {
		running.Go(func() { s.run(ctx) })
	}
	return &running
}

// feed starts a goroutine for each source; it ends when the source's Run does. The returned function waits for all of
// them and gives the first failure.
func (p *Pipeline) feed(ctx context.Context) (wait func() error) {
	var running sync.WaitGroup
	errs := make([]error, len(p.Feeds))
	for i, f := range p.Feeds {
		running.Go(func() {
			if err := f.Source.Run(ctx, f.emit); err != nil && ctx.Err() == nil {
				errs[i] = fmt.Errorf("source %s: %w", f.Name, err)
				p.Log.Error("a source has failed: the others go on", "source", f.Name, "error", err)
			}
		})
	}
	return func() error {
		running.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// emit hands a batch to every lane of the feed, each with a copy of its own but the last.
func (f *Feed) emit(ctx context.Context, b *event.Batch) error {
	if f.Action != nil {
		f.Action.Apply(b)
	}
	var first error
	for i, l := range f.Lanes {
		give := b
		if i < len(f.Lanes)-1 {
			give = b.Clone()
		}
		if err := l.accept(ctx, give); first == nil {
			first = err
		}
	}
	return first
}

// watch waits for a stop in a goroutine of its own, which ends with ctx; after the stop it leaves a timer that aborts.
func (p *Pipeline) watch(ctx context.Context, stop <-chan struct{}, abort context.CancelFunc) *deadline {
	d := &deadline{}
	go func() {
		select {
		case <-stop:
			d.start(p.Timeout*9/10, func() {
				p.Log.Error("the time to stop is over: giving up what is undelivered", "shutdown_timeout", p.Timeout)
				abort()
			})
			for _, f := range p.Feeds {
				f.Source.Stop()
			}
		case <-ctx.Done():
		}
	}()
	return d
}

// deadline is a timer that may be stopped before it has been started.
type deadline struct {
	mu      sync.Mutex // guards everything below
	timer   *time.Timer
	stopped bool
}

func (d *deadline) start(after time.Duration, f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stopped {
		d.timer = time.AfterFunc(after, f)
	}
}

// Stop makes sure that the timer does nothing from now on.
func (d *deadline) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
}

// close lets go of the far sides, within closeTimeout however the run ended.
func (p *Pipeline) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	for _, s := range p.Shippers {
		if err := s.sink.Sender.Close(ctx); err != nil {
			p.Log.Warn("closing a sink failed", "sink", s.name, "error", err)
		}
	}
}

const closeTimeout = 3 * time.Second

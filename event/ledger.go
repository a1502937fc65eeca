package event

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// Ledger holds the counters of every component of one run. At every moment, of each component,
// in = out + each reason for not being out + in flight; for a live source, in + kernel gaps + shed = logged.
// Its methods are safe for many goroutines; components keep what they registered and add to it once per batch.
type Ledger struct {
	mu      sync.Mutex // guards the lists; the counters are atomic
	sources []*SourceCounts
	stages  []*StageCounts
	sinks   []*SinkCounts
}

// SourceCounts is one source's account; an nflog source has one for each group.
type SourceCounts struct {
	Source, Group string        // Group is "" for a source without groups
	In            atomic.Uint64 // events read and decoded
	KernelLost    atomic.Uint64 // gaps in the kernel's sequence numbers
	Shed          atomic.Uint64 // received, but the lane had no room
	Undecodable   atomic.Uint64 // messages or records that held no event
	Out           atomic.Uint64 // events taken by the pipelines, once however many
	Aborted       atomic.Uint64 // events the pipelines no longer took
}

// StageCounts is the account of one stage in one pipeline.
type StageCounts struct {
	Pipeline, Stage string
	In              atomic.Uint64
	Passed          atomic.Uint64
	Filtered        atomic.Uint64
	Suppressed      atomic.Uint64 // held back by a threshold: a summary event says how many
	FailedOpen      atomic.Uint64 // of Passed: those that passed because the stage's table was full
	Summaries       atomic.Uint64 // events the stage made
	Held            atomic.Int64  // waiting in the stage
}

// SinkCounts is one sink's account.
type SinkCounts struct {
	Sink       string
	In         atomic.Uint64 // events the pipelines offered
	Delivered  atomic.Uint64
	LeftOut    atomic.Uint64 // the format has no place for them
	Rejected   atomic.Uint64
	Shed       atomic.Uint64
	Summarised atomic.Uint64
	Aborted    atomic.Uint64
	Queued     atomic.Int64 // waiting in the queue
	InFlight   atomic.Int64 // taken by the sender
	QueueBytes atomic.Int64

	Sends, Retries, Bytes atomic.Uint64
	OtherRoute            atomic.Uint64 // records sent to the stand-in because max_routes was reached
	MaybeTwice            atomic.Uint64 // records the far side may hold twice
	Up                    atomic.Bool
}

// Source registers a source's account.
func (l *Ledger) Source(name, group string) *SourceCounts {
	c := &SourceCounts{Source: name, Group: group}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources = append(l.sources, c)
	return c
}

// Stage registers a stage's account.
func (l *Ledger) Stage(pipeline, name string) *StageCounts {
	c := &StageCounts{Pipeline: pipeline, Stage: name}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stages = append(l.stages, c)
	return c
}

// Sink registers a sink's account.
func (l *Ledger) Sink(name string) *SinkCounts {
	c := &SinkCounts{Sink: name}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sinks = append(l.sinks, c)
	return c
}

// Check returns what does not add up; nil when everything does. It means something only while nothing moves.
func (l *Ledger) Check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var wrong []string
	for _, c := range l.sources {
		if in, out := c.In.Load(), c.Out.Load()+c.Aborted.Load(); in != out {
			wrong = append(wrong, fmt.Sprintf("source %s group %q: in %d, out and aborted %d", c.Source, c.Group, in, out))
		}
	}
	for _, c := range l.stages {
		out := c.Passed.Load() + c.Filtered.Load() + c.Suppressed.Load() + uint64(c.Held.Load())
		if in := c.In.Load(); in != out {
			wrong = append(wrong, fmt.Sprintf("stage %s of %s: in %d, accounted for %d", c.Stage, c.Pipeline, in, out))
		}
	}
	for _, c := range l.sinks {
		if in, out := c.In.Load(), c.accounted(); in != out {
			wrong = append(wrong, fmt.Sprintf("sink %s: in %d, accounted for %d", c.Sink, in, out))
		}
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("the ledger does not add up: %s", strings.Join(wrong, "; "))
}

func (c *SinkCounts) accounted() uint64 {
	return c.Delivered.Load() + c.LeftOut.Load() + c.Rejected.Load() + c.Shed.Load() + c.Summarised.Load() +
		c.Aborted.Load() + uint64(c.Queued.Load()+c.InFlight.Load())
}

// Lossless reports whether nothing ended undelivered: nothing lost in the kernel, shed, rejected, aborted or undecodable.
func (l *Ledger) Lossless() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lost uint64
	for _, c := range l.sources {
		lost += c.KernelLost.Load() + c.Shed.Load() + c.Undecodable.Load() + c.Aborted.Load()
	}
	for _, c := range l.sinks {
		lost += c.Rejected.Load() + c.Shed.Load() + c.Aborted.Load()
	}
	return lost == 0
}

// String is the ledger on one line; a count of 0 is left out, but for what came in and what went out.
func (l *Ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var s strings.Builder
	for _, c := range l.sources {
		line(&s, "source "+strings.TrimRight(c.Source+"/"+c.Group, "/"), "in", c.In.Load(), "kernel_lost", c.KernelLost.Load(),
			"shed", c.Shed.Load(), "undecodable", c.Undecodable.Load(), "aborted", c.Aborted.Load())
	}
	for _, c := range l.stages {
		line(&s, "stage "+c.Pipeline+"/"+c.Stage, "in", c.In.Load(), "passed", c.Passed.Load(), "filtered", c.Filtered.Load(),
			"suppressed", c.Suppressed.Load(), "failed_open", c.FailedOpen.Load(), "summaries", c.Summaries.Load(), "held", uint64(c.Held.Load()))
	}
	for _, c := range l.sinks {
		line(&s, "sink "+c.Sink, "in", c.In.Load(), "delivered", c.Delivered.Load(), "left_out", c.LeftOut.Load(),
			"rejected", c.Rejected.Load(), "shed", c.Shed.Load(), "summarised", c.Summarised.Load(), "aborted", c.Aborted.Load(),
			"waiting", uint64(c.Queued.Load()+c.InFlight.Load()), "other_route", c.OtherRoute.Load(), "maybe_twice", c.MaybeTwice.Load())
	}
	return s.String()
}

// line appends "; title: name count, …". The first two pairs are printed always.
func line(s *strings.Builder, title string, pairs ...any) {
	if s.Len() > 0 {
		s.WriteString("; ")
	}
	s.WriteString(title + ":")
	for i := 0; i < len(pairs); i += 2 {
		name, n := pairs[i].(string), pairs[i+1].(uint64)
		always := i == 0 || name == "passed" || name == "delivered"
		if n > 0 || always {
			fmt.Fprintf(s, " %s %d", name, n)
		}
	}
}

// Loss is a count that a person should hear of while it grows.
type Loss struct {
	Where string // "sink siem"
	What  string // "shed", as in the ledger
	Count uint64
}

// Losses lists the counts of what was lost for want of room, or passed a stage for want of it.
func (l *Ledger) Losses() []Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Loss
	for _, c := range l.sources {
		where := "source " + strings.TrimRight(c.Source+"/"+c.Group, "/")
		all = append(all, Loss{where, "kernel_lost", c.KernelLost.Load()}, Loss{where, "shed", c.Shed.Load()})
	}
	for _, c := range l.stages {
		all = append(all, Loss{"stage " + c.Pipeline + "/" + c.Stage, "failed_open", c.FailedOpen.Load()})
	}
	for _, c := range l.sinks {
		all = append(all, Loss{"sink " + c.Sink, "shed", c.Shed.Load()}, Loss{"sink " + c.Sink, "other_route", c.OtherRoute.Load()})
	}
	return all
}

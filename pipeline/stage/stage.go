// Package stage holds the contract between a lane and a stage.
package stage

import (
	"time"

	"nflogship/event"
)

// Next takes a batch over. An error means the pipeline has been aborted; the batch is then ended.
type Next func(b *event.Batch) error

// Stage changes, drops, holds or makes events. A lane calls it from one goroutine at a time, so its state needs no locks.
type Stage interface {
	// Process takes b over: it hands it on, or keeps it, or ends it.
	Process(b *event.Batch, next Next) error

	// Tick does what time has made due, and returns when it wants to be called next; the zero time for never.
	// A lane asks after every Process too, so a deadline may come nearer.
	Tick(now time.Time, next Next) (deadline time.Time, err error)

	// Flush hands on all that is held: the input has ended.
	Flush(next Next) error
}

// Deps is what code hands a stage.
type Deps struct {
	Name   string // in the configuration
	Host   string
	Pool   *event.Pool
	Counts *event.StageCounts
}

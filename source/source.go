// Package source holds the contract between the pipeline and a source of events.
package source

import (
	"context"
	"log/slog"

	"nflogship/event"
)

// Emit takes a batch over. It returns an error only when the pipeline has been aborted: the batch is then ended, and the
// source returns. It may wait for room, so a source that must not wait reads in one goroutine and emits in another.
type Emit func(ctx context.Context, b *event.Batch) error

// Source gives batches of decoded events.
type Source interface {
	// Open claims what the source needs (a group, a file's header), so that what is wrong is said before anything runs.
	Open(ctx context.Context) error

	// Run emits batches until the input ends, Stop is called or ctx is cancelled, and has let go of everything when it
	// returns. Batches are emitted by one goroutine at a time. A damaged input is told to Deps.Damaged, not returned.
	Run(ctx context.Context, emit Emit) error

	// Stop asks Run to end cleanly: what was already collected is still emitted. Safe from any goroutine, more than once.
	Stop()
}

// Deps is what code hands a source.
type Deps struct {
	Name   string // in the configuration
	Host   string
	Log    *slog.Logger
	Pool   *event.Pool
	Ledger *event.Ledger
	// Damaged is told about an input that is broken or unreadable; the program then ends with exit code 1.
	Damaged func(error)
}

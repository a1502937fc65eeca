// Package sink holds the contract between the pipeline and a sink: what one Send carries, and how it can fail.
package sink

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink/route"
)

// Sender hands records to the far side. The pipeline calls Open, Send and Close from one goroutine, one at a time.
type Sender interface {
	// Open makes the far side ready to take records. It is called again, after a pause, until it succeeds, and once
	// more after a Send that failed with ErrNotConnected.
	Open(ctx context.Context) error

	// Send returns nil once the far side has acknowledged, as far as its protocol can, every record that it did not
	// reject. After any other error it is called again with the same Load, after a pause, until it returns nil or the
	// pipeline gives the load up: what was marked Delivered or Rejected must not be sent again.
	// It must not retain the load's bytes after it has returned nil, nor after Close.
	Send(ctx context.Context, l *Load) error

	// Close lets go of the far side. Nothing is in flight when it is called, except after an abort.
	Close(ctx context.Context) error
}

// Reopener is a Sender that can let go of what it holds open and take it up anew, as on SIGHUP. Safe for any goroutine.
type Reopener interface{ Reopen() }

// Sink is a built sink: its sender and what the pipeline must prepare for it.
type Sink struct {
	Sender    Sender
	Route     *route.Template // the topic, subject or path of every record; nil where it is the same for all
	MaxRoutes int             // how many distinct ones there may be; the rest go to the stand-in
	Key       []event.Field   // the fields a record's key is made of, joined by a tab; none: no key
	IDs       bool            // whether records carry their event's id
	Limits    Limits
}

// Limits bounds what one Send carries. A single payload larger than a limit still comes whole.
type Limits struct {
	Records int
	Bytes   int
}

// DefaultLimits suits a sink that writes streams.
func DefaultLimits() Limits { return Limits{Records: 16384, Bytes: 4 << 20} }

// ErrNotConnected in an error's chain asks the pipeline to call Open before the next Send.
var ErrNotConnected = errors.New("not connected")

// PermanentError is a failure that no retry can cure: the pipeline rejects what is left of the load.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }
func (e *PermanentError) Unwrap() error { return e.Err }

// Permanent marks err as one that no retry can cure.
func Permanent(err error) error { return &PermanentError{err} }

// ThrottledError is the far side's wish to be left alone for a while.
type ThrottledError struct {
	After time.Duration
	Err   error
}

func (e *ThrottledError) Error() string { return e.Err.Error() }
func (e *ThrottledError) Unwrap() error { return e.Err }

// Deps is what code hands a sink.
type Deps struct {
	Name   string // in the configuration
	Host   string
	Format string // the format's name
	Codec  *encode.Codec
	Log    *slog.Logger
}

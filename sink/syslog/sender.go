package syslog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"nflogship/internal/tlsconf"
	"nflogship/sink"
)

// patience is how long a receiver may take nothing at all before its connection is given up. A receiver that is merely
// slow, or blocked for a while by a full disk, is waited for: its own window holds us back.
const patience = 30 * time.Second

// Sender sends loads to one receiver. It has at most one connection and one load under way.
type Sender struct {
	address  address
	framing  string
	tls      *tlsconf.Config
	log      *slog.Logger
	compose  *composer
	patience time.Duration

	wire wire   // nil: not connected
	buf  []byte // messages on their way to wire; kept over connections

	notedCut, notedReplaced bool
}

// wire is a connection or a connected datagram socket. After an error it is of no use.
type wire interface {
	// send returns nil when every open record of l was decided.
	send(ctx context.Context, l *sink.Load) error
	// close lets go; in good order where orderly says that all is well.
	close(ctx context.Context, orderly bool)
}

// Open connects.
func (s *Sender) Open(ctx context.Context) error {
	s.drop(ctx, true)
	w, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", s.address.text, err)
	}
	s.wire = w
	return nil
}

// Send sends every open record of l, and waits until the transport has done what it can to say that they arrived.
func (s *Sender) Send(ctx context.Context, l *sink.Load) error {
	if s.wire == nil {
		return fmt.Errorf("send to %s: %w", s.address.text, sink.ErrNotConnected)
	}
	err := s.wire.send(ctx, l)
	s.note()
	if err != nil {
		s.drop(ctx, false)
		return fmt.Errorf("send to %s: %w: %w", s.address.text, err, sink.ErrNotConnected)
	}
	return nil
}

// Close ends the connection.
func (s *Sender) Close(ctx context.Context) error {
	s.drop(ctx, true)
	s.buf = nil
	return nil
}

func (s *Sender) drop(ctx context.Context, orderly bool) {
	if s.wire != nil {
		s.wire.close(ctx, orderly)
		s.wire = nil
	}
}

// note logs once what is done to records: the receiver shows it, but nobody looks there.
func (s *Sender) note() {
	if c := s.compose; c.cut > 0 && !s.notedCut {
		s.notedCut = true
		s.log.Warn("messages longer than max_message are cut: raise it if the receiver takes more", "max_message", c.max, "so_far", c.cut)
	}
	if c := s.compose; c.replaced > 0 && !s.notedReplaced {
		s.notedReplaced = true
		s.log.Warn("records hold newlines or NULs, which become spaces: their format should not let them through", "so_far", c.replaced)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

package nats

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/sink"
)

func TestCancelledSendReturnsAtOnce(t *testing.T) {
	for name, jetStream := range map[string]bool{"jetstream": true, "core": false} {
		t.Run(name, func(t *testing.T) {
			f := &far{t: t}
			pings := 1
			if jetStream {
				pings = 2
			}
			_, s := newSink(t, f, nil, func(c *Config) { c.Servers, c.JetStream = []string{deafServer(t, pings)}, jetStream })
			s.ackWait = time.Minute
			open(t, s)
			s.careful = false
			big := record{id: "big", text: strings.Repeat("x", 500_000)} // more than the sockets hold
			l := load(payload(lines, slices.Repeat([]record{big}, 60)...))
			c, cancel := context.WithCancel(ctx(t))
			time.AfterFunc(100*time.Millisecond, cancel)
			began := time.Now()
			err := s.Send(c, l)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, sink.ErrNotConnected) {
				t.Errorf("cancelled: %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("returned after %v", took)
			}
			if l.Open() != 60 {
				t.Errorf("%d open, want 60", l.Open())
			}
		})
	}
}

func TestCancelledOpenReturnsAtOnce(t *testing.T) {
	for name, pings := range map[string]int{"while greeting": 0, "while subscribing": 1} {
		t.Run(name, func(t *testing.T) {
			_, s := newSink(t, &far{t: t}, nil, func(c *Config) { c.Servers = []string{deafServer(t, pings)} })
			s.ackWait = time.Minute
			c, cancel := context.WithTimeout(ctx(t), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			if err := s.Open(c); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled: %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("returned after %v", took)
			}
		})
	}
}

package nats

import (
	"errors"
	"net"
	"testing"
	"time"

	"nflogship/sink"
)

// nats.go drops the bytes of a write that timed out and goes on: then a PONG would acknowledge what was never sent.
func TestFailedWriteEndsTheSocket(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	s := &socket{near}
	fatal(t, far.SetReadDeadline(time.Now().Add(5*time.Second)))
	fatal(t, s.SetWriteDeadline(time.Now().Add(-time.Second)))
	if _, err := s.Write([]byte("PUB")); err == nil {
		t.Fatal("written")
	}
	if _, err := far.Read(make([]byte, 1)); errors.Is(err, net.ErrClosed) || err == nil || isTimeout(err) {
		t.Errorf("the socket is still open after a failed write: %v", err)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestAcknowledgementsBeforeTheEndCount(t *testing.T) {
	f := startServer(t)
	_, s := newSink(t, f, nil, nil)
	open(t, s)
	l := load(payload(lines, numbered(0, 3)...))
	s.plan.make(l, s.rules(s.link, l))
	s.window.begin(s)
	for i := range s.window.states {
		reply := s.link.replies.take()
		s.window.states[i], s.window.inFlight, s.window.next = sent, i+1, i+1
		if i < 2 {
			a := answer(0, good)
			a.Subject = reply
			s.link.acks <- a
		}
	}
	why := errors.New("why")
	if err := s.window.broken(why); !errors.Is(err, why) || !errors.Is(err, sink.ErrNotConnected) {
		t.Error(err)
	}
	if l.Open() != 1 || s.window.unknown() != 1 {
		t.Errorf("%d open, %d unknown, want the last one alone", l.Open(), s.window.unknown())
	}
}

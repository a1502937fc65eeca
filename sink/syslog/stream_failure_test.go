package syslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/sink"
	"nflogship/sink/sinktest"
)

// TestFirstLoadAfterARestartIsNotLost: an idle connection whose far side has gone must not take a load.
func TestFirstLoadAfterARestartIsNotLost(t *testing.T) {
	for name, stop := range map[string]func(*receiver){"stopped": (*receiver).stop, "crashed": (*receiver).crash} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, far{})
			s := opened(t, "address: tcp://"+r.address)
			before, after := numbered("before", 10), numbered("after", 10)
			if err := s.Send(t.Context(), sinktest.Load(before)); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the first load is there", func() bool { return len(r.got()) == 10 })
			stop(r)
			r.start(t)
			l := sinktest.Load(after)
			mustReconnect(t, s.Send(t.Context(), l), l, 10)
			if l.Doubtful() != 0 {
				t.Error("it was written")
			}
			if err := s.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Send(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			eventually(t, "both loads are there", func() bool { return slices.Equal(r.got(), append(textsOf(before), textsOf(after)...)) })
		})
	}
}

// TestNothingKnownIsLostOverRestarts stops a receiver, which reads what has come, again and again in mid-stream.
func TestNothingKnownIsLostOverRestarts(t *testing.T) {
	r := newReceiver(t, far{})
	_, s := build(t, "address: tcp://"+r.address)
	defer s.Close(context.Background())
	sent := make(chan map[string]bool)
	restarted := make(chan struct{})
	go func() {
		all := map[string]bool{}
		for k := 0; !isClosed(restarted); k++ {
			records := numbered(fmt.Sprintf("load-%d", k), 300)
			deliver(t, s, sinktest.Load(records))
			for _, text := range textsOf(records) {
				all[text] = true
			}
		}
		sent <- all
	}()
	for range 10 {
		n := len(r.got())
		eventually(t, "it goes on", func() bool { return len(r.got()) > n+500 })
		r.stop()
		r.start(t)
	}
	close(restarted)
	want := <-sent
	eventually(t, "every record is there", func() bool {
		seen := map[string]bool{}
		for _, text := range r.got() {
			seen[text] = true
		}
		return len(seen) == len(want)
	})
}

// deliver sends a load as the pipeline does, keeping its connection as long as it is good.
func deliver(t testing.TB, s *Sender, l *sink.Load) {
	for deadline := time.Now().Add(longest); ; time.Sleep(time.Millisecond) {
		err := s.Send(t.Context(), l)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("not delivered within %v: %v", longest, err)
			return
		}
		s.Open(t.Context())
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestCutInMidMessage: the load is sent again whole on a new connection.
func TestCutInMidMessage(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	s := opened(t, "address: tcp://"+address)
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	records := numbered("a", 20000) // more than the buffers take
	l := sinktest.Load(records)
	failed := make(chan error)
	go func() { failed <- s.Send(t.Context(), l) }()
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	listener.Close()
	mustReconnect(t, <-failed, l, len(records))
	if l.Doubtful() == 0 {
		t.Error("some of it may be there twice, and nobody was told")
	}
	r := newReceiver(t, far{address: address})
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all of it is there", func() bool { return slices.Equal(r.got(), textsOf(records)) })
}

// silent accepts connections and reads nothing.
func silent(t *testing.T) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String() // the kernel completes the connection
}

// bulk is a load that no socket's buffers take whole.
func bulk() *sink.Load {
	records := make([]sinktest.Record, 4000)
	for i := range records {
		records[i] = sinktest.Record{Text: strings.Repeat("x", 7000), Time: at}
	}
	return sinktest.Load(records)
}

func TestReceiverThatStopsReading(t *testing.T) {
	s := opened(t, "address: tcp://"+silent(t))
	s.patience = 300 * time.Millisecond
	l := bulk()
	begin := time.Now()
	err := s.Send(t.Context(), l)
	mustReconnect(t, err, l, l.Len())
	says(t, err, "took nothing for 300ms")
	if took := time.Since(begin); took > longest/2 {
		t.Errorf("took %v", took)
	}
	if cap(s.buf) > 2*chunk {
		t.Errorf("%d bytes are held", cap(s.buf))
	}
}

// TestReceiverThatStopsReadingTheEnd is stuck in waiting, not in writing.
func TestReceiverThatStopsReadingTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	listener, err := net.Listen("unix", path) // where unread is unacknowledged
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := opened(t, "address: unix://"+path)
	s.patience = 100 * time.Millisecond
	l := sinktest.Load(numbered("a", 1))
	err = s.Send(t.Context(), l)
	mustReconnect(t, err, l, 1)
	says(t, err, "took nothing for 100ms")
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(longest))
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the connection was not ended: %v", err)
	}
}

func TestCancelInterruptsASend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, c := range map[string]struct {
		address string
		load    *sink.Load
	}{
		"in writing": {"tcp://" + silent(t), bulk()},
		"in waiting": {"unix://" + path, sinktest.Load(numbered("a", 1))},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, "address: "+c.address)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			err := s.Send(ctx, c.load)
			if took := time.Since(begin); took > longest/2 {
				t.Errorf("took %v", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			mustReconnect(t, err, c.load, c.load.Len())
		})
	}
}

// TestResetIsTold: what may be lost must stand in the log, and that is where the error goes.
func TestResetIsTold(t *testing.T) {
	r := newReceiver(t, far{})
	s := opened(t, "address: tcp://"+r.address)
	eventually(t, "connected", func() bool { return r.connections() == 1 })
	r.crash()
	<-s.wire.(*stream).gone
	l := sinktest.Load(numbered("a", 1))
	err := s.Send(t.Context(), l)
	mustReconnect(t, err, l, 1)
	says(t, err, "reset the connection; of the loads before, what its kernel had taken and its process not read is lost")
}

func TestChattyReceiverIsRead(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := opened(t, "address: tcp://"+listener.Addr().String())
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(longest))
	if _, err := c.Write(make([]byte, 16<<20)); err != nil {
		t.Errorf("it can't get rid of its words: %v", err)
	}
	go io.Copy(io.Discard, c)
	if err := s.Send(t.Context(), sinktest.Load(numbered("a", 1))); err != nil {
		t.Error(err)
	}
}

// TestEndThatIsNotNoticedYet: a socket whose receiver died holds nothing unacknowledged either.
func TestEndThatIsNotNoticedYet(t *testing.T) {
	for name, end := range map[string]func(net.Conn){
		"dies without reading": func(c net.Conn) { c.Close() },
		"reads and shuts down": func(c net.Conn) {
			io.ReadFull(c, make([]byte, 5))
			c.(interface{ CloseWrite() error }).CloseWrite()
		},
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("unix", filepath.Join(shortDir(t), "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			raw, err := net.Dial("unix", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			far, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			sock, err := newSocket(raw)
			if err != nil {
				t.Fatal(err)
			}
			// Nobody watches: it is the moment before that one wakes.
			s := &stream{sender: &Sender{patience: longest}, conn: raw, raw: raw, socket: sock, gone: make(chan struct{})}
			if err := s.write(t.Context(), []byte("hello")); err != nil {
				t.Fatal(err)
			}
			end(far)
			if err := s.drain(t.Context()); !errors.Is(err, errEnded) {
				t.Errorf("drain returned %v", err)
			}
		})
	}
}

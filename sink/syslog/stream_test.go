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

func TestStreams(t *testing.T) {
	for _, c := range []struct {
		name, settings string
		far            far
	}{
		{"TCP, RFC 5424, octet counting", "", far{}},
		{"TCP, RFC 3164, octet counting", "rfc: 3164", far{rfc: 3164}},
		{"TCP, RFC 5424, newline", "framing: newline", far{framing: newline}},
		{"TCP, RFC 3164, newline", "rfc: 3164, framing: newline", far{framing: newline, rfc: 3164}},
		{"a unix stream socket", "rfc: 5424", far{network: "unix", framing: newline}},
		{"a unix stream socket, RFC 3164", "", far{network: "unix", framing: newline, rfc: 3164}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.far.network == "unix" {
				c.far.address = filepath.Join(shortDir(t), "log")
			}
			r := newReceiver(t, c.far)
			s := opened(t, fmt.Sprintf("{address: %s://%s, %s}", r.network, r.address, c.settings))
			records := numbered("a", 5000) // several writes
			for i := 0; i < len(records); i += 1000 {
				l := sinktest.Load(records[i:i+1], records[i+1:i+1000])
				if err := s.Send(t.Context(), l); err != nil {
					t.Fatal(err)
				}
				if l.Open() != 0 || l.Doubtful() != 0 {
					t.Errorf("%d records are open, %d doubtful", l.Open(), l.Doubtful())
				}
			}
			eventually(t, "everything is there", func() bool { return len(r.got()) >= len(records) })
			if !slices.Equal(r.got(), textsOf(records)) {
				t.Error("what is there is not what was sent")
			}
		})
	}
}

func TestDecidedRecordsAreNotSentAgain(t *testing.T) {
	r := newReceiver(t, far{})
	s := opened(t, "address: tcp://"+r.address)
	l := sinktest.Load(numbered("a", 3), numbered("b", 3))
	l.Deliver(1)
	l.Reject(3, errors.New("no"))
	if err := s.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	eventually(t, "four are there", func() bool { return len(r.got()) == 4 })
	if got := strings.Join(r.got(), ""); strings.Contains(got, "a-000001") || strings.Contains(got, "b-000000") {
		t.Errorf("got %s", got)
	}
}

func TestSendBeforeOpen(t *testing.T) {
	_, s := build(t, "address: tcp://127.0.0.1:1")
	l := sinktest.Load(numbered("a", 1))
	mustReconnect(t, s.Send(t.Context(), l), l, 1)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	for settings, want := range map[string]string{
		"address: tcp://" + address:        "connect to tcp://" + address + ": connection refused",
		"address: unix:///nowhere/dev/log": "connect to unix:///nowhere/dev/log: no such file or directory",
	} {
		_, s := build(t, settings)
		if err := s.Open(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

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
	if !strings.Contains(err.Error(), "took nothing for 300ms") {
		t.Error(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
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
	if !strings.Contains(err.Error(), "took nothing for 100ms") {
		t.Error(err)
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
			if took := time.Since(begin); took > 2*time.Second {
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
	if !strings.Contains(err.Error(), "reset the connection; what its kernel had taken and its process not read is lost") {
		t.Error(err)
	}
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

func TestReopenAndCloseLeaveNothing(t *testing.T) {
	r := newReceiver(t, far{})
	_, s := build(t, "address: tcp://"+r.address)
	for range 3 {
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	l := sinktest.Load(numbered("a", 1))
	mustReconnect(t, s.Send(t.Context(), l), l, 1)
}

func TestCutIsLoggedOnce(t *testing.T) {
	r := newReceiver(t, far{})
	log := &lines{}
	d := deps()
	d.Log = log.logger()
	snk, err := New(decode(t, "{address: tcp://"+r.address+", max_message: 480}"), d)
	if err != nil {
		t.Fatal(err)
	}
	defer snk.Sender.Close(context.Background())
	long := []sinktest.Record{{Text: strings.Repeat("x", 1000), Time: at}}
	for range 3 {
		sinktest.Ship(t, snk, sinktest.Load(long))
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("logged:\n%s", log.String())
	}
	eventually(t, "the beginnings are there", func() bool { return len(r.got()) == 3 })
}

// TestSendDoesNotAllocatePerRecord: what a load costs must not grow with it.
func TestSendDoesNotAllocatePerRecord(t *testing.T) {
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
	go io.Copy(io.Discard, c)
	payload := sinktest.Load(numbered("a", 5000)).Payloads
	l := sink.NewLoad(payload)
	if n := testing.AllocsPerRun(20, func() {
		l.Reset(payload)
		if err := s.Send(t.Context(), l); err != nil {
			t.Error(err)
		}
	}); n > 50 {
		t.Errorf("%v allocations for a load of 5000 records", n)
	}
}

func BenchmarkTCP(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	s := opened(b, "address: tcp://"+listener.Addr().String())
	c, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	go io.CopyBuffer(io.Discard, onlyReader{c}, make([]byte, 1<<20))
	benchmarkSend(b, s, 8192)
}

// onlyReader hides what would let io.Copy leave the data in the kernel.
type onlyReader struct{ io.Reader }

func benchmarkSend(b *testing.B, s *Sender, n int) {
	records := make([]sinktest.Record, n)
	for i := range records {
		records[i] = sinktest.Record{Text: strings.Repeat("x", 358), Time: at + int64(i)*3000}
	}
	payloads := sinktest.Load(records).Payloads
	l := sink.NewLoad(payloads)
	b.ReportAllocs()
	for b.Loop() {
		l.Reset(payloads)
		if err := s.Send(b.Context(), l); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
}

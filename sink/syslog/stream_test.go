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

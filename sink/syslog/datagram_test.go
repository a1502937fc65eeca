package syslog

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/sink/sinktest"
)

func TestDatagrams(t *testing.T) {
	for _, c := range []struct {
		name, network, settings string
		rfc                     int
	}{
		{"UDP, RFC 5424", "udp", "", 5424},
		{"UDP, RFC 3164", "udp", "rfc: 3164", 3164},
		{"a unix socket", "unixgram", "", 3164},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := "127.0.0.1:0"
			if c.network == "unixgram" {
				address = filepath.Join(shortDir(t), "log")
			}
			m := newMailbox(t, c.network, address, c.rfc)
			s := opened(t, "{address: "+strings.TrimSuffix(c.network, "gram")+"://"+m.address+", "+c.settings+"}")
			records := numbered("a", 1000)
			for i := 0; i < len(records); i += 100 {
				l := sinktest.Load(records[i:i+30], records[i+30:i+100])
				if err := s.Send(t.Context(), l); err != nil || l.Open() != 0 {
					t.Fatalf("%v, %d records open", err, l.Open())
				}
				// More than this a receive buffer may not hold.
				eventually(t, "it is there", func() bool { return slices.Equal(m.got(t), textsOf(records[:i+100])) })
			}
		})
	}
}

// TestUDPReceiverThatIsDown: a port where nobody listens is answered for, so nothing need be lost.
func TestUDPReceiverThatIsDown(t *testing.T) {
	m := newMailbox(t, "udp", "127.0.0.1:0", 5424)
	address := m.address
	m.stop()
	s := opened(t, "address: udp://"+address)
	records := numbered("a", 50)
	l := sinktest.Load(records)
	mustReconnect(t, s.Send(t.Context(), l), l, 50)
	m.start(t)
	deliver(t, s, l)
	eventually(t, "everything is there", func() bool { return slices.Equal(m.got(t), textsOf(records)) })
	// Down again: now the socket has been used.
	m.stop()
	more := numbered("b", 1)
	l = sinktest.Load(more)
	mustReconnect(t, s.Send(t.Context(), l), l, 1)
	if l.Doubtful() != 1 {
		t.Error("nobody was told that it may be there twice")
	}
	m.start(t)
	deliver(t, s, l)
	eventually(t, "the next is there", func() bool { return slices.Equal(m.got(t), append(textsOf(records), textsOf(more)...)) })
}

// TestLateRefusalIsNoticedFirst: the answer to the load before must not cost the next.
func TestLateRefusalIsNoticedFirst(t *testing.T) {
	m := newMailbox(t, "udp", "127.0.0.1:0", 5424)
	s := opened(t, "address: udp://"+m.address)
	if err := s.Send(t.Context(), sinktest.Load(numbered("a", 1))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is there", func() bool { return len(m.got(t)) == 1 })
	m.stop()
	s.wire.(*datagrams).conn.Write([]byte("<13>1 - - - - - - x")) // whose answer comes now
	l := sinktest.Load(numbered("b", 1))
	err := s.Send(t.Context(), l)
	mustReconnect(t, err, l, 1)
	if l.Doubtful() != 0 || !strings.Contains(err.Error(), "sent last") {
		t.Errorf("%v; %d doubtful", err, l.Doubtful())
	}
	m.start(t)
}

func TestUnixSocketThatIsMadeAnew(t *testing.T) {
	m := newMailbox(t, "unixgram", filepath.Join(shortDir(t), "log"), 3164)
	s := opened(t, "address: unix://"+m.address)
	before, after := numbered("before", 10), numbered("after", 10)
	deliver(t, s, sinktest.Load(before))
	eventually(t, "the first are there", func() bool { return len(m.got(t)) == 10 })
	m.stop()
	l := sinktest.Load(after)
	mustReconnect(t, s.Send(t.Context(), l), l, 10)
	if err := s.Open(t.Context()); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("open: %v", err)
	}
	m.start(t)
	deliver(t, s, l)
	eventually(t, "the others are there", func() bool { return slices.Equal(m.got(t), append(textsOf(before), textsOf(after)...)) })
}

// full is a unix datagram socket that nobody reads.
func full(t *testing.T) *net.UnixConn {
	path := filepath.Join(shortDir(t), "log")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestUnixSocketWithoutRoomIsWaitedFor(t *testing.T) {
	c := full(t)
	s := opened(t, "address: unix://"+c.LocalAddr().String())
	l := sinktest.Load(numbered("a", 1000)) // net.unix.max_dgram_qlen is 10, or some hundreds
	done := make(chan error)
	go func() { done <- s.Send(t.Context(), l) }()
	b := make([]byte, 1<<16)
	c.SetReadDeadline(time.Now().Add(longest))
	for i := range 1000 {
		if _, err := c.Read(b); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestUnixSocketThatStaysFull(t *testing.T) {
	c := full(t)
	s := opened(t, "address: unix://"+c.LocalAddr().String())
	s.patience = 100 * time.Millisecond
	l := sinktest.Load(numbered("a", 1000))
	err := s.Send(t.Context(), l)
	says(t, err, "took nothing for 100ms")
	if l.Open() == 0 || l.Open() == 1000 {
		t.Errorf("%d of 1000 are open: those that were sent are not", l.Open())
	}
	mustReconnect(t, err, l, l.Open())
}

func TestCancelInterruptsDatagrams(t *testing.T) {
	c := full(t)
	s := opened(t, "address: unix://"+c.LocalAddr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := s.Send(ctx, sinktest.Load(numbered("a", 1000)))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > longest/2 {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestCancelInterruptsTheWaitForAnAnswer(t *testing.T) {
	m := newMailbox(t, "udp", "127.0.0.1:0", 5424)
	s := opened(t, "address: udp://"+m.address)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Send(ctx, sinktest.Load(numbered("a", 1))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestMessageTooLargeForTheSocket: unix datagrams are bounded by the send buffer, whatever max_message says.
func TestMessageTooLargeForTheSocket(t *testing.T) {
	m := newMailbox(t, "unixgram", filepath.Join(shortDir(t), "log"), 3164)
	s := opened(t, "{address: unix://"+m.address+", max_message: 1MiB}")
	records := numbered("a", 3)
	records[1].Text = strings.Repeat("x", 1<<19)
	l := sinktest.Load(records)
	if err := s.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if l.Rejections() != 1 || l.Open() != 0 {
		t.Errorf("%d rejections, %d open", l.Rejections(), l.Open())
	}
	eventually(t, "the others are there", func() bool { return slices.Equal(m.got(t), []string{records[0].Text, records[2].Text}) })
}

func TestLargestUDPMessage(t *testing.T) {
	m := newMailbox(t, "udp", "127.0.0.1:0", 5424)
	s := opened(t, "{address: udp://"+m.address+", max_message: 65507}")
	l := sinktest.Load([]sinktest.Record{{Text: strings.Repeat("x", 70000), Time: at}})
	if err := s.Send(t.Context(), l); err != nil || l.Rejections() != 0 {
		t.Fatal(err, l.Rejections())
	}
	eventually(t, "it is there", func() bool { return len(m.got(t)) == 1 })
	if n := len(m.raw[0]); n != 65507 {
		t.Errorf("the message has %d bytes", n)
	}
}

func TestDatagramsDoNotAllocatePerRecord(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0") // what finds no room is dropped
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := opened(t, "address: udp://"+c.LocalAddr().String())
	payloads := sinktest.Load(numbered("a", 1000)).Payloads
	l := sinktest.Load()
	if n := testing.AllocsPerRun(20, func() {
		l.Reset(payloads)
		if err := s.Send(t.Context(), l); err != nil {
			t.Error(err)
		}
	}); n > 30 {
		t.Errorf("%v allocations for a load of 1000 records", n)
	}
}

func BenchmarkUDP(b *testing.B) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0") // what finds no room is dropped
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	benchmarkSend(b, opened(b, "address: udp://"+c.LocalAddr().String()), datagramLoad)
}

package nflog

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nflogship/event"
	"nflogship/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a source that runs, and what it gave.
type rig struct {
	*Source
	ledger event.Ledger
	log    syncedText
	cancel context.CancelFunc
	ended  chan error
	gate   sync.RWMutex // whoever locks it makes emit wait

	mu  sync.Mutex // guards got
	got event.Batch
}

// config is for tests: small waits, a receive buffer that needs no privilege.
func testConfig(groups ...uint16) Config {
	c := DefaultConfig()
	c.Groups = groups
	c.ReceiveBuffer = 2 << 20
	return c
}

func newRig(t *testing.T, c Config) *rig {
	r := &rig{ended: make(chan error, 1)}
	r.Source = New(c, source.Deps{
		Name: "firewall", Host: "fw1", Pool: &event.Pool{}, Ledger: &r.ledger,
		Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return r
}

// start opens and runs a source; the test's end stops it.
func start(t *testing.T, c Config) *rig {
	t.Helper()
	r := newRig(t, c)
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.run(t)
	return r
}

func (r *rig) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.ended <- r.Run(ctx, r.emit) }() // ends with the source
	t.Cleanup(func() { r.finish(t); cancel() })
}

// emit keeps a copy of every event.
func (r *rig) emit(ctx context.Context, b *event.Batch) error {
	r.gate.RLock()
	defer r.gate.RUnlock()
	if ctx.Err() != nil {
		b.End(event.Aborted)
		return ctx.Err()
	}
	r.mu.Lock()
	for i := range b.Events {
		r.got.AppendEvent(b, &b.Events[i])
	}
	r.mu.Unlock()
	b.End(event.Delivered)
	return nil
}

// finish stops the source and waits for it; what it gave and counted is complete then.
func (r *rig) finish(t *testing.T) {
	t.Helper()
	r.Stop()
	select {
	case err := <-r.ended:
		r.ended <- err
		if err := r.ledger.Check(); err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the source does not end; its log:\n%s", r.log.String())
	}
}

// events waits for n events, and returns a copy of all there are.
func (r *rig) events(t *testing.T, n int) *event.Batch {
	t.Helper()
	until(t, "events", func() bool { return r.count() >= n })
	r.mu.Lock()
	defer r.mu.Unlock()
	copied := &event.Batch{}
	for i := range r.got.Events {
		copied.AppendEvent(&r.got, &r.got.Events[i])
	}
	return copied
}

func (r *rig) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got.Events)
}

// until polls for something the kernel does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// send sends n UDP packets of a size to an address where nobody need listen.
func send(t testing.TB, to string, n, size int) {
	t.Helper()
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP("udp", nil) // not connected: then no ICMP error comes back to it
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	packet := make([]byte, size)
	for range n {
		if _, err := c.WriteToUDP(packet, addr); err != nil {
			t.Fatalf("send to %s: %v", to, err)
		}
	}
}

// syncedText is a log that may be read while it is written.
type syncedText struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (s *syncedText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *syncedText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/pipeline/batch"
	"nflogship/pipeline/queue"
	"nflogship/pipeline/stage"
	"nflogship/sink"
	"nflogship/sink/route"
	"nflogship/source"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a pipeline under test: one source of numbered events, and far sides that keep what they are sent.
type house struct {
	Pipeline
	ledger *event.Ledger
	pool   *event.Pool
	source *numbers
	codecs map[string]*encode.Codec
	calls  map[string]int // events encoded, by codec
}

// numbers is a source that emits batches of consecutive numbers, and keeps what became of each.
type numbers struct {
	pool     *event.Pool
	counts   *event.SourceCounts
	sizes    []int
	every    time.Duration // goes on with the last size, so often, until it is stopped
	stop     chan struct{}
	origin   *event.Origin
	mu       sync.Mutex // guards outcomes
	outcomes map[event.Outcome]int
}

func (s *numbers) Open(context.Context) error { return nil }
func (s *numbers) Stop()                      { close(s.stop) }

func (s *numbers) Finished(d *event.Delivery, o event.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[o] += int(d.Tag)
}

func (s *numbers) Run(ctx context.Context, emit source.Emit) error {
	next := 0
	for i := 0; i < len(s.sizes) || s.every > 0; i++ {
		if i >= len(s.sizes) {
			select {
			case <-s.stop:
				return nil
			case <-time.After(s.every):
			}
		}
		n := s.sizes[min(i, len(s.sizes)-1)]
		b := s.pool.Get()
		at := b.AddOrigin(s.origin)
		for range n {
			e := event.Event{Origin: at, Record: uint64(next), Group: uint16(next % 3), Has: event.HasGroup}
			b.Events = append(b.Events, e)
			next++
		}
		b.Delivery = event.NewDelivery(s, uint64(n))
		s.counts.In.Add(uint64(n))
		if err := emit(ctx, b); err != nil {
			s.counts.Aborted.Add(uint64(n))
			return err
		}
		s.counts.Out.Add(uint64(n))
	}
	return nil
}

// far keeps what it is sent. script answers each Send, nil: all is well.
type far struct {
	mu     sync.Mutex // guards everything below
	got    []string
	routes []string
	keys   []string
	ids    []string
	sends  int
	opens  int
	sealed []bool
	closed bool
	openEr func(n int) error
	script func(ctx context.Context, n int, l *sink.Load) error
}

func (f *far) Open(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opens++
	if f.openEr != nil {
		return f.openEr(f.opens)
	}
	return nil
}

func (f *far) Send(ctx context.Context, l *sink.Load) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sends++
	if f.script != nil {
		if err := f.script(ctx, f.sends, l); err != nil {
			return err
		}
	}
	for k, p := range l.Payloads {
		f.sealed = append(f.sealed, p.Sealed)
		for i := range p.Len() {
			if !l.Decided(l.Start(k) + i) {
				f.take(p, i)
			}
		}
	}
	return nil
}

func (f *far) take(p *encode.Payload, i int) {
	f.got = append(f.got, string(p.Record(i)))
	f.routes = append(f.routes, p.Route(i))
	f.keys = append(f.keys, string(p.Key(i)))
	f.ids = append(f.ids, string(p.ID(i)))
}

func (f *far) Close(context.Context) error {
	f.closed = true
	return nil
}

// counting is a codec that writes an event's number, and leaves out what skip says.
type counting struct {
	h    *house
	name string
	skip func(n uint64) bool
}

func (c *counting) AppendEvent(dst []byte, _ *event.Batch, e *event.Event) ([]byte, bool) {
	c.h.calls[c.name]++
	if c.skip != nil && c.skip(e.Record) {
		return dst, false
	}
	return strconv.AppendUint(dst, e.Record, 10), true
}

func newHouse(sizes ...int) *house {
	h := &house{ledger: &event.Ledger{}, pool: &event.Pool{}, codecs: map[string]*encode.Codec{}, calls: map[string]int{}}
	h.Log, h.Timeout, h.Ledger = slog.New(slog.DiscardHandler), time.Second, h.ledger
	h.source = &numbers{
		pool: h.pool, counts: h.ledger.Source("numbers", ""), sizes: sizes, stop: make(chan struct{}),
		origin: &event.Origin{ID: "o", Host: "h"}, outcomes: map[event.Outcome]int{},
	}
	return h
}

func (h *house) codec(name string, skip func(uint64) bool) *encode.Codec {
	if h.codecs[name] == nil {
		h.codecs[name] = &encode.Codec{Name: name, Framing: encode.Line, New: func() encode.Encoder { return &counting{h, name, skip} }}
	}
	return h.codecs[name]
}

// sink adds a far side behind a queue of the given kind.
func (h *house) sink(f *far, codec string, q queue.Config, with ...func(*sink.Sink)) *Shipper {
	s := &sink.Sink{Sender: f, Limits: sink.DefaultLimits()}
	for _, w := range with {
		w(s)
	}
	name := fmt.Sprint("sink", len(h.Shippers))
	retry := Retry{Initial: time.Millisecond, Max: time.Second}
	shipper := NewShipper(name, s, h.codec(codec, nil), q, retry, h.ledger.Sink(name), h.Log)
	h.Shippers = append(h.Shippers, shipper)
	return shipper
}

// lane adds a pipeline over stages and sinks, fed by the source.
func (h *house) lane(stages []stage.Stage, sinks ...*Shipper) {
	l := NewLane(fmt.Sprint("lane", len(h.Lanes)), stages, sinks)
	h.Lanes = append(h.Lanes, l)
	h.Feeds = []Feed{{Name: "numbers", Source: h.source, Lanes: h.Lanes}}
}

// run moves everything and checks the account.
func (h *house) run(t *testing.T, ctx context.Context, stop <-chan struct{}) error {
	t.Helper()
	if err := h.Open(ctx); err != nil {
		t.Fatal(err)
	}
	err := h.Run(ctx, stop)
	if sum := h.ledger.Check(); sum != nil {
		t.Error(sum)
	}
	total := 0
	for _, n := range h.source.outcomes {
		total += n
	}
	if in := int(h.source.counts.In.Load()); total != in {
		t.Errorf("deliveries finished for %d events of %d: %v", total, in, h.source.outcomes)
	}
	return err
}

func consecutive(from, to int) string {
	var s []string
	for n := from; n < to; n++ {
		s = append(s, strconv.Itoa(n))
	}
	return strings.Join(s, " ")
}

func expect(t *testing.T, f *far, want string) {
	t.Helper()
	if got := strings.Join(f.got, " "); got != want {
		t.Errorf("the far side has\n%.300s\nwant\n%.300s", got, want)
	}
	if !f.closed {
		t.Error("the sender was not closed")
	}
}

var (
	roomy = queue.Config{MaxBytes: 1 << 20, MaxEvents: 1000, WhenFull: queue.Block}
	tight = queue.Config{MaxBytes: 1 << 20, MaxEvents: 7, WhenFull: queue.Block}
)

func TestEverySinkGetsEverythingInOrderEncodedOnce(t *testing.T) {
	h := newHouse(1, 50, 3, 200)
	a, b, c := &far{}, &far{}, &far{}
	h.lane(nil, h.sink(a, "x", roomy), h.sink(b, "x", tight), h.sink(c, "y", roomy))
	if err := h.run(t, t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*far{a, b, c} {
		expect(t, f, consecutive(0, 254))
	}
	if h.calls["x"] != 254 || h.calls["y"] != 254 {
		t.Errorf("encoded %v: want every event once for each codec", h.calls)
	}
	if h.source.outcomes[event.Delivered] != 254 || !h.ledger.Lossless() {
		t.Errorf("outcomes %v, ledger %s", h.source.outcomes, h.ledger)
	}
}

func TestEachPipelineGetsEverything(t *testing.T) {
	h := newHouse(10, 10)
	a, b := &far{}, &far{}
	h.lane(nil, h.sink(a, "x", roomy))
	h.lane(nil, h.sink(b, "x", roomy))
	if err := h.run(t, t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expect(t, a, consecutive(0, 20))
	expect(t, b, consecutive(0, 20))
}

func TestFailuresAreRetriedUntilAllIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(5, 5)
		f := &far{}
		f.openEr = func(n int) error {
			if n < 4 {
				return errors.New("refused")
			}
			return nil
		}
		f.script = func(_ context.Context, n int, l *sink.Load) error {
			switch n {
			case 1:
				f.take(l.Payloads[0], 0)
				l.Deliver(0)
				return errors.New("only the first")
			case 2:
				return fmt.Errorf("cut: %w", sink.ErrNotConnected)
			case 3:
				return &sink.ThrottledError{After: time.Hour, Err: errors.New("leave me alone")}
			}
			return nil
		}
		h.lane(nil, h.sink(f, "x", roomy))
		began := time.Now()
		if err := h.run(t, t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		expect(t, f, consecutive(0, 10))
		if f.opens != 5 {
			t.Errorf("opened %d times, want 4 until it succeeded and 1 after the cut", f.opens)
		}
		if time.Since(began) < time.Hour {
			t.Error("the far side's wish to be left alone was not respected")
		}
	})
}

func TestRejectedRecordsAreCountedAndTheRestArrives(t *testing.T) {
	h := newHouse(4, 4)
	f := &far{}
	f.script = func(_ context.Context, n int, l *sink.Load) error {
		if n == 1 {
			l.Reject(2, errors.New("too large"))
		}
		return nil
	}
	s := h.sink(f, "x", roomy)
	h.lane(nil, s)
	if err := h.run(t, t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expect(t, f, "0 1 3 4 5 6 7")
	if s.counts.Rejected.Load() != 1 || h.source.outcomes[event.Rejected] != 4 || h.ledger.Lossless() {
		t.Errorf("rejected %d, outcomes %v", s.counts.Rejected.Load(), h.source.outcomes)
	}
}

func TestGivingUp(t *testing.T) {
	tests := map[string]struct {
		retry Retry
		err   error
	}{
		"a permanent error": {Retry{Initial: 1, Max: 1}, sink.Permanent(errors.New("never"))},
		"max_attempts":      {Retry{Initial: 1, Max: 1, MaxAttempts: 3}, errors.New("again")},
		"max_age":           {Retry{Initial: time.Second, Max: time.Minute, MaxAge: time.Hour}, errors.New("again")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(4)
				f := &far{script: func(context.Context, int, *sink.Load) error { return tt.err }}
				s := h.sink(f, "x", roomy)
				s.retry = tt.retry
				h.lane(nil, s)
				if err := h.run(t, t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				expect(t, f, "")
				if s.counts.Rejected.Load() != 4 {
					t.Errorf("%d rejected, want all 4", s.counts.Rejected.Load())
				}
				if tt.retry.MaxAttempts > 0 && f.sends != tt.retry.MaxAttempts {
					t.Errorf("%d attempts, want %d", f.sends, tt.retry.MaxAttempts)
				}
			})
		})
	}
}

// A sink that hangs sheds what it cannot queue; its neighbour gets everything.
func TestAStuckSinkDoesNotSlowItsNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(10)
		h.source.every = time.Millisecond
		release := make(chan struct{})
		stuck := &far{script: func(context.Context, int, *sink.Load) error { <-release; return nil }}
		well := &far{}
		a := h.sink(stuck, "x", queue.Config{MaxBytes: 1 << 20, MaxEvents: 25, WhenFull: queue.DropNewest})
		b := h.sink(well, "x", roomy)
		h.lane(nil, a, b)
		stop := make(chan struct{})
		go func() {
			for b.counts.Delivered.Load() < 500 {
				time.Sleep(time.Millisecond)
			}
			close(release)
			close(stop)
		}()
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		in := int(h.source.counts.In.Load())
		expect(t, well, consecutive(0, in))
		if shed := int(a.counts.Shed.Load()); shed < 400 || len(stuck.got)+shed != in {
			t.Errorf("%d shed and %d arrived of %d", shed, len(stuck.got), in)
		}
	})
}

func TestBlockedSourceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(10)
		h.source.every = time.Millisecond
		release := make(chan struct{})
		f := &far{script: func(context.Context, int, *sink.Load) error { <-release; return nil }}
		s := h.sink(f, "x", tight)
		h.lane(nil, s)
		stop := make(chan struct{})
		go func() {
			time.Sleep(time.Minute)
			if in := h.source.counts.In.Load(); in != 10 {
				t.Errorf("the source went on to %d events while the queue of 7 was full", in)
			}
			close(release)
			time.Sleep(time.Millisecond)
			close(stop)
		}()
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		expect(t, f, consecutive(0, int(h.source.counts.In.Load())))
		if !h.ledger.Lossless() {
			t.Error(h.ledger)
		}
	})
}

// A stop gives what is under way shutdown_timeout, then gives it up, and counts it.
func TestStopGivesUpAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(10)
		h.source.every = time.Hour
		h.Timeout = 10 * time.Second
		f := &far{script: func(ctx context.Context, _ int, _ *sink.Load) error { <-ctx.Done(); return ctx.Err() }}
		s := h.sink(f, "x", queue.Config{MaxBytes: 1 << 20, MaxEvents: 100, WhenFull: queue.DropOldest})
		h.lane(nil, s)
		stop := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(stop) })
		began := time.Now()
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("it took %v", took)
		}
		if s.counts.Aborted.Load() != 10 || h.ledger.Lossless() || h.source.outcomes[event.Aborted] != 10 {
			t.Errorf("ledger %s, outcomes %v: want all 10 aborted", h.ledger, h.source.outcomes)
		}
	})
}

func TestAbortWhileASourceIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(10, 10)
		f := &far{script: func(ctx context.Context, _ int, _ *sink.Load) error { <-ctx.Done(); return ctx.Err() }}
		s := h.sink(f, "x", tight)
		h.lane(nil, s)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_ = h.run(t, ctx, nil)
		if s.counts.Aborted.Load() != 10 || h.source.outcomes[event.Aborted] != 10 {
			t.Errorf("ledger %s, outcomes %v", h.ledger, h.source.outcomes)
		}
	})
}

func TestLabels(t *testing.T) {
	h := newHouse(6)
	tmpl, err := route.Parse("fw.{group}", route.Topic)
	if err != nil {
		t.Fatal(err)
	}
	f := &far{}
	s := h.sink(f, "x", roomy, func(s *sink.Sink) {
		s.Route, s.MaxRoutes, s.Key, s.IDs = tmpl, 2, []event.Field{event.FieldGroup, event.FieldSrc}, true
	})
	h.lane(nil, s)
	if err := h.run(t, t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(f.routes, " "), "fw.0 fw.1 fw.other fw.0 fw.1 fw.other"; got != want {
		t.Errorf("routes %s, want %s", got, want)
	}
	if got, want := strings.Join(f.keys, "|"), "0\t|1\t|2\t|0\t|1\t|2\t"; got != want {
		t.Errorf("keys %q, want %q", got, want)
	}
	if got, want := strings.Join(f.ids, " "), "o/0 o/1 o/2 o/3 o/4 o/5"; got != want {
		t.Errorf("ids %s, want %s", got, want)
	}
	if s.counts.OtherRoute.Load() != 2 {
		t.Errorf("%d records counted as sent to the stand-in, want 2", s.counts.OtherRoute.Load())
	}
}

func TestEventsTheFormatHasNoPlaceFor(t *testing.T) {
	h := newHouse(10, 10)
	h.codec("even", func(n uint64) bool { return n%2 == 1 || n >= 10 })
	a, b := &far{}, &far{}
	s := h.sink(a, "even", tight)
	h.lane(nil, s, h.sink(b, "all", roomy))
	if err := h.run(t, t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expect(t, a, "0 2 4 6 8")
	expect(t, b, consecutive(0, 20))
	if s.counts.LeftOut.Load() != 15 || !h.ledger.Lossless() {
		t.Errorf("ledger %s", h.ledger)
	}
}

func TestBatchStageSealsAndItsTimerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(25)
		h.source.every = time.Hour
		cfg := batch.DefaultConfig()
		cfg.MaxEvents = 10
		f := &far{}
		st := batch.New(cfg, stage.Deps{Name: "b", Pool: h.pool, Counts: h.ledger.Stage("lane0", "b")})
		h.lane([]stage.Stage{st}, h.sink(f, "x", roomy))
		stop := make(chan struct{})
		time.AfterFunc(5*time.Second, func() {
			f.mu.Lock()
			if len(f.got) != 25 {
				t.Errorf("%d records after max_wait, want all 25", len(f.got))
			}
			f.mu.Unlock()
			close(stop)
		})
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		for _, sealed := range f.sealed {
			if !sealed {
				t.Error("a payload is not sealed")
			}
		}
	})
}

package batch

import (
	"fmt"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/event"
	"nflogship/pipeline/stage"

	"pgregory.net/rapid"
)

// out keeps what a stage hands on, as texts, and finishes the batches.
type out struct {
	batches [][]string
	sealed  bool
	outcome event.Outcome
}

func (o *out) next(b *event.Batch) error {
	var texts []string
	for i := range b.Events {
		texts = append(texts, string(event.AppendID(nil, b, &b.Events[i]))+" "+string(b.Bytes(b.Events[i].Prefix)))
	}
	o.batches = append(o.batches, texts)
	o.sealed = b.Sealed
	b.End(o.outcome)
	return nil
}

func input(pool *event.Pool, origin *event.Origin, first, n int) *event.Batch {
	b := pool.Get()
	at := b.AddOrigin(origin)
	for i := range n {
		b.Events = append(b.Events, event.Event{Origin: at, Record: uint64(first + i), Has: event.HasPrefix,
			Prefix: b.AppendString(fmt.Sprintf("P%d ", first+i))})
	}
	return b
}

type finished struct{ outcomes []event.Outcome }

func (f *finished) Finished(_ *event.Delivery, o event.Outcome) { f.outcomes = append(f.outcomes, o) }

func newStage(t testing.TB, cfg Config) (*Stage, *event.Ledger, *event.Pool) {
	ledger, pool := &event.Ledger{}, &event.Pool{}
	return New(cfg, stage.Deps{Name: "b", Pool: pool, Counts: ledger.Stage("p", "b")}), ledger, pool
}

// Whatever comes in comes out once, in order, in batches of exactly max_events but the last, each sealed.
func TestEverythingPassesOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := DefaultConfig()
		cfg.MaxEvents = rapid.IntRange(1, 9).Draw(t, "max_events")
		ledger, pool := &event.Ledger{}, &event.Pool{}
		s := New(cfg, stage.Deps{Pool: pool, Counts: ledger.Stage("p", "b")})
		origins := []*event.Origin{{ID: "a"}, {ID: "b"}}
		o, owner, want := &out{}, &finished{}, []string(nil)
		sizes := rapid.SliceOf(rapid.IntRange(0, 30)).Draw(t, "sizes")
		for k, n := range sizes {
			b := input(pool, origins[k%2], len(want), n)
			b.Delivery = event.NewDelivery(owner, 0)
			for i := range b.Events {
				want = append(want, string(event.AppendID(nil, b, &b.Events[i]))+" "+string(b.Bytes(b.Events[i].Prefix)))
			}
			if err := s.Process(b, o.next); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Flush(o.next); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, b := range o.batches {
			if len(b) != cfg.MaxEvents && i < len(o.batches)-1 {
				t.Fatalf("batch %d has %d events, want %d", i, len(b), cfg.MaxEvents)
			}
			got = append(got, b...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if len(want) > 0 && !o.sealed {
			t.Fatal("a batch is not sealed")
		}
		if len(owner.outcomes) != len(sizes) {
			t.Fatalf("%d of %d deliveries finished", len(owner.outcomes), len(sizes))
		}
		if err := ledger.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeliveryWaitsForEveryBatchItsEventsAreIn(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxEvents = 2
	s, _, pool := newStage(t, cfg)
	owner := &finished{}
	b := input(pool, &event.Origin{ID: "a"}, 0, 5)
	b.Delivery = event.NewDelivery(owner, 0)
	o := &out{outcome: event.Rejected}
	if err := s.Process(b, o.next); err != nil {
		t.Fatal(err)
	}
	if len(o.batches) != 2 || len(owner.outcomes) != 0 {
		t.Fatalf("%d batches, outcomes %v: the fifth event still waits", len(o.batches), owner.outcomes)
	}
	if err := s.Flush(o.next); err != nil {
		t.Fatal(err)
	}
	if len(owner.outcomes) != 1 || owner.outcomes[0] != event.Rejected {
		t.Fatalf("outcomes %v, want one rejected", owner.outcomes)
	}
}

func TestMaxWait(t *testing.T) {
	s, ledger, pool := newStage(t, DefaultConfig())
	o, start := &out{}, time.Unix(1000, 0)
	if due, _ := s.Tick(start, o.next); !due.IsZero() {
		t.Fatalf("an empty stage wants a tick at %v", due)
	}
	if err := s.Process(input(pool, &event.Origin{}, 0, 3), o.next); err != nil {
		t.Fatal(err)
	}
	due, _ := s.Tick(start, o.next)
	if want := start.Add(time.Second); !due.Equal(want) {
		t.Fatalf("due %v, want %v", due, want)
	}
	if _, err := s.Tick(due.Add(-1), o.next); err != nil || len(o.batches) != 0 {
		t.Fatal("handed on too early")
	}
	if _, err := s.Tick(due, o.next); err != nil || len(o.batches) != 1 || len(o.batches[0]) != 3 {
		t.Fatalf("at its time: %v", o.batches)
	}
	if err := ledger.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestMaxBytes(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxBytes = config.Size(6)
	s, _, pool := newStage(t, cfg)
	o := &out{}
	if err := s.Process(input(pool, &event.Origin{}, 0, 6), o.next); err != nil {
		t.Fatal(err)
	}
	if len(o.batches) != 3 {
		t.Fatalf("6 events of 3 bytes in batches of 6 bytes: %d batches", len(o.batches))
	}
}

func BenchmarkProcess(b *testing.B) {
	s, _, pool := newStage(b, DefaultConfig())
	origin := &event.Origin{ID: "a"}
	from := input(pool, origin, 0, 400)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Process(from.Clone(), func(x *event.Batch) error { x.Release(); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*400), "ns/event")
}

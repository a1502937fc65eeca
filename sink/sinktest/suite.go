package sinktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"nflogship/sink"

	"go.uber.org/goleak"
)

// Subject is a sink under test and its far side, as the suite needs them.
type Subject struct {
	// New returns a sink pointed at the far side, which is running.
	New func(t *testing.T) *sink.Sink

	// Read returns the texts the far side holds now, in its order (of one partition after the other, say).
	Read func(t *testing.T) []string

	// Stop and Start take the far side down and up again with what it had kept. Both nil: it is no process.
	Stop, Start func(t *testing.T)

	Promise Promise

	// Bad is a text that the far side will never take; "" when there is none.
	Bad string

	// Route is given to every record; for a sink whose route is constant, "".
	Route string

	// Key is given to record n; nil: no keys.
	Key func(n int) string

	// Keep lists goroutines that belong to the far side, not to the sink.
	Keep []goleak.Option
}

// Promise is what the sink guarantees, as the README's table has it.
type Promise struct {
	Keeps   bool // acknowledged records outlive a restart of the far side
	Once    bool // no record arrives twice, even over a restart
	Ordered bool // Read gives the records in the order they were sent, repeats aside
}

// Run runs the suite. Each part starts from a far side that may hold the records of the parts before.
func Run(t *testing.T, s Subject) {
	t.Run("everything arrives once and in order", s.delivers)
	if s.Bad != "" {
		t.Run("a record that can't be taken is set aside alone", s.setsAside)
	}
	t.Run("close leaves nothing running", s.closes)
	if s.Stop != nil {
		t.Run("a far side that is down at the start is waited for", s.waits)
		t.Run("an abort ends a send at once", s.aborts)
		t.Run("a restart of the far side", s.restarts)
	}
}

const patience = 60 * time.Second

func (s Subject) delivers(t *testing.T) {
	snk := s.open(t)
	var want []string
	for k, sizes := range [][]int{{1}, {3, 1, 500}, {2000, 2000}} {
		var payloads [][]Record
		for i, n := range sizes {
			records := s.records(fmt.Sprintf("deliver-%d-%d", k, i), n)
			payloads = append(payloads, records)
			want = append(want, texts(records)...)
		}
		Ship(t, snk, Load(payloads...))
	}
	s.close(t, snk)
	s.expect(t, "deliver-", want, Promise{Once: true, Ordered: s.Promise.Ordered, Keeps: true})
}

func (s Subject) setsAside(t *testing.T) {
	snk := s.open(t)
	records := s.records("aside", 9)
	want := append(texts(records[:4]), texts(records[5:])...)
	records[4].Text = s.Bad
	l := Load(records[:3], records[3:])
	Ship(t, snk, l)
	if l.Rejections() != 1 {
		t.Errorf("%d records rejected, want the one that can't be taken", l.Rejections())
	}
	s.close(t, snk)
	s.expect(t, "aside", want, Promise{Once: true, Ordered: s.Promise.Ordered, Keeps: true})
}

func (s Subject) closes(t *testing.T) {
	before := append([]goleak.Option{goleak.IgnoreCurrent()}, s.Keep...)
	snk := s.open(t)
	Ship(t, snk, Load(s.records("close", 10)))
	s.close(t, snk)
	if err := goleak.Find(before...); err != nil {
		t.Error(err)
	}
}

func (s Subject) waits(t *testing.T) {
	s.Stop(t)
	snk := s.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := snk.Sender.Open(ctx)
	if err == nil {
		// A sink without a connection, such as UDP, can't tell; then the first send may not either.
		t.Log("open does not notice that the far side is down")
	} else if ctx.Err() != nil {
		t.Fatalf("open took %v to find that the far side is down", patience)
	}
	s.Start(t)
	records := s.records("wait", 20)
	Ship(t, snk, Load(records))
	s.close(t, snk)
	s.expect(t, "wait", texts(records), s.Promise)
}

func (s Subject) aborts(t *testing.T) {
	snk := s.open(t)
	Ship(t, snk, Load(s.records("abort-before", 10)))
	s.Stop(t)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	l := Load(s.records("abort-after", 10))
	done := make(chan struct{})
	go func() {
		defer close(done)
		drive(ctx, snk, l)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("a cancelled send had not returned after 10 s")
		<-done
	}
	s.Start(t)
	s.close(t, snk)
}

func (s Subject) restarts(t *testing.T) {
	snk := s.open(t)
	var want []string
	for k := range 30 {
		records := s.records(fmt.Sprintf("restart-%d", k), 50)
		if k == 10 {
			s.Stop(t)
			time.AfterFunc(200*time.Millisecond, func() { s.Start(t) })
		}
		Ship(t, snk, Load(records))
		want = append(want, texts(records)...)
	}
	s.close(t, snk)
	s.expect(t, "restart-", want, s.Promise)
}

func (s Subject) open(t *testing.T) *sink.Sink {
	t.Helper()
	snk := s.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := snk.Sender.Open(ctx)
		if err == nil {
			return snk
		}
		if ctx.Err() != nil {
			t.Fatalf("open: %v", err)
		}
		pause(ctx)
	}
}

func (s Subject) close(t *testing.T, snk *sink.Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := snk.Sender.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func (s Subject) records(name string, n int) []Record {
	records := make([]Record, n)
	now := time.Now().UnixNano()
	for i := range records {
		text := fmt.Sprintf("%s-%05d", name, i)
		records[i] = Record{Text: text, Route: s.Route, ID: text, Time: now}
		if s.Key != nil {
			records[i].Key = s.Key(i)
		}
	}
	return records
}

// expect waits until the far side holds what was promised of the texts that start with prefix.
func (s Subject) expect(t *testing.T, prefix string, want []string, p Promise) {
	t.Helper()
	var problem string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var got []string
		for _, text := range s.Read(t) {
			if strings.HasPrefix(text, prefix) {
				got = append(got, text)
			}
		}
		problem = compare(got, want, p)
		if problem == "" && len(got) == 0 {
			problem = "nothing has arrived at all" // where loss is allowed, events flow again all the same
		}
		if problem == "" {
			return
		}
	}
	t.Error(problem)
}

// compare says what of the promise is broken, "" for nothing.
func compare(got, want []string, p Promise) string {
	times := map[string]int{}
	var firsts []string
	for _, text := range got {
		if times[text]++; times[text] == 1 {
			firsts = append(firsts, text)
		}
	}
	for _, text := range want {
		if times[text] == 0 && p.Keeps {
			return fmt.Sprintf("%q was acknowledged and is not there: %d of %d are", text, len(firsts), len(want))
		}
		if times[text] > 1 && p.Once {
			return fmt.Sprintf("%q is there %d times", text, times[text])
		}
	}
	if len(firsts) > len(want) {
		return fmt.Sprintf("%d texts are there, %d were sent", len(firsts), len(want))
	}
	if p.Ordered && p.Keeps {
		for i := range want {
			if firsts[i] != want[i] {
				return fmt.Sprintf("at %d stands %q, not %q", i, firsts[i], want[i])
			}
		}
	}
	return ""
}

// Ship sends a load as the pipeline does: again after every failure, until all of it is decided.
func Ship(t *testing.T, s *sink.Sink, l *sink.Load) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := drive(ctx, s, l); err != nil {
		t.Fatalf("not delivered within %v: %v", patience, err)
	}
}

func drive(ctx context.Context, s *sink.Sink, l *sink.Load) error {
	err := s.Sender.Open(ctx)
	for {
		if err == nil {
			if err = s.Sender.Send(ctx, l); err == nil {
				l.DeliverRest()
				return nil
			}
		}
		var permanent *sink.PermanentError
		if errors.As(err, &permanent) {
			l.RejectRest(err)
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		pause(ctx)
		if errors.Is(err, sink.ErrNotConnected) {
			err = s.Sender.Open(ctx)
		} else {
			err = nil
		}
	}
}

func pause(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

func texts(records []Record) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = r.Text
	}
	return out
}

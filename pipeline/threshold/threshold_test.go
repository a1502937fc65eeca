package threshold

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"nflogship/event"
	"nflogship/pipeline/stage"

	"pgregory.net/rapid"
)

var (
	replayed = &event.Origin{Host: "h", Source: "old", ID: "x"}
	lively   = &event.Origin{Host: "h", Source: "fw", ID: "y", Live: true}
)

const second = int64(time.Second)

// packet is an event as these tests need it: who sent what when.
type packet struct {
	src, port int
	at        int64 // nanoseconds
}

func batch(pool *event.Pool, o *event.Origin, packets ...packet) *event.Batch {
	b := pool.Get()
	at := b.AddOrigin(o)
	for i, p := range packets {
		e := event.Event{Origin: at, Time: p.at, Record: uint64(i), Length: 60, SrcPort: 1, DstPort: uint16(p.port),
			Has: event.HasAddrs | event.HasPorts | event.HasIP}
		binary.BigEndian.PutUint32(e.Src[:], uint32(p.src))
		b.Events = append(b.Events, e)
		b.Received = p.at
	}
	return b
}

// got keeps what a stage hands on.
type got struct {
	passed    []packet
	summaries []event.Summary
	keys      []string
}

func (g *got) next(b *event.Batch) error {
	for i := range b.Events {
		e := &b.Events[i]
		if e.Kind == event.Summarised {
			sum := b.Summaries[e.Aux-1]
			g.summaries = append(g.summaries, sum)
			text := ""
			for _, f := range sum.Key[:sum.Keys] {
				v, _ := event.AppendField(nil, b, e, f)
				text += fmt.Sprintf("%s=%s ", f, v)
			}
			g.keys = append(g.keys, text)
			continue
		}
		g.passed = append(g.passed, packet{int(binary.BigEndian.Uint32(e.Src[:])), int(e.DstPort), e.Time})
	}
	b.End(event.Delivered)
	return nil
}

func newStage(typ string, count uint32, seconds float64, fields ...event.Field) (*Stage, *event.Ledger, *event.Pool) {
	cfg := DefaultConfig()
	cfg.Type, cfg.Count, cfg.Seconds, cfg.Track.Fields = typ, count, seconds, fields
	ledger, pool := &event.Ledger{}, &event.Pool{}
	return New(cfg, stage.Deps{Name: "quiet", Host: "h", Pool: pool, Counts: ledger.Stage("p", "quiet")}), ledger, pool
}

func TestSemantics(t *testing.T) {
	tests := []struct {
		name  string
		typ   string
		count uint32
		at    []int64 // seconds
		want  []int64
	}{
		{"limit: the first count of a window", "limit", 2, []int64{0, 1, 2, 3}, []int64{0, 1}},
		{"limit: the window's end is inclusive", "limit", 1, []int64{0, 10, 11}, []int64{0, 11}},
		{"limit: it never slides", "limit", 1, []int64{0, 6, 11, 16, 22}, []int64{0, 11, 22}},
		{"threshold: every count-th", "threshold", 3, []int64{0, 1, 2, 3, 4, 5, 6}, []int64{2, 5}},
		{"threshold: a new window starts at one", "threshold", 3, []int64{0, 1, 11, 12, 13}, []int64{13}},
		{"threshold: count 1 passes all", "threshold", 1, []int64{0, 1, 30}, []int64{0, 1, 30}},
		{"both: once a window, when count is reached", "both", 2, []int64{0, 1, 2, 3, 11, 12, 13}, []int64{1, 12}},
		{"both: count 1 passes the first of each", "both", 1, []int64{0, 1, 11, 12}, []int64{0, 11}},
	}
	for _, tt := range tests {
		for _, origin := range []*event.Origin{replayed, lively} {
			t.Run(fmt.Sprint(tt.name, " live=", origin.Live), func(t *testing.T) {
				s, ledger, pool := newStage(tt.typ, tt.count, 10, event.FieldSrc)
				g := &got{}
				for _, at := range tt.at {
					if err := s.Process(batch(pool, origin, packet{1, 22, at * second}), g.next); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.Flush(g.next); err != nil {
					t.Fatal(err)
				}
				var passed []int64
				for _, p := range g.passed {
					passed = append(passed, p.at/second)
				}
				if fmt.Sprint(passed) != fmt.Sprint(tt.want) {
					t.Errorf("passed at %v, want %v", passed, tt.want)
				}
				held := uint64(0)
				for _, sum := range g.summaries {
					held += sum.Suppressed
				}
				if held != uint64(len(tt.at)-len(tt.want)) {
					t.Errorf("summaries tell of %d held back, want %d", held, len(tt.at)-len(tt.want))
				}
				if err := ledger.Check(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A model with a plain map says the same, for any packets, keys and times.
func TestModel(t *testing.T) {
	type window struct {
		began int64
		n     uint32
	}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]string{"limit", "threshold", "both"}).Draw(t, "type")
		count := rapid.Uint32Range(1, 4).Draw(t, "count")
		s, ledger, pool := newStage(typ, count, 5, event.FieldSrc, event.FieldDstPort)
		g, model := &got{}, map[[2]int]*window{}
		var want []packet
		now, sent := int64(0), 0
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			var packets []packet
			for range rapid.IntRange(1, 20).Draw(t, "size") {
				now += rapid.Int64Range(0, 3*second).Draw(t, "step")
				packets = append(packets, packet{rapid.IntRange(1, 4).Draw(t, "src"), rapid.IntRange(1, 2).Draw(t, "port"), now})
			}
			for _, p := range packets {
				w := model[[2]int{p.src, p.port}]
				fresh := w == nil || p.at > w.began+5*second
				if fresh {
					w = &window{began: p.at}
					model[[2]int{p.src, p.port}] = w
				}
				w.n++
				emit := false
				switch typ {
				case "limit":
					emit = w.n <= count
				case "threshold":
					if emit = w.n >= count; emit {
						w.n = 0
					}
				case "both":
					emit = w.n == count
				}
				if emit {
					want = append(want, p)
				}
			}
			sent += len(packets)
			if err := s.Process(batch(pool, replayed, packets...), g.next); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Flush(g.next); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(g.passed) != fmt.Sprint(want) {
			t.Fatalf("passed\n%v, want\n%v", g.passed, want)
		}
		total := uint64(len(g.passed))
		for _, sum := range g.summaries {
			total += sum.Suppressed
		}
		if total != uint64(sent) {
			t.Fatalf("passed and summarised %d, sent %d", total, sent)
		}
		if s.replay.live != 0 {
			t.Fatalf("%d windows left after the end", s.replay.live)
		}
		if err := ledger.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSummary(t *testing.T) {
	s, _, pool := newStage("limit", 1, 60, event.FieldSrc, event.FieldDstPort)
	g := &got{}
	for i := range int64(5) {
		if err := s.Process(batch(pool, replayed, packet{0x01020304, 22, i * second}), g.next); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.summaries) != 0 {
		t.Fatal("a summary before the window closed")
	}
	if err := s.Process(batch(pool, replayed, packet{9, 9, 61 * second}), g.next); err != nil {
		t.Fatal(err)
	}
	if len(g.summaries) != 1 {
		t.Fatalf("%d summaries once another packet's time is past the window", len(g.summaries))
	}
	sum := g.summaries[0]
	if sum.Suppressed != 4 || sum.Bytes != 240 || sum.First != second || sum.Last != 4*second || sum.Reason != "threshold" || sum.Stage != "quiet" {
		t.Errorf("summary %+v", sum)
	}
	if want := "src=1.2.3.4 dst_port=22 "; g.keys[0] != want {
		t.Errorf("key %q, want %q", g.keys[0], want)
	}
}

// A summary stands between the packets before its window closed and those after.
func TestSummariesStandInTheOrderOfTime(t *testing.T) {
	s, _, pool := newStage("limit", 1, 10, event.FieldSrc)
	var order []string
	next := func(b *event.Batch) error {
		for i := range b.Events {
			order = append(order, fmt.Sprintf("%d@%d", b.Events[i].Kind, b.Events[i].Time/second))
		}
		b.End(event.Delivered)
		return nil
	}
	b := batch(pool, replayed, packet{1, 0, 0}, packet{1, 0, 5 * second}, packet{2, 0, 7 * second}, packet{3, 0, 12 * second}, packet{1, 0, 13 * second})
	if err := s.Process(b, next); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(order), "[0@0 0@7 1@10 0@12 0@13]"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

func TestManySummariesComeInBoundedBatches(t *testing.T) {
	s, ledger, pool := newStage("threshold", 9, 10, event.FieldSrc)
	var packets []packet
	for i := range 5000 {
		packets = append(packets, packet{i, 0, 0})
	}
	largest, all := 0, 0
	next := func(b *event.Batch) error {
		largest, all = max(largest, len(b.Events)), all+len(b.Events)
		b.End(event.Delivered)
		return nil
	}
	if err := s.Process(batch(pool, replayed, packets...), next); err != nil {
		t.Fatal(err)
	}
	if err := s.Process(batch(pool, replayed, packet{7, 7, 60 * second}), next); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(next); err != nil {
		t.Fatal(err)
	}
	if all != 5001 || largest > maxMade+1 {
		t.Errorf("%d summaries, up to %d at once; want 5001, and few at once", all, largest)
	}
	if err := ledger.Check(); err != nil {
		t.Error(err)
	}
}

func TestTimerClosesLiveWindows(t *testing.T) {
	s, _, pool := newStage("limit", 1, 10, event.FieldSrc)
	g := &got{}
	if err := s.Process(batch(pool, lively, packet{1, 1, 5 * second}, packet{1, 1, 5 * second}), g.next); err != nil {
		t.Fatal(err)
	}
	due, err := s.Tick(time.Unix(5, 0), g.next)
	if err != nil || due.Before(time.Unix(15, 0)) || due.After(time.Unix(15, 200e6)) {
		t.Fatalf("due %v (%v), want soon after 15 s", due, err)
	}
	if due, _ = s.Tick(due, g.next); !due.IsZero() || len(g.summaries) != 1 {
		t.Fatalf("after its time: due %v, %d summaries", due, len(g.summaries))
	}
}

func TestFullTableFailsOpenAndIsCounted(t *testing.T) {
	s, ledger, pool := newStage("threshold", 5, 10, event.FieldSrc)
	s.live.max, s.replay.max = 3, 3
	g := &got{}
	if err := s.Process(batch(pool, replayed, packet{1, 0, 0}, packet{2, 0, 0}, packet{3, 0, 0}, packet{4, 0, 0}, packet{5, 0, 0}), g.next); err != nil {
		t.Fatal(err)
	}
	if len(g.passed) != 2 || s.deps.Counts.FailedOpen.Load() != 2 {
		t.Errorf("passed %v, failed open %d: want the two without a place", g.passed, s.deps.Counts.FailedOpen.Load())
	}
	if err := ledger.Check(); err != nil {
		t.Error(err)
	}
	if err := s.Process(batch(pool, replayed, packet{6, 0, 11 * second}), g.next); err != nil {
		t.Fatal(err)
	}
	if s.replay.live != 1 || len(g.passed) != 2 {
		t.Errorf("ended windows did not make room: %d live, passed %v", s.replay.live, g.passed)
	}
}

func TestBothDirectionsShareAKey(t *testing.T) {
	s, _, pool := newStage("limit", 1, 10)
	s.cfg.Track = trackWords["both"]
	b := batch(pool, replayed, packet{1, 1, 0}, packet{2, 1, 0})
	b.Events[0].Dst, b.Events[1].Dst = b.Events[1].Src, b.Events[0].Src
	g := &got{}
	if err := s.Process(b, g.next); err != nil {
		t.Fatal(err)
	}
	if len(g.passed) != 1 {
		t.Errorf("passed %v, want the first direction only", g.passed)
	}
}

// Every field comes back from a key as it went in.
func TestKeyKeepsEveryField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := &event.Pool{}
		b, back := pool.Get(), pool.Get()
		o := &event.Origin{Host: "h", Source: "s"}
		e := event.Event{Origin: b.AddOrigin(o), Has: event.Has(rapid.Uint64Range(0, uint64(event.HasTimeSeen-1)).Draw(t, "has"))}
		text := func(name string) event.Span {
			return b.AppendString(rapid.StringN(0, 20, 60).Draw(t, name))
		}
		e.Prefix, e.In, e.Out, e.PhysIn, e.PhysOut = text("prefix"), text("in"), text("out"), text("physin"), text("physout")
		e.Family = rapid.SampledFrom([]event.Family{0, 2, 3, 5, 7, 10}).Draw(t, "family")
		e.Hook = event.Hook(rapid.IntRange(0, 1).Draw(t, "hook"))
		e.Action = event.Action(rapid.IntRange(0, 3).Draw(t, "action"))
		e.Proto, e.TTL, e.TOS = rapid.Byte().Draw(t, "proto"), rapid.Byte().Draw(t, "ttl"), rapid.Byte().Draw(t, "tos")
		for i := range e.Src {
			e.Src[i], e.Dst[i] = rapid.Byte().Draw(t, "src"), rapid.Byte().Draw(t, "dst")
		}
		e.MACSrc, e.MACDst = [6]byte(e.Src[:]), [6]byte(e.Dst[:])
		e.Mark, e.UID, e.GID, e.Seq, e.SeqGlobal = rapid.Uint32().Draw(t, "mark"), 1, 2, 3, 4
		e.SrcPort, e.DstPort, e.Group, e.VLAN = rapid.Uint16().Draw(t, "port"), 5, 6, rapid.Uint16().Draw(t, "vlan")
		e.IPID, e.FlowLabel, e.Word, e.Length = 7, 8, 9, 10
		for f := event.FieldHost; ; f++ {
			if f.String() == "" {
				break
			}
			track := Track{Fields: []event.Field{f}}
			key := appendKey(nil, &track, b, &e)
			r := event.Event{Origin: back.AddOrigin(o)}
			var sum event.Summary
			restoreKey(key, &track, back, &r, &sum)
			want, has := event.AppendField(nil, b, &e, f)
			got, _ := event.AppendField(nil, back, &r, f)
			if has != (sum.Keys == 1) && f != event.FieldHook || string(got) != string(want) {
				t.Fatalf("%s: %q came back as %q", f, want, got)
			}
			if f == event.FieldSPI {
				break
			}
		}
	})
}

func TestNoAllocationPerEvent(t *testing.T) {
	s, _, pool := newStage("limit", 1, 1e5, event.FieldSrc, event.FieldDstPort)
	g := func(b *event.Batch) error { b.Release(); return nil }
	var packets []packet
	for i := range 500 {
		packets = append(packets, packet{i % 100, 22, second})
	}
	from := batch(pool, replayed, packets...)
	run := func() {
		if err := s.Process(from.Clone(), g); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(50, run); n > 5 {
		t.Errorf("%v allocations for a batch of 500", n)
	}
}

func BenchmarkProcess(b *testing.B) {
	for _, keys := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(keys, " keys"), func(b *testing.B) {
			s, _, pool := newStage("limit", 10, 1e5, event.FieldSrc, event.FieldDstPort)
			s.replay.max = keys
			next := func(b *event.Batch) error { b.Release(); return nil }
			var all []*event.Batch
			for first := 0; first < keys; first += 500 {
				var packets []packet
				for i := range 500 {
					packets = append(packets, packet{(first + i) * 7919 % keys, 22, second})
				}
				all = append(all, batch(pool, replayed, packets...))
			}
			for _, x := range all {
				if err := s.Process(x.Clone(), next); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				x := all[i%len(all)]
				i++
				if err := s.Process(x.Clone(), next); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/event")
		})
	}
}

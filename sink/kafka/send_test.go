package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

// TestSealed: no request holds records of two sealed payloads; neighbours that are not sealed share theirs.
func TestSealed(t *testing.T) {
	for _, keyed := range []bool{false, true} {
		t.Run(fmt.Sprintf("keys %v", keyed), func(t *testing.T) {
			c := fake(t, fakeTopic(3))
			s := connect(t, c.ListenAddrs(), plainText)
			w := watchProduce(t, c)
			var payloads []*encode.Payload
			for k := range 12 {
				p := sinktest.Payload(lines(fmt.Sprintf("%02d", k), 30, func(i int, r *sinktest.Record) {
					if keyed {
						r.Key = fmt.Sprint(i)
					}
				}), nil)
				p.Sealed = k%4 < 2 // two sealed, two not, and so on
				payloads = append(payloads, p)
			}
			l := sink.NewLoad(payloads)
			ship(t, s, l)
			allDelivered(t, l)
			groups := map[int]map[string]bool{}
			for _, b := range w.all() {
				for _, text := range b.texts {
					if groups[b.request] == nil {
						groups[b.request] = map[string]bool{}
					}
					name := text[:2]
					if k := int(name[0]-'0')*10 + int(name[1]-'0'); k%4 > 1 {
						name = fmt.Sprint("open ", k/4)
					}
					groups[b.request][name] = true
				}
			}
			for n, names := range groups {
				if len(names) != 1 {
					t.Errorf("request %d holds %v", n, names)
				}
			}
			if len(groups) != 9 { // 6 sealed payloads and 3 pairs of open ones, each small enough for one request
				t.Errorf("%d requests, want 9", len(groups))
			}
			if got := len(consume(t, c.ListenAddrs(), "fw")); got != 360 {
				t.Errorf("%d records", got)
			}
		})
	}
}

// TestKeylessSpread: a large load fills all partitions at once; small ones go to one after the other.
func TestKeylessSpread(t *testing.T) {
	c := fake(t, fakeTopic(4))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	ship(t, s, sinktest.Load(lines("large", 8000, func(i int, r *sinktest.Record) { r.Text += strings.Repeat("x", 400) })))
	perPartition := map[int32]int{}
	for _, b := range w.all() {
		perPartition[b.partition] += b.records
	}
	for p := range int32(4) {
		if n := perPartition[p]; n < 1000 {
			t.Errorf("partition %d got %d of 8000 records", p, n)
		}
	}
	w.batches = nil
	for range 8 {
		ship(t, s, sinktest.Load(lines("small", 10, nil)))
	}
	used := map[int32]int{}
	for _, b := range w.all() {
		used[b.partition] += b.records
	}
	for p := range int32(4) {
		if used[p] != 20 {
			t.Errorf("partition %d got %d of 80 records in 8 small loads", p, used[p])
		}
	}
	for _, r := range consume(t, c.ListenAddrs(), "fw") {
		if r.Key != nil {
			t.Fatalf("key %q", r.Key)
		}
	}
}

func TestStamps(t *testing.T) {
	for _, mode := range []string{stampSend, stampEvent} {
		t.Run(mode, func(t *testing.T) {
			c := fake(t, fakeTopic(1))
			s := connect(t, c.ListenAddrs(), func(c *Config) { c.Timestamp = mode })
			old := time.Date(2020, 11, 22, 10, 0, 0, 123456789, time.UTC)
			before := time.Now().Truncate(time.Millisecond)
			ship(t, s, sinktest.Load(lines("x", 100, func(i int, r *sinktest.Record) {
				r.Time = old.Add(time.Duration(i*37%100) * time.Second).UnixNano() // not in order
			})))
			after := time.Now()
			for i, r := range consume(t, c.ListenAddrs(), "fw") {
				at := old.Add(time.Duration(i*37%100) * time.Second)
				if got, want := string(r.Headers[1].Value), at.Format("2006-01-02T15:04:05.000000000Z"); got != want {
					t.Fatalf("header %s, want %s", got, want)
				}
				if mode == stampEvent && !r.Timestamp.Equal(at.Truncate(time.Millisecond)) {
					t.Fatalf("stamp %v, want the event's %v", r.Timestamp, at)
				}
				if mode == stampSend && (r.Timestamp.Before(before) || r.Timestamp.After(after)) {
					t.Fatalf("stamp %v, want the time of sending", r.Timestamp)
				}
			}
		})
	}
}

// TestInFlight looks at what may be under way at once: one batch a partition, a few requests a broker, none too large.
func TestInFlight(t *testing.T) {
	s := &Sender{}
	d := &drive{s: s, inFlight: map[int32]int{}}
	tp := &topic{name: "fw", bound: batchBytes}
	for i := range 100 {
		p := &partition{topic: tp, index: int32(i), leader: int32(i % 2)}
		p.queue = []*batch{{refs: make([]ref, 10), size: batchBytes / 2}, {refs: make([]ref, 10), size: batchBytes / 2}}
		d.enqueue(p)
	}
	seen := map[*partition]bool{}
	for {
		r := d.next()
		if r == nil {
			break
		}
		d.inFlight[r.leader]++
		if r.size > requestBytes || len(r.parts) != 2 {
			t.Errorf("a request of %d bytes with %d batches", r.size, len(r.parts))
		}
		for _, p := range r.parts {
			if p.leader != r.leader || seen[p] {
				t.Errorf("partition %d of leader %d goes to %d, again: %v", p.index, p.leader, r.leader, seen[p])
			}
			seen[p] = true
		}
	}
	if d.inFlight[0] != inFlightPerBroker || d.inFlight[1] != inFlightPerBroker {
		t.Errorf("in flight by broker: %v, want %d each", d.inFlight, inFlightPerBroker)
	}
}

// TestThrottled: a broker's wish to be left alone holds up what is left of the load, and the loads after it.
func TestThrottled(t *testing.T) {
	c := fake(t, fakeTopic(1))
	s := connect(t, c.ListenAddrs(), nil)
	throttle(c, 200)
	l := sinktest.Load(lines("x", 4000, func(_ int, r *sinktest.Record) { r.Text += strings.Repeat("x", 400) }))
	var throttled *sink.ThrottledError
	if err := s.Sender.Send(t.Context(), l); !errors.As(err, &throttled) || throttled.After < 100*time.Millisecond {
		t.Fatalf("error %v", err)
	}
	if l.Open() == 0 || l.Open() == l.Len() {
		t.Errorf("%d of %d open", l.Open(), l.Len())
	}
	if err := s.Sender.Send(t.Context(), l); !errors.As(err, &throttled) {
		t.Fatalf("too early, error %v", err)
	}
	ship(t, s, l)
	allDelivered(t, l)
	for range 20 { // so short a pause that it may be over when Send looks
		throttle(c, 1)
		l := sinktest.Load(lines("x", 4000, func(_ int, r *sinktest.Record) { r.Text += strings.Repeat("x", 400) }))
		ship(t, s, l)
		allDelivered(t, l)
	}
}

// throttle has the next Produce request taken, and asks for a pause.
func throttle(c *kfake.Cluster, milliseconds int32) {
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req := r.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		resp.ThrottleMillis = milliseconds
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.Partitions = "fw", []kmsg.ProduceResponseTopicPartition{kmsg.NewProduceResponseTopicPartition()}
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
}

// TestCancel: an abort ends a Send that waits for a broker at once, and nothing of it runs on.
func TestCancel(t *testing.T) {
	c := fake(t, fakeTopic(3))
	s := connect(t, c.ListenAddrs(), nil)
	before := goleak.IgnoreCurrent()
	asked := make(chan struct{}, 3)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked <- struct{}{}
		return nil, nil, true // no answer ever
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for range 3 {
			<-asked
		}
		cancel()
	}()
	l := sinktest.Load(lines("x", 6000, func(_ int, r *sinktest.Record) { r.Text += strings.Repeat("x", 400) }))
	began := time.Now()
	if err := s.Sender.Send(ctx, l); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if err := s.Sender.Close(t.Context()); err != nil {
		t.Error(err)
	}
	// The fake's own connections end when they notice.
	if err := goleak.Find(before, goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write")); err != nil {
		t.Error(err)
	}
}

// TestNothingRetained: the pipeline reuses a load's memory once it is decided.
func TestNothingRetained(t *testing.T) {
	c := fake(t, fakeTopic(3))
	s := connect(t, c.ListenAddrs(), nil)
	l := sinktest.Load(lines("x", 100, nil))
	ship(t, s, l)
	state := s.Sender.(*Sender)
	if state.payloads != nil || len(state.loaded) != 0 || len(state.homeless) != 0 {
		t.Errorf("%d payloads, %d partitions, %d records kept", len(state.payloads), len(state.loaded), len(state.homeless))
	}
}

func TestConformance(t *testing.T) {
	c := fake(t, fakeTopic(3))
	sinktest.Run(t, sinktest.Subject{
		New: func(t *testing.T) *sink.Sink { return build(t, c.ListenAddrs(), nil) },
		Read: func(t *testing.T) []string {
			got := valuesOf(consume(t, c.ListenAddrs(), "fw"))
			slices.Sort(got) // the suite's names are in order; keyless records are spread over the partitions
			return got
		},
		Promise: sinktest.Promise{Keeps: true, Once: true},
		Keep:    []goleak.Option{goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"), goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write")},
	})
}

// TestConformanceOnePartition holds the sink to its order, too.
func TestConformanceOnePartition(t *testing.T) {
	c := fake(t, fakeTopic(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "100000"}))
	sinktest.Run(t, sinktest.Subject{
		New: func(t *testing.T) *sink.Sink {
			return build(t, c.ListenAddrs(), plainText)
		},
		Read:    func(t *testing.T) []string { return valuesOf(consume(t, c.ListenAddrs(), "fw")) },
		Promise: sinktest.Promise{Keeps: true, Once: true, Ordered: true},
		Bad:     strings.Repeat("x", 200000),
		Key:     func(n int) string { return fmt.Sprint(n % 7) },
		Keep:    []goleak.Option{goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"), goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write")},
	})
}

// TestPlacingDoesNotAllocate holds the way from load to batches to no allocation for each record.
func TestPlacingDoesNotAllocate(t *testing.T) {
	s := &Sender{constant: "fw", cluster: cluster{topics: map[string]*topic{}}}
	tp := &topic{name: "fw", bound: batchBytes}
	for i := range 3 {
		tp.partitions = append(tp.partitions, &partition{topic: tp, index: int32(i)})
	}
	s.topics["fw"] = tp
	l := sinktest.Load(lines("x", 10000, func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i % 100) }))
	if n := testing.AllocsPerRun(20, func() {
		s.take(l)
		s.place(l)
		for _, p := range tp.partitions {
			for len(p.queue) > 0 {
				s.recycle(p.pop())
			}
		}
		s.loaded = s.loaded[:0]
	}); n > 5 {
		t.Errorf("%v allocations for 10000 records", n)
	}
}

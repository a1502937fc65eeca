package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/sink"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// admin sends one request to the fake cluster.
func admin(t testing.TB, brokers []string, r kmsg.Request) kmsg.Response {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	resp, err := c.Request(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func deleteTopic(t testing.TB, brokers []string, name string) {
	t.Helper()
	r := kmsg.NewPtrDeleteTopicsRequest()
	r.TopicNames = []string{name}
	rt := kmsg.NewDeleteTopicsRequestTopic()
	rt.Topic = kmsg.StringPtr(name)
	r.Topics = append(r.Topics, rt)
	for _, a := range admin(t, brokers, r).(*kmsg.DeleteTopicsResponse).Topics {
		if a.ErrorCode != 0 {
			t.Fatalf("delete %s: code %d", name, a.ErrorCode)
		}
	}
}

func createTopic(t testing.TB, brokers []string, name string, partitions int32) {
	t.Helper()
	r := kmsg.NewPtrCreateTopicsRequest()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = name, partitions, 1
	r.Topics = append(r.Topics, rt)
	for _, a := range admin(t, brokers, r).(*kmsg.CreateTopicsResponse).Topics {
		if a.ErrorCode != 0 {
			t.Fatalf("create %s: code %d", name, a.ErrorCode)
		}
	}
}

// TestMissingTopic: it is made by the broker itself, or by us, or nobody may and the error says so.
func TestMissingTopic(t *testing.T) {
	t.Run("the broker makes it", func(t *testing.T) {
		c := fake(t, kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(3))
		refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TopicAuthorizationFailed, Count: -1})
		s := connect(t, c.ListenAddrs(), nil)
		ship(t, s, sinktest.Load(lines("x", 10, nil)))
		if refused.Hits() != 0 {
			t.Error("asked to make a topic that was there")
		}
		if got := len(consume(t, c.ListenAddrs(), "fw")); got != 10 {
			t.Errorf("%d records", got)
		}
	})
	t.Run("we make it", func(t *testing.T) {
		c := fake(t, kfake.DefaultNumPartitions(3))
		s := connect(t, c.ListenAddrs(), nil)
		ship(t, s, sinktest.Load(lines("x", 10, nil)))
		if n := len(s.Sender.(*Sender).topics["fw"].partitions); n != 3 {
			t.Errorf("%d partitions, want the cluster's own 3", n)
		}
	})
	t.Run("nobody may", func(t *testing.T) {
		c := fake(t)
		refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TopicAuthorizationFailed, Count: -1})
		s := build(t, c.ListenAddrs(), nil)
		for range 2 {
			err := s.Sender.Open(t.Context())
			if err == nil || !strings.Contains(err.Error(), "topic fw: does not exist, and making it was refused") {
				t.Fatalf("open: %v", err)
			}
			var permanent *sink.PermanentError
			if errors.As(err, &permanent) {
				t.Fatal("someone may still make it")
			}
		}
		refused.Remove()
		createTopic(t, c.ListenAddrs(), "fw", 1)
		if err := s.Sender.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a topic we may not read about", func(t *testing.T) {
		c := fake(t, fakeTopic(1))
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "fw", Err: kerr.TopicAuthorizationFailed, Count: -1})
		s := build(t, c.ListenAddrs(), nil)
		if err := s.Sender.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "grant the user WRITE and DESCRIBE") {
			t.Fatalf("open: %v", err)
		}
	})
}

// TestTopicDeleted: made again, with as many partitions or fewer, it takes what comes after, in order.
func TestTopicDeleted(t *testing.T) {
	for _, partitions := range []int32{3, 1, 5} {
		t.Run(fmt.Sprintf("made again with %d partitions", partitions), func(t *testing.T) {
			c := fake(t, fakeTopic(3))
			s := connect(t, c.ListenAddrs(), plainText)
			byKey := func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i % 20) }
			ship(t, s, sinktest.Load(lines("before", 100, byKey)))
			deleteTopic(t, c.ListenAddrs(), "fw")
			l := sinktest.Load(lines("x", 500, byKey))
			if err := s.Sender.Send(t.Context(), l); err == nil || l.Open() != 500 {
				t.Fatalf("%d open after %v", l.Open(), err)
			}
			createTopic(t, c.ListenAddrs(), "fw", partitions)
			ship(t, s, l)
			allDelivered(t, l)
			ship(t, s, sinktest.Load(lines("y", 500, byKey)))
			checkKeyOrder(t, consume(t, c.ListenAddrs(), "fw"), 1000)
		})
	}
}

// checkKeyOrder checks that every text is there once and that each key's are in order, in each partition that has it.
func checkKeyOrder(t testing.TB, got []*kgo.Record, want int) {
	t.Helper()
	seen, last := map[string]bool{}, map[string]string{}
	for _, r := range got {
		text, key := string(r.Value), fmt.Sprintf("%s in partition %d", r.Key, r.Partition)
		if seen[text] {
			t.Fatalf("%s is there twice", text)
		}
		if text <= last[key] {
			t.Fatalf("key %s: %s after %s", key, text, last[key])
		}
		seen[text], last[key] = true, text
	}
	if len(seen) != want {
		t.Fatalf("%d records, want %d", len(seen), want)
	}
}

func TestMorePartitions(t *testing.T) {
	c := fake(t, fakeTopic(2))
	s := connect(t, c.ListenAddrs(), nil)
	ship(t, s, sinktest.Load(lines("x", 100, func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i) })))
	r := kmsg.NewPtrCreatePartitionsRequest()
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = "fw", 6
	r.Topics = append(r.Topics, rt)
	admin(t, c.ListenAddrs(), r)
	s.Sender.(*Sender).asked = time.Now().Add(-metadataAge)
	ship(t, s, sinktest.Load(lines("y", 300, func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i) })))
	used := map[int32]int{}
	for _, r := range consume(t, c.ListenAddrs(), "fw") {
		if strings.HasPrefix(string(r.Value), "y") {
			used[r.Partition]++
			if at := partitionOf(r.Key, 6); at != int(r.Partition) {
				t.Fatalf("key %s in %d, want %d", r.Key, r.Partition, at)
			}
		}
	}
	if len(used) != 6 {
		t.Errorf("partitions used: %v", used)
	}
}

// TestRoutes: records go to their own topics; one that can't be used does not hold the others up, one that never can be is rejected.
func TestRoutes(t *testing.T) {
	c := fake(t, kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(2))
	blocked := c.Fault(kfake.Fault{Keys: produceKey, Topic: "fw.2", Err: kerr.TopicAuthorizationFailed, Count: -1})
	s := connect(t, c.ListenAddrs(), func(c *Config) { c.Topic = "fw.{group}" })
	if s.Route == nil || s.MaxRoutes != 1000 {
		t.Fatalf("route %v, bound %d", s.Route, s.MaxRoutes)
	}
	long := strings.Repeat("x", 250)
	l := sinktest.Load(lines("x", 400, func(i int, r *sinktest.Record) {
		r.Route = []string{"fw.1", "fw.2", "fw.3", long}[i%4]
	}))
	err := s.Sender.Send(t.Context(), l)
	if err == nil || !strings.Contains(err.Error(), "topic fw.2") || l.Open() != 100 || l.Rejections() != 100 {
		t.Fatalf("%d open, %d rejected after %v", l.Open(), l.Rejections(), err)
	}
	for n, why := range rejections(l) {
		if n%4 != 3 || !strings.Contains(why.Error(), "249") {
			t.Fatalf("record %d rejected: %v", n, why)
		}
	}
	blocked.Remove()
	ship(t, s, l)
	for _, topic := range []string{"fw.1", "fw.2", "fw.3"} {
		if got := len(consume(t, c.ListenAddrs(), topic)); got != 100 {
			t.Errorf("%s: %d records", topic, got)
		}
	}
}

// TestOneTopicMissing: the records of a topic that nobody may make wait, the others do not.
func TestOneTopicMissing(t *testing.T) {
	c := fake(t, kfake.SeedTopics(1, "fw.1", "fw.3"))
	refused := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.PolicyViolation, Count: -1})
	s := connect(t, c.ListenAddrs(), func(c *Config) { c.Topic = "fw.{group}" })
	l := sinktest.Load(lines("x", 90, func(i int, r *sinktest.Record) { r.Route = fmt.Sprint("fw.", 1+i%3) }))
	if err := s.Sender.Send(t.Context(), l); err == nil || !strings.Contains(err.Error(), "topic fw.2") || l.Open() != 30 {
		t.Fatalf("%d open after %v", l.Open(), err)
	}
	refused.Remove()
	ship(t, s, l)
	allDelivered(t, l)
	expectOrder(t, consume(t, c.ListenAddrs(), "fw.2"), 30)
}

func expectOrder(t testing.TB, got []*kgo.Record, want int) {
	t.Helper()
	if v := valuesOf(got); len(v) != want || !slices.IsSorted(v) {
		t.Fatalf("%d records, want %d in order: %v", len(v), want, v)
	}
}

// TestIdleTopicForgotten: a topic's state is dropped when it was not used for long. Its first batch afterwards must not
// pass for the first one it ever had.
func TestIdleTopicForgotten(t *testing.T) {
	c := fake(t, kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1))
	s := connect(t, c.ListenAddrs(), func(c *Config) { c.Topic = "fw.{group}" })
	w := watchProduce(t, c)
	to := func(topic string) func(int, *sinktest.Record) {
		return func(_ int, r *sinktest.Record) { r.Route = topic }
	}
	ship(t, s, sinktest.Load(lines("a", 10, to("fw.1"))))
	state := s.Sender.(*Sender)
	state.topics["fw.1"].used = time.Now().Add(-2 * topicIdle)
	state.asked = time.Now().Add(-metadataAge)
	ship(t, s, sinktest.Load(lines("b", 10, to("fw.2"))))
	if _, kept := state.topics["fw.1"]; kept {
		t.Error("the idle topic is kept")
	}
	ship(t, s, sinktest.Load(lines("c", 10, to("fw.1"))))
	expectOrder(t, consume(t, c.ListenAddrs(), "fw.1"), 20)
	if b := w.all(); b[0].producer.id == b[2].producer.id {
		t.Errorf("%+v and %+v have one producer", b[0], b[2])
	}
}

// TestOnlyOwnTopics: metadata of the whole cluster may be megabytes.
func TestOnlyOwnTopics(t *testing.T) {
	c := fake(t, kfake.SeedTopics(1, "fw", "other"))
	c.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req := r.(*kmsg.MetadataRequest)
		if req.Topics == nil {
			t.Error("metadata of all topics asked for")
		}
		for _, rt := range req.Topics {
			if *rt.Topic != "fw" {
				t.Errorf("metadata of %s asked for", *rt.Topic)
			}
		}
		return nil, nil, false
	})
	s := connect(t, c.ListenAddrs(), nil)
	state := s.Sender.(*Sender)
	for range 3 {
		ship(t, s, sinktest.Load(lines("x", 5, nil)))
		state.stale = true
	}
}

// TestYoungBroker has no producer ids to give at first. Nothing may be sent without one.
func TestYoungBroker(t *testing.T) {
	c := fake(t, fakeTopic(1))
	n := 0
	c.ControlKey(int16(kmsg.InitProducerID), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if n++; n > 3 {
			return nil, nil, false
		}
		c.KeepControl()
		resp := r.ResponseKind().(*kmsg.InitProducerIDResponse)
		resp.ProducerID = -1
		if n%2 == 1 {
			resp.ErrorCode = kerr.CoordinatorLoadInProgress.Code
		}
		return resp, nil, true
	})
	w := watchProduce(t, c)
	s := connect(t, c.ListenAddrs(), nil)
	ship(t, s, sinktest.Load(lines("x", 5, nil)))
	for _, b := range w.all() {
		if b.producer.id < 0 {
			t.Errorf("sent as %+v", b.producer)
		}
	}
}

// TestLeaderMoves between three brokers, again and again.
func TestLeaderMoves(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3), fakeTopic(4))
	s := connect(t, c.ListenAddrs()[:1], nil)
	byKey := func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i % 40) }
	for k := range 10 {
		if err := c.MoveTopicPartition("fw", int32(k%4), int32(k%3)); err != nil {
			t.Fatal(err)
		}
		l := sinktest.Load(lines(fmt.Sprint(k), 200, byKey))
		ship(t, s, l)
		allDelivered(t, l)
	}
	checkKeyOrder(t, consume(t, c.ListenAddrs(), "fw"), 2000)
}

func TestNobodyThere(t *testing.T) {
	s := build(t, []string{fmt.Sprint("127.0.0.1:", freePorts(1))}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.Sender.Open(ctx); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("open: %v", err)
	}
	if err := s.Sender.Send(ctx, sinktest.Load(lines("x", 5, nil))); !errors.Is(err, sink.ErrNotConnected) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("send: %v", err)
	}
}

// TestTopicThatCanNotBe: what the cluster will never have as a topic is not waited for.
func TestTopicThatCanNotBe(t *testing.T) {
	c := fake(t, kfake.SeedTopics(1, "fw.1"))
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "fw.2", Err: kerr.InvalidTopicException, Count: -1})
	s := connect(t, c.ListenAddrs(), func(c *Config) { c.Topic = "fw.{group}" })
	l := sinktest.Load(lines("x", 20, func(i int, r *sinktest.Record) { r.Route = fmt.Sprint("fw.", 1+i%2) }))
	if err := s.Sender.Send(t.Context(), l); err != nil || l.Rejections() != 10 {
		t.Fatalf("%d rejected, error %v", l.Rejections(), err)
	}
}

package kafka

import (
	"context"
	"log/slog"
	"sort"
	"testing"
	"time"

	"nflogship/sink"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fake starts an in-process broker that checks CRCs and sequences.
func fake(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// fakeTopic is the topic of most tests, with this many partitions.
func fakeTopic(partitions int32) kfake.Opt { return kfake.SeedTopics(partitions, "fw") }

// connect makes a sink for the topic "fw", to be changed by edit, and opens it.
func connect(t testing.TB, brokers []string, edit func(*Config)) *sink.Sink {
	t.Helper()
	s := build(t, brokers, edit)
	if err := s.Sender.Open(t.Context()); err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func build(t testing.TB, brokers []string, edit func(*Config)) *sink.Sink {
	t.Helper()
	c := DefaultConfig()
	c.Brokers, c.Topic = brokers, "fw"
	if edit != nil {
		edit(&c)
	}
	s, err := New(c, sink.Deps{Name: "siem", Host: "fw1", Format: "json", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Sender.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ship sends until the load is decided, as the pipeline does, and returns the errors on the way.
func ship(t testing.TB, s *sink.Sink, l *sink.Load) (errs []error) {
	t.Helper()
	for began := time.Now(); ; {
		err := s.Sender.Send(t.Context(), l)
		if err == nil {
			return errs
		}
		errs = append(errs, err)
		if time.Since(began) > 30*time.Second {
			t.Fatalf("not delivered: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// consume reads everything that the topics hold, in order of topic, partition and offset, with a client that shares no code with ours.
func consume(t testing.TB, brokers []string, topics ...string) []*kgo.Record {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return read(t, c, topics...)
}

func read(t testing.TB, c *kgo.Client, topics ...string) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ends := listEnds(ctx, t, c, topics)
	from, left := map[string]map[int32]kgo.Offset{}, int64(0)
	for _, e := range ends {
		if e.end > 0 {
			if from[e.topic] == nil {
				from[e.topic] = map[int32]kgo.Offset{}
			}
			from[e.topic][e.partition] = kgo.NewOffset().AtStart()
			left += e.end
		}
	}
	c.AddConsumePartitions(from)
	var out []*kgo.Record
	for int64(len(out)) < left {
		f := c.PollFetches(ctx)
		if err := f.Err(); err != nil {
			t.Fatalf("read back, %d of %d there: %v", len(out), left, err)
		}
		f.EachRecord(func(r *kgo.Record) { out = append(out, r) })
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Topic != b.Topic {
			return a.Topic < b.Topic
		}
		if a.Partition != b.Partition {
			return a.Partition < b.Partition
		}
		return a.Offset < b.Offset
	})
	return out
}

type partitionEnd struct {
	topic     string
	partition int32
	end       int64
}

// listEnds asks where the topics' partitions end.
func listEnds(ctx context.Context, t testing.TB, c *kgo.Client, topics []string) []partitionEnd {
	t.Helper()
	m := kmsg.NewPtrMetadataRequest()
	for _, name := range topics {
		rt := kmsg.NewMetadataRequestTopic()
		rt.Topic = kmsg.StringPtr(name)
		m.Topics = append(m.Topics, rt)
	}
	meta, err := m.RequestWith(ctx, c)
	if err != nil {
		t.Fatalf("metadata: %v", err)
	}
	var out []partitionEnd
	ask := kmsg.NewPtrListOffsetsRequest()
	for _, mt := range meta.Topics {
		if mt.ErrorCode != 0 {
			t.Fatalf("metadata of %s: code %d", *mt.Topic, mt.ErrorCode)
		}
		lt := kmsg.NewListOffsetsRequestTopic()
		lt.Topic = *mt.Topic
		for _, p := range mt.Partitions {
			lp := kmsg.NewListOffsetsRequestTopicPartition()
			lp.Partition, lp.Timestamp = p.Partition, -1
			lt.Partitions = append(lt.Partitions, lp)
		}
		ask.Topics = append(ask.Topics, lt)
	}
	for _, shard := range c.RequestSharded(ctx, ask) {
		if shard.Err != nil {
			t.Fatalf("list offsets: %v", shard.Err)
		}
		for _, lt := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range lt.Partitions {
				if p.ErrorCode != 0 {
					t.Fatalf("list offsets of %s %d: code %d", lt.Topic, p.Partition, p.ErrorCode)
				}
				out = append(out, partitionEnd{lt.Topic, p.Partition, p.Offset})
			}
		}
	}
	return out
}

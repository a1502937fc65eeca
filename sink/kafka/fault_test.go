package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var produceKey = []kmsg.Key{kmsg.Produce}

func plainText(c *Config) { c.Compression = "none" }

// texts of what came back.
func valuesOf(records []*kgo.Record) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = string(r.Value)
	}
	return out
}

// expectOnce checks that one partition holds exactly these texts, in order.
func expectOnce(t testing.TB, got []*kgo.Record, want []sinktest.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, r := range got {
		if string(r.Value) != want[i].Text {
			t.Fatalf("at %d %q, want %q", i, r.Value, want[i].Text)
		}
	}
}

// TestRetriableCodes has a partition answer with a code once. Sent again, the records must be there once, also where the
// broker had kept them although it said no.
func TestRetriableCodes(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.CorruptMessage, kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable, kerr.NotLeaderForPartition, kerr.RequestTimedOut,
		kerr.NetworkException, kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.KafkaStorageError,
		kerr.TopicAuthorizationFailed, kerr.FencedLeaderEpoch, kerr.UnknownServerError,
	} {
		t.Run(code.Message, func(t *testing.T) {
			c := fake(t, fakeTopic(1))
			s := connect(t, c.ListenAddrs(), plainText)
			want := lines("x", 300, nil)
			c.Fault(kfake.Fault{Keys: produceKey, Err: code})
			l := sinktest.Load(want[:100], want[100:200])
			errs := ship(t, s, l)
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), fmt.Sprintf("[%d]", code.Code)) || !strings.Contains(errs[0].Error(), "topic fw partition 0") {
				t.Fatalf("errors %v", errs)
			}
			allDelivered(t, l)
			ship(t, s, sinktest.Load(want[200:]))
			expectOnce(t, consume(t, c.ListenAddrs(), "fw"), want)
			if l.Doubtful() != 0 {
				t.Errorf("%d doubtful", l.Doubtful())
			}
		})
	}
}

// TestForgottenProducer has the broker lose track of our sequence, with and without a try before that is in doubt.
func TestForgottenProducer(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.OutOfOrderSequenceNumber, kerr.InvalidProducerEpoch, kerr.UnknownProducerID} {
		for _, doubt := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in doubt %v", code.Message, doubt), func(t *testing.T) {
				c := fake(t, fakeTopic(1))
				s := connect(t, c.ListenAddrs(), plainText)
				w := watchProduce(t, c)
				ship(t, s, sinktest.Load(lines("before", 10, nil)))
				if doubt {
					c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.RequestTimedOut})
				}
				c.Fault(kfake.Fault{Keys: produceKey, Err: code})
				l := sinktest.Load(lines("x", 20, nil))
				errs := ship(t, s, l)
				allDelivered(t, l)
				want, tries := 30, 0
				if doubt {
					want, tries = 50, 1
				}
				if len(errs) != tries || l.Doubtful() != want-30 {
					t.Errorf("%d doubtful, errors %v", l.Doubtful(), errs)
				}
				if got := len(consume(t, c.ListenAddrs(), "fw")); got != want {
					t.Errorf("%d records, want %d", got, want)
				}
				batches := w.all()
				if last := batches[len(batches)-1].producer; last.epoch != 1 || last.sequence != 0 {
					t.Errorf("resent as %+v, want epoch 1, sequence 0", last)
				}
			})
		}
	}
}

// TestAlwaysOutOfOrder must not spin: a second refusal in one Send ends it.
func TestAlwaysOutOfOrder(t *testing.T) {
	c := fake(t, fakeTopic(1))
	s := connect(t, c.ListenAddrs(), plainText)
	h := c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.OutOfOrderSequenceNumber, Count: -1})
	l := sinktest.Load(lines("x", 20, nil))
	if err := s.Sender.Send(t.Context(), l); err == nil || h.Hits() != 2 {
		t.Fatalf("%d tries, error %v", h.Hits(), err)
	}
	h.Remove()
	ship(t, s, l)
	allDelivered(t, l)
}

func TestEpochsUsedUp(t *testing.T) {
	c := fake(t, fakeTopic(1))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	ship(t, s, sinktest.Load(lines("before", 10, nil)))
	s.Sender.(*Sender).topics["fw"].partitions[0].producer = producer{id: w.all()[0].producer.id, epoch: 1<<15 - 1}
	c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.OutOfOrderSequenceNumber})
	l := sinktest.Load(lines("x", 20, nil))
	if errs := ship(t, s, l); len(errs) != 1 {
		t.Errorf("errors %v", errs)
	}
	batches := w.all()
	if last := batches[len(batches)-1].producer; last.epoch != 0 || last.sequence != 0 || last.id == batches[0].producer.id {
		t.Errorf("resent as %+v, want a new producer", last)
	}
	if got := len(consume(t, c.ListenAddrs(), "fw")); got != 30 {
		t.Errorf("%d records, want 30", got)
	}
}

// TestTooLarge: batches are halved until they fit; what is too large alone is rejected.
func TestTooLarge(t *testing.T) {
	c := fake(t, fakeTopic(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "3000"}))
	s := connect(t, c.ListenAddrs(), plainText)
	want := lines("x", 200, func(i int, r *sinktest.Record) {
		if i == 77 {
			r.Text += strings.Repeat("x", 4000)
		}
	})
	l := sinktest.Load(want)
	if errs := ship(t, s, l); errs != nil {
		t.Fatalf("errors %v", errs)
	}
	if l.Rejections() != 1 {
		t.Fatalf("%d rejected", l.Rejections())
	}
	for n, why := range rejections(l) {
		if n != 77 || !strings.Contains(why.Error(), "max.message.bytes") {
			t.Errorf("record %d rejected: %v", n, why)
		}
	}
	w := watchProduce(t, c)
	more := lines("y", 200, nil)
	ship(t, s, sinktest.Load(more))
	sent := 0
	for _, b := range w.all() {
		sent += b.records
	}
	if sent != len(more) {
		t.Errorf("%d records sent for %d: the topic's limit was not learnt", sent, len(more))
	}
	expectOnce(t, consume(t, c.ListenAddrs(), "fw"), append(append(want[:77:77], want[78:]...), more...))
}

// rejections are the rejected records' numbers and reasons.
func rejections(l *sink.Load) map[int]error {
	out := map[int]error{}
	l.Rejected(func(p *encode.Payload, i int, why error) {
		for k := range l.Payloads {
			if l.Payloads[k] == p {
				out[l.Start(k)+i] = why
			}
		}
	})
	return out
}

// refuseRecords answers a Produce request that holds a text with bad in it as a broker does that finds records invalid.
func refuseRecords(t testing.TB, c *kfake.Cluster, code int16, named bool) {
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req := r.(*kmsg.ProduceRequest)
		var b kmsg.RecordBatch
		if err := b.ReadFrom(req.Topics[0].Partitions[0].Records); err != nil {
			t.Error(err)
		}
		p := kmsg.NewProduceResponseTopicPartition()
		p.Partition, p.ErrorCode = req.Topics[0].Partitions[0].Partition, code
		spoilt := false
		for i, text := range texts(t, &b) {
			if strings.Contains(text, "bad") {
				spoilt = true
				if named {
					e := kmsg.NewProduceResponseTopicPartitionErrorRecord()
					e.RelativeOffset, e.ErrorMessage = int32(i), kmsg.StringPtr("no good")
					p.ErrorRecords = append(p.ErrorRecords, e)
				}
			}
		}
		if !spoilt {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.Partitions = req.Topics[0].Topic, []kmsg.ProduceResponseTopicPartition{p}
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
}

// TestInvalidRecords: the records that a broker will never take are rejected alone, whether it names them or not.
func TestInvalidRecords(t *testing.T) {
	for _, x := range []struct {
		name  string
		code  *kerr.Error
		named bool
		tries int // failed Sends
	}{
		{"invalid record, named", kerr.InvalidRecord, true, 0},
		{"invalid record, not named", kerr.InvalidRecord, false, 0},
		{"stamp out of bounds, named", kerr.InvalidTimestamp, true, 0},
		{"corrupt for ever", kerr.CorruptMessage, false, maxCorrupt - 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := fake(t, fakeTopic(1))
			refuseRecords(t, c, x.code.Code, x.named)
			s := connect(t, c.ListenAddrs(), plainText)
			bad := map[int]bool{0: true, 31: true, 32: true, 63: true}
			all := lines("x", 64, func(i int, r *sinktest.Record) {
				if bad[i] {
					r.Text += "bad"
				}
			})
			l := sinktest.Load(all)
			ship(t, s, l)
			var want []sinktest.Record
			for i, r := range all {
				if !bad[i] {
					want = append(want, r)
				}
			}
			got := rejections(l)
			for n, why := range got {
				if !bad[n] || x.named && !strings.Contains(why.Error(), "no good") {
					t.Errorf("record %d rejected: %v", n, why)
				}
			}
			if len(got) != len(bad) {
				t.Errorf("%d rejected, want %d", len(got), len(bad))
			}
			expectOnce(t, consume(t, c.ListenAddrs(), "fw"), want)
		})
	}
}

// TestLostAnswer cuts the connection after the broker kept the records and before it could say so.
func TestLostAnswer(t *testing.T) {
	g := &gate{}
	c := fake(t, fakeTopic(1), kfake.ListenFn(g.listen))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	w.before = func(n int) { g.lose.Store(n%2 == 0) }
	var want []sinktest.Record
	for k := range 5 {
		records := lines(fmt.Sprint(k), 50, nil)
		want = append(want, records...)
		l := sinktest.Load(records)
		if errs := ship(t, s, l); k > 0 && len(errs) != 1 {
			t.Fatalf("errors %v, want one", errs)
		}
		allDelivered(t, l)
	}
	expectOnce(t, consume(t, c.ListenAddrs(), "fw"), want)
	for i := 1; i+1 < len(w.batches); i += 2 {
		if a, b := w.batches[i], w.batches[i+1]; a.producer != b.producer || a.records != b.records {
			t.Errorf("resent %+v as %+v", a, b)
		}
	}
}

// TestPartialFailure: of three partitions one fails. Only its records are sent again.
func TestPartialFailure(t *testing.T) {
	c := fake(t, fakeTopic(3))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.NotLeaderForPartition, Partitions: []int32{1}, Count: 2})
	l := sinktest.Load(lines("x", 300, func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i % 30) }))
	err := s.Sender.Send(t.Context(), l)
	if err == nil || l.Open() == 0 || l.Open() == 300 {
		t.Fatalf("%d open after %v", l.Open(), err)
	}
	for i, r := range consume(t, c.ListenAddrs(), "fw") {
		if r.Partition == 1 {
			t.Fatalf("record %d is in partition 1", i)
		}
	}
	ship(t, s, l)
	allDelivered(t, l)
	sent := map[int32]int{}
	for _, b := range w.all() {
		sent[b.partition]++
	}
	if sent[0] != 1 || sent[1] != 3 || sent[2] != 1 {
		t.Errorf("batches by partition %v, want 1, 3, 1", sent)
	}
	if got := len(consume(t, c.ListenAddrs(), "fw")); got != 300 {
		t.Errorf("%d records, want 300", got)
	}
}

// TestGivenUp: the pipeline gives up a load that may be in the log. What comes next must not be taken for it.
func TestGivenUp(t *testing.T) {
	g := &gate{}
	c := fake(t, fakeTopic(1), kfake.ListenFn(g.listen))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	w.before = func(n int) { g.lose.Store(n == 1) }
	first, second := lines("first", 10, nil), lines("second", 10, nil)
	l := sinktest.Load(first)
	if err := s.Sender.Send(t.Context(), l); err == nil {
		t.Fatal("no error")
	}
	l.RejectRest(errors.New("given up"))
	l.Reset(sinktest.Load(second).Payloads)
	ship(t, s, l)
	allDelivered(t, l)
	expectOnce(t, consume(t, c.ListenAddrs(), "fw"), append(first, second...))
	if p := w.all()[1].producer; p.epoch != 1 || p.sequence != 0 {
		t.Errorf("second load sent as %+v", p)
	}
}

// TestChangedInDoubt: what may be in the log already is divided. The halves are new to the broker, and counted.
func TestChangedInDoubt(t *testing.T) {
	c := fake(t, fakeTopic(1))
	s := connect(t, c.ListenAddrs(), plainText)
	w := watchProduce(t, c)
	c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.RequestTimedOut})
	c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.MessageTooLarge})
	l := sinktest.Load(lines("x", 20, nil))
	ship(t, s, l)
	allDelivered(t, l)
	if l.Doubtful() != 20 {
		t.Errorf("%d doubtful, want 20", l.Doubtful())
	}
	batches := w.all()
	if n := len(batches); n != 4 || batches[2].producer.epoch != 1 || batches[2].producer.sequence != 0 || batches[3].producer.sequence != 10 {
		t.Errorf("sent %+v", batches)
	}
	if got := len(consume(t, c.ListenAddrs(), "fw")); got != 40 {
		t.Errorf("%d records, want 40", got)
	}
}

// TestLeaderNotReachable: a batch that never left is not in doubt, and the error names the address to blame.
func TestLeaderNotReachable(t *testing.T) {
	c := fake(t, fakeTopic(1))
	s := connect(t, c.ListenAddrs(), plainText)
	state := s.Sender.(*Sender)
	w := watchProduce(t, c)
	state.brokers.close()
	state.brokers.open()
	for id := range state.brokers.addresses {
		state.brokers.addresses[id] = fmt.Sprint("127.0.0.1:", freePorts(1))
	}
	l := sinktest.Load(lines("x", 20, nil))
	if err := s.Sender.Send(t.Context(), l); err == nil || !strings.Contains(err.Error(), "advertises itself as 127.0.0.1") {
		t.Errorf("error %v", err)
	}
	c.Fault(kfake.Fault{Keys: produceKey, Err: kerr.OutOfOrderSequenceNumber})
	ship(t, s, l)
	if l.Doubtful() != 0 || len(w.all()) != 2 {
		t.Errorf("%d doubtful, sent %+v", l.Doubtful(), w.all())
	}
}

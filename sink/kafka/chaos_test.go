package kafka

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestChaos ships through three brokers that cut connections before and after they keep records, refuse, time out and
// hand their partitions to each other. Every record must be there once, each key's in order, and nothing be in doubt.
func TestChaos(t *testing.T) {
	for range 3 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { chaos(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

func chaos(t *testing.T, random *rand.Rand) {
	g := &gate{}
	c := fake(t, kfake.NumBrokers(3), fakeTopic(5), kfake.ListenFn(g.listen))
	s := connect(t, c.ListenAddrs(), plainText)
	codes := []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.RequestTimedOut, kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.LeaderNotAvailable, kerr.CorruptMessage,
	}
	evil := rand.New(rand.NewPCG(random.Uint64(), 1)) // of the cluster's goroutine
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		switch evil.IntN(6) {
		case 0:
			c.KeepControl()
			return nil, errors.New("cut before"), true
		case 1:
			g.lose.Store(true)
		case 2:
			c.Fault(kfake.Fault{Keys: produceKey, Err: codes[evil.IntN(len(codes))], Partitions: []int32{evil.Int32N(5)}})
		}
		return nil, nil, false
	})
	total, failures := 0, 0
	for k := range 40 {
		if random.IntN(4) == 0 {
			if err := c.MoveTopicPartition("fw", random.Int32N(5), random.Int32N(3)); err != nil {
				t.Fatal(err)
			}
		}
		l := chaosLoad(random, k)
		total += l.Len()
		failures += len(ship(t, s, l))
		allDelivered(t, l)
		if l.Doubtful() != 0 {
			t.Fatalf("%d doubtful", l.Doubtful())
		}
	}
	if failures == 0 {
		t.Error("nothing went wrong: the test tests nothing")
	}
	g.lose.Store(false)
	got := consume(t, c.ListenAddrs(), "fw")
	seen, last := map[string]bool{}, map[string]string{}
	for _, r := range got {
		text, key := string(r.Value), string(r.Key)
		if seen[text] {
			t.Fatalf("%s is there twice", text)
		}
		seen[text] = true
		if key != "" && text <= last[key] {
			t.Fatalf("key %s: %s after %s", key, text, last[key])
		}
		last[key] = text
	}
	if len(seen) != total {
		t.Fatalf("%d records of %d, %d failures on the way", len(seen), total, failures)
	}
}

func chaosLoad(random *rand.Rand, k int) *sink.Load {
	var payloads []*encode.Payload
	for j := range 1 + random.IntN(4) {
		p := sinktest.Payload(lines(fmt.Sprintf("%03d-%d", k, j), 1+random.IntN(300), func(i int, r *sinktest.Record) {
			if random.IntN(3) > 0 {
				r.Key = fmt.Sprint(random.IntN(20))
			}
		}), nil)
		p.Sealed = random.IntN(2) == 0
		payloads = append(payloads, p)
	}
	return sink.NewLoad(payloads)
}

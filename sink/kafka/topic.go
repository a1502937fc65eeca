package kafka

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol/metadata"
)

// topic is what we know of one topic, and the order in which its records wait.
type topic struct {
	name       string
	partitions []*partition // by number, all of them
	sticky     int          // the partition that keyless records go to at the moment
	bound      int          // of a batch's records in bytes, uncompressed: less than batchBytes once the topic refused a batch as too large
	used       time.Time    // when a load last had records for it
	err        error        // why it can't be used at the moment; nil: it can
	hopeless   bool         // err is for ever
}

// partition is one partition's producer and its batches, oldest first. At most the oldest is in a request: a resend
// can't be overtaken then, and the order holds by itself.
type partition struct {
	topic    *topic
	index    int32
	leader   int32 // broker id, or noLeader
	producer producer
	queue    []*batch
	filling  *batch // the last of queue while records are added to it
	renewed  bool   // in this Send
}

const (
	noLeader   = -1
	noProducer = -1 // a producer id still to be asked for; brokers take batches with it as not idempotent
)

var errNoPartitions = errors.New("has no partitions yet")

// update takes in the topic's partitions as metadata has them. It reports false when there are fewer than before: then
// the topic is another one of the same name.
func (t *topic) update(m *metadata.ResponseTopic) bool {
	if len(m.Partitions) < len(t.partitions) {
		return false
	}
	t.err, t.hopeless = nil, false
	if len(m.Partitions) == 0 {
		t.err = errNoPartitions
	}
	for i := len(t.partitions); i < len(m.Partitions); i++ {
		p := &partition{topic: t, index: int32(i), leader: noLeader, producer: producer{id: noProducer}}
		t.partitions = append(t.partitions, p)
	}
	for _, p := range m.Partitions {
		if int(p.PartitionIndex) < len(t.partitions) {
			t.partitions[p.PartitionIndex].leader = p.LeaderID
		}
	}
	return true
}

// waiting reports whether any batch is queued.
func (t *topic) waiting() bool {
	return slices.ContainsFunc(t.partitions, func(p *partition) bool { return len(p.queue) > 0 })
}

// advance moves keyless records on to the next partition that has a leader.
func (t *topic) advance() {
	for range t.partitions {
		t.sticky = (t.sticky + 1) % len(t.partitions)
		if t.partitions[t.sticky].leader != noLeader {
			return
		}
	}
}

// renew makes the partition's next batch the first of a new epoch: brokers take it whatever they remember, and refuse
// what may still be under way from before. With the epochs used up, a new producer id is needed.
func (p *partition) renew() {
	if p.producer.epoch == math.MaxInt16 {
		p.producer = producer{id: noProducer}
		return
	}
	p.producer = producer{id: p.producer.id, epoch: p.producer.epoch + 1}
}

// pop takes the oldest batch out of the queue.
func (p *partition) pop() *batch {
	b := p.queue[0]
	p.queue = slices.Delete(p.queue, 0, 1)
	return b
}

// abandon empties the queue. A batch that may be in the log, or come to it yet, has used up its sequence.
func (p *partition) abandon() {
	if len(p.queue) > 0 && p.queue[0].doubt {
		p.renew()
	}
	clear(p.queue)
	p.queue, p.filling = p.queue[:0], nil
}

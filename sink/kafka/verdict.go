package kafka

import (
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// maxCorrupt is how often a batch is sent again whose checksum the broker found wrong: a cable's fault is gone by then.
const maxCorrupt = 3

// judge takes in what became of a request.
func (d *drive) judge(r *request) {
	if r.err != nil {
		d.unanswered(r)
		return
	}
	if wait := time.Duration(r.answer.ThrottleTimeMs) * time.Millisecond; wait > 0 {
		d.s.quiet = time.Now().Add(wait)
	}
	for i := range r.answer.Topics {
		t, ok := d.s.topics[r.answer.Topics[i].Topic]
		if !ok {
			continue
		}
		for k := range r.answer.Topics[i].Partitions {
			a := &r.answer.Topics[i].Partitions[k]
			if n := int(a.Partition); n >= 0 && n < len(t.partitions) && t.partitions[n].waitsFor(r) {
				d.answered(t.partitions[n], a)
			}
		}
	}
	r.err = errors.New("the broker's answer leaves it out")
	d.unanswered(r)
}

// waitsFor reports whether the partition's oldest batch is in r and has no verdict.
func (p *partition) waitsFor(r *request) bool { return len(p.queue) > 0 && p.queue[0].in == r }

// unanswered leaves the batches of the request that have no verdict in doubt, unless it could not be sent.
func (d *drive) unanswered(r *request) {
	var unsent unsentError
	sent := !errors.As(r.err, &unsent)
	for _, p := range r.parts {
		if !p.waitsFor(r) {
			continue
		}
		p.queue[0].in = nil
		p.queue[0].doubt = p.queue[0].doubt || sent
		d.postpone(p, r.err)
	}
}

// postpone leaves the partition's batches for the next Send.
func (d *drive) postpone(p *partition, why error) {
	d.s.stale = true
	d.fail(fmt.Errorf("topic %s partition %d: %w", p.topic.name, p.index, why))
}

// answered takes in a broker's verdict on the partition's oldest batch.
func (d *drive) answered(p *partition, a *produce.ResponsePartition) {
	b := p.queue[0]
	b.in = nil
	switch code := kafkago.Error(a.ErrorCode); code {
	case 0, kafkago.DuplicateSequenceNumber: // the broker has it already, and can't say any more at which offset
		d.taken(p)
	case kafkago.MessageSizeTooLarge, kafkago.RecordListTooLarge:
		if len(b.refs) > 1 {
			p.topic.bound = min(p.topic.bound, b.size/2)
		}
		d.divide(p, a)
	case kafkago.InvalidRecord, kafkago.InvalidTimestamp:
		d.setAside(p, a)
	case kafkago.InvalidTopic:
		d.refuse(p, b.refs, answerError(a))
		d.finish(p)
	case kafkago.OutOfOrderSequenceNumber, kafkago.InvalidProducerEpoch, kafkago.UnknownProducerId:
		d.renew(p, a)
	case kafkago.InvalidMessage:
		// Before Kafka 2.4 also what a compacted topic says of a record without a key.
		if b.corrupt++; b.corrupt >= maxCorrupt {
			d.divide(p, a)
			return
		}
		d.postpone(p, answerError(a))
	default:
		b.doubt = b.doubt || mayHaveKept(code)
		d.postpone(p, answerError(a))
	}
}

// taken marks the oldest batch's records as delivered and goes on to the next.
func (d *drive) taken(p *partition) {
	b := p.queue[0]
	for _, r := range b.refs {
		d.l.Deliver(d.s.number(d.l, r))
	}
	p.producer.sequence = p.producer.next(len(b.refs))
	d.finish(p)
}

func (d *drive) finish(p *partition) {
	d.s.recycle(p.pop())
	d.enqueue(p)
}

// divide halves a batch that is too large, or holds a record that spoils it; a single such record is rejected.
func (d *drive) divide(p *partition, a *produce.ResponsePartition) {
	b := p.queue[0]
	if len(b.refs) == 1 {
		d.refuse(p, b.refs, answerError(a))
		d.finish(p)
		return
	}
	d.changing(p)
	half := len(b.refs) / 2
	rest := d.s.newBatch(b.group)
	rest.refs = append(rest.refs, b.refs[half:]...)
	rest.size = b.size * len(rest.refs) / len(b.refs)
	b.refs, b.size = b.refs[:half], b.size-rest.size
	p.queue = slices.Insert(p.queue, 1, rest)
	d.enqueue(p)
}

// setAside rejects the records that the broker names and sends the rest. It names none before Kafka 2.4.
func (d *drive) setAside(p *partition, a *produce.ResponsePartition) {
	b := p.queue[0]
	bad := make(map[int]string, len(a.RecordErrors))
	for _, e := range a.RecordErrors {
		if n := int(e.BatchIndex); n >= 0 && n < len(b.refs) {
			bad[n] = e.BatchIndexErrorMessage
		}
	}
	if len(bad) == 0 {
		d.divide(p, a)
		return
	}
	d.changing(p)
	kept := b.refs[:0]
	for i, r := range b.refs {
		if why, ok := bad[i]; ok {
			d.refuse(p, []ref{r}, codeError(a.ErrorCode, why))
		} else {
			kept = append(kept, r)
		}
	}
	if b.refs = kept; len(kept) == 0 {
		d.finish(p)
		return
	}
	d.enqueue(p)
}

// changing is called before records are taken out of a batch: in doubt, its sequence is used up, and what is left is new
// to the broker.
func (d *drive) changing(p *partition) {
	if b := p.queue[0]; b.doubt {
		d.l.MaybeTwice(len(b.refs))
		b.doubt = false
		p.renew()
	}
}

func (d *drive) refuse(p *partition, refs []ref, why error) {
	for _, r := range refs {
		d.l.Reject(d.s.number(d.l, r), fmt.Errorf("topic %s: %w", p.topic.name, why))
	}
}

// renew begins a new epoch after the broker did not know our sequence. It is the oldest unacknowledged batch that was
// refused, so nothing can be lost by it; if a try before was in doubt, its records may be in the log twice.
func (d *drive) renew(p *partition, a *produce.ResponsePartition) {
	b := p.queue[0]
	d.s.log.Warn("the broker has lost track of our batches: beginning a new epoch", "topic", p.topic.name, "partition", p.index,
		"error", answerError(a), "maybe_twice", b.doubt)
	if b.doubt {
		d.l.MaybeTwice(len(b.refs))
		b.doubt = false
	}
	p.renew()
	if p.renewed { // twice in one Send: not at once, then
		d.postpone(p, answerError(a))
		return
	}
	p.renewed = true
	d.enqueue(p)
}

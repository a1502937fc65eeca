package kafka

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"nflogship/encode"
	"nflogship/sink"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"
)

// drive is one Send at work: it puts ready batches into requests, a few at a time per broker, and takes the verdicts in.
// All state is its goroutine's; a request's goroutine has only what the request holds.
type drive struct {
	ctx      context.Context
	s        *Sender
	l        *sink.Load
	ready    []*partition  // whose oldest batch waits for a request
	inFlight map[int32]int // requests, by broker
	open     int           // requests
	done     chan *request
	fault    error // the first reason why a record is left over, other than the cluster's wish to be left alone
}

// request is a Produce request on its way: at most one batch for each partition, all with the same leader.
type request struct {
	leader  int32
	group   int32
	size    int
	parts   []*partition // whose oldest batches it holds
	message *rawproduce.Request
	answer  *produce.Response
	err     error
}

func newDrive(ctx context.Context, s *Sender, l *sink.Load) *drive {
	d := &drive{ctx: ctx, s: s, l: l, inFlight: map[int32]int{}, done: make(chan *request)}
	for _, r := range s.homeless {
		d.fail(fmt.Errorf("topic %s: %w", s.topicOf(r), s.topic(s.topicOf(r)).err))
		break
	}
	for _, p := range s.loaded {
		p.renewed = false
		d.enqueue(p)
	}
	return d
}

func (d *drive) fail(err error) {
	if d.fault == nil {
		d.fault = err
	}
}

// enqueue makes the partition's oldest batch wait for a request.
func (d *drive) enqueue(p *partition) {
	switch {
	case len(p.queue) == 0:
	case p.leader == noLeader:
		d.s.stale = true
		d.fail(fmt.Errorf("topic %s partition %d has no leader at the moment", p.topic.name, p.index))
	case p.producer.id == noProducer:
		d.s.producer = noProducer
		d.fail(fmt.Errorf("topic %s partition %d needs a new producer id", p.topic.name, p.index))
	default:
		d.ready = append(d.ready, p)
	}
}

// run ends when nothing is in flight and nothing more can be sent in this Send.
func (d *drive) run() {
	for {
		for d.ctx.Err() == nil && !time.Now().Before(d.s.quiet) {
			r := d.next()
			if r == nil {
				break
			}
			d.inFlight[r.leader]++
			d.open++
			// Ends when the broker has answered, or its link failed, or the context ended.
			go func() {
				r.carry(d.ctx, d.s.brokers, &d.s.layout, d.s.payloads)
				d.done <- r
			}()
		}
		if d.open == 0 {
			return
		}
		r := <-d.done
		d.inFlight[r.leader]--
		d.open--
		d.judge(r)
	}
}

// next takes ready partitions into a request for one broker; nil: there is nothing to send, or the brokers have enough.
func (d *drive) next() *request {
	var r *request
	left := d.ready[:0]
	for _, p := range d.ready {
		b := p.queue[0]
		switch {
		case r == nil && d.inFlight[p.leader] < inFlightPerBroker:
			r = &request{leader: p.leader, group: b.group, size: b.size, parts: []*partition{p}}
		case r != nil && r.leader == p.leader && r.group == b.group && r.size+b.size <= requestBytes:
			r.parts = append(r.parts, p)
			r.size += b.size
		default:
			left = append(left, p)
			continue
		}
		b.in = r
	}
	d.ready = left
	return r
}

// carry composes the request's batches, sends them and waits for the answer.
func (r *request) carry(ctx context.Context, to *brokers, f *layout, payloads []*encode.Payload) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	w := newComposer()
	defer w.release() // roundTrip has let go of the bytes when it returns
	if r.err = r.compose(w, f, payloads); r.err != nil {
		return
	}
	answer, err := to.at(ctx, r.leader, r.message)
	if err != nil {
		r.err = err
		return
	}
	r.answer = answer.(*produce.Response)
}

func (r *request) compose(w *composer, f *layout, payloads []*encode.Payload) error {
	now := time.Now()
	ends := make([]int, len(r.parts))
	for i, p := range r.parts {
		if err := w.append(f, payloads, p.queue[0], p.producer, now); err != nil {
			return unsentError{err}
		}
		ends[i] = len(w.out)
	}
	m := &rawproduce.Request{Acks: -1, Timeout: int32(replicasTimeout / time.Millisecond)}
	from := 0
	for i, p := range r.parts {
		set := w.out[from:ends[i]]
		from = ends[i]
		n := len(m.Topics)
		if n == 0 || m.Topics[n-1].Topic != p.topic.name {
			m.Topics = append(m.Topics, rawproduce.RequestTopic{Topic: p.topic.name})
			n++
		}
		m.Topics[n-1].Partitions = append(m.Topics[n-1].Partitions, rawproduce.RequestPartition{
			Partition: p.index, RecordSet: protocol.RawRecordSet{Reader: bytes.NewReader(set)},
		})
	}
	r.message = m
	return nil
}

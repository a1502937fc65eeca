package kafka

import (
	"cmp"
	"fmt"
	"slices"

	"nflogship/sink"
)

// abandon forgets what is left of the load before: the pipeline gave it up.
func (s *Sender) abandon() {
	for _, p := range s.loaded {
		p.abandon()
		if p.producer.id == noProducer {
			s.producer = noProducer
		}
	}
	s.loaded, s.homeless, s.orphans = s.loaded[:0], s.homeless[:0], nil
}

// take begins with a new load: none of its records has a partition.
func (s *Sender) take(l *sink.Load) {
	s.serial, s.payloads, s.groups = l.Serial(), l.Payloads, s.groups[:0]
	group := int32(0)
	_ = l.Groups(func(from, to int) error {
		for range to - from {
			s.groups = append(s.groups, group)
		}
		group++
		return nil
	})
	for k, p := range l.Payloads {
		for i := range p.Len() {
			if !l.Decided(l.Start(k) + i) {
				s.homeless = append(s.homeless, ref{int32(k), int32(i)})
			}
		}
	}
}

// wanted lists the load's topics.
func (s *Sender) wanted() []string {
	if s.constant != "" {
		return []string{s.constant}
	}
	var names []string
	for _, p := range s.payloads {
		names = append(names, p.Routes...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return checkTopic(name) != nil })
}

// place queues the homeless records at their partitions, in batches. Those whose topic can't be used stay homeless; those
// whose topic never will be are rejected.
func (s *Sender) place(l *sink.Load) {
	s.rehome()
	left := s.homeless[:0]
	name, t := "", (*topic)(nil)
	for _, r := range s.homeless {
		p := s.payloads[r.payload]
		if route := s.topicOf(r); t == nil || route != name {
			name, t = route, s.topics[route]
		}
		switch {
		case t == nil:
			l.Reject(s.number(l, r), checkTopic(name))
		case t.hopeless:
			l.Reject(s.number(l, r), fmt.Errorf("topic %s: %w", t.name, t.err))
		case t.err != nil:
			left = append(left, r)
		default:
			i := int(r.record)
			key := p.Key(i)
			s.add(t, r, key, recordBound(len(key), len(p.Record(i)), len(p.ID(i))))
		}
	}
	s.homeless = left
	for _, p := range s.loaded {
		if p.filling != nil && p.topic.partitions[p.topic.sticky] == p {
			p.topic.advance()
		}
		p.filling = nil
	}
}

// rehome takes in the records whose partitions are no more, in the load's order.
func (s *Sender) rehome() {
	if len(s.orphans) == 0 {
		return
	}
	s.loaded = slices.DeleteFunc(s.loaded, func(p *partition) bool { return len(p.queue) == 0 })
	s.homeless = append(s.homeless, s.orphans...)
	s.orphans = nil
	slices.SortFunc(s.homeless, func(a, b ref) int {
		return cmp.Or(cmp.Compare(a.payload, b.payload), cmp.Compare(a.record, b.record))
	})
}

// add puts a record into a batch of the partition its key belongs to. Records without a key fill one batch after the
// other, each for the next partition: so the partitions fill at the same time, with large batches.
func (s *Sender) add(t *topic, r ref, key []byte, size int) {
	group := s.groups[r.payload]
	if b := t.partitions[t.sticky].filling; key == nil && b != nil && !b.takes(group, size, t.bound) {
		t.advance()
	}
	p := t.partitions[t.sticky]
	if key != nil {
		p = t.partitions[partitionOf(key, len(t.partitions))]
	}
	if !p.filling.takes(group, size, t.bound) {
		if len(p.queue) == 0 {
			s.loaded = append(s.loaded, p)
		}
		p.filling = s.newBatch(group)
		p.queue = append(p.queue, p.filling)
	}
	p.filling.refs = append(p.filling.refs, r)
	p.filling.size += size
}

// takes reports whether a record may join the batch; nil takes none.
func (b *batch) takes(group int32, size, bound int) bool {
	return b != nil && b.group == group && b.size+size <= bound
}

func (s *Sender) topicOf(r ref) string {
	if s.constant != "" {
		return s.constant
	}
	return s.payloads[r.payload].Route(int(r.record))
}

// number is the record's number in the load.
func (s *Sender) number(l *sink.Load, r ref) int { return l.Start(int(r.payload)) + int(r.record) }

func (s *Sender) newBatch(group int32) *batch {
	b := &batch{}
	if n := len(s.spare); n > 0 {
		b, s.spare = s.spare[n-1], s.spare[:n-1]
	}
	*b = batch{refs: b.refs[:0], group: group}
	return b
}

// maxSpare bounds how many empty batches are kept for later.
const maxSpare = 64

func (s *Sender) recycle(b *batch) {
	if len(s.spare) < maxSpare {
		s.spare = append(s.spare, b)
	}
}

// settle keeps what another Send for the same load needs, and lets go of the load itself once it is decided.
func (s *Sender) settle(l *sink.Load) {
	s.loaded = slices.DeleteFunc(s.loaded, func(p *partition) bool { return len(p.queue) == 0 })
	if l.Open() == 0 {
		s.payloads = nil
	}
}

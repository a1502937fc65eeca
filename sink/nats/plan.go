package nats

import (
	"encoding/binary"
	"fmt"

	"nflogship/encode"
	"nflogship/sink"
)

// message is some of a load's records that travel together: all with one subject, and of one group of the load.
type message struct {
	subject     string
	payload     int32 // of its first record
	first, last int32 // records, numbered as in the load
	count       int32
	size        int32 // of its data
}

// plan is a load cut into messages. It depends on the load and the rules alone, never on what was acknowledged before:
// a message that is sent again is the same one, under the same id.
type plan struct {
	load     *sink.Load
	rules    rules
	messages []message
	next     []int32          // by record: the next one in its message
	open     map[string]int32 // by subject: the message that can still grow
	scratch  []byte           // the data of a message of several
}

// rules bound a message.
type rules struct {
	serial  uint64 // of the load they are for
	subject string // where the record has none of its own
	most    int    // events in a message
	limit   int    // bytes of a message, headers included
	joined  int    // as limit, where several share a message
	ids     bool   // a header holds the id
}

// Headers, as in ADR-4: "NATS/1.0\r\nNats-Msg-Id: ID\r\n\r\n"; the id of several events has "+COUNT" after it.
const (
	headerSize  = len("NATS/1.0\r\n" + "Nats-Msg-Id: " + "\r\n\r\n")
	longestPlus = len("+65536")
)

// make plans a load. Events that no message can hold are rejected.
func (p *plan) make(l *sink.Load, r rules) {
	p.load, p.rules, p.messages, p.next = l, r, p.messages[:0], p.next[:0]
	if r.most > 1 {
		p.next = append(p.next, make([]int32, l.Len())...)
	}
	if p.open == nil {
		p.open = make(map[string]int32)
	}
	_ = l.Groups(func(from, to int) error {
		clear(p.open)
		for k := from; k < to; k++ {
			p.cut(k)
		}
		return nil
	})
}

// cut plans the records of one payload.
func (p *plan) cut(k int) {
	payload, start := p.load.Payloads[k], p.load.Start(k)
	for i := range payload.Len() {
		size := p.framed(k, len(payload.Record(i)))
		overhead := 0
		if p.rules.ids {
			overhead = headerSize + len(payload.ID(i)) + longestPlus
		}
		if size+overhead > p.rules.limit {
			p.reject(start+i, fmt.Errorf("%d bytes with its headers, and the server takes %d in a message: raise its max_payload and the stream's max_msg_size, or log less of each packet",
				size+overhead, p.rules.limit))
			continue
		}
		subject := payload.Route(i)
		if subject == "" {
			subject = p.rules.subject
		}
		if p.rules.most > 1 && p.join(k, start+i, size, overhead, subject) {
			continue
		}
		p.messages = append(p.messages, message{subject, int32(k), int32(start + i), int32(start + i), 1, int32(size)})
	}
}

// framed is what a record of this size takes in a message: behind its length, where a message of several would not
// show where it ends.
func (p *plan) framed(k, size int) int {
	if p.rules.most == 1 || p.load.Payloads[k].Body.Codec.Framing == encode.Line {
		return size
	}
	var length [binary.MaxVarintLen32]byte
	return binary.PutUvarint(length[:], uint64(size)) + size
}

// join adds a record to its subject's open message. Where it cannot, the message to come is the open one.
func (p *plan) join(k, n, size, overhead int, subject string) bool {
	at, ok := p.open[subject]
	if ok {
		m := &p.messages[at]
		if p.load.Payloads[k].Body.Codec.Framing == encode.Line {
			size++ // the newline between
		}
		if p.matches(m, k, n) && int(m.size)+size+overhead <= p.rules.joined {
			p.next[m.last] = int32(n)
			m.last, m.count, m.size = int32(n), m.count+1, m.size+int32(size)
			return true
		}
	}
	p.open[subject] = int32(len(p.messages))
	return false
}

// matches keeps formats apart, and what was delivered from what was not: they differ only after the limit has changed.
func (p *plan) matches(m *message, k, n int) bool {
	return int(m.count) < p.rules.most &&
		p.load.Payloads[m.payload].Body.Codec == p.load.Payloads[k].Body.Codec &&
		p.load.Decided(int(m.first)) == p.load.Decided(n)
}

// data returns a message's bytes, until the next call. Lines are joined by newlines, records that are not lines each
// stand behind their length.
func (p *plan) data(m *message) []byte {
	k := int(m.payload)
	line := p.load.Payloads[k].Body.Codec.Framing == encode.Line
	if m.count == 1 && (line || p.rules.most == 1) {
		return p.load.Payloads[k].Record(int(m.first) - p.load.Start(k))
	}
	dst := p.scratch[:0]
	for n := int(m.first); ; n = int(p.next[n]) {
		for n >= p.load.Start(k)+p.load.Payloads[k].Len() {
			k++
		}
		record := p.load.Payloads[k].Record(n - p.load.Start(k))
		if !line {
			dst = binary.AppendUvarint(dst, uint64(len(record)))
		}
		dst = append(dst, record...)
		if n == int(m.last) {
			p.scratch = dst
			return dst
		}
		if line {
			dst = append(dst, '\n')
		}
	}
}

func (p *plan) decided(m *message) bool { return p.load.Decided(int(m.first)) }

func (p *plan) deliver(m *message) {
	for n := m.first; n != m.last; n = p.next[n] {
		p.load.Deliver(int(n))
	}
	p.load.Deliver(int(m.last))
}

// deliverRest delivers every message that is not decided, but those with a subject in denied.
func (p *plan) deliverRest(denied map[string]bool) {
	for i := range p.messages {
		if m := &p.messages[i]; !p.decided(m) && !denied[m.subject] {
			p.deliver(m)
		}
	}
}

func (p *plan) reject(n int, reason error) {
	if !p.load.Decided(n) {
		p.load.Reject(n, reason)
	}
}

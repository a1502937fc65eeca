package queue

import (
	"context"
	"io"
	"sync"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
)

// Memory is a queue in memory. Many routers may bring payloads; one sender takes them.
//
// Bringing has two steps: Reserve gives room before anything is encoded, Append uses it. Bytes are reserved by the
// size of the records seen lately, so their bound may be exceeded by the error of that estimate for one batch.
type Memory struct {
	cfg    Config
	counts *event.SinkCounts

	mu      sync.Mutex // guards everything below
	changed *sync.Cond // there is more room, more to take, or no more to come
	waiting []*encode.Payload
	events  int   // waiting, taken and reserved
	bytes   int64 // waiting, taken and, as estimated, reserved
	record  int64 // bytes of a record, as seen lately
	closed  bool
}

// firstEstimate is the size of a record, in bytes, before any has been seen.
const firstEstimate = 400

// NewMemory returns an empty queue, which keeps Queued, InFlight, QueueBytes and Shed of counts.
func NewMemory(cfg Config, counts *event.SinkCounts) *Memory {
	q := &Memory{cfg: cfg, counts: counts, record: firstEstimate}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// Blocks reports whether Reserve may wait.
func (q *Memory) Blocks() bool { return q.cfg.WhenFull == Block }

// Reserve gives room for up to n events. A queue that blocks waits until there is room for one at least; any other counts
// what finds no room, or what makes room, as shed. It fails only when ctx ends.
func (q *Memory) Reserve(ctx context.Context, n int) (Room, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch q.cfg.WhenFull {
	case Block:
		if err := q.waitLocked(ctx, func() bool { return q.roomLocked() > 0 }); err != nil {
			return Room{}, err
		}
	case DropOldest:
		for q.roomLocked() < n && len(q.waiting) > 0 {
			q.shedOldestLocked()
		}
	}
	room := min(n, q.roomLocked())
	if q.cfg.WhenFull != Block {
		q.counts.Shed.Add(uint64(n - room))
	}
	r := Room{room, int64(room) * q.record}
	q.events += r.Events
	q.bytes += r.bytes
	return r, nil
}

// Append brings a payload into its room; nil when the format had a place for none of the events.
// A queue never refuses what has room.
func (q *Memory) Append(p *encode.Payload, r Room) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events -= r.Events
	q.bytes -= r.bytes
	if p != nil {
		q.events += p.Len()
		q.bytes += int64(p.Size())
		q.record = max(1, (7*q.record+int64(p.Size()/p.Len()))/8)
		q.waiting = append(q.waiting, p)
		q.counts.Queued.Add(int64(p.Len()))
	}
	q.counts.QueueBytes.Store(q.bytes)
	q.changed.Broadcast()
}

// Next takes payloads, waiting for one at least: as many as the limits allow, in order, appended to dst.
// Once the queue is closed and empty it returns io.EOF.
func (q *Memory) Next(ctx context.Context, limits sink.Limits, dst []*encode.Payload) ([]*encode.Payload, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.waitLocked(ctx, func() bool { return len(q.waiting) > 0 || q.closed }); err != nil {
		return dst, err
	}
	if len(q.waiting) == 0 {
		return dst, io.EOF
	}
	var n, records, bytes int
	for n < len(q.waiting) {
		p := q.waiting[n]
		if n > 0 && (records+p.Len() > limits.Records || bytes+p.Size() > limits.Bytes) {
			break
		}
		records, bytes = records+p.Len(), bytes+p.Size()
		n++
	}
	dst = append(dst, q.waiting[:n]...)
	q.forgetLocked(n)
	q.counts.Queued.Add(-int64(records))
	q.counts.InFlight.Add(int64(records))
	return dst, nil
}

// Done gives back the room of payloads that Next had given and that have been settled. They are still to be released.
func (q *Memory) Done(payloads []*encode.Payload) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range payloads {
		q.events -= p.Len()
		q.bytes -= int64(p.Size())
		q.counts.InFlight.Add(-int64(p.Len()))
	}
	q.counts.QueueBytes.Store(q.bytes)
	q.changed.Broadcast()
}

// CloseWrite says that nothing more will come: Next ends once the queue is empty.
func (q *Memory) CloseWrite() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// Abort ends everything that still waits, as aborted.
func (q *Memory) Abort() {
	q.mu.Lock()
	waiting := q.waiting
	q.waiting, q.closed = nil, true
	for _, p := range waiting {
		q.leaveLocked(p)
		q.counts.Aborted.Add(uint64(p.Len()))
	}
	q.mu.Unlock()
	q.changed.Broadcast()
	for _, p := range waiting {
		end(p, event.Aborted)
	}
}

// roomLocked is the number of events there is room for. An empty queue takes one record however large it is.
func (q *Memory) roomLocked() int {
	if q.events == 0 {
		return max(1, min(q.cfg.MaxEvents, int(q.cfg.MaxBytes/q.record)))
	}
	return max(0, min(q.cfg.MaxEvents-q.events, int((q.cfg.MaxBytes-q.bytes)/q.record)))
}

func (q *Memory) shedOldestLocked() {
	p := q.waiting[0]
	q.forgetLocked(1)
	q.leaveLocked(p)
	q.counts.Shed.Add(uint64(p.Len()))
	end(p, event.Shed)
}

// leaveLocked takes a payload that no sender had taken off the books.
func (q *Memory) leaveLocked(p *encode.Payload) {
	q.events -= p.Len()
	q.bytes -= int64(p.Size())
	q.counts.Queued.Add(-int64(p.Len()))
	q.counts.QueueBytes.Store(q.bytes)
}

// forgetLocked drops the first n waiting payloads.
func (q *Memory) forgetLocked(n int) {
	clear(q.waiting[:n])
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
}

// waitLocked waits until ready, or returns ctx's error.
func (q *Memory) waitLocked(ctx context.Context, ready func() bool) error {
	if ctx.Err() == nil && ready() {
		return nil
	}
	// Taking the lock makes sure that the waiter is either before its check of ctx or in Wait.
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})
	defer stop()
	for ctx.Err() == nil && !ready() {
		q.changed.Wait()
	}
	return ctx.Err()
}

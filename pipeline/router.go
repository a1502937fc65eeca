package pipeline

import (
	"context"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/pipeline/queue"
)

// router hands a lane's batches to the queues of its sinks: encoded once for each codec, and only as far as some queue
// has room. It belongs to its lane.
type router struct {
	branches []*branch
	formats  []*format
}

// format is a codec that one sink of the lane or more want.
type format struct {
	codec   *encode.Codec
	encoder encode.Encoder
	want    int // how many events of the batch at hand some sink has room for
	body    *encode.Body
}

// branch is the way to one sink.
type branch struct {
	queue  *queue.Memory
	counts *event.SinkCounts
	format *format
	label  *labeler // nil when the sink wants none
	room   queue.Room
}

func newRouter(sinks []*Shipper) *router {
	r := &router{}
	for _, s := range sinks {
		r.branches = append(r.branches, &branch{
			queue: s.queue, counts: s.counts, format: r.formatOf(s.codec), label: newLabeler(s.sink, s.counts),
		})
	}
	return r
}

func (r *router) formatOf(c *encode.Codec) *format {
	for _, f := range r.formats {
		if f.codec == c {
			return f
		}
	}
	f := &format{codec: c, encoder: c.New()}
	r.formats = append(r.formats, f)
	return f
}

// route takes b over. Sinks that never wait are served first, so that one that does cannot hold them up.
func (r *router) route(ctx context.Context, b *event.Batch) error {
	if len(b.Events) == 0 {
		b.End(event.Filtered)
		return nil
	}
	b.Delivery.Branch(len(r.branches))
	r.reserve(ctx, len(b.Events))
	r.encode(b)
	for _, w := range r.branches {
		if !w.queue.Blocks() {
			if w.room.Events < len(b.Events) {
				b.Delivery.Worsen(event.Shed)
			}
			w.queue.Append(w.payload(b, 0, w.room.Events), w.room)
		}
	}
	var err error
	for _, w := range r.branches {
		if w.queue.Blocks() {
			err = w.wait(ctx, b, err)
		}
	}
	for _, f := range r.formats {
		if f.body != nil {
			f.body.Release()
			f.body = nil
		}
	}
	b.End(event.Delivered)
	return err
}

// reserve asks the queues that never wait for room, and notes how much of the batch each codec must encode.
func (r *router) reserve(ctx context.Context, n int) {
	for _, f := range r.formats {
		f.want = 0
	}
	for _, w := range r.branches {
		w.counts.In.Add(uint64(n))
		if w.queue.Blocks() {
			w.format.want = n
			continue
		}
		room, err := w.queue.Reserve(ctx, n)
		if err != nil {
			panic("BUG: a queue that never waits was interrupted: " + err.Error())
		}
		w.room = room
		w.format.want = max(w.format.want, room.Events)
	}
}

func (r *router) encode(b *event.Batch) {
	for _, f := range r.formats {
		if f.want == 0 {
			continue
		}
		f.body = encode.NewBody()
		f.codec.AppendBatch(f.body, f.encoder, b, f.want)
	}
}

// wait brings the batch to a queue that blocks, split where the queue's room ends. Once err is set, the rest is aborted.
func (w *branch) wait(ctx context.Context, b *event.Batch, err error) error {
	for from := 0; from < len(b.Events); {
		var room queue.Room
		if err == nil {
			room, err = w.queue.Reserve(ctx, len(b.Events)-from)
		}
		if err != nil {
			w.counts.Aborted.Add(uint64(len(b.Events) - from))
			b.Delivery.Finish(event.Aborted)
			return err
		}
		to := from + room.Events
		if to < len(b.Events) {
			b.Delivery.Branch(1)
		}
		w.queue.Append(w.payload(b, from, to), room)
		from = to
	}
	return nil
}

// payload is the branch's share of the encoded batch: events [from, to). It is nil, and the branch's part of the delivery
// finished, when no record came of them.
func (w *branch) payload(b *event.Batch, from, to int) *encode.Payload {
	first, last := 0, 0
	if w.format.body != nil {
		first, last = w.format.body.Range(from, to)
	}
	if out := to - from - (last - first); out > 0 {
		w.counts.LeftOut.Add(uint64(out))
		b.Delivery.Worsen(event.Filtered)
	}
	if first == last {
		b.Delivery.Finish(event.Delivered)
		return nil
	}
	p := encode.View(w.format.body, first, last)
	p.Sealed, p.Delivery = b.Sealed, b.Delivery
	if w.label != nil {
		w.label.label(p, b)
	}
	return p
}

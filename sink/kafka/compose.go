package kafka

import (
	"slices"
	"sync"
	"time"

	"nflogship/encode"
)

// composer turns batches into record sets. What it appends stays valid until the composer is released; one goroutine uses it.
type composer struct {
	clock clock
	plain []byte // records before they are compressed
	out   []byte // record sets, one after the other
}

var composers = sync.Pool{New: func() any { return &composer{} }}

// maxKeptSet bounds what an idle pool holds.
const maxKeptSet = 2 * batchBytes

func newComposer() *composer {
	w := composers.Get().(*composer)
	w.out = w.out[:0]
	return w
}

func (w *composer) release() {
	if cap(w.out) <= maxKeptSet && cap(w.plain) <= maxKeptSet {
		composers.Put(w)
	}
}

// layout is what the batches of one sink have in common.
type layout struct {
	compression compression
	eventTime   bool // timestamps are the events' own, not the time of sending
}

// append appends b's record set to w.out. A resend is composed anew: what makes it the same batch to a broker is its
// producer and its number of records, so its time of sending may be the true one.
func (w *composer) append(f *layout, payloads []*encode.Payload, b *batch, p producer, now time.Time) error {
	at := len(w.out)
	w.out = append(w.out, make([]byte, setHeader)...)
	var t stamps
	if f.compression.append == nil {
		w.out = slices.Grow(w.out, b.size)
		w.out, t = w.records(w.out, f, payloads, b, now.UnixMilli())
	} else {
		var err error
		w.plain = slices.Grow(w.plain[:0], b.size)
		w.plain, t = w.records(w.plain, f, payloads, b, now.UnixMilli())
		if w.out, err = f.compression.append(w.out, w.plain); err != nil {
			return err
		}
	}
	finishSet(w.out[at:], f.compression.attribute, len(b.refs), t, p)
	return nil
}

func (w *composer) records(dst []byte, f *layout, payloads []*encode.Payload, b *batch, now int64) ([]byte, stamps) {
	t := stamps{now, now}
	var r record
	for n, at := range b.refs {
		p, i := payloads[at.payload], int(at.record)
		r = record{key: p.Key(i), value: p.Record(i), id: p.ID(i), time: p.Time(i)}
		delta := int64(0)
		if f.eventTime {
			stamp := time.Unix(0, r.time).UnixMilli()
			if n == 0 {
				t = stamps{stamp, stamp}
			}
			delta, t.max = stamp-t.base, max(t.max, stamp)
		}
		dst = appendRecord(dst, &r, n, delta, &w.clock)
	}
	return dst, t
}

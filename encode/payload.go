package encode

import (
	"sort"
	"sync"
	"sync/atomic"

	"nflogship/event"
)

// Record is one encoded event in a Body.
type Record struct {
	End   uint32 // where it ends in Bytes, its framing included
	Event uint32 // the event's index in the batch it was encoded from
	Time  int64  // the event's, in nanoseconds since 1970
}

// Body is a run of encoded events, shared by every sink with the same format. It is read-only once it is in a Payload.
type Body struct {
	Codec   *Codec
	Bytes   []byte
	Records []Record
	refs    atomic.Int32
}

var bodies = sync.Pool{New: func() any { return &Body{} }}

// NewBody returns an empty Body with one reference.
func NewBody() *Body {
	b := bodies.Get().(*Body)
	b.refs.Store(1)
	return b
}

// maxKeptBody bounds what an idle pool holds.
const maxKeptBody = 4 << 20

// Release gives one reference back.
func (b *Body) Release() {
	left := b.refs.Add(-1)
	if left < 0 {
		panic("BUG: Body released twice")
	}
	if left == 0 && cap(b.Bytes) <= maxKeptBody {
		b.Bytes, b.Records, b.Codec = b.Bytes[:0], b.Records[:0], nil
		bodies.Put(b)
	}
}

// Range is the records [first, last) that the batch's events [from, to) became.
func (b *Body) Range(from, to int) (first, last int) {
	return b.recordOf(from), b.recordOf(to)
}

// recordOf is the first record of event n or a later one.
func (b *Body) recordOf(n int) int {
	if len(b.Records) > 0 && n < len(b.Records) && int(b.Records[n].Event) == n {
		return n // every event before it became a record, as nearly always
	}
	return sort.Search(len(b.Records), func(i int) bool { return int(b.Records[i].Event) >= n })
}

// Label is what one sink needs to know of a record beyond its bytes.
type Label struct {
	Route   uint32     // index into Payload.Routes
	Key, ID event.Span // in Payload.Labeled
}

// Payload is some of a Body's records on their way to one sink. It is read-only, and safe for many readers.
// Its owner calls Release once, when the records have been delivered or given up.
type Payload struct {
	Body     *Body
	From, To int  // records of Body
	Sealed   bool // no message or request may mix it with another payload
	Delivery *event.Delivery

	Labels  []Label // one for each record, or nil where the sink asked for none
	Labeled []byte
	Routes  []string // the distinct routes: topics, subjects or paths
}

// View returns a Payload over records [from, to) of body, on a reference of its own.
func View(body *Body, from, to int) *Payload {
	body.refs.Add(1)
	return &Payload{Body: body, From: from, To: to}
}

// Release gives the payload's hold on the body back.
func (p *Payload) Release() {
	body := p.Body
	if body == nil {
		panic("BUG: Payload released twice")
	}
	p.Body = nil
	body.Release()
}

// Len is the number of records.
func (p *Payload) Len() int { return p.To - p.From }

// Size is the number of encoded bytes, framing included.
func (p *Payload) Size() int { return p.end(p.To-1) - p.end(p.From-1) }

// Bytes is every record as encoded, in order, each with its framing.
func (p *Payload) Bytes() []byte { return p.Body.Bytes[p.end(p.From-1):p.end(p.To-1)] }

// Span is where record i lies in Bytes, its framing included.
func (p *Payload) Span(i int) (from, to int) {
	base := p.end(p.From - 1)
	return p.end(p.From+i-1) - base, p.end(p.From+i) - base
}

// Record returns record i without its framing.
func (p *Payload) Record(i int) []byte {
	from, to := p.end(p.From+i-1), p.end(p.From+i)
	return p.Body.Codec.unframe(p.Body.Bytes[from:to:to])
}

// Time is the time of record i's event, in nanoseconds since 1970.
func (p *Payload) Time(i int) int64 { return p.Body.Records[p.From+i].Time }

// Route is record i's topic, subject or path; "" where the sink's is the same for all.
func (p *Payload) Route(i int) string {
	if p.Labels == nil || p.Routes == nil {
		return ""
	}
	return p.Routes[p.Labels[i].Route]
}

// Key is record i's key, nil where there is none.
func (p *Payload) Key(i int) []byte {
	if p.Labels == nil || p.Labels[i].Key.Len == 0 {
		return nil
	}
	return p.labeled(p.Labels[i].Key)
}

// ID is record i's id, nil where the sink asked for none.
func (p *Payload) ID(i int) []byte {
	if p.Labels == nil {
		return nil
	}
	return p.labeled(p.Labels[i].ID)
}

func (p *Payload) labeled(s event.Span) []byte { return p.Labeled[s.Off : s.Off+s.Len : s.Off+s.Len] }

func (p *Payload) end(record int) int {
	if record < 0 {
		return 0
	}
	return int(p.Body.Records[record].End)
}

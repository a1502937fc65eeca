package event

import "sync"

// Batch is a run of events and the bytes they point into. It has one owner at a time: whoever is handed a batch either
// hands it on or ends it, and touches it no more after that.
type Batch struct {
	Events     []Event
	Arena      []byte
	Origins    []*Origin
	Inners     []Inner
	ARPs       []ARP
	Conntracks []Conntrack
	Summaries  []Summary

	Received int64     // nanoseconds since 1970: when the newest of it was read
	Sealed   bool      // a batch stage has closed it: no message or request may mix it with another
	Delivery *Delivery // may be nil

	pool *Pool
}

// Bytes returns the span's bytes: valid as long as the batch is.
func (b *Batch) Bytes(s Span) []byte { return b.Arena[s.Off : s.Off+s.Len : s.Off+s.Len] }

// AppendBytes copies p into the arena. It may move the arena: slices of it become stale, spans do not.
func (b *Batch) AppendBytes(p []byte) Span {
	s := Span{uint32(len(b.Arena)), uint32(len(p))}
	b.Arena = append(b.Arena, p...)
	return s
}

// AppendString copies s into the arena.
func (b *Batch) AppendString(s string) Span {
	at := Span{uint32(len(b.Arena)), uint32(len(s))}
	b.Arena = append(b.Arena, s...)
	return at
}

// AddOrigin returns the index of o in this batch, adding it at need.
func (b *Batch) AddOrigin(o *Origin) uint16 {
	for i := len(b.Origins) - 1; i >= 0; i-- {
		if b.Origins[i] == o {
			return uint16(i)
		}
	}
	b.Origins = append(b.Origins, o)
	return uint16(len(b.Origins) - 1)
}

// AppendEvent copies one event of another batch, with all it points to.
func (b *Batch) AppendEvent(from *Batch, e *Event) {
	b.Events = append(b.Events, *e)
	n := &b.Events[len(b.Events)-1]
	n.Origin = b.AddOrigin(from.Origins[e.Origin])
	for _, s := range [...]*Span{&n.Prefix, &n.Packet, &n.Link, &n.In, &n.Out, &n.PhysIn, &n.PhysOut} {
		*s = b.AppendBytes(from.Bytes(*s)) // an empty one too: its place must lie in this arena
	}
	if n.CT > 0 {
		b.Conntracks = append(b.Conntracks, from.Conntracks[n.CT-1])
		n.CT = uint32(len(b.Conntracks))
	}
	if n.Aux == 0 {
		return
	}
	switch {
	case n.Kind == Summarised:
		b.Summaries = append(b.Summaries, from.Summaries[n.Aux-1])
		n.Aux = uint32(len(b.Summaries))
	case n.Is(HasARP):
		b.ARPs = append(b.ARPs, from.ARPs[n.Aux-1])
		n.Aux = uint32(len(b.ARPs))
	default:
		b.Inners = append(b.Inners, from.Inners[n.Aux-1])
		n.Aux = uint32(len(b.Inners))
	}
}

// Clone copies the whole batch, for a second pipeline; the copy shares the Delivery, on a branch of its own.
func (b *Batch) Clone() *Batch {
	c := b.pool.Get()
	c.Events = append(c.Events, b.Events...)
	c.Arena = append(c.Arena, b.Arena...)
	c.Origins = append(c.Origins, b.Origins...)
	c.Inners = append(c.Inners, b.Inners...)
	c.ARPs = append(c.ARPs, b.ARPs...)
	c.Conntracks = append(c.Conntracks, b.Conntracks...)
	c.Summaries = append(c.Summaries, b.Summaries...)
	c.Received, c.Sealed, c.Delivery = b.Received, b.Sealed, b.Delivery
	c.Delivery.Branch(1)
	return c
}

// End finishes the batch's delivery with o and gives its memory back.
func (b *Batch) End(o Outcome) {
	d := b.Delivery
	b.Release()
	d.Finish(o)
}

// Release gives the memory back without finishing the delivery: for an owner that has taken b.Delivery over.
func (b *Batch) Release() {
	p := b.pool
	if p == nil {
		panic("BUG: Batch released twice")
	}
	*b = Batch{
		Events: b.Events[:0], Arena: b.Arena[:0], Origins: b.Origins[:0], Inners: b.Inners[:0],
		ARPs: b.ARPs[:0], Conntracks: b.Conntracks[:0], Summaries: b.Summaries[:0],
	}
	if cap(b.Arena) <= maxKeptArena {
		p.free.Put(b)
	}
}

// maxKeptArena bounds what an idle pool holds: one odd giant is better given back to the collector.
const maxKeptArena = 4 << 20

// Pool hands out empty batches and takes them back. It is safe for many goroutines.
type Pool struct{ free sync.Pool }

// Get returns an empty batch, perhaps with memory from an earlier one.
func (p *Pool) Get() *Batch {
	b, ok := p.free.Get().(*Batch)
	if !ok {
		b = &Batch{}
	}
	b.pool = p
	return b
}

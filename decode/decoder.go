// Package decode turns bytes into events: netlink datagrams into messages, NFLOG messages and captured frames into
// events, and the headers inside them into fields. It does no I/O and keeps nothing between batches; decoding an event
// does not allocate, and no input makes it panic or read outside the bytes it was given.
//
// What was decoded stays, whatever follows. Headers that the copy range or snapshot length cut off leave event.Truncated;
// a packet that is itself wrong leaves its outermost event.Fault. Bits of event.Has are set for what is there even then:
// ports of a TCP header whose end is missing, say, without HasTCP.
package decode

import "nflogship/event"

// Decoder decodes events of one batch after another. It is used by one goroutine at a time.
type Decoder struct {
	// Names gives an interface's name, "" where it has none. When it is nil, events have the index alone.
	Names func(index uint32) string

	b     *event.Batch
	attrs attrs // of the message being decoded
	names [nameSlots]name
	batch uint32      // number of the batch, so that Begin need not clear names
	inner event.Event // where the packet quoted by an ICMP error is decoded
}

// Begin makes b the batch whose events are decoded from here on. The events' bytes lie in b.Arena.
// It must be called for every batch, also when the memory of an earlier one comes back.
func (d *Decoder) Begin(b *event.Batch) {
	d.b = b
	d.batch++
}

// name is one interface's name in the arena of the batch it was looked up for.
type name struct {
	batch, index uint32
	at           event.Span
}

// nameSlots is a power of two. Interfaces that share a slot evict each other: their names stand in the arena repeatedly.
const nameSlots = 64

// nameOf puts the interface's name into the arena, once in a batch. It may move the arena.
func (d *Decoder) nameOf(index uint32) event.Span {
	n := &d.names[index%nameSlots]
	if n.batch != d.batch || n.index != index {
		*n = name{d.batch, index, d.b.AppendString(d.Names(index))}
	}
	return n.at
}

const hasInterfaces = event.HasIn | event.HasOut | event.HasPhysIn | event.HasPhysOut

// nameInterfaces fills the names of the interfaces that the event has by index. It comes last: it may move the arena.
func (d *Decoder) nameInterfaces(e *event.Event) {
	if d.Names == nil || e.Has&hasInterfaces == 0 {
		return
	}
	if e.Is(event.HasIn) {
		e.In = d.nameOf(e.InIndex)
	}
	if e.Is(event.HasOut) {
		e.Out = d.nameOf(e.OutIndex)
	}
	if e.Is(event.HasPhysIn) {
		e.PhysIn = d.nameOf(e.PhysInIndex)
	}
	if e.Is(event.HasPhysOut) {
		e.PhysOut = d.nameOf(e.PhysOutIndex)
	}
}

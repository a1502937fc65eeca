package nflog

import (
	"nflogship/decode"
	"nflogship/event"
)

// datagrams is a batch while it is received: whole datagrams stand one behind the other in its arena. The zero value has
// no batch. It belongs to the reader until it is handed to the lane.
type datagrams struct {
	batch *event.Batch
	n     int
	ends  [maxDatagrams]uint32 // where each ends in the arena
}

const (
	// maxDatagrams and enough bound what is put together: small datagrams that were waiting already become one batch,
	// for that costs less; large ones are a batch each.
	maxDatagrams = 32
	enough       = 16 << 10

	spareForNames = 16 << 10 // interface names are appended behind the datagrams
)

// begin makes room for datagrams of up to largest bytes. Only what is written to becomes resident.
func (d *datagrams) begin(b *event.Batch, largest int) {
	if cap(b.Arena) < enough+largest+spareForNames {
		b.Arena = make([]byte, 0, enough+largest+spareForNames)
	}
	d.batch, d.n = b, 0
}

// full reports whether the batch should go to the lane before more is received.
func (d *datagrams) full() bool { return d.n == maxDatagrams || len(d.batch.Arena) > enough }

// room is where the next datagram goes.
func (d *datagrams) room() []byte {
	a := d.batch.Arena
	return a[len(a) : cap(a)-spareForNames]
}

// keep keeps the n bytes that were put into room; of a datagram that was cut, what there is.
func (d *datagrams) keep(n int) {
	end := len(d.batch.Arena) + min(n, len(d.room()))
	d.batch.Arena = d.batch.Arena[:end]
	d.ends[d.n] = uint32(end)
	d.n++
}

// tally counts the events in a datagram that is not kept.
func (k *skipped) tally(datagram []byte) (events uint64) {
	all := event.Span{Len: uint32(len(datagram))}
	for m := decode.Walk(datagram, all, decode.Native); m.Next(); {
		if m.Type != decode.TypePacket {
			continue
		}
		events++
		if seq, ok := decode.Seq(datagram[m.Body.Off:m.Body.Off+m.Body.Len], decode.Native); ok {
			k.add(seq)
		}
	}
	return events
}

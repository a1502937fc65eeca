// Package encode turns events into bytes: one file per format. A batch is encoded once for each distinct format, however
// many sinks take it; what the queues hold, retries send and the disk keeps is a Payload.
package encode

import (
	"encoding/binary"
	"slices"

	"nflogship/event"
)

// Encoder is one format. An Encoder is used by one goroutine at a time.
type Encoder interface {
	// AppendEvent appends e as one record, without anything that separates records. It reports false, with dst as it
	// was, when the format has no place for such an event. It must not retain b or e, and must not allocate.
	AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool)
}

// Framing is what tells one record from the next in a run of them.
type Framing uint8

// The framings.
const (
	Bare     Framing = iota // nothing: a record tells its own end, or travels alone
	Line                    // a record is a line of text: a newline follows
	Prefixed                // the record's length comes before it, as a varint (protobuf's length-delimited)
)

// Codec is a configured format: what makes two sinks share one encoding.
type Codec struct {
	Name    string // as in the configuration
	Framing Framing
	Header  []byte         // what a file of records begins with, nil for nothing
	New     func() Encoder // one for each goroutine that encodes
	// Length is how long the record is that begins with head, and whether it can be one at all: where a Bare record tells its
	// own end. Of a file's last record, there may be less of it than a head.
	Length func(head []byte) (n int, ok bool)
}

// AppendBatch encodes the first n events of b to the end of body.
func (c *Codec) AppendBatch(body *Body, enc Encoder, b *event.Batch, n int) {
	body.Codec = c
	for i := range b.Events[:n] {
		e := &b.Events[i]
		from := len(body.Bytes)
		out, ok := enc.AppendEvent(body.Bytes, b, e)
		if !ok {
			continue
		}
		body.Bytes = c.frame(out, from)
		body.Records = append(body.Records, Record{End: uint32(len(body.Bytes)), Event: uint32(i), Time: e.Time})
	}
}

// frame adds what tells the record that begins at from, the last of out, from the next.
func (c *Codec) frame(out []byte, from int) []byte {
	switch c.Framing {
	case Line:
		return append(out, '\n')
	case Prefixed:
		var length [binary.MaxVarintLen32]byte
		n := binary.PutUvarint(length[:], uint64(len(out)-from))
		return slices.Insert(out, from, length[:n]...)
	}
	return out
}

// unframe is a record without what frame added.
func (c *Codec) unframe(framed []byte) []byte {
	switch c.Framing {
	case Line:
		return framed[:len(framed)-1]
	case Prefixed:
		_, n := binary.Uvarint(framed)
		return framed[n:]
	}
	return framed
}

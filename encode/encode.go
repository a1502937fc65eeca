// Package encode turns events into bytes: one file per format. A batch is encoded once for each distinct format, however
// many sinks take it; what the queues hold, retries send and the disk keeps is a Payload.
package encode

import (
	"nflogship/event"
)

// Encoder is one format. An Encoder is used by one goroutine at a time.
type Encoder interface {
	// AppendEvent appends e as one record, without anything that separates records. It reports false, with dst as it
	// was, when the format has no place for such an event. It must not retain b or e, and must not allocate.
	AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool)
}

// Codec is a configured format: what makes two sinks share one encoding.
type Codec struct {
	Name string         // as in the configuration
	Line bool           // a record is a line of text: it ends with a newline in Body.Bytes
	New  func() Encoder // one for each goroutine that encodes
}

// AppendBatch encodes the first n events of b to the end of body.
func (c *Codec) AppendBatch(body *Body, enc Encoder, b *event.Batch, n int) {
	for i := range b.Events[:n] {
		e := &b.Events[i]
		out, ok := enc.AppendEvent(body.Bytes, b, e)
		if !ok {
			continue
		}
		if c.Line {
			out = append(out, '\n')
		}
		body.Bytes = out
		body.Records = append(body.Records, Record{End: uint32(len(out)), Event: uint32(i), Time: e.Time})
	}
	body.Codec = c
}

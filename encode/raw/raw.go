// Package raw is the packet itself: the bytes that were copied, from the network header on, and nothing else.
package raw

import (
	"nflogship/encode"
	"nflogship/event"
)

// Config has no settings.
type Config struct{}

// DefaultConfig is the only one there is.
func DefaultConfig() Config { return Config{} }

// New returns the format.
func New() *encode.Codec {
	return &encode.Codec{Name: "raw", New: func() encode.Encoder { return encoder{} }}
}

type encoder struct{}

// AppendEvent has no place for a summary, nor for a packet of which nothing was copied.
func (encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind != event.Packet || e.Packet.Len == 0 {
		return dst, false
	}
	return append(dst, b.Bytes(e.Packet)...), true
}

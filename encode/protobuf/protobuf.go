// Package protobuf writes events as protobuf messages: nflogship.v1.Event of proto/nflogship/v1/event.proto, which holds what
// the JSON event does, for consumers in any language. In a file each stands behind its length; a Kafka record or a NATS
// message is one.
//
// What the message did not contain is not set; a zero that it contained is. Addresses are bytes, protocols and flags numbers.
package protobuf

import (
	"errors"
	"maps"
	"slices"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

// Config says what is in the message beside what the JSON event has.
type Config struct {
	Packet bool `yaml:"packet"` // the packet's bytes too
}

// DefaultConfig leaves the packet out.
func DefaultConfig() Config { return Config{} }

// New returns the format. Own fields, if any, are the same in every message.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	var fields []byte
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if name == "" {
			return nil, errors.New("a field has no name")
		}
		var at int
		fields, at = open(fields, eventFields)
		fields = appendText(fields, 1, name)
		fields = shut(appendText(fields, 2, own[name]), at)
	}
	return &encode.Codec{Name: "protobuf", Framing: encode.Prefixed, New: func() encode.Encoder {
		return &encoder{packets: cfg.Packet, own: fields, origins: jsontext.NewOrigins(appendOrigin)}
	}}, nil
}

// encoder belongs to one goroutine: it keeps what events have in common from one to the next.
type encoder struct {
	packets bool
	own     []byte
	origins jsontext.Origins
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	dst = appendFixed64(dst, eventTime, e.Time)
	dst = append(dst, x.origins.Text(b.Origins[e.Origin])...)
	if e.Kind == event.Summarised {
		dst = appendSummary(dst, b, e)
		return append(dst, x.own...), true
	}
	dst = appendFields(dst, b, e, view.All)
	dst = appendPacket(dst, b, e)
	if x.packets && e.Packet.Len > 0 {
		dst = appendBytes(dst, eventPacket, b.Bytes(e.Packet))
	}
	return append(dst, x.own...), true
}

func appendOrigin(dst []byte, o *event.Origin) []byte {
	if o.Host != "" {
		dst = appendText(dst, eventHost, o.Host)
	}
	if o.Source != "" {
		dst = appendText(dst, eventSource, o.Source)
	}
	return dst
}

// Package json is the project's own format: one JSON object a line, what the message did not contain left out, a zero that
// it contained printed. Its keys and their order are what users' dashboards hold on to.
package json

import (
	"nflogship/encode"
	"nflogship/event"
)

// Config has no settings.
type Config struct{}

// DefaultConfig is the only one there is.
func DefaultConfig() Config { return Config{} }

// New returns the format. Own fields, if any, end every object, sorted by name; a name that the event itself uses is an error.
func New(own map[string]string) (*encode.Codec, error) {
	tail, err := ownFields(own)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "json", Framing: encode.Line, New: func() encode.Encoder { return newEncoder(tail) }}, nil
}

// encoder belongs to one goroutine: it keeps what events have in common from one to the next.
type encoder struct {
	clock   clock
	origins origins
	tail    []byte // own fields and the closing brace
}

func newEncoder(tail []byte) *encoder {
	x := &encoder{tail: tail}
	x.clock.set(0)
	return x
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind == event.Summarised {
		return x.summary(dst, b, e), true
	}
	dst = append(dst, `{"time":"`...)
	dst = x.clock.append(dst, e.Time)
	dst = append(dst, '"')
	dst = x.origins.append(dst, b.Origins[e.Origin])
	dst = appendMessage(dst, b, e)
	dst = appendLink(dst, e)
	dst = appendNetwork(dst, e)
	dst = appendTransport(dst, b, e)
	if e.Is(event.HasCT) {
		dst = appendConntrack(dst, &b.Conntracks[e.CT-1])
	}
	if e.Is(event.Truncated) {
		dst = append(dst, `,"truncated":true`...)
	}
	if e.Malformed != event.FaultNone {
		dst = append(dst, `,"malformed":"`...)
		dst = append(dst, e.Malformed.String()...)
		dst = append(dst, '"')
	}
	return append(dst, x.tail...), true
}

// Package json is the project's own format: one JSON object a line, what the message did not contain left out, a zero that
// it contained printed. Its keys and their order are what users' dashboards hold on to.
package json

import (
	"time"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/keys"
	"nflogship/event"
)

// New returns the format. Own fields, if any, end every object, sorted by name; a name that the event itself uses is an error.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	end, err := format.New(cfg.options(), own)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "json", Framing: encode.Line, New: func() encode.Encoder { return newEncoder(end) }}, nil
}

// encoder belongs to one goroutine: it keeps what events have in common from one to the next.
type encoder struct {
	clock   jsontext.Clock
	origins jsontext.Origins
	end     *keys.Ending
}

func newEncoder(end *keys.Ending) *encoder {
	return &encoder{clock: jsontext.NewClock(time.UTC), origins: jsontext.NewOrigins(appendOrigin), end: end}
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	start := len(dst)
	if e.Kind == event.Summarised {
		dst = x.summary(dst, b, e)
	} else {
		dst = x.packet(dst, b, e)
	}
	return x.end.Append(dst, start, b, e), true
}

func (x *encoder) packet(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `{"time":"`...)
	dst = append(x.clock.AppendNano(dst, e.Time), '"')
	dst = append(dst, x.origins.Text(b.Origins[e.Origin])...)
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
	return jsontext.AppendName(dst, `,"malformed":"`, e.Malformed.String())
}

func appendOrigin(dst []byte, o *event.Origin) []byte {
	if o.Host != "" {
		dst = jsontext.AppendText(dst, `,"host":`, o.Host)
	}
	if o.Source != "" {
		dst = jsontext.AppendText(dst, `,"source":`, o.Source)
	}
	return dst
}

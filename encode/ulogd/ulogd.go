// Package ulogd prints packets as ulogd2 2.0.8's JSON output does: its keys in its order, its types, its spaces. What
// ulogd2 gets wrong is right here: tcp.offset, the byte order of ICMP checksums, the zone of times in UTC, and ports
// made of the bytes in later fragments.
package ulogd

import (
	"time"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/keys"
	"nflogship/event"
)

// New returns the format. Own fields end every object, sorted by name.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	end, err := format.New(cfg.options(), own)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "ulogd", Framing: encode.Line, New: func() encode.Encoder { return newEncoder(cfg, end) }}, nil
}

// encoder belongs to one goroutine.
type encoder struct {
	clock  jsontext.Clock
	label  label
	before string // the time
	after  []byte // it
	end    *keys.Ending
}

func newEncoder(cfg Config, end *keys.Ending) *encoder {
	x := &encoder{clock: jsontext.NewClock(time.Local), label: newLabel(cfg), before: `{"timestamp": "`, end: end}
	if cfg.UTC {
		x.clock = jsontext.NewClock(time.UTC)
	}
	if cfg.EventV1 {
		x.before = `{"@version": 1, "@timestamp": "`
	}
	x.after = jsontext.AppendText(nil, `", "dvc": `, cfg.Device)
	return x
}

// AppendEvent has no place for summaries: ulogd2's consumers know packets.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind == event.Summarised {
		return dst, false
	}
	start := len(dst)
	dst = append(dst, x.before...)
	dst = x.clock.AppendMicroZone(dst, e.Time)
	dst = append(dst, x.after...)
	dst = x.appendMessage(dst, b, e)
	p := b.Bytes(e.Packet)
	if e.Is(event.HasIP) {
		dst = appendNetwork(dst, p, e)
		dst = appendTransport(dst, p, e)
	}
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	dst = appendNames(dst, b, e)
	return x.end.Append(dst, start, b, e), true
}

// Package ecs prints Elastic Common Schema documents, version 8.17, with the fields that Elastic's iptables integration
// makes of the kernel's log lines, so that its dashboards and rules work on them. A summary is a metric: what its events
// have in common stands where a packet has it, how many they were in network.packets, and all about it in nflogship.
package ecs

import (
	"time"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/keys"
	"nflogship/encode/internal/rule"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

// New returns the format. Own fields become labels.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	labels, err := labels(own)
	if err != nil {
		return nil, err
	}
	end, err := format.New(cfg.options(), nil)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "ecs", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{
			clock: jsontext.NewClock(time.UTC), hosts: jsontext.NewOrigins(appendHost), labels: labels, end: end,
		}
	}}, nil
}

// encoder belongs to one goroutine.
type encoder struct {
	clock  jsontext.Clock
	hosts  jsontext.Origins // each a quoted name, or nothing
	labels []byte
	end    *keys.Ending
}

func appendHost(dst []byte, o *event.Origin) []byte {
	if o.Host == "" {
		return dst
	}
	return jsontext.AppendString(dst, o.Host)
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, `{"@timestamp":"`...)
	dst = x.clock.AppendMicro(dst, e.Time)
	dst = append(dst, `","ecs":{"version":"8.17.0"}`...)
	if e.Kind == event.Summarised {
		dst = x.summary(dst, b, e)
	} else {
		dst = x.packet(dst, b, e)
	}
	dst = append(dst, x.labels...)
	return x.end.Append(dst, start, b, e), true
}

func (x *encoder) packet(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = x.appendEvent(dst, b, e)
	dst = appendNetwork(dst, e)
	r := ruleOf(b, e, view.All)
	dst = x.appendEnds(dst, b, e, r, view.All)
	if e.Is(event.HasUID) {
		dst = append(jsontext.AppendQuoted(dst, `,"user":{"id":"`, uint64(e.UID)), '}')
	}
	if e.Is(event.HasGID) {
		dst = append(jsontext.AppendQuoted(dst, `,"group":{"id":"`, uint64(e.GID)), '}')
	}
	dst = appendIPTables(dst, b, e, r)
	if e.Malformed != event.FaultNone {
		dst = append(jsontext.AppendName(dst, `,"error":{"message":"`, e.Malformed.String()), '}')
	}
	if e.Is(event.Truncated) {
		dst = append(dst, `,"tags":["truncated"]`...)
	}
	return dst
}

// appendEnds appends who sent to whom, what watched it and by which rule; of that, the fields in f.
func (x *encoder) appendEnds(dst []byte, b *event.Batch, e *event.Event, r rule.Rule, f view.Fields) []byte {
	host := x.hosts.Text(b.Origins[e.Origin])
	from, to := view.Ends(b, e, f)
	dst = appendEnd(dst, `,"source":`, &from)
	dst = appendEnd(dst, `,"destination":`, &to)
	dst = appendObserver(dst, b, e, host, r, f)
	dst = appendRule(dst, r)
	return appendRelated(dst, b, e, host, &from, &to)
}

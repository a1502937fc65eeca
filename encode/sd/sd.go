// Package sd prints events as structured data of RFC 5424 (section 6.3), one element each, for the place that a syslog
// message has for it:
//
//	[nflog@32473 source="firewall" family="ipv4" group="10" seq="1841" prefix="WAN_IN-42-DROP " action="drop" …]
//
// Parameters have the names of the JSON event's keys, those of its inner objects joined by an underscore: tcp_flags,
// icmp_type; inner_ for the packet that an ICMP error quotes, ct_ for conntrack. Time and host are the message's own.
//
// A value is valid UTF-8 of one line: a control character comes out as the text \x0a.
package sd

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

var param = pairs.Style{Before: " ", Between: `="`, After: '"',
	Escapes: pairs.NewEscapes(`\\`, `\`, `\\`, `"`, `\"`, `]`, `\]`)}

// fieldKeys are the parameters that hold one field of a summary's key each.
var fieldKeys = func() (keys [256]string) {
	for _, name := range event.FieldNames() {
		f, _ := event.ParseField(name)
		keys[f] = param.Key(name)
	}
	return keys
}()

// encoder belongs to one goroutine.
type encoder struct {
	head, tail []byte
	sources    jsontext.Origins
	scratch    []byte
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	dst = append(dst, x.head...)
	if e.Kind == event.Summarised {
		dst = append(dst, ` kind="summary"`...)
		dst = append(dst, x.sources.Text(b.Origins[e.Origin])...)
		dst = x.summary(dst, b, e)
		return append(dst, x.tail...), true
	}
	dst = append(dst, x.sources.Text(b.Origins[e.Origin])...)
	dst = appendMessage(dst, b, e)
	dst = appendLink(dst, e)
	dst = appendNetwork(dst, e)
	dst = appendTransport(dst, b, e)
	if e.Is(event.HasCT) {
		dst = appendConntrack(dst, &b.Conntracks[e.CT-1])
	}
	if e.Is(event.Truncated) {
		dst = append(dst, ` truncated="true"`...)
	}
	dst = param.Name(dst, ` malformed="`, e.Malformed.String())
	return append(dst, x.tail...), true
}

// summary prints the fields that the events have in common under their own names.
func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = param.Text(dst, ` reason="`, s.Reason)
	if s.Stage != "" { // overload strikes outside any stage
		dst = param.Text(dst, ` stage="`, s.Stage)
	}
	for _, f := range pairs.KeyFields(s) {
		if f == event.FieldSource {
			continue // as every event has it
		}
		var has bool
		if x.scratch, has = event.AppendField(x.scratch[:0], b, e, f); has {
			dst = param.Bytes(dst, fieldKeys[f], x.scratch)
		}
	}
	x.scratch = pairs.AppendKey(x.scratch[:0], b, e, s)
	dst = param.Bytes(dst, ` key="`, x.scratch)
	dst = param.Number(dst, ` suppressed="`, s.Suppressed)
	dst = param.Number(dst, ` bytes="`, s.Bytes)
	dst = param.Millis(dst, ` first="`, s.First)
	return param.Millis(dst, ` last="`, s.Last)
}

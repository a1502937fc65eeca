// Package leef prints events in version 2 of QRadar's Log Event Extended Format: a header between bars, then attributes
// between tabs, with the names that QRadar knows where it has one:
//
//	LEEF:2.0|Netfilter|nflog|1.0|WAN_IN-42-DROP|x09|cat=drop	devTime=2026-08-22T10:15:30.123+0000	…
//	         vendor    product   event id       delimiter
//
// The event id is the rule's prefix, the category what became of the packet: QRadar maps both together to an event. The
// delimiter is optional and tab without it; it is written because many parsers count on the field in version 2.
//
// LEEF has no escapes. So that nothing in a value can be taken for a tab or a line's end, and no parser that believes in
// backslashes takes one for more than it is, control characters and the backslash come out as \x09 and \x5c.
package leef

import (
	"bytes"

	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/encode/internal/rule"
	"nflogship/event"
)

var (
	header    = pairs.NewEscapes(`\`, `\`, `\x5c`, `|`, `\x7c`)
	attribute = pairs.Style{Before: "\t", Between: "=", Escapes: pairs.NewEscapes(`\`, `\`, `\x5c`)}
)

// encoder belongs to one goroutine.
type encoder struct {
	head, tail []byte
	clock      jsontext.Clock
	hosts      jsontext.Origins
	scratch    []byte
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	dst = append(dst, x.head...)
	if e.Kind == event.Summarised {
		dst = x.summary(dst, b, e)
	} else {
		dst = x.packet(dst, b, e)
	}
	return append(dst, x.tail...), true
}

// noID is for a rule without a prefix.
const noID = "nflog"

func (x *encoder) packet(dst []byte, b *event.Batch, e *event.Event) []byte {
	if id := bytes.TrimSpace(b.Bytes(e.Prefix)); len(id) > 0 {
		dst = pairs.Append(dst, header, id)
	} else {
		dst = append(dst, noID...)
	}
	category := "log"
	if e.Action != event.ActionNone {
		category = e.Action.String()
	}
	dst = x.begin(dst, b, e, category)
	dst = appendEnds(dst, b, e)
	if e.Is(event.HasIP) {
		dst = attribute.Number(dst, "\tsrcBytes=", uint64(e.Length))
	}
	dst = append(dst, "\tsrcPackets=1"...)
	if e.Is(event.HasPrefix) {
		dst = appendPrefix(dst, b.Bytes(e.Prefix))
	}
	dst = appendMessage(dst, b, e)
	return appendHeaders(dst, e)
}

// begin ends the header and appends what every event begins with. LEEF's times are written as SimpleDateFormat reads them.
func (x *encoder) begin(dst []byte, b *event.Batch, e *event.Event, category string) []byte {
	dst = append(dst, "|x09|cat="...)
	dst = append(dst, category...)
	dst = append(dst, "\tdevTime="...)
	dst = x.clock.AppendMicro(dst, e.Time)
	dst = append(dst[:len(dst)-len("000Z")], "+0000\tdevTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ\tsev="...)
	dst = append(dst, pairs.Severity(e.Action))
	return append(dst, x.hosts.Text(b.Origins[e.Origin])...)
}

func appendPrefix(dst, prefix []byte) []byte {
	if name := rule.Parse(prefix).Name; len(name) > 0 {
		dst = attribute.Bytes(dst, "\tpolicy=", name)
	}
	return attribute.Bytes(dst, "\tprefix=", prefix)
}

// appendDevice appends an interface's name, or its index where that is all there is.
func appendDevice(dst []byte, key string, b *event.Batch, name event.Span, index uint32) []byte {
	if name.Len > 0 {
		return attribute.Bytes(dst, key, b.Bytes(name))
	}
	return attribute.Number(dst, key, uint64(index))
}

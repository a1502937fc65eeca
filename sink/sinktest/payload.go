// Package sinktest holds the conformance suite that every sink passes for exactly what it promises, and the means to
// make loads by hand.
package sinktest

import (
	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
)

// Record is one record of a load made by hand.
type Record struct {
	Text  string
	Route string
	Key   string
	ID    string
	Time  int64 // nanoseconds since 1970
}

// Payload encodes records as lines, each with its newline, on a delivery that may be nil.
func Payload(records []Record, d *event.Delivery) *encode.Payload {
	body := encode.NewBody()
	defer body.Release()
	body.Codec = &encode.Codec{Name: "json", Framing: encode.Line}
	for i, r := range records {
		body.Bytes = append(append(body.Bytes, r.Text...), '\n')
		body.Records = append(body.Records, encode.Record{End: uint32(len(body.Bytes)), Event: uint32(i), Time: r.Time})
	}
	p := encode.View(body, 0, len(records))
	p.Delivery = d
	label(p, records)
	return p
}

func label(p *encode.Payload, records []Record) {
	routes := map[string]uint32{}
	for _, r := range records {
		n, ok := routes[r.Route]
		if !ok {
			n = uint32(len(p.Routes))
			routes[r.Route] = n
			p.Routes = append(p.Routes, r.Route)
		}
		l := encode.Label{Route: n}
		l.Key = appendSpan(p, r.Key)
		l.ID = appendSpan(p, r.ID)
		p.Labels = append(p.Labels, l)
	}
}

func appendSpan(p *encode.Payload, s string) event.Span {
	at := event.Span{Off: uint32(len(p.Labeled)), Len: uint32(len(s))}
	p.Labeled = append(p.Labeled, s...)
	return at
}

// Load is a load of payloads, each of some records.
func Load(payloads ...[]Record) *sink.Load {
	var all []*encode.Payload
	for _, records := range payloads {
		all = append(all, Payload(records, nil))
	}
	return sink.NewLoad(all)
}

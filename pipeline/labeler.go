package pipeline

import (
	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
	"nflogship/sink/route"
)

// labeler fills in what a sink needs to know of each record beyond its bytes. It belongs to one lane.
type labeler struct {
	table  *route.Table // nil where every record goes the same way
	routes map[string]uint32
	key    []event.Field
	ids    bool
	counts *event.SinkCounts
}

// newLabeler returns nil for a sink that needs nothing.
func newLabeler(s *sink.Sink, counts *event.SinkCounts) *labeler {
	if s.Route == nil && s.Key == nil && !s.IDs {
		return nil
	}
	l := &labeler{key: s.Key, ids: s.IDs, counts: counts, routes: make(map[string]uint32)}
	if s.Route != nil {
		l.table = route.NewTable(s.Route, s.MaxRoutes)
	}
	return l
}

func (l *labeler) label(p *encode.Payload, b *event.Batch) {
	p.Labels = make([]encode.Label, p.Len())
	clear(l.routes)
	others := 0
	for i := range p.Labels {
		e := &b.Events[p.Body.Records[p.From+i].Event]
		at := &p.Labels[i]
		if l.table != nil {
			name, known := l.table.Route(b, e)
			if !known {
				others++
			}
			at.Route = l.routeNumber(p, name)
		}
		if l.key != nil {
			at.Key = l.appendKey(p, b, e)
		}
		if l.ids {
			from := len(p.Labeled)
			p.Labeled = event.AppendID(p.Labeled, b, e)
			at.ID = span(from, len(p.Labeled))
		}
	}
	l.counts.OtherRoute.Add(uint64(others))
}

// routeNumber is the route's index in p.Routes, where it is added at need.
func (l *labeler) routeNumber(p *encode.Payload, name string) uint32 {
	if n := len(p.Routes); n > 0 && p.Routes[n-1] == name {
		return uint32(n - 1)
	}
	n, ok := l.routes[name]
	if !ok {
		n = uint32(len(p.Routes))
		p.Routes = append(p.Routes, name)
		l.routes[name] = n
	}
	return n
}

// appendKey appends the values of the key's fields, joined by tabs; an event that has none of them gets no key.
func (l *labeler) appendKey(p *encode.Payload, b *event.Batch, e *event.Event) event.Span {
	from, some := len(p.Labeled), false
	for i, f := range l.key {
		if i > 0 {
			p.Labeled = append(p.Labeled, '\t')
		}
		var ok bool
		p.Labeled, ok = event.AppendField(p.Labeled, b, e, f)
		some = some || ok
	}
	if !some {
		p.Labeled = p.Labeled[:from]
	}
	return span(from, len(p.Labeled))
}

func span(from, to int) event.Span { return event.Span{Off: uint32(from), Len: uint32(to - from)} }

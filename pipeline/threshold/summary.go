package threshold

import "nflogship/event"

// summarise makes the summary event of a window, when anything was held back in it.
func (s *Stage) summarise(t *clocked, n uint32) {
	w := t.at(n)
	if w.suppressed == 0 {
		return
	}
	b, origin := s.out, s.origins[w.origin]
	e := event.Event{Kind: event.Summarised, Time: s.closing(w, t.now), Origin: b.AddOrigin(origin), Record: s.made}
	s.made++
	sum := event.Summary{
		Reason: "threshold", Stage: s.deps.Name,
		Suppressed: w.suppressed, Bytes: w.bytes, First: w.first, Last: w.last,
	}
	restoreKey(t.key(n), &s.cfg.Track, b, &e, &sum)
	b.Summaries = append(b.Summaries, sum)
	e.Aux = uint32(len(b.Summaries))
	s.kept = append(s.kept, e)
}

// closing is a summary's time: the window's end, or now where the input ended sooner.
func (s *Stage) closing(w *entry, now int64) int64 {
	if s.over(w, now) {
		return w.began + s.window
	}
	return max(now, w.last)
}

// originCache remembers the last answer of originOf: a batch's events nearly always share one.
type originCache struct {
	of *event.Origin
	at uint16
}

// originOf is the number of the origin that summaries of this event's source have.
func (s *Stage) originOf(b *event.Batch, e *event.Event, c *originCache) uint16 {
	from := b.Origins[e.Origin]
	if from == c.of {
		return c.at
	}
	c.of, c.at = from, s.addOrigin(from)
	return c.at
}

func (s *Stage) addOrigin(from *event.Origin) uint16 {
	for i, o := range s.origins {
		if o.Source == from.Source && o.Host == from.Host && o.Live == from.Live {
			return uint16(i)
		}
	}
	id := from.Host + "/" + s.life + "/" + s.deps.Name
	s.origins = append(s.origins, &event.Origin{Host: from.Host, Source: from.Source, ID: id, Live: from.Live})
	return uint16(len(s.origins) - 1)
}

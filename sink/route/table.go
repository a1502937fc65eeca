package route

import (
	"time"

	"nflogship/event"
)

// idle is how long a route goes unused before its place may be given to another: a path with a date in it moves on every day.
const idle = int64(time.Hour)

// Table knows the distinct routes in use, at most max of them; whatever comes beyond shares the template's stand-in.
// A Table is used by one goroutine at a time.
type Table struct {
	template *Template
	max      int
	known    map[string]*entry
	other    string
	scratch  []byte
	swept    int64 // when idle routes were last looked for
}

type entry struct {
	route string
	used  int64
}

// NewTable bounds a template's results.
func NewTable(t *Template, max int) *Table {
	return &Table{template: t, max: max, known: make(map[string]*entry), other: string(t.AppendOther(nil))}
}

// Route returns the event's route, and false when it is the stand-in because the bound is reached.
func (t *Table) Route(b *event.Batch, e *event.Event) (string, bool) {
	t.scratch = t.template.Append(t.scratch[:0], b, e)
	if k, ok := t.known[string(t.scratch)]; ok {
		k.used = b.Received
		return k.route, true
	}
	if len(t.known) >= t.max && !t.sweep(b.Received) {
		return t.other, false
	}
	s := string(t.scratch)
	t.known[s] = &entry{s, b.Received}
	return s, true
}

// sweep forgets the idle routes, at most once a minute, and reports whether there is room now.
func (t *Table) sweep(now int64) bool {
	if now-t.swept < int64(time.Minute) {
		return false
	}
	t.swept = now
	for s, k := range t.known {
		if now-k.used > idle {
			delete(t.known, s)
		}
	}
	return len(t.known) < t.max
}

package route

import (
	"nflogship/event"
)

// Table gives each distinct route a number, at most max of them; the rest share the template's stand-in.
// A Table is used by one goroutine at a time.
type Table struct {
	template *Template
	max      int
	known    map[string]string
	other    string
	scratch  []byte
}

// NewTable bounds a template's results.
func NewTable(t *Template, max int) *Table {
	return &Table{template: t, max: max, known: make(map[string]string), other: string(t.AppendOther(nil))}
}

// Route returns the event's route, and false when it is the stand-in because the bound is reached.
func (t *Table) Route(b *event.Batch, e *event.Event) (string, bool) {
	t.scratch = t.template.Append(t.scratch[:0], b, e)
	if s, ok := t.known[string(t.scratch)]; ok {
		return s, true
	}
	if len(t.known) >= t.max {
		return t.other, false
	}
	s := string(t.scratch)
	t.known[s] = s
	return s, true
}

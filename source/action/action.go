// Package action tells from a rule's prefix what the rule did with the packet: the packet itself does not say.
package action

import (
	"bytes"

	"nflogship/event"
)

// Words are those that mean an action where they stand in a prefix.
type Words struct{ Drop, Allow, Reject []string }

// DefaultWords are what firewalls and the people who write their rules put into prefixes.
func DefaultWords() Words {
	return Words{
		Drop:   []string{"DROP", "DROPPED", "BLOCK", "BLOCKED", "DENY", "DENIED"},
		Allow:  []string{"ACCEPT", "ACCEPTED", "ALLOW", "ALLOWED", "PASS", "PASSED"},
		Reject: []string{"REJECT", "REJECTED"},
	}
}

// Rules give every event of a source its action. They are used by one goroutine at a time.
type Rules struct {
	Always event.Action            // for every event; ActionNone: go on with what follows
	Groups map[uint16]event.Action // for the events of a group
	Guess  bool                    // the configuration does not ask for actions: they are for the schemas that must have one
	words  []word
	last   []byte // the prefix seen last, and what it means: neighbours nearly always share one
	means  event.Action
}

type word struct {
	text  []byte // in upper case
	means event.Action
}

// New makes rules of words. Where several stand in a prefix, reject goes before drop, and drop before allow.
func New(w Words) *Rules {
	r := &Rules{}
	for _, set := range []struct {
		words []string
		means event.Action
	}{{w.Reject, event.ActionReject}, {w.Drop, event.ActionDrop}, {w.Allow, event.ActionAllow}} {
		for _, text := range set.words {
			r.words = append(r.words, word{bytes.ToUpper([]byte(text)), set.means})
		}
	}
	return r
}

// Apply sets the action of every event of the batch.
func (r *Rules) Apply(b *event.Batch) {
	for i := range b.Events {
		e := &b.Events[i]
		e.Action = r.of(b, e)
		if r.Guess {
			e.Has |= event.ActionGuessed
		}
	}
}

func (r *Rules) of(b *event.Batch, e *event.Event) event.Action {
	if r.Always != event.ActionNone {
		return r.Always
	}
	if a, ok := r.Groups[e.Group]; ok && e.Is(event.HasGroup) {
		return a
	}
	if len(r.words) == 0 || !e.Is(event.HasPrefix) {
		return event.ActionNone
	}
	if prefix := b.Bytes(e.Prefix); !bytes.Equal(prefix, r.last) || r.last == nil {
		r.last = append(r.last[:0], prefix...)
		r.means = r.read(prefix)
	}
	return r.means
}

// read looks for the words in a prefix, whatever their case. A word counts where no letter stands beside it: BLOCK stands
// in SMTP25BLOCK and WAN-BLOCK, not in UNBLOCKED.
func (r *Rules) read(prefix []byte) event.Action {
	upper := bytes.ToUpper(prefix)
	for _, w := range r.words {
		for from := 0; ; {
			at := bytes.Index(upper[from:], w.text)
			if at < 0 {
				break
			}
			at += from
			if !letterAt(upper, at-1) && !letterAt(upper, at+len(w.text)) {
				return w.means
			}
			from = at + 1
		}
	}
	return event.ActionNone
}

func letterAt(s []byte, i int) bool {
	return i >= 0 && i < len(s) && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 0x80)
}

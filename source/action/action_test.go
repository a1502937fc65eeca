package action

import (
	"testing"

	"nflogship/event"
)

func one(prefix string) *event.Batch {
	b := (&event.Pool{}).Get()
	b.Events = []event.Event{{Has: event.HasPrefix | event.HasGroup, Group: 7, Prefix: b.AppendString(prefix)}}
	return b
}

func TestPrefixes(t *testing.T) {
	r := New(DefaultWords())
	for prefix, want := range map[string]event.Action{
		"SMTP25BLOCK ":     event.ActionDrop,
		"WAN_IN-42-DROP ":  event.ActionDrop,
		"[UFW BLOCK] ":     event.ActionDrop,
		"[UFW ALLOW] ":     event.ActionAllow,
		"FINAL_REJECT: ":   event.ActionReject,
		"lan-accept":       event.ActionAllow,
		"DROP":             event.ActionDrop,
		"REJECT or DROP":   event.ActionReject,
		"ALLOW then DROP ": event.ActionDrop,
		"UNBLOCKED ":       event.ActionNone,
		"BACKDROP ":        event.ActionNone,
		"BYPASS ":          event.ActionNone,
		"BYPASS PASS":      event.ActionAllow,
		"xDROP DROP":       event.ActionDrop,
		"":                 event.ActionNone,
		"\xffDROP\x00":     event.ActionNone,
	} {
		b := one(prefix)
		r.Apply(b)
		if got := b.Events[0].Action; got != want {
			t.Errorf("%q means %q, want %q", prefix, got, want)
		}
	}
}

func TestOwnWordsGroupsAndAlways(t *testing.T) {
	b := one("tchuss ")
	r := New(Words{Drop: []string{"Tchuss"}})
	if r.Apply(b); b.Events[0].Action != event.ActionDrop {
		t.Error("an own word, in another case, is not found")
	}
	r.Groups = map[uint16]event.Action{7: event.ActionAllow}
	if r.Apply(b); b.Events[0].Action != event.ActionAllow {
		t.Error("a group's action does not go before the words")
	}
	r.Always = event.ActionReject
	if r.Apply(b); b.Events[0].Action != event.ActionReject {
		t.Error("the source's action does not go before all else")
	}
}

func TestAGuessIsMarkedAndNoFieldOfTheEvent(t *testing.T) {
	b, r := one("WAN-DROP "), New(DefaultWords())
	r.Guess = true
	r.Apply(b)
	e := &b.Events[0]
	if text, ok := event.AppendField(nil, b, e, event.FieldAction); e.Action != event.ActionDrop || e.SaidAction() != event.ActionNone || ok {
		t.Errorf("action %q, said %q, as a field %q", e.Action, e.SaidAction(), text)
	}
}

func TestApplyDoesNotAllocate(t *testing.T) {
	b, r := one("WAN_IN-42-DROP "), New(DefaultWords())
	r.Apply(b)
	if n := testing.AllocsPerRun(100, func() { r.Apply(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

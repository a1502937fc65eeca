package route

import (
	"strings"
	"testing"
	"testing/quick"

	"nflogship/event"
)

func one(prefix string) (*event.Batch, *event.Event) {
	b := (&event.Pool{}).Get()
	b.Events = []event.Event{{
		Origin: b.AddOrigin(&event.Origin{Host: "fw1.example", Source: "edge"}), Time: 1795341600_123456789,
		Has: event.HasPrefix | event.HasGroup, Group: 7, Prefix: b.AppendString(prefix),
	}}
	return b, &b.Events[0]
}

func TestTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"firewall.{group}":                 "firewall.7",
		"fw.{host}.{prefix}":               "fw.fw1_example.WAN-DROP",
		"{time:%Y-%m-%d}":                  "2026-11-22",
		"{time:%Y-%m-%dT%H}/%{time:%%j%j}": "2026-11-22T10/%%j326",
		"{{x}}-{source}":                   "{x}-edge",
		"a.{mark}":                         "a.none",
	} {
		tmpl, err := Parse(text, Subject)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		b, e := one(" WAN-DROP ")
		if got := string(tmpl.Append(nil, b, e)); got != want {
			t.Errorf("%s gives %s, want %s", text, got, want)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, text := range []string{"", "{", "a}", "{nonsense}", "{time:}", "{time:%Q}", "{time:%}", "{time:%Y/%m}", "{group"} {
		if _, err := Parse(text, Path); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// Whatever a packet holds: the result has the template's separators and no other, no wildcard, and nothing hidden.
func TestValuesAreSafe(t *testing.T) {
	places := map[string]struct {
		safe  Safe
		never string
	}{
		"topic": {Topic, "./\\ \x00\n*>"}, "subject": {Subject, ".*> \t\r\n\x00"}, "path": {Path, "/\x00\n"},
	}
	for name, place := range places {
		tmpl, err := Parse("{prefix}", place.safe)
		if err != nil {
			t.Fatal(err)
		}
		check := func(prefix string) bool {
			b, e := one(prefix)
			got := string(tmpl.Append(nil, b, e))
			hidden := strings.HasPrefix(got, ".") || strings.HasSuffix(got, ".") || strings.Contains(got, "..")
			return got != "" && len(got) <= maxValue && !strings.ContainsAny(got, place.never) && !hidden
		}
		for _, prefix := range []string{"..", "../x", "a.b.*.>", "\x00", "\xff\xfe", "é", strings.Repeat("x", 500), " ", ""} {
			if !check(prefix) {
				t.Errorf("%s: %q is not made safe", name, prefix)
			}
		}
		if err := quick.Check(check, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostMakesConstant(t *testing.T) {
	tmpl, err := Parse("/var/log/{host}/events.json", Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := tmpl.Host("../up").Constant(); !ok || got != "/var/log/___up/events.json" {
		t.Errorf("%q, %v", got, ok)
	}
}

func TestTableIsBounded(t *testing.T) {
	tmpl, err := Parse("fw.{prefix}", Topic)
	if err != nil {
		t.Fatal(err)
	}
	table := NewTable(tmpl, 2)
	var got []string
	for _, prefix := range []string{"a", "b", "c", "a", "d"} {
		b, e := one(prefix)
		route, _ := table.Route(b, e)
		got = append(got, route)
	}
	if s := strings.Join(got, " "); s != "fw.a fw.b fw.other fw.a fw.other" {
		t.Errorf("routes %s", s)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	tmpl, err := Parse("fw.{host}.{prefix}.{time:%Y-%m-%d}", Subject)
	if err != nil {
		t.Fatal(err)
	}
	b, e := one("WAN DROP ")
	table := NewTable(tmpl, 10)
	table.Route(b, e)
	if n := testing.AllocsPerRun(100, func() { table.Route(b, e) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

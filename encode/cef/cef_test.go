package cef

import (
	"flag"
	"os"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"
	"nflogship/internal/testenv"
)

var update = flag.Bool("update", false, "write the golden files anew")

func codec(t testing.TB, own map[string]string) *encode.Codec {
	t.Helper()
	c, err := New(DefaultConfig(), own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExample(t *testing.T) {
	got := encodetest.Line(t, codec(t, nil), encodetest.Example())
	encodetest.Golden(t, "testdata/example.cef", []byte(got+"\n"), *update)
	want, err := os.ReadFile(testenv.Shared(t, "reference/examples/cef.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestGolden(t *testing.T) {
	encodetest.Golden(t, "testdata/events.cef", encodetest.Lines(codec(t, map[string]string{"cat": "firewall", "siteName": "a=b"}), encodetest.Cases()), *update)
}

func TestCaptured(t *testing.T) {
	b := encodetest.NFLOG(t, "golden/ulogd/nflog239.pcap", map[uint32]string{3: "veth0"})
	var cases []encodetest.Case
	for _, e := range b.Events {
		one := &event.Batch{}
		one.AppendEvent(b, &e)
		cases = append(cases, encodetest.Case{Batch: one})
	}
	encodetest.Golden(t, "testdata/captured.cef", encodetest.Lines(codec(t, nil), cases), *update)
}

func TestHeader(t *testing.T) {
	for name, c := range map[string]struct {
		prefix string
		action event.Action
		want   string
	}{
		"dropped":                  {"DROP ", event.ActionDrop, "DROP|Packet dropped|3|"},
		"rejected":                 {"R", event.ActionReject, "R|Packet rejected|3|"},
		"allowed":                  {"A", event.ActionAllow, "A|Packet allowed|1|"},
		"nothing tells":            {"L", event.ActionNone, "L|Packet logged|1|"},
		"no prefix":                {"", event.ActionDrop, "nflog|Packet dropped|3|"},
		"a blank prefix":           {" \t ", event.ActionDrop, "nflog|Packet dropped|3|"},
		"bars and backslashes":     {`a|b\c\|`, event.ActionDrop, `a\|b\\c\\\||Packet dropped|3|`},
		"equals need nothing here": {"IN=x", event.ActionDrop, "IN=x|Packet dropped|3|"},
		"line ends become text":    {"a\nb\rc", event.ActionDrop, `a\\x0ab\\x0dc|Packet dropped|3|`},
		"not UTF-8":                {"a\xffb", event.ActionDrop, "a\ufffdb|Packet dropped|3|"},
	} {
		t.Run(name, func(t *testing.T) {
			b := encodetest.TCP()
			b.Events[0].Prefix, b.Events[0].Action = b.AppendString(c.prefix), c.action
			if got := encodetest.Line(t, codec(t, nil), b); !strings.HasPrefix(got, "CEF:0|Netfilter|nflog|1.0|"+c.want+"rt=") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestDirection(t *testing.T) {
	for _, c := range []struct {
		family event.Family
		hook   event.Hook
		want   string
	}{
		{event.FamilyIPv4, 0, "0"}, {event.FamilyIPv4, 1, "0"}, {event.FamilyIPv6, 2, ""}, {event.FamilyIPv4, 3, "1"}, {event.FamilyIPv4, 4, "1"},
		{event.FamilyNetdev, 0, "0"}, {event.FamilyNetdev, 1, "1"}, {event.FamilyARP, 0, "0"}, {event.FamilyARP, 1, "1"}, {event.FamilyARP, 2, ""},
		{event.FamilyBridge, 2, ""}, {event.FamilyIPv4, 77, ""},
	} {
		b := encodetest.TCP()
		b.Events[0].Family, b.Events[0].Hook = c.family, c.hook
		if got := parse(t, encodetest.Line(t, codec(t, nil), b)).extension["deviceDirection"]; got != c.want {
			t.Errorf("%v hook %d: got %q, want %q", c.family, c.hook, got, c.want)
		}
	}
	b := encodetest.TCP()
	b.Events[0].Has &^= event.HasHook
	if got := encodetest.Line(t, codec(t, nil), b); strings.Contains(got, "deviceDirection") {
		t.Errorf("no hook tells: %s", got)
	}
}

func TestConfig(t *testing.T) {
	for settings, want := range map[string]string{
		"{}": "CEF:0|Netfilter|nflog|1.0|",
		"{vendor: ACME, product: 'Fire|wall', version: 'v\\2'}": `CEF:0|ACME|Fire\|wall|v\\2|`,
		"vendor: ''":                "",
		"product: " + long(64, 'x'): "",
	} {
		c := DefaultConfig()
		err := config.Decode(settings, &c)
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", settings, err)
		}
		if want == "" {
			continue
		}
		made, err := New(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := encodetest.Line(t, made, encodetest.TCP()); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s", settings, got)
		}
	}
}

func long(n int, c byte) string { return strings.Repeat(string(c), n) }

func TestOwnFields(t *testing.T) {
	for name, want := range map[string]string{
		"src": "a key of that name", "cs6Label": "a key of that name", "my_site": "letters and digits", "a b": "letters and digits",
		"a=": "letters and digits", "ü": "letters and digits", "": "needs a name", "cat": "", "dvc": "", "site2": "",
	} {
		_, err := New(DefaultConfig(), map[string]string{name: "x"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	got := encodetest.Line(t, codec(t, map[string]string{"b": "2=\n", "a": "1|"}), encodetest.TCP())
	if !strings.HasSuffix(got, ` a=1| b=2\=\n`) {
		t.Errorf("got %s", got)
	}
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	encodetest.NoAllocation(t, codec(t, map[string]string{"site": "ams1"}))
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, codec(b, nil)) }

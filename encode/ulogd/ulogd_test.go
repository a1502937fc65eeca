package ulogd

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

func codec(t testing.TB, cfg Config, own map[string]string) *encode.Codec {
	t.Helper()
	c, err := New(cfg, own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inUTC is a configuration whose output does not depend on this machine's zone.
func inUTC() Config {
	cfg := DefaultConfig()
	cfg.UTC = true
	return cfg
}

func TestGolden(t *testing.T) {
	cfg := inUTC()
	encodetest.Golden(t, "testdata/events.jsonl", encodetest.Lines(codec(t, cfg, nil), encodetest.Cases()), *update)
	cfg.BooleanLabel, cfg.Device = true, "fw-edge-07"
	example := []encodetest.Case{{Batch: encodetest.Example()}}
	encodetest.Golden(t, "testdata/example.json", encodetest.Lines(codec(t, cfg, nil), example), *update)
}

func TestLabel(t *testing.T) {
	const guessed event.Action = 1 << 7
	zero, two := uint8(0), uint8(2)
	for _, c := range []struct {
		name    string
		boolean bool
		numeric *uint8
		action  event.Action
		want    string
	}{
		{"nothing set", false, nil, event.ActionDrop, `"raw.label": 0,`},
		{"a number", false, &two, event.ActionDrop, `"raw.label": 2,`},
		{"dropped", true, nil, event.ActionDrop, `"action": "blocked"`},
		{"rejected", true, &two, event.ActionReject, `"action": "blocked"`},
		{"allowed", true, &zero, event.ActionAllow, `"action": "allowed"`},
		{"no action", true, nil, event.ActionNone, `"action": "allowed"`},
		{"no action, label 0", true, &zero, event.ActionNone, `"action": "blocked"`},
		{"no action, label 2", true, &two, event.ActionNone, `"action": "allowed"`},
		{"sounds dropped", true, nil, event.ActionDrop | guessed, `"action": "blocked"`},
		{"sounds dropped, label 2", true, &two, event.ActionDrop | guessed, `"action": "allowed"`},
	} {
		cfg := inUTC()
		cfg.BooleanLabel, cfg.NumericLabel = c.boolean, c.numeric
		b := encodetest.Example()
		b.Events[0].Action = c.action &^ guessed
		if c.action&guessed != 0 {
			b.Events[0].Has |= event.ActionGuessed
		}
		if got := encodetest.Line(t, codec(t, cfg, nil), b); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s in it", c.name, got, c.want)
		}
	}
}

func TestSummariesAreLeftOut(t *testing.T) {
	b := encodetest.Summary()
	if out, ok := codec(t, DefaultConfig(), nil).New().AppendEvent([]byte("before"), b, &b.Events[0]); ok || string(out) != "before" {
		t.Errorf("got %q, %v", out, ok)
	}
}

func TestOptions(t *testing.T) {
	cfg := DefaultConfig()
	settings := "{eventv1: true, utc: true, include: ['@timestamp', src_ip, oob.in], rename: {oob.in: in}, packet: base64}"
	if err := config.Decode(settings, &cfg); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Events[0].Packet.Len = 3
	got := encodetest.Line(t, codec(t, cfg, map[string]string{"site": "ams1"}), b)
	want := `{"@timestamp": "2026-08-22T10:15:30.123456+0000", "in": "eth0", "src_ip": "203.0.113.7", "packet": "RQAA", "site": "ams1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"numeric_label: 256":   "256",
		"exclude: [oob.prefx]": `did you mean "oob.prefix"?`,
		"boolean_lable: true":  `did you mean "boolean_label"?`,
		"device: ''":           "device",
	} {
		cfg := DefaultConfig()
		if err := config.Decode(settings, &cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want one that says %s", settings, err, want)
		}
	}
	if _, err := New(DefaultConfig(), map[string]string{"src_ip": "x"}); err == nil || !strings.Contains(err.Error(), "src_ip") {
		t.Errorf("own field src_ip: %v", err)
	}
}

// TestAnyEvent prints one object of known keys in their order, whatever the event holds.
func TestAnyEvent(t *testing.T) {
	cfg := inUTC()
	x := codec(t, cfg, nil).New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			line, ok := x.AppendEvent([]byte("before "), b, e)
			if ok != (e.Kind == event.Packet) {
				t.Fatalf("a place: %v, for kind %d", ok, e.Kind)
			}
			if !ok {
				continue
			}
			line = bytes.TrimPrefix(line, []byte("before "))
			encodetest.Ordered(t, line, format.Keys)
			checkNames(t, encodetest.Parse(t, line), b, e)
		}
	})
}

// checkNames holds the texts that come from outside against what encoding/json reads back.
func checkNames(t *rapid.T, got map[string]any, b *event.Batch, e *event.Event) {
	valid := func(s event.Span) string { return string([]rune(string(b.Bytes(s)))) }
	if got["oob.in"] != valid(e.In) || got["oob.out"] != valid(e.Out) {
		t.Fatalf("interfaces %v and %v, want %q and %q", got["oob.in"], got["oob.out"], valid(e.In), valid(e.Out))
	}
	if e.Is(event.HasPrefix) && got["oob.prefix"] != valid(e.Prefix) {
		t.Fatalf("prefix %v, want %q", got["oob.prefix"], valid(e.Prefix))
	}
}

func TestNoAllocation(t *testing.T) {
	example := encodetest.Case{Name: "example", Batch: encodetest.Example()}
	encodetest.NoAllocation(t, codec(t, DefaultConfig(), nil), example)
	encodetest.NoAllocation(t, codec(t, Config{Exclude: []string{"dvc"}, Packet: "hex"}, map[string]string{"site": "ams1"}), example)
}

func BenchmarkUlogd(b *testing.B) { encodetest.Bench(b, codec(b, DefaultConfig(), nil)) }

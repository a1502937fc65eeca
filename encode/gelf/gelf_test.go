package gelf

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
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

func TestGolden(t *testing.T) {
	c := codec(t, DefaultConfig(), nil)
	encodetest.Golden(t, "testdata/events.jsonl", encodetest.Lines(c, encodetest.Cases()), *update)
	example := []encodetest.Case{{Batch: encodetest.Example()}}
	encodetest.Golden(t, "testdata/example.json", encodetest.Lines(c, example), *update)
}

func TestShortMessage(t *testing.T) {
	for _, c := range []struct {
		name  string
		batch *event.Batch
		want  string
	}{
		{"tcp", encodetest.Example(), `"short_message":"WAN_IN-42-DROP tcp 203.0.113.7:51544 -> 192.0.2.10:22","timestamp":1787393730.123456,"level":4,`},
		{"tcp6", encodetest.TCP6(), `"WAN_IN-42-DROP tcp [2001:db8:4531:ad9d::9]:51544 -> [fd77::1]:22"`},
		{"hostile prefix", encodetest.HostilePrefix(), `"short_message":"a\"b\\c\u000ad` + "\ufffd" + `e\u2028f` + "\x7f" + `","timestamp":`},
		{"nothing", &event.Batch{Origins: []*event.Origin{{}}, Events: make([]event.Event, 1)}, `"host":"unknown","short_message":"packet","timestamp":0.000000,"level":6}`},
		{"summary", encodetest.Summary(), `"short_message":"187 packets suppressed: threshold quiet"`},
		{"summary of the rest", encodetest.Rest(), `"short_message":"187 packets suppressed: overload"`},
	} {
		if got := encodetest.Line(t, codec(t, DefaultConfig(), nil), c.batch); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s in it", c.name, got, c.want)
		}
	}
}

func TestOptions(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{include: [_src, _dst], rename: {_src: _source_ip, _dst: _destination_ip}, packet: hex}", &cfg); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Events[0].Packet.Len = 2
	got := encodetest.Line(t, codec(t, cfg, map[string]string{"site": "ams1"}), b)
	want := `{"version":"1.1","host":"fw-edge-07","short_message":"WAN_IN-42-DROP tcp 203.0.113.7:51544 -> 192.0.2.10:22",` +
		`"timestamp":1787393730.123456,"level":4,"_source_ip":"203.0.113.7","_destination_ip":"192.0.2.10","_packet":"4500","_site":"ams1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"exclude: [host]":                "none without it",
		"exclude: [src]":                 `did you mean "_src"?`,
		"rename: {_src: source_ip}":      "an underscore",
		"rename: {_ip_id: _id}":          "a meaning of its own",
		"rename: {_log_source: _source}": "a meaning of its own",
	} {
		cfg := DefaultConfig()
		if err := config.Decode(settings, &cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want one that says %s", settings, err, want)
		}
	}
	for _, name := range []string{"id", "src", "two words", "", "source"} {
		if _, err := New(DefaultConfig(), map[string]string{name: "x"}); err == nil {
			t.Errorf("own field %q is accepted", name)
		}
	}
}

var fieldName = regexp.MustCompile(`^_[\w.-]+$`)

// TestAnyEvent holds whatever an event may be to the specification.
func TestAnyEvent(t *testing.T) {
	x := codec(t, DefaultConfig(), map[string]string{"site": "ams1"}).New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			line, ok := x.AppendEvent([]byte("before "), b, e)
			if !ok {
				t.Fatalf("no place for %+v", *e)
			}
			line = bytes.TrimPrefix(line, []byte("before "))
			if e.Kind == event.Packet {
				encodetest.Ordered(t, line, append(slices.Clone(format.Keys), "_site"))
			}
			checkMessage(t, line, b, e)
		}
	})
}

func checkMessage(t *rapid.T, line []byte, b *event.Batch, e *event.Event) {
	for _, m := range encodetest.Members(t, line) {
		if !slices.Contains(required, m.Key) && (!fieldName.MatchString(m.Key) || m.Key == "_id") {
			t.Fatalf("field %q in %s", m.Key, line)
		}
		if !slices.Contains(format.Keys, m.Key) && m.Key != "_site" {
			t.Fatalf("field %q cannot be chosen", m.Key)
		}
		if m.Value[0] == '{' || m.Value[0] == '[' || m.Value == "true" || m.Value == "null" {
			t.Fatalf("%s is %s: neither a string nor a number", m.Key, m.Value)
		}
	}
	got := encodetest.Parse(t, line)
	if got["version"] != "1.1" || got["host"] == "" || got["short_message"] == "" {
		t.Fatalf("version %v, host %v, short_message %v", got["version"], got["host"], got["short_message"])
	}
	seconds, err := got["timestamp"].(json.Number).Float64()
	if err != nil || math.Abs(seconds-float64(e.Time)/1e9) > 1e-5 {
		t.Fatalf("timestamp %v for %d", got["timestamp"], e.Time)
	}
	if level := fmt.Sprint(got["level"]); level != "4" && level != "6" {
		t.Fatalf("level %s", level)
	}
	if e.Kind == event.Packet && e.Is(event.HasPrefix) && got["_prefix"] != string([]rune(string(b.Bytes(e.Prefix)))) {
		t.Fatalf("prefix %q, want %q", got["_prefix"], b.Bytes(e.Prefix))
	}
}

func TestNoAllocation(t *testing.T) {
	example := encodetest.Case{Name: "example", Batch: encodetest.Example()}
	encodetest.NoAllocation(t, codec(t, DefaultConfig(), nil), example)
	encodetest.NoAllocation(t, codec(t, Config{Exclude: []string{"_seq"}, Packet: "hex"}, map[string]string{"site": "ams1"}), example)
}

func BenchmarkGELF(b *testing.B) { encodetest.Bench(b, codec(b, DefaultConfig(), nil)) }

package sd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	formatjson "nflogship/encode/json"
	"nflogship/event"

	"github.com/leodido/go-syslog/v4/rfc5424"
	"pgregory.net/rapid"
)

// parse has a library that knows nothing of us read the element in a message.
func parse(t encodetest.T, element string) map[string]string {
	t.Helper()
	m, err := rfc5424.NewParser().Parse([]byte("<134>1 2026-11-22T10:00:00Z h a - - " + element))
	if err != nil {
		t.Fatalf("%v: %q", err, element)
	}
	data := m.(*rfc5424.SyslogMessage).StructuredData
	if data == nil || len(*data) != 1 || (*data)["nflog@32473"] == nil {
		t.Fatalf("elements %v in %q", data, element)
	}
	if text := m.(*rfc5424.SyslogMessage).Message; text != nil {
		t.Fatalf("a message %q behind %q", *text, element)
	}
	return (*data)["nflog@32473"]
}

// TestAnyEvent holds every parameter against the JSON event, which has tests of its own: the same names, the same values.
func TestAnyEvent(t *testing.T) {
	own := map[string]string{"site": "a\"b]c\\d=\n"}
	x := codec(t, own).New()
	j, err := formatjson.New(formatjson.DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	reference := j.New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			element, ok := x.AppendEvent([]byte("before"), b, e)
			if !ok || string(element[:6]) != "before" {
				t.Fatalf("%v, %q", ok, element)
			}
			element = element[6:]
			encodetest.OneLine(t, element)
			got := parse(t, string(element))
			line, _ := reference.AppendEvent(nil, b, e)
			want := flat(t, line)
			if e.Kind == event.Summarised {
				want = summary(b, e, want)
			}
			want["site"] = text("a\"b]c\\d=\n")
			if !maps.Equal(got, want) {
				t.Fatalf("%s\n got %q\nwant %q", element, got, want)
			}
			for key := range got {
				if key != "site" && !slices.Contains(keys, key) {
					t.Fatalf("key %q is not among those of the format", key)
				}
			}
			if n := bytes.Count(element, []byte(`="`)); n < len(got) {
				t.Fatalf("%d parameters in %q", n, element)
			}
		}
	})
}

// groups are what the JSON event's inner objects become.
var groups = map[string]string{"frag": "frag_", "tcp": "tcp_", "udp": "udp_", "icmp": "icmp_", "inner": "inner_", "arp": "arp_", "conntrack": "ct_"}

// flat reads a JSON event as parameters.
func flat(t encodetest.T, line []byte) map[string]string {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var o map[string]any
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	delete(o, "time")
	delete(o, "host")
	got := map[string]string{}
	flatten(got, "", o)
	return got
}

func flatten(to map[string]string, prefix string, o map[string]any) {
	for key, v := range o {
		if inner, is := v.(map[string]any); is && key != "key" {
			flatten(to, groups[key], inner)
			continue
		}
		to[prefix+key] = text(fmt.Sprint(v))
	}
}

// summary is what a summary's parameters are: the key's fields beside the rest.
func summary(b *event.Batch, e *event.Event, from map[string]string) map[string]string {
	s := b.Summaries[e.Aux-1]
	from["first"], from["last"], from["key"] = millis(s.First), millis(s.Last), "other"
	if s.Other {
		return from
	}
	var all []string
	for _, f := range s.Key[:s.Keys] {
		v, has := event.AppendField(nil, b, e, f)
		all = append(all, f.String()+"="+string([]rune(string(v))))
		if has && f != event.FieldSource {
			from[f.String()] = text(string([]rune(string(v))))
		}
	}
	from["key"] = text(strings.Join(all, ", "))
	return from
}

// text is a value as it comes out: control characters as text.
func text(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r > 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func millis(ns int64) string {
	return fmt.Sprint(time.Unix(0, ns).UnixMilli())
}

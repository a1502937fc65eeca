// Package siem holds the tests that what users already run reads our lines: SIEMs, intrusion detection, log shippers. What
// they do with a line is written here in our words, from the rules that they publish; each file names its rule, and docs/SIEM.md
// says how to connect the two. Only grok patterns are run as published: go-grok has Logstash's.
package siem

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"nflogship/encode"
	"nflogship/encode/cef"
	"nflogship/encode/ecs"
	"nflogship/encode/encodetest"
	"nflogship/encode/kernel"
	"nflogship/encode/logemu"
	"nflogship/event"

	ourjson "nflogship/encode/json"
)

type object = map[string]any

// GA and ulogd are the captures of the reference data: 400 packets that came in by Ethernet, none usual; 55 of every day, in and out.
func captures(t *testing.T) map[string]*event.Batch {
	t.Helper()
	return map[string]*event.Batch{
		"GA":    encodetest.NFLOG(t, "golden/GA.nflog.pcap", map[uint32]string{2: "va"}),
		"ulogd": encodetest.NFLOG(t, "golden/ulogd/nflog239.pcap", map[uint32]string{3: "veth0"}),
	}
}

// prefixed gives all packets of a batch another prefix, and the action that it says.
func prefixed(b *event.Batch, prefix string, action event.Action) *event.Batch {
	for i := range b.Events {
		b.Events[i].Prefix, b.Events[i].Action = b.AppendString(prefix), action
		b.Events[i].Has |= event.HasPrefix
	}
	return b
}

func lines(t *testing.T, c *encode.Codec, b *event.Batch) (out []string) {
	t.Helper()
	x := c.New()
	for i := range b.Events {
		line, ok := x.AppendEvent(nil, b, &b.Events[i])
		if !ok {
			t.Fatalf("%s has no place for packet %d", c.Name, i)
		}
		out = append(out, string(line))
	}
	return out
}

func kernelLines(t *testing.T, b *event.Batch) []string {
	t.Helper()
	return lines(t, kernel.New(kernel.DefaultConfig()), b)
}

func logemuLines(t *testing.T, b *event.Batch) []string {
	t.Helper()
	c, err := logemu.New(logemu.DefaultConfig(), nil)
	return lines(t, built(t, c, err), b)
}

func cefLines(t *testing.T, b *event.Batch) []string {
	t.Helper()
	c, err := cef.New(cef.DefaultConfig(), nil)
	return lines(t, built(t, c, err), b)
}

func ecsDocuments(t *testing.T, b *event.Batch) []object {
	t.Helper()
	c, err := ecs.New(ecs.DefaultConfig(), nil)
	return objects(t, lines(t, built(t, c, err), b))
}

// events are the packets as format json has them: what a reader of a line should have found in it.
func events(t *testing.T, b *event.Batch) []object {
	t.Helper()
	c, err := ourjson.New(ourjson.DefaultConfig(), nil)
	return objects(t, lines(t, built(t, c, err), b))
}

func built(t *testing.T, c *encode.Codec, err error) *encode.Codec {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func objects(t *testing.T, lines []string) []object {
	t.Helper()
	out := make([]object, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &out[i]); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	return out
}

// at finds a field by its dotted name, nil where there is none.
func at(o object, field string) any {
	if v, ok := o[field]; ok {
		return v
	}
	first, rest, _ := strings.Cut(field, ".")
	inner, _ := o[first].(object)
	if inner == nil {
		return nil
	}
	return at(inner, rest)
}

// text is a field's value to compare: numbers without a fraction, lists sorted, addresses in their short form, "" for none.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", v)
	case string:
		if a, err := netip.ParseAddr(v); err == nil {
			return a.String()
		}
		return v
	case []any:
		var parts []string
		for _, part := range v {
			parts = append(parts, text(part))
		}
		slices.Sort(parts)
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v)
}

// same fails where a reader's fields differ from the event's, which have other names.
func same(t *testing.T, line string, got map[string]string, want object, names map[string]string) {
	t.Helper()
	for theirs, ours := range names {
		if g, w := text(got[theirs]), text(at(want, ours)); g != w {
			t.Errorf("%s is %q, the event's %s %q: %s", theirs, g, ours, w, line)
		}
	}
}

// showsPorts reports whether the kernel prints a packet's ports: not those of SCTP and DCCP.
func showsPorts(e object) bool {
	return e["proto"] == "tcp" || e["proto"] == "udp" || e["proto"] == "udplite"
}

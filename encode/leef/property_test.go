package leef

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

// parse reads a line as the guide to LEEF says: five fields that end in bars, the delimiter and its bar, then pairs. The
// texts that stand for characters are read back, and no other use of a backslash is accepted.
func parse(t encodetest.T, line string) (header []string, attributes map[string]string) {
	t.Helper()
	parts := strings.SplitN(line, "|", 7)
	if len(parts) != 7 || parts[0] != "LEEF:2.0" || parts[5] != "x09" {
		t.Fatalf("no LEEF header: %q", line)
	}
	for _, field := range parts[1:5] {
		header = append(header, unescape(t, field))
	}
	attributes = map[string]string{}
	for pair := range strings.SplitSeq(parts[6], "\t") {
		key, value, found := strings.Cut(pair, "=")
		if _, twice := attributes[key]; !found || twice || key == "" {
			t.Fatalf("pair %q in %q", pair, line)
		}
		attributes[key] = unescape(t, value)
	}
	return header, attributes
}

func unescape(t encodetest.T, s string) string {
	t.Helper()
	var out strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, `\`)
		out.WriteString(before)
		if !found {
			break
		}
		digits := map[byte]int{'x': 2, 'u': 4}[(after + " ")[0]]
		if digits == 0 || len(after) <= digits {
			t.Fatalf("backslash in %q", s)
		}
		r, err := strconv.ParseUint(after[1:1+digits], 16, 16)
		if err != nil {
			t.Fatalf("%v in %q", err, s)
		}
		out.WriteRune(rune(r))
		s = after[1+digits:]
	}
	return out.String()
}

// TestAnyEvent has what any event holds come back through the parser, to the byte where it is valid, on one line.
func TestAnyEvent(t *testing.T) {
	c := codec(t, map[string]string{"site": "a=b|c\\x09d\t\n"})
	x := c.New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			line, ok := x.AppendEvent([]byte("before"), b, e)
			if !ok || string(line[:6]) != "before" {
				t.Fatalf("%v, %q", ok, line)
			}
			line = line[6:]
			encodetest.OneLine(t, line)
			header, got := parse(t, string(line))
			want := expected(b, e)
			want["site"] = "a=b|c\\x09d\t\n"
			if !maps.Equal(got, want) {
				t.Fatalf("%q\n got %q\nwant %q", line, got, want)
			}
			if id := eventID(b, e); header[3] != id {
				t.Fatalf("%q is not %q", header[3], id)
			}
			for key := range got {
				if key != "site" && !slices.Contains(keys, key) {
					t.Fatalf("key %q is not among those of the format", key)
				}
			}
			for _, r := range string(line) {
				if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
					t.Fatalf("control character %q in %q", r, line)
				}
			}
		}
	})
}

func eventID(b *event.Batch, e *event.Event) string {
	if e.Kind == event.Summarised {
		return "summary-" + b.Summaries[e.Aux-1].Reason
	}
	if id := valid([]byte(strings.TrimSpace(string(b.Bytes(e.Prefix))))); id != "" {
		return id
	}
	return "nflog"
}

func valid(p []byte) string { return string([]rune(string(p))) }

// expected is what the attributes should hold.
func expected(b *event.Batch, e *event.Event) map[string]string {
	o := map[string]string{
		"devTime":       time.UnixMilli(millis(e.Time)).UTC().Format("2006-01-02T15:04:05.000-0700"),
		"devTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "cat": e.Action.String(),
		"sev": map[event.Action]string{0: "1", event.ActionAllow: "1", event.ActionDrop: "3", event.ActionReject: "3"}[e.Action],
	}
	if e.Action == event.ActionNone {
		o["cat"] = "log"
	}
	if host := b.Origins[e.Origin].Host; host != "" {
		o["host"] = valid([]byte(host))
	}
	if e.Kind == event.Summarised {
		expectSummary(o, b, e)
		return o
	}
	o["srcPackets"] = "1"
	expectEnds(o, b, e)
	for f, key := range names {
		if v, has := value(b, e, f); has {
			expectField(o, key, f, e, v)
		}
	}
	if e.Is(event.HasIP) {
		o["srcBytes"] = fmt.Sprint(e.Length)
	}
	if e.Is(event.HasTCP) {
		var flags []string
		for i, name := range strings.Fields("FIN SYN RST PSH ACK URG ECE CWR AE") {
			if e.TCPFlags>>i&1 == 1 {
				flags = append(flags, name)
			}
		}
		o["tcpFlags"] = strings.Join(flags, ",")
	}
	if e.Is(event.HasICMP) {
		o["icmpType"], o["icmpCode"] = fmt.Sprint(e.ICMPType), fmt.Sprint(e.ICMPCode)
	}
	if e.Is(event.Truncated) {
		o["truncated"] = "true"
	}
	if e.Malformed != 0 {
		o["malformed"] = e.Malformed.String()
	}
	return o
}

// names are the attributes that hold one field of the event each.
var names = map[event.Field]string{
	event.FieldSrc: "src", event.FieldDst: "dst", event.FieldSrcPort: "srcPort", event.FieldDstPort: "dstPort", event.FieldProto: "proto",
	event.FieldMACSrc: "srcMAC", event.FieldMACDst: "dstMAC", event.FieldHook: "hook", event.FieldIn: "in", event.FieldOut: "out",
	event.FieldPhysIn: "physin", event.FieldPhysOut: "physout", event.FieldSeq: "seq", event.FieldMark: "mark", event.FieldUID: "uid",
	event.FieldGID: "gid", event.FieldVLAN: "vlan", event.FieldTTL: "ttl", event.FieldTOS: "tos", event.FieldPrefix: "prefix",
}

func expectField(o map[string]string, key string, f event.Field, e *event.Event, v []byte) {
	switch f {
	case event.FieldPrefix:
		if rule := valid([]byte(strings.Trim(string(v), " \t:[]"))); rule != "" {
			o["policy"] = rule // drawn prefixes hold no number and action
		}
	case event.FieldProto:
		v = []byte(strings.ToUpper(string(v)))
	}
	o[key] = valid(v)
}

// value is a field's value as an attribute; what the ends are is expectEnds' matter.
func value(b *event.Batch, e *event.Event, f event.Field) ([]byte, bool) {
	switch f {
	case event.FieldSrc, event.FieldDst, event.FieldSrcPort, event.FieldDstPort, event.FieldMACSrc, event.FieldMACDst:
		return nil, false
	case event.FieldPrefix:
		return b.Bytes(e.Prefix), e.Is(event.HasPrefix)
	case event.FieldIn:
		return interfaceOf(b, e, event.HasIn, f)
	case event.FieldOut:
		return interfaceOf(b, e, event.HasOut, f)
	case event.FieldPhysIn:
		return interfaceOf(b, e, event.HasPhysIn, f)
	case event.FieldPhysOut:
		return interfaceOf(b, e, event.HasPhysOut, f)
	}
	return event.AppendField(nil, b, e, f)
}

func interfaceOf(b *event.Batch, e *event.Event, has event.Has, f event.Field) ([]byte, bool) {
	v, _ := event.AppendField(nil, b, e, f)
	return v, e.Is(has)
}

func expectEnds(o map[string]string, b *event.Batch, e *event.Event) {
	if e.Is(event.HasARP) {
		a := b.ARPs[e.Aux-1]
		o["proto"] = "ARP" // unless a drawn event has another
		if a.Plain {
			o["src"], o["dst"] = netip.AddrFrom4(a.Src).String(), netip.AddrFrom4(a.Dst).String()
			o["srcMAC"], o["dstMAC"] = net.HardwareAddr(a.MACSrc[:]).String(), net.HardwareAddr(a.MACDst[:]).String()
		}
		return
	}
	for _, f := range []event.Field{event.FieldSrc, event.FieldDst, event.FieldSrcPort, event.FieldDstPort, event.FieldMACSrc, event.FieldMACDst} {
		if v, has := event.AppendField(nil, b, e, f); has {
			o[names[f]] = string(v)
		}
	}
	if !e.Is(event.HasCT) {
		return
	}
	ct := b.Conntracks[e.CT-1]
	for has, c := range map[event.CTHas][2]string{
		event.CTHasNATSrc: {"srcPostNAT", addr(ct.NATSrc, ct.NATIPv6)}, event.CTHasNATSrcPort: {"srcPostNATPort", fmt.Sprint(ct.NATSrcPort)},
		event.CTHasNATDst: {"dstPostNAT", addr(ct.NATDst, ct.NATIPv6)}, event.CTHasNATDstPort: {"dstPostNATPort", fmt.Sprint(ct.NATDstPort)},
	} {
		if ct.Has&has != 0 {
			o[c[0]] = c[1]
		}
	}
}

func expectSummary(o map[string]string, b *event.Batch, e *event.Event) {
	s := b.Summaries[e.Aux-1]
	o["cat"], o["reason"], o["key"] = "summary", s.Reason, "other"
	o["srcBytes"], o["srcPackets"] = fmt.Sprint(s.Bytes), fmt.Sprint(s.Suppressed)
	o["first"], o["last"] = fmt.Sprint(millis(s.First)), fmt.Sprint(millis(s.Last))
	if s.Stage != "" {
		o["stage"] = valid([]byte(s.Stage))
	}
	if s.Other {
		return
	}
	var key []string
	for _, f := range s.Key[:s.Keys] {
		v, has := event.AppendField(nil, b, e, f)
		key = append(key, f.String()+"="+valid(v))
		if has && names[f] != "" {
			expectField(o, names[f], f, e, v)
		}
	}
	o["key"] = strings.Join(key, ", ")
}

func addr(a [16]byte, v6 bool) string {
	if v6 {
		return netip.AddrFrom16(a).String()
	}
	return netip.AddrFrom4([4]byte(a[:4])).String()
}

func millis(ns int64) int64 {
	if ns%1e6 < 0 {
		return ns/1e6 - 1
	}
	return ns / 1e6
}

package cef

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

// message is what a reader of the format has of a line.
type message struct {
	header    []string // after CEF:0
	extension map[string]string
}

// parse reads a line as the CEF implementation standard says, and accepts nothing that it does not define: in the header
// \\ and \|, in the extension \\, \=, \n and \r; a value goes on until the space before the next key.
func parse(t encodetest.T, line string) message {
	t.Helper()
	fail := func(what string) { t.Helper(); t.Fatalf("%s: %q", what, line) }
	rest, found := strings.CutPrefix(line, "CEF:0|")
	if !found {
		fail("no CEF")
	}
	m := message{extension: map[string]string{}}
	for range 6 {
		field, end := "", -1
		for i := 0; i < len(rest) && end < 0; i++ {
			switch {
			case rest[i] == '|':
				end = i
			case rest[i] == '\\':
				i++
				if i == len(rest) || rest[i] != '\\' && rest[i] != '|' {
					fail("escape that the header has not")
				}
				field += rest[i : i+1]
			default:
				field += rest[i : i+1]
			}
		}
		if end < 0 {
			fail("header too short")
		}
		m.header, rest = append(m.header, field), rest[end+1:]
	}
	for rest != "" {
		key, after, found := strings.Cut(rest, "=")
		if !found || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			fail("not a key: " + key)
		}
		if _, twice := m.extension[key]; twice {
			fail("key twice: " + key)
		}
		m.extension[key], rest = value(after, fail)
	}
	return m
}

// value reads a value, and returns what follows it: the next key.
func value(s string, fail func(string)) (v, rest string) {
	space := -1 // the last one, in s; before it v had length at
	at := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '=':
			if space < 0 {
				fail("an equals sign in a value")
			}
			return v[:at], s[space+1:]
		case ' ':
			space, at = i, len(v)
			v += " "
		case '\\':
			i++
			if i == len(s) || !strings.Contains(`\=nr`, s[i:i+1]) {
				fail("escape that the extension has not")
			}
			v += map[byte]string{'\\': `\`, '=': "=", 'n': "\n", 'r': "\r"}[s[i]]
		default:
			v += s[i : i+1]
		}
	}
	return v, ""
}

// TestAnyEvent has what any event holds come back through the parser, on one line.
func TestAnyEvent(t *testing.T) {
	c := codec(t, map[string]string{"site": "a=b c\\d\n"})
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
			m := parse(t, string(line))
			want := expected(b, e)
			want["site"] = "a=b c\\d\n"
			if !maps.Equal(m.extension, want) {
				t.Fatalf("%s\n got %v\nwant %v", line, m.extension, want)
			}
			if id := signature(b, e); m.header[3] != id {
				t.Fatalf("%q is not %q", m.header[3], id)
			}
			for key := range m.extension {
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

func signature(b *event.Batch, e *event.Event) string {
	if e.Kind == event.Summarised {
		return "summary-" + b.Summaries[e.Aux-1].Reason
	}
	id := clean(b.Bytes(e.Prefix))
	if id == "" {
		return "nflog"
	}
	return strings.NewReplacer("\n", `\x0a`, "\r", `\x0d`).Replace(id)
}

// clean is a value as it may come out: without space around it, valid, and with control characters as text.
func clean(p []byte) string {
	var s strings.Builder
	for _, r := range strings.Trim(string(p), " \t\r\n") {
		switch {
		case r == '\n' || r == '\r':
			s.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&s, `\x%02x`, r)
		case r > 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&s, `\u%04x`, r)
		default:
			s.WriteRune(r)
		}
	}
	return s.String()
}

// expected is what the dictionary's keys should hold.
func expected(b *event.Batch, e *event.Event) map[string]string {
	o := map[string]string{"rt": millis(e.Time)}
	put(o, "dvchost", clean([]byte(b.Origins[e.Origin].Host)))
	put(o, "act", e.Action.String())
	if e.Kind == event.Summarised {
		expectSummary(o, b, e)
		return o
	}
	switch name := event.HookName(e.Family, e.Hook); {
	case !e.Is(event.HasHook):
	case name == "prerouting" || name == "input" || name == "ingress" || name == "brouting":
		o["deviceDirection"] = "0"
	case name == "output" || name == "postrouting" || name == "egress":
		o["deviceDirection"] = "1"
	}
	for f, key := range map[event.Field]string{event.FieldIn: "deviceInboundInterface", event.FieldOut: "deviceOutboundInterface"} {
		if has := map[event.Field]event.Has{event.FieldIn: event.HasIn, event.FieldOut: event.HasOut}[f]; e.Is(has) {
			put(o, key, clean(field(b, e, f)))
		}
	}
	for f, l := range map[event.Field]labeled{event.FieldPhysIn: {"cs5", "bridgePortIn"}, event.FieldPhysOut: {"cs6", "bridgePortOut"}} {
		if has := map[event.Field]event.Has{event.FieldPhysIn: event.HasPhysIn, event.FieldPhysOut: event.HasPhysOut}[f]; e.Is(has) {
			l.put(o, clean(field(b, e, f)))
		}
	}
	expectEnds(o, b, e)
	expectPrefix(o, b.Bytes(e.Prefix))
	o["cnt"] = "1"
	if e.Is(event.HasIP) {
		o["in"] = fmt.Sprint(e.Length)
		labeled{"cn1", "ttl"}.put(o, fmt.Sprint(e.TTL))
	}
	if e.Is(event.HasMark) {
		labeled{"cn2", "mark"}.put(o, fmt.Sprint(e.Mark))
	}
	if e.Is(event.HasVLAN) {
		labeled{"cn3", "vlan"}.put(o, fmt.Sprint(e.VLAN&4095))
	}
	if e.Is(event.HasUID) {
		o["suid"] = fmt.Sprint(e.UID)
	}
	if e.Is(event.HasSeq) {
		o["externalId"] = fmt.Sprint(e.Seq)
	}
	if e.Malformed != 0 {
		o["msg"] = e.Malformed.String()
	} else if e.Is(event.Truncated) {
		o["msg"] = "headers cut by copy_range"
	}
	return o
}

func expectEnds(o map[string]string, b *event.Batch, e *event.Event) {
	if e.Is(event.HasProto) {
		o["proto"] = protocol(e.Proto)
	}
	if e.Is(event.HasTCP) {
		var flags []string
		for i, name := range strings.Fields("FIN SYN RST PSH ACK URG ECE CWR AE") {
			if e.TCPFlags>>i&1 == 1 {
				flags = append(flags, name)
			}
		}
		if flags == nil {
			flags = []string{"NONE"}
		}
		labeled{"cs3", "tcpFlags"}.put(o, strings.Join(flags, ","))
	}
	if e.Is(event.HasICMP) {
		labeled{"cs4", "icmpTypeCode"}.put(o, fmt.Sprintf("%d/%d", e.ICMPType, e.ICMPCode))
	}
	if e.Is(event.HasARP) {
		a := b.ARPs[e.Aux-1]
		if !e.Is(event.HasProto) {
			o["proto"] = "ARP"
		}
		if a.Plain {
			o["src"], o["dst"] = netip.AddrFrom4(a.Src).String(), netip.AddrFrom4(a.Dst).String()
			o["smac"], o["dmac"] = mac(a.MACSrc), mac(a.MACDst)
		}
		return
	}
	if e.Is(event.HasAddrs) {
		expectAddr(o, e, "src", labeled{"c6a2", "Source IPv6 Address"}, e.Src)
		expectAddr(o, e, "dst", labeled{"c6a3", "Destination IPv6 Address"}, e.Dst)
	}
	if e.Is(event.HasPorts) {
		o["spt"], o["dpt"] = fmt.Sprint(e.SrcPort), fmt.Sprint(e.DstPort)
	}
	if e.Is(event.HasMACSrc) {
		o["smac"] = mac(e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		o["dmac"] = mac(e.MACDst)
	}
	if !e.Is(event.HasCT) || b.Conntracks[e.CT-1].NATIPv6 {
		return
	}
	for has, c := range map[event.CTHas][2]string{
		event.CTHasNATSrc:     {"sourceTranslatedAddress", netip.AddrFrom4([4]byte(b.Conntracks[e.CT-1].NATSrc[:4])).String()},
		event.CTHasNATDst:     {"destinationTranslatedAddress", netip.AddrFrom4([4]byte(b.Conntracks[e.CT-1].NATDst[:4])).String()},
		event.CTHasNATSrcPort: {"sourceTranslatedPort", fmt.Sprint(b.Conntracks[e.CT-1].NATSrcPort)},
		event.CTHasNATDstPort: {"destinationTranslatedPort", fmt.Sprint(b.Conntracks[e.CT-1].NATDstPort)},
	} {
		if b.Conntracks[e.CT-1].Has&has != 0 {
			o[c[0]] = c[1]
		}
	}
}

func expectAddr(o map[string]string, e *event.Event, key string, v6 labeled, a [16]byte) {
	if e.Is(event.IsIPv6) {
		v6.put(o, netip.AddrFrom16(a).String())
		return
	}
	o[key] = netip.AddrFrom4([4]byte(a[:4])).String()
}

func expectPrefix(o map[string]string, prefix []byte) {
	labeled{"cs2", "nflogPrefix"}.put(o, clean(prefix))
	// What of it is the rule's name is TestRule's matter: here, that it comes whole.
	if rule := ruleName(prefix); rule != "" {
		labeled{"cs1", "ruleName"}.put(o, rule)
	}
}

func expectSummary(o map[string]string, b *event.Batch, e *event.Event) {
	s := b.Summaries[e.Aux-1]
	o["in"], o["cnt"], o["reason"] = fmt.Sprint(s.Bytes), fmt.Sprint(s.Suppressed), s.Reason
	o["start"], o["end"] = millis(s.First), millis(s.Last)
	labeled{"cs4", "stage"}.put(o, clean([]byte(s.Stage)))
	if s.Other {
		o["msg"] = "other"
		return
	}
	var key []string
	for _, f := range s.Key[:s.Keys] {
		v := field(b, e, f)
		key = append(key, f.String()+"="+string(v))
		if v == nil {
			continue
		}
		switch f {
		case event.FieldPrefix:
			expectPrefix(o, v)
		case event.FieldProto:
			o["proto"] = protocol(e.Proto)
		case event.FieldSrc:
			expectAddr(o, e, "src", labeled{"c6a2", "Source IPv6 Address"}, e.Src)
		case event.FieldDst:
			expectAddr(o, e, "dst", labeled{"c6a3", "Destination IPv6 Address"}, e.Dst)
		case event.FieldTTL:
			labeled{"cn1", "ttl"}.put(o, string(v))
		case event.FieldMark:
			labeled{"cn2", "mark"}.put(o, string(v))
		case event.FieldVLAN:
			labeled{"cn3", "vlan"}.put(o, string(v))
		}
		put(o, map[event.Field]string{
			event.FieldIn: "deviceInboundInterface", event.FieldOut: "deviceOutboundInterface", event.FieldSrcPort: "spt",
			event.FieldDstPort: "dpt", event.FieldMACSrc: "smac", event.FieldMACDst: "dmac", event.FieldUID: "suid", event.FieldSeq: "externalId",
		}[f], clean(v))
	}
	put(o, "msg", clean([]byte(strings.Join(key, ", "))))
}

// labeled is a custom key and its label.
type labeled struct{ key, label string }

func (l labeled) put(o map[string]string, v string) {
	if v != "" {
		o[l.key], o[l.key+"Label"] = v, l.label
	}
}

func put(o map[string]string, key, v string) {
	if key != "" && v != "" {
		o[key] = v
	}
}

// field is a field's value, nil where the event has none.
func field(b *event.Batch, e *event.Event, f event.Field) []byte {
	v, _ := event.AppendField(nil, b, e, f)
	return v
}

// ruleName is the prefix without brackets and colons around it: drawn prefixes hold no number and action.
func ruleName(prefix []byte) string { return clean([]byte(strings.Trim(clean0(prefix), " \t:[]"))) }

func clean0(p []byte) string { return strings.Trim(string(p), " \t\r\n") }

func millis(ns int64) string {
	n := ns / 1e6
	if ns%1e6 < 0 {
		n--
	}
	return fmt.Sprint(n)
}

func protocol(p uint8) string {
	if name := event.ProtoName(p); name != "" {
		return strings.ToUpper(name)
	}
	return fmt.Sprint(p)
}

func mac(m [6]byte) string { return net.HardwareAddr(m[:]).String() }

package siem

import (
	"strings"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/encode/kernel"
	"nflogship/event"
)

// TestLogemuTOS: TOS=00 and no RES=, as ulogd2 prints. Logstash reads no such line over IPv4; Elastic reads it without its TCP
// fields; psad knows ulogd, but takes a TCP packet without flags for none.
func TestLogemuTOS(t *testing.T) {
	g := logstash(t, true)
	b := captures(t)["GA"]
	like, all := kernelLines(t, b), events(t, b)
	tcp := 0
	for i, line := range logemuLines(t, b) {
		if !strings.Contains(line, " TOS=") || all[i]["proto"] != "tcp" || all[i]["malformed"] != nil || len(parse(t, g, like[i])) == 0 || elastic(like[i]) == nil {
			continue
		}
		tcp++
		if len(parse(t, g, line)) > 0 {
			t.Errorf("Logstash reads %s", line)
		}
		if f := elastic(line); f["source.port"] != text(all[i]["src_port"]) || f["iptables.tcp.window"] != "" {
			t.Errorf("Elastic's fields are %v: %s", f, line)
		}
		if psad(line) == nil && at(all[i], "tcp.flags") != "" { // without RES= it misses a packet without flags
			t.Errorf("psad does not read %s", line)
		}
	}
	if tcp == 0 {
		t.Error("no TCP")
	}
}

// TestPrefixes: what each reader makes of the interface and the source, behind unusual prefixes. The documents have no such trouble.
func TestPrefixes(t *testing.T) {
	g := logstash(t, true)
	const source = "11.130.60.127"
	for _, c := range []struct {
		name, prefix                    string
		elastic, logstash, psad, inWazu string // the interface, or for Wazuh the action
	}{
		{"usual", "DROP ", "va", "va", "va", "DROP"},
		{"without a space behind it", "DROP", "va", "va", "va", ""},
		{"with IN= in it", "IN=wan ", "va", "va", "wan", "IN=wan"},
		{"with a word before IN=", "DROP IN=wan ", "va", "va", "wan", "DROP"},
		{"with a whole line in it", "IN=x OUT=y SRC=6.6.6.6 ", "va", "va", "x", ""},
	} {
		b := prefixed(captures(t)["GA"], c.prefix, event.ActionDrop)
		line := kernelLines(t, b)[0]
		e, l, p, w := elastic(line), parse(t, g, line), psad(syslogHead+line), wazuh(line)
		if e["iptables.input_device"] != c.elastic || e["source.ip"] != source {
			t.Errorf("%s: Elastic has %q, %q", c.name, e["iptables.input_device"], e["source.ip"])
		}
		if l["observer.ingress.interface.name"] != c.logstash || l["source.address"] != source {
			t.Errorf("%s: Logstash has %q, %q", c.name, l["observer.ingress.interface.name"], l["source.address"])
		}
		if p["in"] != c.psad || p["src"] != source {
			t.Errorf("%s: psad has %q, %q", c.name, p["in"], p["src"])
		}
		if w["action"] != c.inWazu || w != nil && w["srcip"] != source {
			t.Errorf("%s: Wazuh has %q, %q", c.name, w["action"], w["srcip"])
		}
		if d := ecsDocuments(t, b)[0]; at(d, "source.ip") != source || at(d, "iptables.input_device") != "va" {
			t.Errorf("%s: the document has %v", c.name, d)
		}
	}
}

// TestElasticDevices: the integration takes what stands between OUT= and SRC= for the device: of a bridge its ports too, and of a
// device without link addresses the empty MAC=.
func TestElasticDevices(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *event.Batch, e *event.Event)
		want   string
	}{
		{"a bridge's ports", func(b *event.Batch, e *event.Event) {
			e.PhysIn, e.Has = b.AppendString("port1"), e.Has|event.HasPhysIn
		}, " PHYSIN=port1"},
		{"no link addresses", func(_ *event.Batch, e *event.Event) { e.Link = event.Span{} }, " MAC="},
	} {
		b := encodetest.Example()
		c.change(b, &b.Events[0])
		line := encodetest.Line(t, kernel.New(kernel.DefaultConfig()), b)
		if got := elastic(line)["iptables.output_device"]; got != c.want {
			t.Errorf("%s: %q, want %q: %s", c.name, got, c.want, line)
		}
		if d := ecsDocuments(t, b)[0]; at(d, "iptables.output_device") != "" {
			t.Errorf("%s: the document has %q", c.name, at(d, "iptables.output_device"))
		}
	}
}

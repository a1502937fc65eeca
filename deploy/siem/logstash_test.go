package siem

import (
	"strings"
	"testing"

	"github.com/elastic/go-grok"
	"github.com/elastic/go-grok/patterns"
)

// logstash compiles Logstash's pattern IPTABLES (logstash-patterns-core, patterns/ecs-v1/firewalls, Apache-2.0) as go-grok
// v0.3.1 has it, with one thing put right: in go-grok the type behind the two MAC addresses has lost its brackets, so that no line of
// an Ethernet device matches, not even the kernel's own. Logstash has them.
func logstash(t *testing.T, mended bool) *grok.Grok {
	t.Helper()
	g, err := grok.NewComplete()
	if err != nil {
		t.Fatal(err)
	}
	if mended {
		err = g.AddPattern("IPTABLES", strings.ReplaceAll(patterns.Firewalls["IPTABLES"], "A-Fa-f0-9{2}", "[A-Fa-f0-9]{2}"))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Compile("%{IPTABLES}", true); err != nil {
		t.Fatal(err)
	}
	return g
}

func parse(t *testing.T, g *grok.Grok, line string) map[string]string {
	t.Helper()
	found, err := g.ParseString(line)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return found
}

// TestLogstash: the pattern reads what has ports and, over IPv6, no traffic class: it looks for TC=0 or TC=0x, the kernel
// prints TC=32.
func TestLogstash(t *testing.T) {
	g := logstash(t, true)
	names := map[string]string{
		"source.address": "src", "destination.address": "dst", "source.port": "src_port", "destination.port": "dst_port",
		"iptables.length": "length", "iptables.ttl": "ttl", "source.mac": "mac_src", "destination.mac": "mac_dst",
		"observer.ingress.interface.name": "in", "observer.egress.interface.name": "out",
		"iptables.tcp.seq": "tcp.seq", "iptables.tcp.ack": "tcp.ack", "iptables.tcp.window": "tcp.window",
	}
	for name, b := range captures(t) {
		all, read := events(t, b), 0
		for i, line := range kernelLines(t, b) {
			e, found := all[i], parse(t, g, line)
			expected := e["src_port"] != nil && (e["family"] == "ipv4" || text(e["tos"]) == "0") && strings.Contains(line, " SPT=") &&
				(e["malformed"] == nil)
			if len(found) == 0 {
				if expected {
					t.Errorf("not read: %s", line)
				}
				continue
			}
			if !expected {
				continue // the packet that an ICMP error quotes has ports, and is taken for the packet's own
			}
			read++
			same(t, line, found, e, names)
			if got := strings.ToLower(found["network.transport"]); got != e["proto"] {
				t.Errorf("network.transport is %q: %s", got, line)
			}
		}
		if read == 0 {
			t.Errorf("%s: nothing read", name)
		}
	}
}

// TestGoGrokMend fails when go-grok has its brackets back, and mending can go.
func TestGoGrokMend(t *testing.T) {
	line := kernelLines(t, captures(t)["GA"])[0]
	if parse(t, logstash(t, true), line)["source.port"] != "53" {
		t.Errorf("not read: %s", line)
	}
	if len(parse(t, logstash(t, false), line)) > 0 {
		t.Error("go-grok reads an Ethernet header's type as published: logstash() need not mend it")
	}
}

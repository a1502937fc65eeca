package siem

import (
	"regexp"
	"strings"
	"testing"

	"nflogship/event"
)

// What CrowdSec's parser crowdsecurity/iptables-logs does (crowdsecurity/hub, parsers/s01-parse/crowdsecurity/
// iptables-logs.yaml of August 2026, MIT), in our words: of a message whose program is kernel and that has IN= and neither ACCEPT nor
// [UFW AUDIT], every KEY=VALUE is read, the last of a key counts (crowdsec's ParseKV). It is a drop, for the port scan scenario, where the
// protocol is TCP or UDP and OUT is empty.
func crowdsec(message string) (fields map[string]string, drop bool) {
	if !strings.Contains(message, "IN=") || strings.Contains(message, "ACCEPT") || strings.Contains(message, "[UFW AUDIT]") {
		return nil, false
	}
	fields = map[string]string{}
	for _, m := range keyValue.FindAllStringSubmatch(message, -1) {
		fields[m[1]] = m[2]
	}
	service := strings.ToLower(fields["PROTO"])
	return fields, (service == "tcp" || service == "udp") && fields["OUT"] == ""
}

var keyValue = regexp.MustCompile(`([^=\s]+)=([^=\s]+)?`)

func TestCrowdSec(t *testing.T) {
	for name, b := range captures(t) {
		drops, all := 0, events(t, prefixed(b, "DROP ", event.ActionDrop))
		for i, line := range kernelLines(t, b) {
			e := all[i]
			if at(e, "icmp.inner") != nil || e["malformed"] != nil || e["frag"] != nil {
				continue
			}
			fields, drop := crowdsec(line)
			same(t, line, fields, e, map[string]string{"SRC": "src", "DST": "dst", "IN": "in", "OUT": "out"})
			if showsPorts(e) {
				same(t, line, fields, e, map[string]string{"SPT": "src_port", "DPT": "dst_port"})
			}
			if want := (e["proto"] == "tcp" || e["proto"] == "udp") && e["out"] == nil; drop != want {
				t.Errorf("a drop: %v, should be %v: %s", drop, want, line)
			}
			if drop {
				drops++
			}
		}
		if drops == 0 {
			t.Errorf("%s: no drop", name)
		}
	}
}

// TestCrowdSecQuotedPacket: of an ICMP error, DST and PROTO are those of the packet that it quotes, as with the kernel's own
// line; the source, which is what gets banned, is right.
func TestCrowdSecQuotedPacket(t *testing.T) {
	b, seen := captures(t)["ulogd"], 0
	all := events(t, b)
	for i, line := range kernelLines(t, b) {
		if !strings.Contains(line, "[SRC=") {
			continue
		}
		seen++
		fields, _ := crowdsec(line)
		same(t, line, fields, all[i], map[string]string{"SRC": "src", "DST": "icmp.inner.dst"})
	}
	if seen == 0 {
		t.Error("no ICMP error")
	}
}

func TestCrowdSecPrefixes(t *testing.T) {
	for _, c := range []struct {
		name, prefix string
		ignored      bool
		in           string
	}{
		{"usual", "DROP ", false, "va"},
		{"in brackets", "[UFW BLOCK] ", false, "va"},
		{"of an allowed packet", "FWD-ACCEPT ", true, ""},
		{"of UFW's audit", "[UFW AUDIT] ", true, ""},
		{"without a space behind it: no interface", "DROP", false, ""},
		{"with IN= in it: the later counts", "IN=wan ", false, "va"},
		{"with a key that the line has not: it comes too", "RULE=7 ", false, "va"},
	} {
		line := kernelLines(t, prefixed(captures(t)["GA"], c.prefix, 0))[0]
		fields, _ := crowdsec(line)
		if (fields == nil) != c.ignored || fields["IN"] != c.in {
			t.Errorf("%s: IN is %q, ignored %v: %s", c.name, fields["IN"], fields == nil, line)
		}
		if fields != nil && fields["SRC"] != "11.130.60.127" {
			t.Errorf("%s: SRC is %q", c.name, fields["SRC"])
		}
	}
}

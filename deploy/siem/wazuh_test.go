package siem

import (
	"regexp"
	"strings"
	"testing"

	"nflogship/event"
)

// What Wazuh's decoder iptables-2 does (wazuh/wazuh, ruleset/decoders/0140-kernel_decoders.xml, GPL-2.0, so in our words), to
// what follows "kernel: ": the first word, with IN= right behind it, is the action, then SRC, DST and PROTO are searched for, and ports
// where they stand right behind the protocol, with more behind them.
func wazuh(message string) map[string]string {
	m := wazuhLine.FindStringSubmatch(message)
	if m == nil {
		return nil
	}
	return map[string]string{"action": m[1], "srcip": m[2], "dstip": m[3], "protocol": m[4], "srcport": m[5], "dstport": m[6]}
}

var wazuhLine = regexp.MustCompile(`^(\S+) IN=.* SRC=(\S+) DST=(\S+) .*?PROTO=(\w+) (?:SPT=(\d+) DPT=(\d+) )?`)

func TestWazuhKernelLine(t *testing.T) {
	for name, b := range captures(t) {
		all := events(t, prefixed(b, "DROP ", event.ActionDrop))
		for i, line := range kernelLines(t, b) {
			e, fields := all[i], wazuh(line)
			if fields == nil {
				if strings.Contains(line, " PROTO=") {
					t.Errorf("%s: not read: %s", name, line)
				}
				continue
			}
			if fields["action"] != "DROP" {
				t.Errorf("action %q: %s", fields["action"], line)
			}
			same(t, line, fields, e, map[string]string{"srcip": "src", "dstip": "dst"})
			if showsPorts(e) && e["malformed"] == nil && e["frag"] == nil {
				same(t, line, fields, e, map[string]string{"srcport": "src_port", "dstport": "dst_port"})
			}
		}
	}
}

func TestWazuhPrefixes(t *testing.T) {
	for prefix, action := range map[string]string{
		"DROP ": "DROP", "WAN_IN-42-DROP ": "WAN_IN-42-DROP", "DROP: ": "DROP:", "[UFW] ": "[UFW]",
		"DROP": "", "": "", "FW DROP ": "", "[UFW BLOCK] ": "", "DROP  ": "", // no decoder takes these: one word, one space
	} {
		line := kernelLines(t, prefixed(captures(t)["GA"], prefix, 0))[0]
		if got := wazuh(line)["action"]; got != action {
			t.Errorf("prefix %q: action %q, want %q: %s", prefix, got, action, line)
		}
	}
}

// TestWazuhJSON runs the page's configuration: Wazuh's JSON decoder fills its static fields by their names.
func TestWazuhJSON(t *testing.T) {
	b := prefixed(captures(t)["ulogd"], "FW-DROP ", event.ActionDrop)
	all := events(t, b)
	for i, line := range lines(t, jsonOf(t, "wazuh-json"), b) {
		got := objects(t, []string{line})[0]
		for theirs, ours := range map[string]string{"srcip": "src", "dstip": "dst", "srcport": "src_port", "dstport": "dst_port",
			"protocol": "proto", "action": "action"} {
			if text(got[theirs]) != text(all[i][ours]) {
				t.Errorf("%s is %v, the event's %s %v: %s", theirs, got[theirs], ours, all[i][ours], line)
			}
		}
		for _, taken := range []string{"id", "location", "data", "user", "status", "command", "url"} {
			if got[taken] != nil {
				t.Errorf("%s would fill a static field of Wazuh's that means something else: %s", taken, line)
			}
		}
	}
}

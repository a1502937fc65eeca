package siem

import (
	"os/exec"
	"strings"
	"testing"

	"nflogship/internal/testenv"
)

// TestSplunk runs the page's configuration and holds what it writes to the names of Splunk's Common Information Model, data
// model Network Traffic, version 6.1 (help.splunk.com, data-models/network-traffic).
func TestSplunk(t *testing.T) {
	b := captures(t)["ulogd"]
	all := events(t, b)
	path := conf(t, "splunk-cim", map[string]string{"/var/log/nflogship/splunk.json": `"-"`})
	out := run(t, exec.Command(program(t), "replay", "-c", path, "--interface", "3=veth0", testenv.Shared(t, "golden/ulogd/nflog239.pcap")))
	got := objects(t, strings.Split(strings.TrimSuffix(out, "\n"), "\n"))
	if len(got) != len(all) {
		t.Fatalf("%d lines of %d", len(got), len(all))
	}
	for i, e := range got {
		for cim, ours := range map[string]string{
			"src_ip": "src", "dest_ip": "dst", "src_port": "src_port", "dest_port": "dst_port", "transport": "proto", "src_mac": "mac_src",
			"dest_mac": "mac_dst", "src_interface": "in", "dest_interface": "out", "bytes": "length", "rule": "prefix", "ttl": "ttl", "tos": "tos",
			"tcp.flags": "tcp.flags",
		} {
			if text(at(e, cim)) != text(at(all[i], ours)) {
				t.Errorf("%s is %v, the event's %s %v", cim, at(e, cim), ours, at(all[i], ours))
			}
		}
		if text(e["dvc"]) == "" || e["vendor_product"] != "netfilter nflog" {
			t.Errorf("dvc %v, vendor_product %v", e["dvc"], e["vendor_product"])
		}
		for _, splunks := range []string{"host", "source", "sourcetype", "index", "action"} {
			if e[splunks] != nil {
				t.Errorf("%s is Splunk's own, or has words of its own", splunks)
			}
		}
	}
}

// TestSplunkActions: CIM's words for action are allowed and blocked, so the page's props.conf translates ours.
func TestSplunkActions(t *testing.T) {
	props := section(t, "```ini\n[nflogship:json]", "```")
	for _, word := range []string{`vendor_action=="allow","allowed"`, `vendor_action=="drop","blocked"`, `vendor_action=="reject","blocked"`} {
		if !strings.Contains(props, word) {
			t.Errorf("props.conf lacks %s:\n%s", word, props)
		}
	}
}

// Package docs makes the reference pages of the formats, and the README's table of them, out of the code: what the program
// wires, each format's package comment, its Config, the sinks' own word on what they take, and the golden files.
package docs

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/encode/kernel"
	"nflogship/encode/raw"
	"nflogship/encode/ulogd"
	"nflogship/internal/testenv"
)

var update = flag.Bool("update", false, "write the pages anew")

// written is what no code says of a format.
type written struct {
	what    string // for the tables
	readers string
	options string // those of the example, where they are not the defaults
}

// The formats in the order of the tables.
var order = strings.Fields("json kernel ulogd logemu ecs ocsf cef leef gelf structured_data protobuf pcap raw")

var byHand = map[string]written{
	"json":   {"our event, an object each; the default", "Splunk, Wazuh, jq, and whoever writes a mapping of their own.", ""},
	"kernel": {"the line of the kernel's own LOG target, to the byte", "psad, fail2ban, CrowdSec, Wazuh, Logstash's grok, Elastic's iptables integration: everything made for iptables in syslog.", ""},
	"ulogd": {"ulogd2's JSON", "Whatever reads ulogd2's JSON output today, unchanged.",
		"{ boolean_label: true, device: fw-edge-07, utc: true }"},
	"logemu":          {"ulogd2's LOGEMU line", "Whatever reads ulogd2's LOGEMU file today. The times are local; the example's are in UTC.", ""},
	"ecs":             {"Elastic Common Schema 8.17", "Elasticsearch and Kibana, OpenSearch, Elastic Security.", ""},
	"ocsf":            {"OCSF 1.8, Network Activity", "Amazon Security Lake, and SIEMs and data lakes built on OCSF.", ""},
	"cef":             {"ArcSight's Common Event Format", "Microsoft Sentinel, QRadar, ArcSight.", ""},
	"leef":            {"QRadar's Log Event Extended Format 2.0", "QRadar.", ""},
	"gelf":            {"Graylog's message, GELF 1.1", "Graylog, and whatever has a GELF input: Logstash, Fluentd, VictoriaLogs.", ""},
	"structured_data": {"structured data of RFC 5424", "Receivers of RFC 5424: rsyslog (mmpstrucdata), syslog-ng, Loki's syslog receiver.", ""},
	"protobuf":        {"our event as a protobuf message", "Consumers in any language, made from the `.proto` beside the code.", ""},
	"pcap":            {"a capture of link type 239 (NFLOG)", "tcpdump, Wireshark and tshark; our own `replay`.", ""},
	"raw":             {"the packet as it was copied, from the IP header on", "Programs that parse packets themselves, of Kafka records and NATS messages.", ""},
}

// TestFormatPages holds the pages and the README's table to the code.
func TestFormatPages(t *testing.T) {
	pages, all := map[string]bool{"README.md": true}, wired(t)
	for _, f := range all {
		pages[f.name+".md"] = true
		same(t, "docs/formats/"+f.name+".md", page(t, f))
	}
	same(t, "docs/formats/README.md", index(t, all))
	before, rest, _ := strings.Cut(readFile(t, "README.md"), "\n## Formats\n\n")
	parts := strings.SplitN(rest, "\n\n", 3) // the table, what no column has, and what is written by hand
	if len(parts) < 3 || !strings.HasPrefix(parts[0], "|") {
		t.Fatal("README.md has no table under ## Formats")
	}
	same(t, "README.md", before+"\n## Formats\n\n"+table(t, all, "docs/formats/")+"\n"+parts[2])
	there, err := filepath.Glob(filepath.Join(testenv.Root(), "docs/formats/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if !pages[filepath.Base(path)] {
			t.Errorf("%s is the page of no format", path)
		}
	}
}

// TestExampleOptions holds the options shown beside ulogd's example to the example.
func TestExampleOptions(t *testing.T) {
	cfg := ulogd.DefaultConfig()
	if err := config.Decode(byHand["ulogd"].options, &cfg); err != nil {
		t.Fatal(err)
	}
	c, err := ulogd.New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := encodetest.Line(t, c, encodetest.Example()), golden(t, format{name: "ulogd", dir: "ulogd"}, "example"); got+"\n" != want {
		t.Errorf("with the options shown it prints\n%s\nthe example is\n%s", got, want)
	}
}

// same compares a file with what it should be, or writes it.
func same(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join(testenv.Root(), name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the code says (%v): run go test ./docs -update, and read the difference", name, err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testenv.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// golden is a format's golden file of text, whatever it ends in, or "". Of formats that others' goldens hold to their word
// it is what they make of the example.
func golden(t *testing.T, f format, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(testenv.Root(), "encode", f.dir, "testdata", name+".*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if ext := filepath.Ext(path); ext != ".pcap" && ext != ".bin" {
			return readFile(t, filepath.Join("encode", f.dir, "testdata", filepath.Base(path)))
		}
	}
	codec := map[string]*encode.Codec{"kernel": kernel.New(kernel.DefaultConfig()), "raw": raw.New()}[f.name]
	switch {
	case name != "example":
		return ""
	case codec == nil:
		t.Fatalf("encode/%s/testdata has no example of text", f.dir)
	case codec.Framing == encode.Bare:
		return hex.Dump([]byte(encodetest.Line(t, codec, encodetest.Example())))
	}
	return encodetest.Line(t, codec, encodetest.Example()) + "\n"
}

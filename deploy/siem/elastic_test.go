package siem

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nflogship/encode/kernel"
	"nflogship/event"
)

// What Elastic's iptables integration makes of the kernel's line: elastic/integrations,
// packages/iptables/data_stream/log/elasticsearch/ingest_pipeline/default.yml at commit 009be49. Its licence, Elastic's 2.0,
// does not let us quote the patterns, so what they accept and how the fields are called is written here in our words. The
// patterns themselves were run once with go-grok (a look-behind before CE, DF and MF left out: RE2 has none) over every line that these tests
// parse: they read the same ones, and give the same fields.
var (
	elasticHead = regexp.MustCompile(`^.*IN=(.*?) OUT=(.*?)(?: MAC=([\da-fA-F]{2}(?::[\da-fA-F]{2})+))? SRC=`) // the last IN= that fits
	elasticIPv4 = regexp.MustCompile(`^SRC=([\d.]+) DST=([\d.]+) LEN=(\d+) TOS=(?:0x)?(\w+) PREC=0x(\w+) TTL=(\d+) ID=(\d+) (?:(CE|DF|MF) )?(?:FRAG: (\d+) )?PROTO=(\w+) ?`)
	elasticIPv6 = regexp.MustCompile(`^SRC=([\da-f:]+) DST=([\da-f:]+) LEN=(\d+) TC=(\d+) HOPLIMIT=(\d+) FLOWLBL=(\d+) PROTO=(\w+) ?`)
	elasticPort = regexp.MustCompile(`^SPT=(\d+) DPT=(\d+) `)
	elasticTCP  = regexp.MustCompile(`^(?:SEQ=(\d+) ACK=(\d+) )?WINDOW=(\d+) RES=0x(\w+) ((?:(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN) )*)`)
	elasticUDP  = regexp.MustCompile(`^LEN=(\d+)`)
	elasticICMP = regexp.MustCompile(`^TYPE=(\d+) CODE=(\d+)(?: ID=(\d+) SEQ=(\d+))?(?: PARAMETER=(\d+))?(?: GATEWAY=([\d.]+))?`)
	elasticCut  = regexp.MustCompile(`^INCOMPLETE \[(\d+) bytes\]`)
)

// elastic returns the integration's fields by their dotted names, nil where its patterns do not match.
func elastic(line string) map[string]string {
	at := elasticHead.FindStringSubmatchIndex(line)
	if at == nil {
		return nil
	}
	head := elasticHead.FindStringSubmatch(line)
	f := map[string]string{"iptables.input_device": head[1], "iptables.output_device": head[2]}
	elasticMAC(f, head[3])
	rest := line[at[1]-len("SRC="):]
	if m := elasticIPv4.FindStringSubmatch(rest); m != nil {
		set(f, m, "source.ip", "destination.ip", "iptables.length", "hex iptables.tos", "hex iptables.precedence_bits", "iptables.ttl",
			"iptables.id", "iptables.fragment_flags", "iptables.fragment_offset", "network.transport")
		rest = rest[len(m[0]):]
	} else if m := elasticIPv6.FindStringSubmatch(rest); m != nil {
		set(f, m, "source.ip", "destination.ip", "iptables.length", "iptables.tos", "iptables.ttl", "iptables.flow_label", "network.transport")
		rest = rest[len(m[0]):]
	} else {
		return nil
	}
	elasticTransport(f, rest)
	return f
}

// elasticMAC reads the link header: two addresses and the type of what follows.
func elasticMAC(f map[string]string, mac string) {
	if bytes := strings.Split(mac, ":"); len(bytes) >= 14 {
		f["destination.mac"] = strings.ToUpper(strings.Join(bytes[:6], "-"))
		f["source.mac"] = strings.ToUpper(strings.Join(bytes[6:12], "-"))
		set(f, []string{"", bytes[12] + bytes[13]}, "hex iptables.ether_type")
		f["network.type"] = map[string]string{"0800": "ipv4", "86dd": "ipv6"}[bytes[12]+bytes[13]]
	}
}

func elasticTransport(f map[string]string, rest string) {
	transport := strings.ToLower(f["network.transport"])
	if transport[0] >= '0' && transport[0] <= '9' {
		delete(f, "network.transport")
		f["network.iana_number"] = transport
	} else if f["network.transport"] = transport; transport == "icmpv6" {
		f["network.transport"] = "ipv6-icmp"
	}
	if m := elasticPort.FindStringSubmatch(rest); m != nil {
		set(f, m, "source.port", "destination.port")
		rest = rest[len(m[0]):]
	}
	for _, p := range []struct {
		pattern *regexp.Regexp
		names   []string
	}{
		{elasticTCP, []string{"iptables.tcp.seq", "iptables.tcp.ack", "iptables.tcp.window", "hex iptables.tcp.reserved_bits",
			"iptables.tcp.flags"}},
		{elasticUDP, []string{"iptables.udp.length"}},
		{elasticICMP, []string{"iptables.icmp.type", "iptables.icmp.code", "iptables.icmp.id", "iptables.icmp.seq",
			"iptables.icmp.parameter", "iptables.icmp.redirect"}},
		{elasticCut, []string{"iptables.incomplete_bytes"}},
	} {
		if m := p.pattern.FindStringSubmatch(rest); m != nil {
			set(f, m, p.names...)
			return
		}
	}
}

// set gives what a pattern found its names. "hex" is a number of base 16, a list is sorted.
func set(f map[string]string, found []string, names ...string) {
	for i, name := range names {
		value := found[i+1]
		if value == "" {
			continue
		}
		if plain, hex := strings.CutPrefix(name, "hex "); hex {
			n, _ := strconv.ParseUint(value, 16, 64)
			name, value = plain, strconv.FormatUint(n, 10)
		}
		if words := strings.Fields(value); len(words) > 1 {
			slices.Sort(words)
			value = strings.Join(words, " ")
		}
		f[name] = strings.TrimSpace(value)
	}
}

// elasticReads is how many lines of each capture the patterns match. The rest has an IPv4 fragment behind the first, two of the
// flags CE, DF and MF, IP options, IPv6 extension headers, or too few bytes: docs/SIEM.md.
var elasticReads = map[string]int{"GA": 344, "ulogd": 49}

// TestElasticFields holds our ECS documents to the fields that the integration reads from the kernel's line of the same packet.
func TestElasticFields(t *testing.T) {
	for name, b := range captures(t) {
		documents, read := ecsDocuments(t, b), 0
		for i, line := range kernelLines(t, b) {
			fields := elastic(line)
			if fields == nil {
				continue
			}
			read++
			for field, want := range fields {
				if got := text(at(documents[i], field)); got != text(want) {
					t.Errorf("%s: ours is %q, the integration's %q: %s", field, got, want, line)
				}
			}
		}
		if want := elasticReads[name]; read != want {
			t.Errorf("%s: the integration reads %d of %d lines, docs/SIEM.md says %d", name, read, len(documents), want)
		}
	}
}

// elasticLimit is what the patterns have no place for.
var elasticLimit = regexp.MustCompile(`OPT \(|FRAG:|CE DF|DF MF|CE MF|TRUNCATED|INCOMPLETE`)

// TestElasticOptions shows what the integration's patterns do not read, and which setting helps.
func TestElasticOptions(t *testing.T) {
	b := captures(t)["GA"]
	plain := lines(t, kernel.New(kernel.Config{TCPSequence: true, TCPOptions: true, UID: true}), b)
	var helped, left int
	for i, line := range kernelLines(t, b) {
		switch {
		case elastic(line) != nil:
		case elastic(plain[i]) != nil:
			helped++
		default:
			left++
			if !elasticLimit.MatchString(line) {
				t.Errorf("not read, for no reason that docs/SIEM.md names: %s", line)
			}
		}
	}
	if helped == 0 || left == 0 {
		t.Errorf("ip_options: false helps %d lines, %d stay: docs/SIEM.md says some of both", helped, left)
	}
}

// TestElasticAction holds the document's outcome to what the integration says of actions: denied and allowed.
func TestElasticAction(t *testing.T) {
	for action, want := range map[event.Action]string{event.ActionDrop: "denied", event.ActionReject: "denied", event.ActionAllow: "allowed"} {
		for _, d := range ecsDocuments(t, prefixed(captures(t)["ulogd"], "X ", action)) {
			if types := text(at(d, "event.type")); !strings.Contains(types, want) || !strings.Contains(types, "connection") {
				t.Fatalf("%v: event.type %q", action, types)
			}
		}
	}
}

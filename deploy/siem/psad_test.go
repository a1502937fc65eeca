package siem

import (
	"regexp"
	"strings"
	"testing"

	"nflogship/encode/kernel"
	"nflogship/event"
)

// What psad 2.4.6 does with a line of syslog (mrash/psad, parse_NF_pkt_str in the script psad, GPL-2.0, so in our words). It
// knows TCP, UDP, UDP-Lite, ICMP and ICMPv6; what it cannot read of those it counts as an error and forgets.
func psad(line string) map[string]string {
	f := map[string]string{}
	if m := psadPrefix.FindStringSubmatch(line); m != nil {
		f["prefix"] = m[1]
	}
	if m := psadDevices.FindStringSubmatch(line); m != nil {
		f["in"], f["out"] = m[1], m[2]
	}
	for _, p := range psadPackets {
		m := p.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for i, name := range p.SubexpNames() {
			if name != "" {
				f[name] = m[i]
			}
		}
		if echo := f["type"] == "8" || f["type"] == "0"; echo && strings.Contains(line, "PROTO=ICMP ") && !psadEcho.MatchString(line) {
			return nil
		}
		return f
	}
	return nil
}

const (
	psadIPv4 = `SRC=(?P<src>(?:[0-2]?\d{1,2}\.){3}[0-2]?\d{1,2})\s+DST=(?P<dst>(?:[0-2]?\d{1,2}\.){3}[0-2]?\d{1,2})\s+LEN=(?P<length>\d+)\s+TOS=\S+\s.*TTL=(?P<ttl>\d+)\s+ID=\d+\s.*`
	psadIPv6 = `SRC=(?P<src>(?:[a-f0-9]{4}:){7}[a-f0-9]{4})\s+DST=(?P<dst>(?:[a-f0-9]{4}:){7}[a-f0-9]{4})\s+LEN=(?P<length>\d+)\s+TC=\d+\s+HOPLIMIT=(?P<ttl>\d+)\s+FLOWLBL=\d+\s+.*`
	psadPort = `SPT=(?P<src_port>\d+)\s+DPT=(?P<dst_port>\d+)\s+`
)

var (
	psadPrefix  = regexp.MustCompile(`.*kernel:\s+(.*?)\s*IN=`)
	psadDevices = regexp.MustCompile(`IN=(\S*).*?\sOUT=(\S*)\s`)
	psadEcho    = regexp.MustCompile(`CODE=\d+\s+ID=\d+\s+SEQ=\d+`)
	psadPackets = []*regexp.Regexp{
		regexp.MustCompile(psadIPv4 + `PROTO=TCP\s+` + psadPort + `.*WINDOW=(?P<window>\d+)\s+(?P<flags>.*)\s+URGP=`),
		regexp.MustCompile(psadIPv6 + `PROTO=TCP\s+` + psadPort + `WINDOW=(?P<window>\d+)\s+(?P<flags>.*)\s+URGP=`), // no SEQ, no ACK
		regexp.MustCompile(psadIPv4 + `PROTO=UDP(?:LITE)?\s+` + psadPort + `LEN=\d+`),
		regexp.MustCompile(psadIPv6 + `PROTO=UDP(?:LITE)?\s+` + psadPort + `LEN=\d+`),
		regexp.MustCompile(psadIPv4 + `PROTO=ICMP\s+TYPE=(?P<type>\d+)\s+CODE=\d+`),
		regexp.MustCompile(psadIPv6 + `PROTO=ICMPv6\s+TYPE=(?P<type>\d+)\s+CODE=\d+`),
	}
)

const syslogHead = "Nov 22 10:00:00 fw kernel: " // as docs_test.go sees it come from the sink

func TestPsad(t *testing.T) {
	cfg := kernel.DefaultConfig()
	cfg.TCPSequence = false
	names := map[string]string{"src": "src", "dst": "dst", "src_port": "src_port", "dst_port": "dst_port", "length": "length",
		"ttl": "ttl", "in": "in", "out": "out", "window": "tcp.window", "type": "icmp.type"}
	for name, b := range captures(t) {
		all, read := events(t, prefixed(b, "DROP ", event.ActionDrop)), 0
		for i, line := range lines(t, kernel.New(cfg), b) {
			e := all[i]
			proto := text(e["proto"])
			if !strings.Contains(" tcp udp icmp icmpv6 ", " "+proto+" ") || e["malformed"] != nil || e["frag"] != nil || at(e, "icmp.inner") != nil {
				continue
			}
			f := psad(syslogHead + line)
			if f == nil {
				t.Errorf("not read: %s", line)
				continue
			}
			read++
			same(t, line, f, e, names)
			if f["prefix"] != "DROP" {
				t.Errorf("prefix %q: %s", f["prefix"], line)
			}
		}
		if read == 0 {
			t.Errorf("%s: nothing read", name)
		}
	}
}

// TestPsadSequence: psad has no place for SEQ and ACK over IPv6.
func TestPsadSequence(t *testing.T) {
	b, seen := captures(t)["ulogd"], 0
	all := events(t, b)
	for i, line := range kernelLines(t, b) {
		if all[i]["family"] == "ipv6" && all[i]["proto"] == "tcp" {
			seen++
			if psad(syslogHead+line) != nil {
				t.Errorf("read: docs/SIEM.md need not ask for tcp_sequence: false: %s", line)
			}
		}
	}
	if seen == 0 {
		t.Error("no TCP over IPv6")
	}
}

// fail2ban ships no filter for the kernel's line; what people write is a failregex on SRC=<HOST>, where <HOST> is an
// address, and fail2ban has cut off the time: docs/SIEM.md has this one.
var fail2ban = regexp.MustCompile(`kernel: .*DROP.* IN=\S* OUT= (?:MAC=\S* )?SRC=([\da-fA-F.:]+) DST=\S+ [^\[]*PROTO=(?:TCP|UDP) `)

func TestFail2ban(t *testing.T) {
	if filter := section(t, "```ini", "```"); !strings.Contains(filter, `kernel: .*DROP.* IN=\S* OUT= (?:MAC=\S* )?SRC=<ADDR> DST=\S+ [^\[]*PROTO=(?:TCP|UDP) `) {
		t.Errorf("docs/SIEM.md has another filter:\n%s", filter)
	}
	found := 0
	b := prefixed(captures(t)["ulogd"], "FW-DROP ", event.ActionDrop)
	all := events(t, b)
	for i, line := range kernelLines(t, b) {
		e, m := all[i], fail2ban.FindStringSubmatch(syslogHead+line)
		if want := e["out"] == nil && (e["proto"] == "tcp" || e["proto"] == "udp"); (m != nil) != want && e["malformed"] == nil {
			t.Errorf("found %v, should be %v: %s", m != nil, want, line)
		}
		if m != nil {
			found++
			same(t, line, map[string]string{"src": m[1]}, e, map[string]string{"src": "src"})
		}
	}
	if found == 0 {
		t.Error("nothing found")
	}
}

package leef

import (
	"flag"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

func codec(t testing.TB, own map[string]string) *encode.Codec {
	t.Helper()
	c, err := New(DefaultConfig(), own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExample(t *testing.T) {
	got := encodetest.Line(t, codec(t, nil), encodetest.Example())
	encodetest.Golden(t, "testdata/example.leef", []byte(got+"\n"), *update)
	want := strings.Join([]string{
		"LEEF:2.0|Netfilter|nflog|1.0|WAN_IN-42-DROP|x09|cat=drop", "devTime=2026-08-22T10:15:30.123+0000",
		"devTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ", "sev=3", "host=fw-edge-07", "proto=TCP", "src=203.0.113.7", "dst=192.0.2.10",
		"srcPort=51544", "dstPort=22", "srcMAC=90:10:65:29:b6:2a", "dstMAC=90:10:20:76:8d:20", "srcBytes=60", "srcPackets=1",
		"policy=WAN_IN", "prefix=WAN_IN-42-DROP ", "hook=input", "in=eth0", "seq=1841", "ttl=51", "tos=0", "tcpFlags=SYN",
	}, "\t")
	if got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestGolden(t *testing.T) {
	encodetest.Golden(t, "testdata/events.leef", encodetest.Lines(codec(t, map[string]string{"domain": "a\tb"}), encodetest.Cases()), *update)
}

func TestHeader(t *testing.T) {
	for name, c := range map[string]struct {
		prefix string
		action event.Action
		want   string
	}{
		"dropped":              {"DROP ", event.ActionDrop, "DROP|x09|cat=drop\t"},
		"rejected":             {"R", event.ActionReject, "R|x09|cat=reject\t"},
		"allowed":              {"A", event.ActionAllow, "A|x09|cat=allow\t"},
		"nothing tells":        {"L", event.ActionNone, "L|x09|cat=log\t"},
		"no prefix":            {"", event.ActionDrop, "nflog|x09|cat=drop\t"},
		"a blank prefix":       {" \t ", event.ActionDrop, "nflog|x09|cat=drop\t"},
		"bars and backslashes": {`a|b\c|`, event.ActionDrop, `a\x7cb\x5cc\x7c|x09|cat=drop` + "\t"},
		"tabs and line ends":   {"a\tb\nc", event.ActionDrop, `a\x09b\x0ac|x09|cat=drop` + "\t"},
		"not UTF-8":            {"a\xffb", event.ActionDrop, "a\ufffdb|x09|cat=drop\t"},
	} {
		t.Run(name, func(t *testing.T) {
			b := encodetest.TCP()
			b.Events[0].Prefix, b.Events[0].Action = b.AppendString(c.prefix), c.action
			if got := encodetest.Line(t, codec(t, nil), b); !strings.HasPrefix(got, "LEEF:2.0|Netfilter|nflog|1.0|"+c.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for settings, want := range map[string]string{
		"{}": "LEEF:2.0|Netfilter|nflog|1.0|",
		"{vendor: ACME, product: 'Fire|wall', version: 'v\\2'}": `LEEF:2.0|ACME|Fire\x7cwall|v\x5c2|`,
		"vendor: ''":                          "",
		"version: " + strings.Repeat("1", 32): "",
	} {
		c := DefaultConfig()
		err := config.Decode(settings, &c)
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", settings, err)
		}
		if want == "" {
			continue
		}
		made, err := New(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := encodetest.Line(t, made, encodetest.TCP()); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q", settings, got)
		}
	}
}

func TestOwnFields(t *testing.T) {
	for name, want := range map[string]string{
		"src": "a key of that name", "tcpFlags": "a key of that name", "my_site": "letters and digits", "a\tb": "letters and digits",
		"domain": "", "site2": "",
	} {
		_, err := New(DefaultConfig(), map[string]string{name: "x"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	got := encodetest.Line(t, codec(t, map[string]string{"b": "2=\t", "a": "1|"}), encodetest.TCP())
	if !strings.HasSuffix(got, "\ta=1|\tb=2=\\x09") {
		t.Errorf("got %q", got)
	}
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	encodetest.NoAllocation(t, codec(t, map[string]string{"site": "ams1"}))
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, codec(b, nil)) }

package json

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

func codec(t testing.TB, cfg Config, own map[string]string) *encode.Codec {
	t.Helper()
	c, err := New(cfg, own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func line(t testing.TB, b *event.Batch) string {
	t.Helper()
	return encodetest.Line(t, codec(t, DefaultConfig(), nil), b)
}

func TestTypicalPacket(t *testing.T) {
	want := `{"time":"2026-11-22T10:00:00.123456789Z","host":"ams1-fw3","source":"firewall","family":"ipv4","group":1,` +
		`"seq":81234567,"prefix":"WAN_IN-42-DROP ","action":"drop","hook":"input","in":"eth0",` +
		`"mac_src":"02:00:00:00:00:0b","mac_dst":"02:00:00:00:00:0a","src":"203.0.113.7","dst":"192.0.2.10","proto":"tcp",` +
		`"src_port":51544,"dst_port":22,"length":60,"ttl":52,"tos":0,"id":54321,"df":true,` +
		`"tcp":{"flags":"SYN","seq":3546750782,"ack":0,"window":64240,"urgent":0}}`
	if got := line(t, encodetest.TCP()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestGolden prints one event of each kind; the files are what users see.
func TestGolden(t *testing.T) {
	c := codec(t, DefaultConfig(), nil)
	encodetest.Golden(t, "testdata/events.jsonl", encodetest.Lines(c, encodetest.Cases()), *update)
	example := []encodetest.Case{{Batch: encodetest.Example()}}
	encodetest.Golden(t, "testdata/example.json", encodetest.Lines(c, example), *update)
}

func TestSummaryAsInTheInterface(t *testing.T) {
	head := `{"kind":"summary","time":"2026-11-22T10:00:00.123456789Z","host":"ams1-fw3","source":"firewall","reason":`
	tail := `"suppressed":187,"bytes":11220,"first":"2026-11-22T09:59:59.123456789Z","last":"2026-11-22T10:00:00.123456789Z"}`
	want := head + `"threshold","stage":"quiet","key":{"src":"203.0.113.9","dst_port":22},` + tail
	if got := line(t, encodetest.Summary()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	want = head + `"overload","key":{"other":true},` + tail
	if got := line(t, encodetest.Rest()); got != want {
		t.Errorf("the row for the rest: got  %s\nwant %s", got, want)
	}
}

func TestOwnFields(t *testing.T) {
	got := encodetest.Line(t, codec(t, DefaultConfig(), map[string]string{"site": "ams\"1", "env": "prod"}), encodetest.HostilePrefix())
	if want := `,"env":"prod","site":"ams\"1"}`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want it to end in %s", got, want)
	}
	for _, taken := range []string{"kind", "src", "key", "process"} {
		if _, err := New(DefaultConfig(), map[string]string{taken: "x"}); err == nil || !strings.Contains(err.Error(), taken) {
			t.Errorf("own field %q: err = %v, want one that names the clash", taken, err)
		}
	}
}

func TestOptions(t *testing.T) {
	cfg := DefaultConfig()
	settings := "{include: [time, src, dst, dst_port], rename: {src: src_ip, dst: dest_ip, dst_port: dest_port}, packet: hex}"
	if err := config.Decode(settings, &cfg); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Events[0].Packet.Len = 4
	got := encodetest.Line(t, codec(t, cfg, map[string]string{"site": "ams1"}), b)
	want := `{"time":"2026-08-22T10:15:30.123456000Z","src_ip":"203.0.113.7","dest_ip":"192.0.2.10","dest_port":22,` +
		`"packet":"4500003c","site":"ams1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"pretty: true":       "pretty",
		"include: [srcc]":    `did you mean "src"?`,
		"packet: base32":     "base64",
		"exclude: [tcp.seq]": `only whole top-level keys can be chosen: "tcp"`,
	} {
		cfg := DefaultConfig()
		if err := config.Decode(settings, &cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want one that says %s", settings, err, want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	encodetest.NoAllocation(t, codec(t, DefaultConfig(), nil))
	encodetest.NoAllocation(t, codec(t, Config{Exclude: []string{"tcp"}, Rename: map[string]string{"src": "source_ip"}, Packet: "base64"},
		map[string]string{"site": "ams1"}))
}

func BenchmarkJSON(b *testing.B) { encodetest.Bench(b, codec(b, DefaultConfig(), nil)) }

func BenchmarkRenamed(b *testing.B) {
	encodetest.Bench(b, codec(b, Config{Rename: map[string]string{"src": "source_ip"}}, nil))
}

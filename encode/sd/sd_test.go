package sd

import (
	"flag"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
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
	encodetest.Golden(t, "testdata/example.txt", []byte(got+"\n"), *update)
	want := `[nflog@32473 source="firewall" family="ipv4" group="10" seq="1841" prefix="WAN_IN-42-DROP " action="drop" hook="input" ` +
		`in="eth0" mac_src="90:10:65:29:b6:2a" mac_dst="90:10:20:76:8d:20" src="203.0.113.7" dst="192.0.2.10" proto="tcp" ` +
		`src_port="51544" dst_port="22" length="60" ttl="51" tos="0" id="42001" df="true" ` +
		`tcp_flags="SYN" tcp_seq="3735928559" tcp_ack="0" tcp_window="64240" tcp_urgent="0"]`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestGolden(t *testing.T) {
	encodetest.Golden(t, "testdata/events.txt", encodetest.Lines(codec(t, map[string]string{"site": `a"b]`}), encodetest.Cases()), *update)
}

func TestEnterprise(t *testing.T) {
	c := DefaultConfig()
	if err := config.Decode("enterprise: 4294967295", &c); err != nil {
		t.Fatal(err)
	}
	made, err := New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := encodetest.Line(t, made, encodetest.TCP()); !strings.HasPrefix(got, "[nflog@4294967295 ") {
		t.Errorf("got %s", got)
	}
	if err := config.Decode("enterprise: 0", &c); err == nil {
		t.Error("0 is IANA's own")
	}
}

func TestOwnFields(t *testing.T) {
	for name, want := range map[string]string{
		"src": "a key of that name", "tcp_flags": "a key of that name", "host": "a key of that name", "a b": "printable ASCII", "a=": "printable ASCII",
		"a]": "printable ASCII", `a"`: "printable ASCII", "ü": "printable ASCII", "": "1 to 32", strings.Repeat("x", 33): "1 to 32",
		"site": "", "my-site_2": "", strings.Repeat("x", 32): "",
	} {
		_, err := New(DefaultConfig(), map[string]string{name: "x"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	got := encodetest.Line(t, codec(t, map[string]string{"b": `"]\` + "\n", "a": "1"}), encodetest.TCP())
	if !strings.HasSuffix(got, ` a="1" b="\"\]\\\\x0a"]`) {
		t.Errorf("got %s", got)
	}
}

// TestNamesAreShort: a parser may refuse longer ones.
func TestNamesAreShort(t *testing.T) {
	for _, key := range keys {
		if err := checkName(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	encodetest.NoAllocation(t, codec(t, map[string]string{"site": "ams1"}))
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, codec(b, nil)) }

package pcap

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/internal/testenv"
)

var update = flag.Bool("update", false, "write testdata anew")

func newCodec(t testing.TB) *encode.Codec {
	t.Helper()
	codec, err := New(DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

// file is a capture of the first event of each batch.
func file(t testing.TB, cases ...encodetest.Case) []byte {
	t.Helper()
	codec := newCodec(t)
	out := bytes.Clone(codec.Header)
	for _, k := range cases {
		out, _ = codec.New().AppendEvent(out, k.Batch, &k.Batch.Events[0])
	}
	return out
}

func TestGolden(t *testing.T) {
	example := file(t, encodetest.Case{Batch: encodetest.Example()})
	encodetest.Golden(t, "testdata/example.pcap", example, *update)
	encodetest.Golden(t, "testdata/example.txt", []byte(hex.Dump(example)), *update)
	encodetest.Golden(t, "testdata/events.pcap", file(t, encodetest.Cases()...), *update)
}

// TestFilesAreWhole has the codec tell how much of a file is: all of it, unless a record is torn.
func TestFilesAreWhole(t *testing.T) {
	codec := newCodec(t)
	whole := file(t, encodetest.Cases()...)
	last := len(file(t, encodetest.Cases()[:7]...)) - len(file(t, encodetest.Cases()[6])) + len(codec.Header) // summaries have no record
	for size, want := range map[int]int{len(whole): len(whole), len(whole) - 1: last, last + 5: last, last: last, 24: 24, 23: 0} {
		if n, err := codec.Whole(bufio.NewReader(bytes.NewReader(whole[:size]))); err != nil || n != int64(want) {
			t.Errorf("of %d bytes %d are whole (%v), want %d", size, n, err, want)
		}
	}
}

// run is what a program prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		testenv.Missing(t, "%s: %v", name, err)
	}
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &said)
	}
	return string(out)
}

// TestOthersRead has tcpdump and tshark read what was written: they say the same as of the captures that the kernel's own
// messages were written to.
func TestOthersRead(t *testing.T) {
	fields := []string{"-T", "fields", "-E", "separator=|"}
	for _, f := range strings.Fields("nflog.family nflog.res_id nflog.protocol nflog.hook nflog.prefix nflog.ifindex_indev nflog.ifindex_outdev " +
		"nflog.ifindex_physindev nflog.ifindex_physoutdev nflog.uid nflog.gid nflog.timestamp ip.src ipv6.src arp.src.proto_ipv4 tcp.seq_raw udp.length") {
		fields = append(fields, "-e", f)
	}
	for _, name := range []string{"GA.nflog.pcap", "ulogd/nflog239.pcap", "ulogd/nflog239-arp.pcap", "ulogd/nflog239-bridge-netdev.pcap"} {
		t.Run(name, func(t *testing.T) {
			original := testenv.Shared(t, "golden/"+name)
			ours := filepath.Join(t.TempDir(), "ours.pcap")
			n := write(t, ours, replay(t, original))
			if got, want := run(t, "tcpdump", "-ntvr", ours), run(t, "tcpdump", "-ntvr", original); comparable(got) != comparable(want) {
				t.Errorf("tcpdump reads\n%s\nwant\n%s", got, want)
			}
			got, want := run(t, "tshark", append(fields, "-r", ours)...), run(t, "tshark", append(fields, "-r", original)...)
			if got != want || strings.Count(got, "\n") != n {
				t.Errorf("tshark reads\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// comparable leaves out of tcpdump's lines how long the message was: libpcap asks the kernel for fewer attributes.
func comparable(lines string) string {
	var out []string
	for line := range strings.Lines(lines) {
		if _, rest, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "version") {
			line = rest
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

func TestNoAllocation(t *testing.T) {
	encodetest.NoAllocation(t, newCodec(t), encodetest.Case{Name: "example", Batch: encodetest.Example()})
}

func TestSummariesHaveNoPlace(t *testing.T) {
	b := encodetest.Summary()
	if out, ok := newCodec(t).New().AppendEvent([]byte("before"), b, &b.Events[0]); ok || string(out) != "before" {
		t.Errorf("%q, %t", out, ok)
	}
}

func TestOwnFieldsHaveNoPlace(t *testing.T) {
	if _, err := New(DefaultConfig(), map[string]string{"site": "ams1"}); err == nil {
		t.Error("they are taken")
	}
	cfg := DefaultConfig()
	if err := config.Decode("snaplen: 1", &cfg); err == nil {
		t.Error("an unknown setting is taken")
	}
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, newCodec(b)) }

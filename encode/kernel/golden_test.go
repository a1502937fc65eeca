package kernel

import (
	"encoding/binary"
	"os"
	"regexp"
	"strings"
	"testing"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// readNFLOG decodes a little-endian capture of link type 239.
func readNFLOG(t testing.TB, name string, names map[uint32]string) *event.Batch {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Origins: []*event.Origin{{}}}
	d := decode.Decoder{Names: func(index uint32) string { return names[index] }}
	d.Begin(b)
	for rest := file[24:]; len(rest) > 0; {
		size := binary.LittleEndian.Uint32(rest[8:])
		var e event.Event
		span := b.AppendBytes(rest[16 : 16+size])
		if err := d.NFLOG(&e, span, decode.Little); err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, e)
		rest = rest[16+size:]
	}
	return b
}

func readLines(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
}

func render(t testing.TB, cfg Config, b *event.Batch, e *event.Event) string {
	t.Helper()
	out, ok := New(cfg).New().AppendEvent(nil, b, e)
	if !ok {
		t.Fatal("every packet has a line")
	}
	return string(out)
}

// TestKernelsOwnLines holds 400 packets against what Linux 6.18 printed for each, to the byte.
func TestKernelsOwnLines(t *testing.T) {
	want := readLines(t, "golden/GA.kernel.log")
	b := readNFLOG(t, "golden/GA.nflog.pcap", map[uint32]string{2: "va"})
	if len(b.Events) != len(want) || len(want) != 400 {
		t.Fatalf("%d events, %d lines, want 400", len(b.Events), len(want))
	}
	for i := range b.Events {
		if got := render(t, DefaultConfig(), b, &b.Events[i]); got != want[i] {
			t.Errorf("packet %d:\n got %q\nwant %q", i+1, got, want[i])
		}
	}
}

// TestKernelsOwnLinesOfBothDirections takes rules with all switches on (ULGLAB-), with none (ULGLABPLAIN-), and with
// macdecode alone (ULGLABMAC-: on output, where there is no MAC, the same as none), in both directions.
func TestKernelsOwnLinesOfBothDirections(t *testing.T) {
	b := readNFLOG(t, "golden/ulogd/nflog239.pcap", map[uint32]string{3: "veth0"})
	next := map[string]int{} // index of the next event with each prefix
	for _, prefix := range []string{"FW-ou: ", "FW-in: "} {
		next[prefix] = following(b, -1, prefix)
	}
	compared := map[string]int{}
	for _, line := range readLines(t, "golden/ulogd/kernel-LOG.txt") {
		rule, direction, want := cutRule(t, line)
		i, cfg := next[direction], Config{}
		switch rule {
		case "ULGLAB":
			cfg = DefaultConfig()
			next[direction] = following(b, i, direction)
		case "ULGLABPLAIN", "ULGLABMAC":
			i = before(b, i, direction)
			if strings.Contains(want, "MACPROTO") {
				continue
			}
		}
		compared[rule]++
		e := b.Events[i]
		e.Prefix = event.Span{}
		if got := render(t, cfg, b, &e); got != want {
			t.Errorf("%s, event %d:\n got %q\nwant %q", rule, i+1, got, want)
		}
	}
	if compared["ULGLAB"] != len(b.Events) || compared["ULGLABPLAIN"] < 4 || compared["ULGLABMAC"] < 2 {
		t.Errorf("%d events, compared with %v lines", len(b.Events), compared)
	}
}

var ruleLine = regexp.MustCompile(`^\[ *[0-9.]+\] (ULGLAB\w*)-(in|ou): (IN=.*)$`)

func cutRule(t *testing.T, line string) (rule, direction, rest string) {
	m := ruleLine.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("not a line of the rules: %q", line)
	}
	return m[1], "FW-" + m[2] + ": ", m[3]
}

func following(b *event.Batch, i int, prefix string) int { return seek(b, i, 1, prefix) }
func before(b *event.Batch, i int, prefix string) int    { return seek(b, i, -1, prefix) }

// seek finds the nearest other event with the prefix in a direction; one outside the batch where there is none.
func seek(b *event.Batch, i, step int, prefix string) int {
	for i += step; i >= 0 && i < len(b.Events); i += step {
		if string(b.Bytes(b.Events[i].Prefix)) == prefix {
			break
		}
	}
	return i
}

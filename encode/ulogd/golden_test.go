package ulogd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/encode/internal/header"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// inParis puts ulogd2's zone in the place of this machine's: the times of the reference data are Europe/Paris.
func inParis(t *testing.T) {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	here := time.Local
	time.Local = paris
	t.Cleanup(func() { time.Local = here })
}

func readLines(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
}

var icmpChecksum = regexp.MustCompile(`("icmp(?:v6)?\.csum": )(\d+)`)

// righted is ulogd2's line without its known mistakes, for an event that shows what would have been right.
func righted(t *testing.T, line string, b *event.Batch, e *event.Event) string {
	t.Helper()
	line = icmpChecksum.ReplaceAllStringFunc(line, func(text string) string {
		parts := icmpChecksum.FindStringSubmatch(text)
		swapped, err := strconv.ParseUint(parts[2], 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		return parts[1] + fmt.Sprint(bits.ReverseBytes16(uint16(swapped)))
	})
	if e.Is(event.HasTCP) {
		offset := header.Upper(b.Bytes(e.Packet))[12] >> 4
		line = strings.Replace(line, `"tcp.offset": 0`, fmt.Sprintf(`"tcp.offset": %d`, offset), 1)
	}
	if e.Is(event.HasFrag) && e.FragOffset > 0 && !e.Is(event.IsIPv6) {
		line = regexp.MustCompile(`, "(src_port|dest_port|(tcp|udp|icmp|sctp)\.[a-z0-9]+)": \d+`).ReplaceAllString(line, "")
	}
	return line
}

// restore gives the event what ulogd2 had and the capture has not: its own time of receipt, and sequence numbers.
func restore(t *testing.T, e *event.Event, line string) {
	t.Helper()
	var had struct {
		Sec    int64   `json:"oob.time.sec"`
		USec   int64   `json:"oob.time.usec"`
		Local  *uint32 `json:"oob.seq.local"`
		Global *uint32 `json:"oob.seq.global"`
	}
	if err := json.Unmarshal([]byte(line), &had); err != nil {
		t.Fatal(err)
	}
	e.Time = had.Sec*1e9 + had.USec*1e3
	if had.Local != nil {
		e.Seq, e.SeqGlobal, e.Has = *had.Local, *had.Global, e.Has|event.HasSeq|event.HasSeqGlobal
	}
}

// TestEqualsUlogd2 holds 55 packets against what ulogd2 2.0.8 wrote of them, to the byte.
func TestEqualsUlogd2(t *testing.T) {
	inParis(t)
	one := uint8(1)
	withEvent := DefaultConfig()
	withEvent.EventV1, withEvent.BooleanLabel, withEvent.NumericLabel, withEvent.Device = true, true, &one, "fw-edge-1"
	for _, c := range []struct {
		file string
		cfg  Config
	}{
		{"golden/ulogd/ulogd-2.0.8.json", DefaultConfig()},
		{"golden/ulogd/ulogd-2.0.8-eventv1.json", withEvent},
	} {
		want := readLines(t, c.file)
		b := encodetest.NFLOG(t, "golden/ulogd/nflog239.pcap", map[uint32]string{3: "veth0"})
		if len(want) != 55 || len(b.Events) != len(want) {
			t.Fatalf("%d packets and %d lines, want 55", len(b.Events), len(want))
		}
		x := codec(t, c.cfg, nil).New()
		for i := range b.Events {
			restore(t, &b.Events[i], want[i])
			got, _ := x.AppendEvent(nil, b, &b.Events[i])
			if want := righted(t, want[i], b, &b.Events[i]); string(got) != want {
				t.Errorf("%s, packet %d:\n got %s\nwant %s", c.file, i+1, got, want)
			}
		}
	}
}

// TestOtherFamilies prints what ulogd2 2.0.8 says little about: bridge, netdev and ARP packets.
func TestOtherFamilies(t *testing.T) {
	cfg := DefaultConfig()
	cfg.UTC = true
	x := codec(t, cfg, nil).New()
	var out bytes.Buffer
	for _, name := range []string{"golden/ulogd/nflog239-bridge-netdev.pcap", "golden/ulogd/nflog239-arp.pcap"} {
		b := encodetest.NFLOG(t, name, map[uint32]string{2: "va", 3: "veth0"})
		for i := range b.Events {
			line, _ := x.AppendEvent(nil, b, &b.Events[i])
			out.Write(append(line, '\n'))
		}
	}
	encodetest.Golden(t, "testdata/captured.jsonl", out.Bytes(), *update)
}

func TestEveryKeyOfTheSampleIsKnown(t *testing.T) {
	for _, file := range []string{"golden/ulogd/ulogd-2.0.8.json", "golden/ulogd/ulogd-2.0.8-eventv1.json"} {
		for _, line := range readLines(t, file) {
			for _, m := range encodetest.Members(t, []byte(line)) {
				if !slices.Contains(format.Keys, m.Key) {
					t.Errorf("%s: key %q cannot be chosen", file, m.Key)
				}
			}
		}
	}
}

package logemu

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// readNFLOG decodes a little-endian capture of link type 239, as captured on the host vm.
func readNFLOG(t testing.TB, path string, names map[uint32]string) *event.Batch {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Origins: []*event.Origin{{Host: "vm.example"}}}
	d := decode.Decoder{Names: func(index uint32) string { return names[index] }}
	d.Begin(b)
	const header, record = 24, 16
	for rest := file[header:]; len(rest) > 0; {
		size := binary.LittleEndian.Uint32(rest[8:])
		at := time.Unix(int64(binary.LittleEndian.Uint32(rest)), int64(binary.LittleEndian.Uint32(rest[4:]))*1000)
		e := event.Event{Time: at.UnixNano()}
		if err := d.NFLOG(&e, b.AppendBytes(rest[record:record+size]), decode.Little); err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, e)
		rest = rest[record+size:]
	}
	return b
}

func readLines(t testing.TB, path string) []string {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
}

// TestUlogd2sLines holds 55 packets against what ulogd2 2.0.8 wrote for each in Europe/Paris, to the byte.
func TestUlogd2sLines(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		testenv.Missing(t, "no time zones on this machine: %v", err)
	}
	want := readLines(t, testenv.Shared(t, "golden/ulogd/logemu.log"))
	b := readNFLOG(t, testenv.Shared(t, "golden/ulogd/nflog239.pcap"), map[uint32]string{3: "veth0"})
	if len(b.Events) != len(want) || len(want) != 55 {
		t.Fatalf("%d events, %d lines, want 55", len(b.Events), len(want))
	}
	x := newIn(paris).New()
	for i := range b.Events {
		if got, ok := x.AppendEvent(nil, b, &b.Events[i]); !ok || string(got) != want[i] {
			t.Errorf("packet %d:\n got %q\nwant %q", i+1, got, want[i])
		}
	}
}

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(s, " ", "")) }

// kmsg is how /dev/kmsg shows bytes.
func kmsg(p []byte) string {
	var s strings.Builder
	for _, c := range p {
		if c < ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&s, `\x%02x`, c)
			continue
		}
		s.WriteByte(c)
	}
	return s.String()
}

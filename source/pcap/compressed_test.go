package pcap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestCompressed(t *testing.T) {
	plain := golden(t, "GA.nflog.pcap")
	want := newRig(t, Config{Files: []string{write(t, "a.pcap", plain)}}).sound().packets()
	if len(want) != 400 {
		t.Fatalf("%d events in the capture itself", len(want))
	}
	half := len(plain)/2 + 5
	skippable := []byte("\x53\x2a\x4d\x18\x04\x00\x00\x00skip")
	for name, data := range map[string][]byte{
		"gzip":                   gzipped(plain),
		"gzip, two members":      slices.Concat(gzipped(plain[:half]), gzipped(plain[half:])),
		"gzip, an empty member":  slices.Concat(gzipped(nil), gzipped(plain)),
		"zstd":                   zstandard(plain),
		"zstd, two frames":       slices.Concat(zstandard(plain[:half]), zstandard(plain[half:])),
		"zstd, skippable frames": slices.Concat(skippable, zstandard(plain), skippable),
		"zstd, best":             zstandard(plain, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(128<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			// The name says nothing: what the file is, its first bytes tell.
			got := newRig(t, Config{Files: []string{write(t, "a.pcap", data)}}).sound().packets()
			if !slices.Equal(want, got) {
				t.Errorf("%d events, of the capture itself %d, or others", len(got), len(want))
			}
		})
	}
}

func TestCapturesPutTogether(t *testing.T) {
	plain := golden(t, "ulogd/nflog239.pcap")
	r := newRig(t, Config{Files: []string{write(t, "a.pcap.gz", slices.Concat(gzipped(plain), gzipped(plain)))}}).sound()
	if len(r.events) != 110 || r.events[109].Record != 109 {
		t.Errorf("%d events", len(r.events))
	}
}

func TestCompressedDataCutOff(t *testing.T) {
	plain := golden(t, "GA.nflog.pcap")
	for range 5 { // enough for several zstd blocks
		plain = append(plain, plain[24:]...)
	}
	want := newRig(t, Config{Files: []string{write(t, "a.pcap", plain)}}).sound().packets()
	for name, data := range map[string][]byte{"gzip": gzipped(plain), "zstd": zstandard(plain)} {
		t.Run(name, func(t *testing.T) {
			last := 0
			for _, n := range []int{5, 12, 20, len(data) / 3, len(data) / 2, len(data) - 9, len(data) - 1} {
				r := newRig(t, Config{Files: []string{write(t, "a", data[:n])}}).run()
				got := r.packets()
				if len(got) > len(want) || !slices.Equal(want[:len(got)], got) {
					t.Fatalf("cut at %d: %d events that differ from the first of the whole file", n, len(got))
				}
				if len(r.damage) != 1 || !strings.Contains(r.damage[0], name+" data is cut off") || r.counts.Undecodable.Load() != 1 {
					t.Errorf("cut at %d: damage %q, undecodable %d", n, r.damage, r.counts.Undecodable.Load())
				}
				if !strings.Contains(r.damage[0], "of the decompressed data, after "+fmt.Sprint(len(got))+" records") {
					t.Errorf("cut at %d: %q does not say that its offset is one of decompressed data", n, r.damage[0])
				}
				if len(got) < last {
					t.Errorf("cut at %d: %d events, before %d", n, len(got), last)
				}
				last = len(got)
			}
			if last == 0 {
				t.Error("nothing is delivered of a file whose last byte is missing")
			}
		})
	}
}

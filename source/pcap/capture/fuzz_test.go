package capture

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nflogship/internal/testenv"
)

// seeds are whole files that begin with one of heads: the reference data, where it stands beside the repository.
func seeds(f *testing.F, heads ...string) {
	for _, pattern := range []string{"corpus/*.pcap*", "golden/ulogd/*.pcap"} {
		paths, _ := filepath.Glob(filepath.Join(testenv.Root(), "..", "shared", pattern))
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if slices.ContainsFunc(heads, func(h string) bool { return bytes.HasPrefix(data, []byte(h)) }) {
				f.Add(data[:min(len(data), 4<<10)], uint16(7))
			}
		}
	}
}

func FuzzPcap(f *testing.F) {
	seeds(f, "\xd4\xc3", "\x34\xcd", "\x4d\x3c")
	for _, o := range []order{little, big} {
		for _, magic := range []uint32{magicMicro, magicNano, magicModified} {
			one := join(o.pcapHeader(magic, 2, 4, 239), o.pcapRecord(5, 6, "abcdefghijkl", 99), o.pcapRecord(7, 8, "", 0))
			f.Add(one, uint16(1))
			f.Add(join(one[:24], one), uint16(30))
		}
		f.Add(join(o.pcapHeader(magicMicro, 2, 3, 1), o.words(5, 6, 9, 3), []byte("abc")), uint16(5))
	}
	f.Fuzz(compareReadings)
}

func FuzzPcapng(f *testing.F) {
	seeds(f, "\x0a\x0d\x0d\x0a")
	for _, o := range []order{little, big} {
		f.Add(join(o.section(o.option(2, "hardware")), o.iface(239, 0, o.option(9, "\x09"), o.option(14, "12345678"), o.option(0, "")),
			o.packet(0, 6, "abc", 10, o.option(1, "comment")), o.block(99, []byte("custom")), o.simplePacket("abcd", 4),
			o.section(), o.iface(1, 0, o.option(9, "\x8a")), o.obsoletePacket(0, 0, 1, "xyz", 3)), uint16(3))
	}
	f.Fuzz(compareReadings)
}

// compareReadings holds reading at once, reading in pieces and gopacket's reading against each other.
func compareReadings(t *testing.T, data []byte, piece uint16) {
	all, err := readAll(data, len(data)+1)
	again, errAgain := readAll(data, int(piece)+1)
	if !slices.Equal(all, again) {
		t.Fatalf("%d records at once, in pieces of %d bytes %d, or others", len(all), piece+1, len(again))
	}
	if err != errAgain && (err == nil || errAgain == nil || err.Error() != errAgain.Error()) {
		t.Fatalf("at once: %v; in pieces of %d bytes: %v", err, piece+1, errAgain)
	}
	if err != nil || !onePcap(all, len(data)) {
		return
	}
	others, err := askGopacket(data)
	if err != nil {
		return
	}
	for i := range min(len(all), len(others)) {
		g, w := all[i], others[i]
		overflow := (g.Time-w.time)%(1<<32) == 0 // its fraction of a second has 32 bits
		if g.Packet != w.packet || g.Link&0xff != w.link || !overflow {
			t.Fatalf("record %d: %q at %d of link type %d; gopacket says %q at %d of %d", i, g.Packet, g.Time, g.Link, w.packet, w.time, w.link)
		}
	}
}

// onePcap tells whether a sound stream holds nothing but one pcap file. About others gopacket cannot be asked: it takes a
// second header for a record, allocates whatever length it finds, and panics at resolutions finer than 2 to the minus 63.
func onePcap(all []want, size int) bool {
	for _, r := range all {
		size -= pcapRecordLen + len(r.Packet)
		if r.Mixed {
			return false
		}
	}
	return size == pcapHeaderLen
}

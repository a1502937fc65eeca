package pcap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestCutAtEveryByte(t *testing.T) {
	plain := golden(t, "ulogd/nflog239-arp.pcap")
	want := newRig(t, Config{Files: []string{write(t, "a.pcap", plain)}}).sound().packets()
	ends := []int{24}
	for _, r := range records(plain) {
		ends = append(ends, ends[len(ends)-1]+len(r))
	}
	path := write(t, "b.pcap", nil)
	for n := range plain {
		if err := os.WriteFile(path, plain[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, Config{Files: []string{path}}).run()
		boundary := slices.Index(ends, n)
		whole := 0
		for whole+1 < len(ends) && ends[whole+1] <= n {
			whole++
		}
		if !slices.Equal(want[:whole], r.packets()) {
			t.Fatalf("cut at byte %d: %d events, want the first %d", n, len(r.events), whole)
		}
		if said := len(r.damage) == 1; said == (boundary >= 0) {
			t.Fatalf("cut at byte %d: damage %q", n, r.damage)
		}
	}
}

func TestCorruptionNeverPanics(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	path := write(t, "a", nil)
	for _, plain := range [][]byte{golden(t, "ulogd/nflog239.pcap"), goldenNG(t), golden(t, "ulogd/any-sll2-276.pcap")} {
		for range 300 {
			data := bytes.Clone(plain)
			for range 1 + random.IntN(8) {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			newRig(t, Config{Files: []string{path}, Interfaces: map[uint32]string{2: "va"}}).run()
		}
	}
}

func goldenNG(t *testing.T) []byte {
	data := ngHeader(239)
	for _, r := range records(golden(t, "ulogd/nflog239.pcap")) {
		data = append(data, ngPacket(r)...)
	}
	return data
}

func TestDamagedFilesDoNotStopTheOthers(t *testing.T) {
	good := golden(t, "ulogd/nflog239.pcap")
	long := slices.Clone(good[:24])
	for _, r := range records(good)[:3] {
		long = append(long, r...)
	}
	at := len(long)
	long = append(long, le32(1, 2, 1<<30, 1<<30)...)
	ppp := append(pcapHeader(9), record(1, 2, []byte("\xff\x03\x00\x21"))...)
	files := []string{
		write(t, "long.pcap", long), write(t, "ppp.pcap", ppp), write(t, "text.log", []byte("Nov 22 kernel: x")),
		write(t, "empty.pcap", nil), write(t, "gone.pcap", good), write(t, "good.pcap", good), write(t, "long.pcap.gz", gzipped(long)),
	}
	r := newRig(t, Config{Files: files})
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files[4]); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), r.emit); err != nil {
		t.Fatal(err)
	}
	if len(r.events) != 3+55+3 || r.counts.Undecodable.Load() != 6 {
		t.Errorf("%d events, undecodable %d", len(r.events), r.counts.Undecodable.Load())
	}
	want := []string{
		fmt.Sprintf("long.pcap: at byte %d, after 3 records: a record says that it holds 1073741824 bytes", at),
		"ppp.pcap: at byte 40, after 0 records: link type 9 cannot be decoded",
		"text.log: at byte 0, after 0 records: neither pcap nor pcapng: it begins with 4e 6f 76 20",
		"empty.pcap: at byte 0, after 0 records: it is empty",
		"gone.pcap: no such file",
		fmt.Sprintf("long.pcap.gz: at byte %d of the decompressed data, after 3 records: a record says", at),
	}
	if len(r.damage) != len(want) {
		t.Fatalf("damage %q", r.damage)
	}
	for i, w := range want {
		if !strings.Contains(r.damage[i], w) {
			t.Errorf("damage %d: %q, want %q in it", i, r.damage[i], w)
		}
	}
	if !strings.Contains(r.damage[1], "PPP") {
		t.Errorf("%q does not name the link type", r.damage[1])
	}
}

func TestLinkTypesInOneFile(t *testing.T) {
	iface := func(link uint32) []byte { return le32(1, 20, link, 0, 20) }
	packet := func(iface uint32, p []byte) []byte {
		n := uint32(32 + len(p))
		return slices.Concat(le32(6, n, iface, 0, 7, uint32(len(p)), uint32(len(p))), p, le32(n))
	}
	frame := []byte("\xff\x03\x00\x21")
	mixed := slices.Concat(ngHeader(9), iface(101), iface(147), packet(0, frame), packet(1, datagram(28, 1)), packet(2, frame), packet(0, frame),
		packet(1, datagram(28, 2)))
	r := newRig(t, Config{Files: []string{write(t, "a.pcapng", mixed)}}).run()
	if len(r.events) != 2 || r.counts.Undecodable.Load() != 3 || len(r.damage) != 0 {
		t.Errorf("%d events, undecodable %d, damage %q", len(r.events), r.counts.Undecodable.Load(), r.damage)
	}
	if r.events[0].Record != 1 || r.events[1].Record != 4 {
		t.Errorf("records %d and %d", r.events[0].Record, r.events[1].Record)
	}
	if n := strings.Count(r.log.String(), "level=WARN"); n != 1 || !strings.Contains(r.log.String(), "link type 9") {
		t.Errorf("%d warnings: %s", n, r.log)
	}

	none := slices.Concat(ngHeader(9), packet(0, frame), packet(0, frame))
	r = newRig(t, Config{Files: []string{write(t, "a.pcapng", none)}}).run()
	if len(r.damage) != 1 || !strings.Contains(r.damage[0], "link type 9") {
		t.Errorf("of a file without one packet that can be read is said: %q", r.damage)
	}
}

func TestUndecodableRecordsAreCounted(t *testing.T) {
	data := slices.Concat(pcapHeader(239), record(1, 2, nil), record(1, 3, []byte{2, 0}), record(1, 4, append([]byte{2, 0, 0, 6, 32, 0, 9, 0}, datagram(28, 1)...)))
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", data)}}).run()
	if len(r.events) != 1 || r.counts.Undecodable.Load() != 2 || len(r.damage) != 0 || r.events[0].Record != 2 {
		t.Errorf("events %+v, undecodable %d, damage %q", r.events, r.counts.Undecodable.Load(), r.damage)
	}
	if n := strings.Count(r.log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings: %s", n, r.log)
	}
}

// TestMemoryIsBounded: lengths in damaged files, and in compressed ones, ask for more than there is.
func TestMemoryIsBounded(t *testing.T) {
	huge := slices.Concat(ngHeader(239), le32(6, 16<<20, 0, 0, 0, 16<<20-32, 16<<20-32), make([]byte, 1<<20))
	skip := slices.Concat(ngHeader(239), le32(99, 4<<20), make([]byte, 4<<20-12), le32(4<<20))
	for name, data := range map[string][]byte{"packet block": huge, "block without packet": gzipped(skip)} {
		path := write(t, "a", data)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		newRig(t, Config{Files: []string{path}}).run()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}

package pcap

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"nflogship/event"
	"nflogship/source/pcap/capture"
)

func TestNFLOGCapture(t *testing.T) {
	path := write(t, "a.pcap", golden(t, "ulogd/nflog239.pcap"))
	r := newRig(t, Config{Files: []string{path}}).sound()
	if len(r.events) != 55 {
		t.Fatalf("%d events", len(r.events))
	}
	for i, e := range r.events {
		if e.Record != uint64(i) || e.ID != fmt.Sprintf("0/%d", i) || !e.TimeSeen {
			t.Errorf("event %d: record %d, id %s, time seen %v", i, e.Record, e.ID, e.TimeSeen)
		}
		if want := (event.Origin{Host: "fw", Source: "old", ID: r.life + "/0"}); e.origin != want {
			t.Errorf("event %d: origin %+v, want %+v", i, e.origin, want)
		}
		if e.In != "" {
			t.Errorf("event %d has an interface name %q from nowhere", i, e.In)
		}
	}
}

// TestTimeIsTheKernels: a TIMESTAMP attribute comes before the record's time, which comes before the time of receipt.
func TestTimeIsTheKernels(t *testing.T) {
	attribute := func(kind uint16, value ...byte) []byte {
		n := uint16(4 + len(value))
		return append([]byte{byte(n), byte(n >> 8), byte(kind), byte(kind >> 8)}, append(value, make([]byte, -len(value)&3)...)...)
	}
	payload := attribute(9, datagram(28, 0)...)
	with := append([]byte{2, 0, 0, 6}, append(attribute(3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7), payload...)...)
	without := append([]byte{2, 0, 0, 6}, payload...)
	plain := slices.Concat(pcapHeader(239), record(5, 6, with), record(5, 6, without))
	simple := slices.Concat(ngHeader(101), le32(3, 16+28, 28), datagram(28, 0), le32(16+28))
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", plain), write(t, "b.pcapng", simple)}}).sound()
	if r.events[0].Time != 9_000_007_000 || r.events[1].Time != 5_000_006_000 || !r.events[1].TimeSeen {
		t.Errorf("times %d and %d", r.events[0].Time, r.events[1].Time)
	}
	if r.events[2].Time < 1e18 || r.events[2].TimeSeen {
		t.Errorf("a simple packet block has no time, the event has %d, seen %v", r.events[2].Time, r.events[2].TimeSeen)
	}
}

func TestInterfaceNames(t *testing.T) {
	for _, name := range []string{"ulogd/nflog239.pcap", "ulogd/any-sll2-276.pcap"} {
		path := write(t, "a.pcap", golden(t, name))
		all := map[uint32]string{}
		for i := range uint32(100) {
			all[i+1] = fmt.Sprintf("if%d", i+1)
		}
		named := 0
		for _, e := range newRig(t, Config{Files: []string{path}, Interfaces: all}).sound().events {
			if strings.HasPrefix(e.In+e.Out, "if") {
				named++
			}
		}
		if named == 0 {
			t.Errorf("%s: no event has an interface's name", name)
		}
	}
}

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
				if len(got) > 0 && !strings.Contains(r.damage[0], "of the decompressed data, after "+fmt.Sprint(len(got))+" records") {
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

// TestChunks: records of all lengths, so that chunks end in every part of one; the longest there may be among them.
func TestChunks(t *testing.T) {
	data := pcapHeader(101)
	var want []int
	for i := range 3000 {
		size := 40 + i*37%1400
		if i%500 == 7 {
			size = capture.MaxPacket
		}
		want = append(want, size)
		data = append(data, record(uint32(i), 0, append(datagram(min(size, 60000), i), make([]byte, size-min(size, 60000))...))...)
	}
	for name, file := range map[string][]byte{"plain": data, "gzip": gzipped(data)} {
		r := newRig(t, Config{Files: []string{write(t, "a.pcap", file)}}).sound()
		if len(r.events) != len(want) {
			t.Fatalf("%s: %d events", name, len(r.events))
		}
		for i, e := range r.events {
			if !strings.HasPrefix(e.Packet[28:], fmt.Sprint(i)+"\x00") || e.Time != int64(i)*1e9 || len(e.Packet) != min(want[i], 60000) {
				t.Fatalf("%s: event %d is wrong: %d bytes, want %d", name, i, len(e.Packet), want[i])
			}
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	data := pcapHeader(101)
	for i := range 20_000 {
		data = append(data, record(uint32(i), 0, datagram(28, i))...)
	}
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", data)}})
	largest, arena := 0, 0
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := r.Run(t.Context(), func(ctx context.Context, b *event.Batch) error {
		largest, arena = max(largest, len(b.Events)), max(arena, len(b.Arena))
		return r.emit(ctx, b)
	})
	if err != nil || len(r.events) != 20_000 || largest > maxEvents || arena > arenaSize {
		t.Errorf("%v, %d events, %d in a batch, arena %d", err, len(r.events), largest, arena)
	}
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

// TestByteOrderIsTheFiles: an attribute of 257 bytes, whose length is the same in both byte orders.
func TestByteOrderIsTheFiles(t *testing.T) {
	little := append([]byte{2, 0, 0, 6, 1, 1, 9, 0}, datagram(253, 1)...)
	big := append([]byte{2, 0, 0, 6, 1, 1, 0, 9}, datagram(253, 1)...)
	n := uint32(len(big))
	swapped := slices.Concat(be32(0xa1b2c3d4, 2<<16|4, 0, 0, 262144, 239), be32(1, 2, n, n), big)
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", slices.Concat(pcapHeader(239), record(1, 2, little))), write(t, "b.pcap", swapped)}}).sound()
	if len(r.events) != 2 || r.events[0].Packet != string(datagram(253, 1)) || r.events[0].Packet != r.events[1].Packet {
		t.Errorf("events %+v", r.events)
	}
}

func be32(words ...uint32) (b []byte) {
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// TestSnapshotLength: what the snapshot length cut off is not missing from the packet itself.
func TestSnapshotLength(t *testing.T) {
	frame := slices.Concat(make([]byte, 12), []byte{8, 0}, datagram(60, 1))
	cut := slices.Concat(le32(1, 2, 10, 74), frame[:10])
	short := record(1, 2, frame[:10]) // as sent
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", slices.Concat(pcapHeader(1), record(1, 2, frame), cut, short))}}).sound()
	if len(r.events) != 3 || r.events[0].truncated || !r.events[1].truncated || r.events[1].fault != event.FaultNone ||
		r.events[2].truncated || r.events[2].fault != event.FaultShortLink {
		t.Errorf("events %+v", r.events)
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

func TestEmitError(t *testing.T) {
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", golden(t, "GA.nflog.pcap"))}})
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	aborted := errors.New("aborted")
	err := r.Run(t.Context(), func(_ context.Context, b *event.Batch) error {
		b.End(event.Aborted)
		return aborted
	})
	if err != aborted || r.counts.Aborted.Load() == 0 || r.counts.Out.Load() != 0 || r.ledger.Check() != nil {
		t.Errorf("%v, aborted %d, out %d, %v", err, r.counts.Aborted.Load(), r.counts.Out.Load(), r.ledger.Check())
	}
}

func TestStopAfterABatch(t *testing.T) {
	path := write(t, "a.pcap", slices.Concat(golden(t, "GA.nflog.pcap"), golden(t, "GA.nflog.pcap"), golden(t, "GA.nflog.pcap")))
	for name, end := range map[string]func(r *rig, cancel func()){
		"Stop":      func(r *rig, _ func()) { r.Stop(); r.Stop() },
		"cancelled": func(r *rig, cancel func()) { cancel(); <-r.stop },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{Files: []string{path, path}})
			if err := r.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := r.Run(ctx, func(ctx context.Context, b *event.Batch) error {
				end(r, cancel)
				return r.emit(ctx, b)
			})
			if (err != nil) != (name == "cancelled") || r.batches != 1 || len(r.damage) != 0 {
				t.Errorf("%v, %d batches, damage %q", err, r.batches, r.damage)
			}
			if err := r.ledger.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	plain := golden(t, "GA.nflog.pcap")
	squeezed := gzipped(plain)
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", plain), write(t, "b.pcap.gz", squeezed)}})
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := int64(len(plain) + len(squeezed))
	if read, total := r.Progress(); read != 0 || total != all {
		t.Errorf("before: %d of %d, want 0 of %d", read, total, all)
	}
	if err := r.Run(t.Context(), r.emit); err != nil {
		t.Fatal(err)
	}
	if read, total := r.Progress(); read != all || total != all {
		t.Errorf("after: %d of %d, want %d", read, total, all)
	}
}

func TestReplayDoesNotAllocate(t *testing.T) {
	data := golden(t, "GA.nflog.pcap")
	once := data[24:]
	for range 250 {
		data = append(data, once...)
	}
	path, pool := write(t, "a.pcap", data), &event.Pool{}
	allocs := testing.AllocsPerRun(3, func() {
		r := newRig(t, Config{Files: []string{path}, Interfaces: map[uint32]string{2: "va"}})
		r.deps.Pool = pool
		if err := r.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := r.Run(t.Context(), func(_ context.Context, b *event.Batch) error {
			b.End(event.Delivered)
			return nil
		})
		if in := r.counts.In.Load(); err != nil || in != 251*400 {
			t.Fatal(err, in)
		}
	})
	if allocs > 2000 { // for the run: opening, buffers, what the pool lost to a collection (and under -race to chance)
		t.Errorf("%v allocations for 100400 events", allocs)
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

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.pcap", "a.pcap", "c.log", "[x].pcap"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		files []string
		want  string // names, or the error
		fails bool
	}{
		{"as given", []string{"b.pcap", "a.pcap"}, "b.pcap a.pcap", false},
		{"pattern, sorted", []string{"c.log", "?.pcap"}, "c.log a.pcap b.pcap", false},
		{"a file whose name looks like a pattern", []string{"[x].pcap"}, "[x].pcap", false},
		{"twice is twice", []string{"a.pcap", "a.pcap"}, "a.pcap a.pcap", false},
		{"pattern without a match", []string{"a.pcap", "*.cap"}, "no file matches", true},
		{"pattern that is none", []string{"[a"}, "not a pattern", true},
		{"missing", []string{"z.pcap"}, "no such file", true},
		{"directory", []string{"sub"}, "sub is a directory", true},
		{"directory matched by a pattern", []string{"s*"}, "sub is a directory", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, f := range c.files {
				names = append(names, filepath.Join(dir, f))
			}
			found, err := findFiles(names)
			if c.fails {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("%v, want %q", err, c.want)
				}
				return
			}
			var got []string
			for _, f := range found {
				got = append(got, filepath.Base(f.name))
			}
			if strings.Join(got, " ") != c.want || err != nil {
				t.Errorf("%q, %v, want %s", got, err, c.want)
			}
		})
	}
	if _, err := findFiles([]string{"-", "-"}); err == nil {
		t.Error("standard input twice")
	}
	if os.Getuid() != 0 {
		closed := write(t, "closed.pcap", nil)
		if err := os.Chmod(closed, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := findFiles([]string{closed}); !errors.Is(err, os.ErrPermission) {
			t.Errorf("a file that may not be read: %v", err)
		}
	}
}

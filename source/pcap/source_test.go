package pcap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"nflogship/event"
	"nflogship/internal/testenv"
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

// TestCorpus: of every capture in the wild, each packet is an event.
func TestCorpus(t *testing.T) {
	index, err := os.ReadFile(testenv.Shared(t, "corpus/INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(index)) {
		columns := strings.Split(line, "\t")
		if columns[0] == "path" {
			continue
		}
		t.Run(columns[0], func(t *testing.T) {
			r := newRig(t, Config{Files: []string{testenv.Shared(t, "corpus/"+columns[0])}}).sound()
			if got := fmt.Sprint(len(r.events)); got != columns[8] {
				t.Errorf("%s events, want %s", got, columns[8])
			}
		})
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

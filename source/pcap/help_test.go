package pcap

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"nflogship/event"
	"nflogship/internal/testenv"
	"nflogship/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a source with everything around it.
type rig struct {
	*Source
	t      *testing.T
	ledger *event.Ledger
	log    *bytes.Buffer

	mu      sync.Mutex // guards what follows
	events  []seen
	batches int
	damage  []string
}

// seen is an event as it was emitted.
type seen struct {
	Time            int64
	TimeSeen        bool
	Record          uint64
	ID              string
	Prefix, In, Out string
	Packet          string
	inIndex         uint32
	origin          event.Origin
	truncated       bool
	fault           event.Fault
}

func newRig(t *testing.T, c Config) *rig {
	t.Helper()
	r := &rig{t: t, ledger: &event.Ledger{}, log: &bytes.Buffer{}}
	s, err := New(c, source.Deps{
		Name: "old", Host: "fw", Log: slog.New(slog.NewTextHandler(r.log, nil)), Pool: &event.Pool{}, Ledger: r.ledger,
		Damaged: func(err error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.damage = append(r.damage, err.Error())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Source = s
	return r
}

func (r *rig) emit(_ context.Context, b *event.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches++
	for i := range b.Events {
		e := &b.Events[i]
		id := string(event.AppendID(nil, b, e))
		if !strings.HasPrefix(id, r.life+"/") || b.Delivery != nil || b.Received == 0 {
			r.t.Errorf("id %q, delivery %v, received %d", id, b.Delivery, b.Received)
		}
		r.events = append(r.events, seen{
			e.Time, e.Is(event.HasTimeSeen), e.Record, strings.TrimPrefix(id, r.life+"/"), string(b.Bytes(e.Prefix)),
			string(b.Bytes(e.In)), string(b.Bytes(e.Out)), string(b.Bytes(e.Packet)), e.InIndex, *b.Origins[e.Origin], e.Is(event.Truncated), e.Malformed,
		})
	}
	b.End(event.Delivered)
	return nil
}

func (r *rig) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// run opens and runs the source to its end.
func (r *rig) run() *rig {
	r.t.Helper()
	if err := r.Open(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	if err := r.Run(r.t.Context(), r.emit); err != nil {
		r.t.Fatal(err)
	}
	if err := r.ledger.Check(); err != nil {
		r.t.Error(err)
	}
	if in := int(r.counts.In.Load()); in != len(r.events) {
		r.t.Errorf("the ledger has %d events, emitted were %d", in, len(r.events))
	}
	return r
}

// sound runs the source, and nothing may be wrong with its files.
func (r *rig) sound() *rig {
	r.t.Helper()
	if r.run(); len(r.damage) > 0 || r.counts.Undecodable.Load() > 0 {
		r.t.Fatalf("damage %q, undecodable %d, log %s", r.damage, r.counts.Undecodable.Load(), r.log)
	}
	return r
}

// packets are the events without what tells files apart.
func (r *rig) packets() []seen {
	all := append([]seen(nil), r.events...)
	for i := range all {
		all[i].ID, all[i].origin = "", event.Origin{}
	}
	return all
}

func golden(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testenv.Shared(t, "golden/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func zstandard(data []byte, options ...zstd.EOption) []byte {
	w, err := zstd.NewWriter(nil, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		panic(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

// pcapHeader begins a little-endian pcap file.
func pcapHeader(link uint32) []byte {
	return le32(0xa1b2c3d4, 4<<16|2, 0, 0, 262144, link)
}

// record is a packet with its record header.
func record(sec, usec uint32, packet []byte) []byte {
	n := uint32(len(packet))
	return append(le32(sec, usec, n, n), packet...)
}

// datagram is an IPv4 UDP packet of so many bytes in all, 28 at least, that says its number.
func datagram(size, number int) []byte {
	p := append([]byte{0x45, 0, byte(size >> 8), byte(size), 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2},
		0x30, 0x39, 0, 53, byte((size-20)>>8), byte(size-20), 0, 0)
	p = strconv.AppendInt(p, int64(number), 10)
	return append(p, make([]byte, max(0, size-len(p)))...)[:max(size, 28)]
}

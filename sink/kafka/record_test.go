package kafka

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"nflogship/sink/sinktest"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// compose makes one record set of the load's records.
func compose(t testing.TB, f layout, p producer, now time.Time, records []sinktest.Record) []byte {
	t.Helper()
	l := sinktest.Load(records)
	b := &batch{}
	for i, r := range records {
		b.refs = append(b.refs, ref{0, int32(i)})
		b.size += recordBound(len(r.Key), len(r.Text), len(r.ID))
	}
	w := newComposer()
	if err := w.append(&f, l.Payloads, b, p, now); err != nil {
		t.Fatal(err)
	}
	if f.compression.append == nil && len(w.out)-setHeader > b.size {
		t.Fatalf("%d bytes of records, bounded by %d", len(w.out)-setHeader, b.size)
	}
	return w.out
}

// TestBatchesAsOthersReadThem holds what we write to the readers of kafka-go and franz-go.
func TestBatchesAsOthersReadThem(t *testing.T) {
	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		c, err := newCompression(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				now := time.UnixMilli(1795341600123)
				records := make([]sinktest.Record, rapid.IntRange(1, 40).Draw(rt, "n"))
				for i := range records {
					records[i] = sinktest.Record{
						Text: rapid.StringN(0, 300, 2000).Draw(rt, "value"), Key: rapid.StringN(0, 20, 100).Draw(rt, "key"),
						ID: rapid.StringN(0, 40, 200).Draw(rt, "id"), Time: rapid.Int64().Draw(rt, "time"),
					}
				}
				p := producer{id: rapid.Int64Min(0).Draw(rt, "id"), epoch: rapid.Int16Min(0).Draw(rt, "epoch"), sequence: rapid.Int32Min(0).Draw(rt, "sequence")}
				eventTime := rapid.Bool().Draw(rt, "eventTime")
				set := compose(t, layout{c, eventTime}, p, now, records)
				checkHeader(rt, set, p, len(records))
				checkKafkaGo(rt, set, records, now, eventTime)
			})
		})
	}
}

type fataler interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

func checkHeader(t fataler, set []byte, p producer, n int) {
	if size := binary.BigEndian.Uint32(set); int(size) != len(set)-4 {
		t.Fatalf("size %d of %d bytes", size, len(set)-4)
	}
	var b kmsg.RecordBatch
	if err := b.ReadFrom(set[4:]); err != nil {
		t.Fatalf("kmsg: %v", err)
	}
	got := producer{b.ProducerID, b.ProducerEpoch, b.FirstSequence}
	if got != p || b.Magic != 2 || int(b.NumRecords) != n || int(b.LastOffsetDelta) != n-1 || b.PartitionLeaderEpoch != -1 || int(b.Length) != len(set)-16 {
		t.Fatalf("header %+v for %+v and %d records", b, p, n)
	}
}

func checkKafkaGo(t fataler, set []byte, records []sinktest.Record, now time.Time, eventTime bool) {
	var rs protocol.RecordSet
	if _, err := rs.ReadFrom(bufio.NewReader(bytes.NewReader(set))); err != nil {
		t.Fatalf("kafka-go: %v", err)
	}
	for i, want := range records {
		r, err := rs.Records.ReadRecord()
		if err != nil {
			t.Fatalf("kafka-go: record %d: %v", i, err)
		}
		key, _ := protocol.ReadAll(r.Key)
		value, _ := protocol.ReadAll(r.Value)
		if string(value) != want.Text || string(key) != want.Key || (key == nil) != (want.Key == "") || r.Offset != int64(i) {
			t.Fatalf("record %d: %q=%q at %d, want %q=%q", i, key, value, r.Offset, want.Key, want.Text)
		}
		text := time.Unix(0, want.Time).UTC().Format("2006-01-02T15:04:05.000000000Z")
		headers := fmt.Sprintf("[{id %v} {time %v}]", []byte(want.ID), []byte(text))
		if want.ID == "" {
			headers = fmt.Sprintf("[{time %v}]", []byte(text))
		}
		if got := fmt.Sprint(r.Headers); got != headers {
			t.Fatalf("record %d: headers %s, want %s", i, got, headers)
		}
		stamp := now.UnixMilli()
		if eventTime {
			stamp = time.Unix(0, want.Time).UnixMilli()
		}
		if r.Time.UnixMilli() != stamp {
			t.Fatalf("record %d: stamp %d, want %d", i, r.Time.UnixMilli(), stamp)
		}
	}
}

func TestSequenceWraps(t *testing.T) {
	for _, c := range []struct {
		at   int32
		n    int
		want int32
	}{{0, 5, 5}, {math.MaxInt32, 1, 0}, {math.MaxInt32 - 2, 2, math.MaxInt32}, {math.MaxInt32 - 2, 10, 7}} {
		if got := (producer{sequence: c.at}).next(c.n); got != c.want {
			t.Errorf("%d after %d is %d, want %d", c.n, c.at, got, c.want)
		}
	}
}

func TestSizeVarint(t *testing.T) {
	for _, v := range []int64{0, 1, -1, 63, 64, -64, -65, 1 << 20, math.MaxInt64, math.MinInt64} {
		if got, want := sizeVarint(v), len(binary.AppendVarint(nil, v)); got != want {
			t.Errorf("sizeVarint(%d) = %d, want %d", v, got, want)
		}
	}
}

func TestComposingDoesNotAllocate(t *testing.T) {
	c, err := newCompression("none")
	if err != nil {
		t.Fatal(err)
	}
	l := sinktest.Load(lines("x", 500, func(i int, r *sinktest.Record) { r.Key = "192.0.2.1" }))
	b := &batch{}
	for i := range 500 {
		b.refs = append(b.refs, ref{0, int32(i)})
	}
	w := newComposer()
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() {
		w.out = w.out[:0]
		if err := w.append(&layout{compression: c}, l.Payloads, b, producer{}, now); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a batch of 500 records", n)
	}
}

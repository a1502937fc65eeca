package kafka

import (
	"fmt"
	"testing"
	"time"

	"nflogship/sink"
	"nflogship/sink/sinktest"
)

// lines makes n records with texts that tell their order.
func lines(name string, n int, edit func(i int, r *sinktest.Record)) []sinktest.Record {
	out := make([]sinktest.Record, n)
	for i := range out {
		text := fmt.Sprintf("%s-%06d", name, i)
		out[i] = sinktest.Record{Text: text, ID: "id/" + text, Time: time.Now().UnixNano()}
		if edit != nil {
			edit(i, &out[i])
		}
	}
	return out
}

func allDelivered(t testing.TB, l *sink.Load) {
	t.Helper()
	if l.Open() != 0 || l.Rejections() != 0 {
		t.Fatalf("%d open, %d rejected of %d", l.Open(), l.Rejections(), l.Len())
	}
}

func TestDelivery(t *testing.T) {
	for _, compression := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			c := fake(t, fakeTopic(3))
			s := connect(t, c.ListenAddrs(), func(c *Config) { c.Compression = compression })
			for k := range 3 {
				l := sinktest.Load(lines(fmt.Sprint(k), 2000, func(i int, r *sinktest.Record) { r.Key = fmt.Sprint("10.0.0.", i%50) }))
				if errs := ship(t, s, l); errs != nil {
					t.Fatal(errs)
				}
				allDelivered(t, l)
			}
			got := consume(t, c.ListenAddrs(), "fw")
			if len(got) != 6000 {
				t.Fatalf("%d records, want 6000", len(got))
			}
			last := map[string]string{}
			for _, r := range got {
				if len(r.Headers) != 2 || r.Headers[0].Key != "id" || r.Headers[1].Key != "time" {
					t.Fatalf("headers %v", r.Headers)
				}
				if want := "id/" + string(r.Value); string(r.Headers[0].Value) != want {
					t.Fatalf("id %q, want %q", r.Headers[0].Value, want)
				}
				if at := partitionOf(r.Key, 3); at != int(r.Partition) {
					t.Fatalf("key %q in partition %d, want %d", r.Key, r.Partition, at)
				}
				if string(r.Value) <= last[string(r.Key)] {
					t.Fatalf("key %s: %q after %q", r.Key, r.Value, last[string(r.Key)])
				}
				last[string(r.Key)] = string(r.Value)
			}
		})
	}
}

package kafka

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kgo"
)

// benchLoad is as many 400-byte records as one Send carries, in payloads of a lane's size.
func benchLoad(keyed bool) []*encode.Payload {
	var payloads []*encode.Payload
	for size, k := 0, 0; size < limits.Bytes-400*512; k++ {
		records := lines(fmt.Sprint(k), 512, func(i int, r *sinktest.Record) {
			r.Text = benchText(k*512 + i)
			if keyed {
				r.Key = fmt.Sprint("192.0.2.", i%250)
			}
		})
		payloads = append(payloads, sinktest.Payload(records, nil))
		size += 401 * 512
	}
	return payloads
}

// benchText is JSON that compresses like events do.
func benchText(i int) string {
	s := fmt.Sprintf(`{"time":"2026-11-22T10:00:%02d.%09dZ","host":"ams1-fw3","source":"firewall","family":"ipv4","group":1,"seq":%d,"prefix":"DROP in ","hook":"input","in":"eth0","mac_src":"02:00:00:00:00:0a","src":"198.51.%d.%d","dst":"203.0.113.%d","proto":"tcp","src_port":%d,"dst_port":%d,"length":60,"ttl":%d,"id":%d,"df":true,"tcp":{"flags":"SYN","seq":%d,"ack":0,"window":64240,"urgent":0}`,
		i/1000%60, i*7919%1000000000, i, i*31%256, i*17%256, i%256, 1024+i*7%60000, 22+i%9*100, 50+i%14, i*40503%65536, uint32(i)*2654435761)
	return s + strings.Repeat(" ", max(0, 399-len(s))) + "}"
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong pointer only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReal measures against a real broker, beside franz-go in the same run: trust the ratio. An operation is a record.
//
//	NFLOGSHIP_REAL_SERVERS=1 go test -run '^$' -bench Real -benchtime 1000000x ./sink/kafka
func BenchmarkReal(b *testing.B) {
	at := realBroker(b)
	for _, compression := range []string{"none", "snappy", "lz4", "zstd"} {
		for _, keyed := range []bool{false, true} {
			name := fmt.Sprintf("%s/keyed=%v", compression, keyed)
			b.Run(name+"/ours", func(b *testing.B) { benchOurs(b, at, compression, keyed) })
			b.Run(name+"/franz-go", func(b *testing.B) { benchFranz(b, at, compression, keyed) })
		}
	}
}

func benchOurs(b *testing.B, at *broker, compression string, keyed bool) {
	s := connect(b, []string{at.plain()}, func(c *Config) { c.Topic, c.Compression = "bench", compression })
	l := sink.NewLoad(benchLoad(keyed))
	ship(b, s, l)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	sent := 0
	for ; sent < b.N; sent += l.Len() {
		l.Reset(l.Payloads)
		ship(b, s, l)
	}
	report(b, sent, cpu()-before)
}

func report(b *testing.B, sent int, used time.Duration) {
	b.ReportMetric(used.Seconds()/float64(sent)*1e6, "CPU-s/M")
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds()/1000, "k/s")
}

func benchFranz(b *testing.B, at *broker, compression string, keyed bool) {
	codec := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(),
		"zstd": kgo.ZstdCompression().WithLevel(1),
	}
	c, err := kgo.NewClient(kgo.SeedBrokers(at.plain()), kgo.DefaultProduceTopic("bench"), kgo.ProducerBatchCompression(codec[compression]),
		kgo.ProducerBatchMaxBytes(batchBytes), kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(65536), kgo.AllowAutoTopicCreation())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	payloads := benchLoad(keyed)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	var failed atomic.Int64
	sent := 0
	for sent < b.N {
		for _, p := range payloads {
			for i := range p.Len() {
				r := &kgo.Record{Key: p.Key(i), Value: p.Record(i), Headers: []kgo.RecordHeader{{Key: "id", Value: p.ID(i)}, {Key: "time", Value: []byte("2026-11-22T10:00:00.123456789Z")}}}
				c.Produce(context.Background(), r, func(_ *kgo.Record, err error) {
					if err != nil {
						failed.Add(1)
					}
				})
			}
			sent += p.Len()
		}
	}
	if err := c.Flush(context.Background()); err != nil || failed.Load() > 0 {
		b.Fatal(err, failed.Load())
	}
	report(b, sent, cpu()-before)
}

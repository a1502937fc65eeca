package pcap

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/gopacket/pcapgo"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"nflogship/event"
	"nflogship/internal/testenv"
	"nflogship/source"
	"nflogship/source/pcap/capture"
)

const million = 1_000_000

// BenchmarkReplay reads a million logged packets and decodes them.
func BenchmarkReplay(b *testing.B) {
	plain := writeMillion(b, b.TempDir(), false)
	ng := writeMillion(b, b.TempDir(), true)
	for _, c := range []struct {
		name, path string
	}{
		{"pcap", plain}, {"pcapng", ng},
		{"gzip", compress(b, plain, ".gz", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })},
		{"zstd", compress(b, plain, ".zst", func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })},
	} {
		b.Run(c.name, func(b *testing.B) {
			pool := &event.Pool{}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			busy := cpuTime(b)
			for b.Loop() {
				deps := source.Deps{
					Name: "bench", Log: slog.New(slog.DiscardHandler), Pool: pool, Ledger: &event.Ledger{},
					Damaged: func(err error) { b.Fatal(err) },
				}
				s, err := New(Config{Files: []string{c.path}}, deps)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Open(b.Context()); err != nil {
					b.Fatal(err)
				}
				n := 0
				err = s.Run(b.Context(), func(_ context.Context, batch *event.Batch) error {
					n += len(batch.Events)
					batch.End(event.Delivered)
					return nil
				})
				if err != nil || n != million {
					b.Fatal(n, err)
				}
			}
			runtime.ReadMemStats(&after)
			events := float64(b.N) * million
			b.ReportMetric(float64(cpuTime(b)-busy)/events, "cpu-ns/event")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/events, "ns/event")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/events, "allocs/event")
		})
	}
}

// cpuTime is the processor time used so far: on a busy machine it says more than the clock.
func cpuTime(b *testing.B) (nanoseconds int64) {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkGopacket is what gopacket's reader costs for the same file, with the copy that it makes necessary and without decoding.
func BenchmarkGopacket(b *testing.B) {
	path := writeMillion(b, b.TempDir(), false)
	arena := make([]byte, 0, capture.MaxNeed)
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r, err := pcapgo.NewReader(bufio.NewReaderSize(f, chunk))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			p, _, err := r.ZeroCopyReadPacketData()
			if err == io.EOF {
				break
			}
			if len(arena)+len(p) > chunk {
				arena = arena[:0]
			}
			arena = append(arena, p...)
		}
		f.Close()
		if n != million {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/event")
}

// BenchmarkRecords is what finding the records costs, alone.
func BenchmarkRecords(b *testing.B) {
	for _, ng := range []bool{false, true} {
		name := map[bool]string{false: "pcap", true: "pcapng"}[ng]
		b.Run(name, func(b *testing.B) {
			data, err := os.ReadFile(writeMillion(b, b.TempDir(), ng))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				r, rec, at, n := capture.NewReader(), capture.Record{}, 0, 0
				for {
					k, found, err := r.Next(data[at:], &rec)
					at += k
					if !found || err != nil {
						break
					}
					n++
				}
				if n != million {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/event")
		})
	}
}

// writeMillion repeats the reference capture's 400 packets.
func writeMillion(b *testing.B, dir string, ng bool) string {
	b.Helper()
	data, err := os.ReadFile(testenv.Shared(b, "golden/GA.nflog.pcap"))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "million.pcap")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	head, records := data[:24], records(data)
	if ng {
		head = ngHeader(239)
	}
	w.Write(head)
	for i := range million {
		p := records[i%len(records)]
		if ng {
			p = ngPacket(p)
		}
		w.Write(p)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// records cuts a little-endian pcap file into its records.
func records(data []byte) (all [][]byte) {
	for data = data[24:]; len(data) > 0; {
		n := 16 + binary.LittleEndian.Uint32(data[8:])
		all = append(all, data[:n])
		data = data[n:]
	}
	return all
}

func ngHeader(link uint16) []byte {
	return le32(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, uint32(link), 0, 20)
}

// ngPacket makes an enhanced packet block of a pcap record.
func ngPacket(record []byte) []byte {
	le := binary.LittleEndian
	stamp := uint64(le.Uint32(record))*million + uint64(le.Uint32(record[4:]))
	packet := record[16:]
	n := uint32(32 + (len(packet)+3)&^3)
	b := le32(6, n, 0, uint32(stamp>>32), uint32(stamp), uint32(len(packet)), le.Uint32(record[12:]))
	b = append(b, packet...)
	return le.AppendUint32(append(b, make([]byte, -len(packet)&3)...), n)
}

func le32(words ...uint32) (b []byte) {
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func compress(b *testing.B, path, suffix string, compressor func(io.Writer) io.WriteCloser) string {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path + suffix)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := compressor(f)
	if _, err := w.Write(data); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}

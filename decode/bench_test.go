package decode

import (
	"bytes"
	"testing"

	"nflogship/event"
)

// allPackets puts the first n records of a capture into the arena of one batch, and calls decode on each over and over.
// One packet over and over shows the work, a mix of them what the branch predictor makes of real traffic.
func allPackets(b *testing.B, name string, n int, decode func(d *Decoder, e *event.Event, f Frame)) {
	batch := new(event.Pool).Get()
	var frames []Frame
	for _, r := range readCapture(b, name)[:n] {
		frames = append(frames, Frame{LinkType: r.linkType, Bytes: batch.AppendBytes(r.bytes), Original: r.original, Order: r.order})
	}
	d := &Decoder{Names: func(uint32) string { return "eth0" }}
	end := len(batch.Arena)
	e := make([]event.Event, 1)
	b.ReportAllocs()
	next := 0
	for b.Loop() {
		if next == 0 {
			batch.Arena, batch.Inners, batch.ARPs = batch.Arena[:end], batch.Inners[:0], batch.ARPs[:0]
			d.Begin(batch)
		}
		e[0] = event.Event{}
		decode(d, &e[0], frames[next])
		if next++; next == len(frames) {
			next = 0
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkNFLOGSame(b *testing.B) { benchmarkNFLOG(b, 1) }

func BenchmarkNFLOGMixed(b *testing.B) { benchmarkNFLOG(b, 400) }

func benchmarkNFLOG(b *testing.B, n int) {
	allPackets(b, "golden/GA.nflog.pcap", n, func(d *Decoder, e *event.Event, f Frame) {
		if d.NFLOG(e, f.Bytes, Native) != nil {
			b.Fatal("not decoded")
		}
	})
}

// BenchmarkNFLOGCaptured is BenchmarkNFLOGMixed as a capture's records are decoded: of either byte order.
func BenchmarkNFLOGCaptured(b *testing.B) {
	allPackets(b, "golden/GA.nflog.pcap", 400, func(d *Decoder, e *event.Event, f Frame) {
		if d.Frame(e, f) != nil {
			b.Fatal("not decoded")
		}
	})
}

func BenchmarkULOG(b *testing.B) {
	batch := new(event.Pool).Get()
	m := machine{Little, 8}
	messages := bytes.Repeat(m.message(typeULOG, m.ulog(ulogExample)), 100)
	frame := Frame{LinkType: LinkNetlink, Bytes: batch.AppendBytes(datagram(familyULOG, messages))}
	d := &Decoder{}
	d.Begin(batch)
	e := make([]event.Event, 1)
	b.ReportAllocs()
	for b.Loop() {
		for g, err := d.Datagram(frame); err == nil && g.Next(); {
			e[0] = event.Event{}
			err = d.Logged(&e[0], &g)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/event")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkEthernetMixed(b *testing.B) {
	allPackets(b, "golden/GA.ether.pcap", 400, func(d *Decoder, e *event.Event, f Frame) {
		if d.Frame(e, f) != nil {
			b.Fatal("not decoded")
		}
	})
}

// BenchmarkHeaders decodes the packets alone, without their link header. Clearing the event is in it, as everywhere here.
func BenchmarkHeaders(b *testing.B) {
	allPackets(b, "corpus/pcpp__raw_ip.pcap", 100, func(d *Decoder, e *event.Event, f Frame) {
		d.byVersion(e, d.b.Bytes(f.Bytes), false)
	})
}

// BenchmarkClear is what of every other benchmark here is clearing the event.
func BenchmarkClear(b *testing.B) {
	allPackets(b, "corpus/pcpp__raw_ip.pcap", 100, func(*Decoder, *event.Event, Frame) {})
}

func BenchmarkSeq(b *testing.B) {
	allPackets(b, "golden/GA.nflog.pcap", 400, func(d *Decoder, e *event.Event, f Frame) {
		Seq(d.b.Bytes(f.Bytes), Native)
	})
}

package nflog

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/internal/netnstest"
	"nflogship/source"
)

// BenchmarkReceive measures the CPU time of receiving, decoding and emitting a flood, beside that of a loop which only
// receives the same datagrams and counts their messages. Only the ratio can be trusted. Use -benchtime 1x.
func BenchmarkReceive(b *testing.B) {
	if !netnstest.Inside(b) {
		return
	}
	if port := os.Getenv(floodTo); port != "" {
		flood(b, port)
		return
	}
	for i, threshold := range []uint16{400, 20, 1} {
		rule := netnstest.Rule{Port: 4001 + uint16(i), Group: 40, Prefix: "DROP ", Threshold: threshold, Hook: nftables.ChainHookPrerouting, Drop: true}
		rule.Add(b)
		var cost [2]float64
		for range 3 {
			for j, receive := range []func(*testing.B) (count func() uint64, end func()){bare, whole} {
				before := rule.Count(b)
				count, end := receive(b)
				used, took := floodAndMeasure(b, rule.Port)
				logged := rule.Count(b) - before
				got := settled(count)
				perMillion := (cpuTime() - used).Seconds() / float64(got) * 1e6
				end()
				cost[j] += perMillion / 3
				b.Logf("threshold %d, %s: %.3f CPU s per million; %d of %d received, at %.0f a second", threshold,
					[]string{"bare", "nflog"}[j], perMillion, got, logged, float64(logged)/took.Seconds())
			}
		}
		b.ReportMetric(cost[1]/cost[0], fmt.Sprintf("x-bare/threshold-%d", threshold))
		b.ReportMetric(cost[1]*1000, fmt.Sprintf("ns/event/threshold-%d", threshold))
	}
}

// settled waits until nothing more comes.
func settled(count func() uint64) (n uint64) {
	for was := ^n; n != was; time.Sleep(50 * time.Millisecond) {
		was, n = n, count()
	}
	return n
}

// floodTo is the variable that makes a child of this benchmark the sender, whose CPU time is not counted.
const floodTo = "NFLOGSHIP_FLOOD"

func floodAndMeasure(b *testing.B, port uint16) (before, took time.Duration) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(self, "-test.run", "^$", "-test.bench", "^BenchmarkReceive$", "-test.benchtime", "1x")
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", floodTo, port))
	before = cpuTime()
	start := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return before, time.Since(start)
}

func flood(b *testing.B, port string) {
	c, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	packet := make([]byte, 100)
	for range 500_000 {
		_, _ = c.Write(packet)
	}
}

// cpuTime is what this process has used, without its children.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchConfig() Config {
	c := testConfig(40)
	c.CopyRange = 128
	c.ReceiveBuffer = 4 << 20
	return c
}

// bare receives and counts.
func bare(b *testing.B) (count func() uint64, end func()) {
	c := benchConfig()
	s, err := openSocket(0, c.ReceiveBuffer, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	var d datagrams
	d.begin(&event.Batch{}, c.largestDatagram())
	if err := s.configure(bindRequest(40, &c), &d); err != nil {
		b.Fatal(err)
	}
	counts := (&event.Ledger{}).Source("bare", "40")
	done := make(chan struct{})
	room := make([]byte, c.largestDatagram())
	receive := func(fd uintptr) bool {
		for {
			n, err := s.recv(fd, room)
			if err != nil {
				return false
			}
			events := uint64(0)
			for m := decode.Walk(room, event.Span{Len: uint32(n)}, decode.Native); m.Next(); {
				if m.Type == decode.TypePacket {
					events++
				}
			}
			counts.In.Add(events)
		}
	}
	go func() { // ends when the socket is closed
		defer close(done)
		_ = s.raw.Read(receive)
	}()
	return counts.In.Load, func() { _ = s.conn.Close(); <-done }
}

// whole is the source as it is.
func whole(b *testing.B) (count func() uint64, end func()) {
	var ledger event.Ledger
	s := New(benchConfig(), source.Deps{Name: "firewall", Host: "fw1", Log: slog.New(slog.DiscardHandler), Pool: &event.Pool{}, Ledger: &ledger})
	if err := s.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Run(context.Background(), deliver) }() // ends with the source
	counts := s.groups[0].counts
	return counts.In.Load, func() { s.Stop(); <-ended }
}

// BenchmarkLane is what comes after receiving: decoding and emitting a datagram of 400 events.
func BenchmarkLane(b *testing.B) {
	t := newTestbed(b, deliver)
	var datagram []byte
	for range 400 {
		datagram = append(datagram, logMessage(0)...)
	}
	b.ReportAllocs()
	for b.Loop() {
		var d datagrams
		t.reader.group.places <- struct{}{}
		d.begin(t.deps.Pool.Get(), t.reader.largest)
		d.keep(copy(d.room(), datagram))
		t.lane.take(b.Context(), &haul{from: t.reader, datagrams: d})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*400), "ns/event")
}

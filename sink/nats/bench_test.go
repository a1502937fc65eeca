package nats

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nflogship/encode"
	"nflogship/event"
)

// BenchmarkJetStream publishes 400-byte messages into a stream in files, beside what nats.go's PublishMsgAsync makes of
// the same. The server is another process: cpu-s/M is the client's CPU time alone.
func BenchmarkJetStream(b *testing.B) {
	text := strings.Repeat("x", 400)
	for _, several := range []int{1, 100} {
		b.Run(fmt.Sprintf("window/events_per_message=%d", several), func(b *testing.B) {
			f := childServer(b)
			f.makeStream(fwStream())
			_, s := newSink(b, f, nil, func(c *Config) { c.EventsPerMessage = several })
			s.ackWait = ackWait
			open(b, s)
			p := payload(lines, slices.Repeat([]record{{text: text}}, 10000)...)
			l := load(p)
			perEvent(b, func() {
				for at := 0; at < b.N; at += p.Len() {
					p.To = min(p.To, b.N-at)
					relabel(p, at)
					l.Reset(l.Payloads)
					if err := s.Send(ctx(b), l); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
	b.Run("publish-async", func(b *testing.B) {
		f := childServer(b)
		f.makeStream(fwStream())
		js, err := jetstream.New(f.connect(), jetstream.WithPublishAsyncMaxPending(4096))
		if err != nil {
			b.Fatal(err)
		}
		perEvent(b, func() {
			for n := range b.N {
				m := &nats.Msg{Subject: "fw.log", Data: []byte(text), Header: nats.Header{}}
				if _, err := js.PublishMsgAsync(m, jetstream.WithMsgID(life+strconv.Itoa(n)), jetstream.WithStallWait(time.Minute)); err != nil {
					b.Fatal(err)
				}
			}
			<-js.PublishAsyncComplete()
		})
	})
}

// life is the part of an id that all events of a run share.
const life = "ams1/firewall/0123456789abcdef/"

// relabel gives a payload's events the ids from n on.
func relabel(p *encode.Payload, n int) {
	p.Labeled = p.Labeled[:0]
	for i := range p.Len() {
		at := len(p.Labeled)
		p.Labeled = strconv.AppendInt(append(p.Labeled, life...), int64(n+i), 10)
		p.Labels[i].ID = event.Span{Off: uint32(at), Len: uint32(len(p.Labeled) - at)}
	}
}

func perEvent(b *testing.B, run func()) {
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric((cpu()-before)/float64(b.N)*1e6, "cpu-s/M")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// cpu is the process's CPU time in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// serveVariable, in the environment, makes this test binary a server with that store until its input ends.
const serveVariable = "NATS_BENCHMARK_STORE"

// childServer starts a server in a process of its own.
func childServer(b *testing.B) *far {
	b.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), serveVariable+"="+b.TempDir())
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	f := &far{t: b}
	if _, err := fmt.Fscan(out, &f.options.Port); err != nil {
		b.Fatal(err)
	}
	return f
}

func serve(store string) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true, JetStream: true, StoreDir: store})
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		panic("the server does not start")
	}
	fmt.Println(s.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
}

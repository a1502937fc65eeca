package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
)

func TestMain(m *testing.M) {
	if store := os.Getenv(serveVariable); store != "" {
		serve(store)
		return
	}
	goleak.VerifyTestMain(m)
}

// far is a nats-server in this process that can be stopped and started again on the same port and store.
type far struct {
	t       testing.TB
	options server.Options
	*server.Server
}

// startServer starts one with JetStream.
func startServer(t testing.TB, changes ...func(*server.Options)) *far {
	t.Helper()
	f := &far{t: t, options: server.Options{
		Host: "127.0.0.1", Port: -1, ServerName: "far", NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		MaxPayload: 1 << 20,
	}}
	for _, change := range changes {
		change(&f.options)
	}
	f.start()
	f.options.Port = f.Addr().(*net.TCPAddr).Port
	t.Cleanup(f.stop)
	return f
}

func (f *far) start() {
	f.t.Helper()
	o := f.options
	s, err := server.NewServer(&o)
	if err != nil {
		f.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		f.t.Fatal("the server does not start")
	}
	f.Server = s
}

func (f *far) stop() {
	f.Shutdown()
	f.WaitForShutdown()
}

func (f *far) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", f.options.Port) }

// connect returns a client of the test's own.
func (f *far) connect(o ...nats.Option) *nats.Conn {
	f.t.Helper()
	nc, err := nats.Connect(f.url(), o...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(nc.Close)
	return nc
}

// makeStream makes a stream as an administrator would.
func (f *far) makeStream(c jetstream.StreamConfig, o ...nats.Option) jetstream.Stream {
	f.t.Helper()
	js, err := jetstream.New(f.connect(o...))
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := js.CreateStream(context.Background(), c)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// stored is one message of a stream.
type stored struct{ subject, id, data string }

// messages reads a whole stream.
func (f *far) messages(stream string, o ...nats.Option) (all []stored) {
	f.t.Helper()
	nc, err := nats.Connect(f.url(), o...)
	if err != nil {
		f.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		f.t.Fatal(err)
	}
	state := s.CachedInfo().State
	for n := state.FirstSeq; n <= state.LastSeq && state.Msgs > 0; n++ {
		m, err := s.GetMsg(ctx, n)
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, stored{m.Subject, m.Header.Get(nats.MsgIdHdr), string(m.Data)})
	}
	return all
}

// logged keeps what the sink logs.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func deps(log *logged) sink.Deps {
	return sink.Deps{Name: "bus", Host: "ams1", Format: "json", Log: slog.New(slog.NewTextHandler(log, nil))}
}

// newSink builds a sink for the server with the changes made to its settings.
func newSink(t testing.TB, f *far, log *logged, change func(*Config)) (*sink.Sink, *Sender) {
	t.Helper()
	c := DefaultConfig()
	c.Servers, c.Subject = []string{f.url()}, "fw.log"
	if change != nil {
		change(&c)
	}
	if log == nil {
		log = &logged{}
	}
	out, err := New(c, deps(log))
	if err != nil {
		t.Fatal(err)
	}
	s := out.Sender.(*Sender)
	s.ackWait = 2 * time.Second
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return out, s
}

func ctx(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return c
}

func open(t testing.TB, s *Sender) {
	t.Helper()
	if err := s.Open(ctx(t)); err != nil {
		t.Fatal(err)
	}
}

// push sends a load as the pipeline does, until all of it is decided. It returns the errors on the way.
func push(t testing.TB, s *Sender, l *sink.Load) (errs []error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := s.Send(ctx(t), l)
		if err == nil {
			if l.Open() != 0 {
				t.Fatalf("Send returned nil with %d events undecided", l.Open())
			}
			return errs
		}
		errs = append(errs, err)
		if time.Now().After(deadline) {
			t.Fatalf("not delivered: %v", err)
		}
		for errors.Is(err, sink.ErrNotConnected) {
			if err = s.Open(ctx(t)); err == nil {
				break
			}
			err = sink.ErrNotConnected
			if time.Now().After(deadline) {
				t.Fatal("not connected again in time")
			}
			pause()
		}
		pause()
	}
}

// pause stands for the pipeline's wait before a retry.
func pause() { time.Sleep(5 * time.Millisecond) }

// until polls for a condition of the server's or a goroutine's making.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}

var (
	lines   = &encode.Codec{Name: "json", Framing: encode.Line}
	packets = &encode.Codec{Name: "raw"}
)

// record is one event of a test's payload.
type record struct{ id, route, text string }

// numbered makes n records with ids and texts that count up.
func numbered(from, n int) (records []record) {
	for i := from; i < from+n; i++ {
		records = append(records, record{id: fmt.Sprintf("host/fw/%d", i), text: fmt.Sprintf(`{"n":%d}`, i)})
	}
	return records
}

// payload encodes records as the router does.
func payload(codec *encode.Codec, records ...record) *encode.Payload {
	body := encode.NewBody()
	body.Codec = codec
	p := &encode.Payload{Body: body, To: len(records)}
	routes := map[string]uint32{}
	for i, r := range records {
		body.Bytes = append(body.Bytes, r.text...)
		if codec.Framing == encode.Line {
			body.Bytes = append(body.Bytes, '\n')
		}
		body.Records = append(body.Records, encode.Record{End: uint32(len(body.Bytes)), Event: uint32(i)})
		label := encode.Label{ID: event.Span{Off: uint32(len(p.Labeled)), Len: uint32(len(r.id))}}
		p.Labeled = append(p.Labeled, r.id...)
		if r.route != "" {
			at, known := routes[r.route]
			if !known {
				at = uint32(len(p.Routes))
				routes[r.route] = at
				p.Routes = append(p.Routes, r.route)
			}
			label.Route = at
		}
		p.Labels = append(p.Labels, label)
	}
	return p
}

func load(payloads ...*encode.Payload) *sink.Load { return sink.NewLoad(payloads) }

func sealed(p *encode.Payload) *encode.Payload {
	p.Sealed = true
	return p
}

func fwStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: "FW", Subjects: []string{"fw.>"}, Storage: jetstream.FileStorage}
}

func newStream(name string) *Stream {
	s := &Stream{}
	s.SetDefaults()
	s.Name = name
	return s
}

package nats

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
)

// wantStored fails unless a stream holds exactly these records, in order, each under its id.
func wantStored(t *testing.T, got []stored, want []record) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("the stream has %d messages, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].data != want[i].text || got[i].id != want[i].id {
			t.Fatalf("message %d is %q under id %q, want %q under %q", i, got[i].data, got[i].id, want[i].text, want[i].id)
		}
	}
}

func TestDelivers(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	_, s := newSink(t, f, nil, func(c *Config) { c.MaxInFlight = 100 })
	open(t, s)
	all := numbered(0, 3000)
	for _, l := range []*sink.Load{load(payload(lines, all[:1]...)), load(payload(lines, all[1:1000]...), payload(lines, all[1000:]...))} {
		if err := s.Send(ctx(t), l); err != nil {
			t.Fatal(err)
		}
		if l.Open() != 0 || l.Rejections() != 0 {
			t.Fatalf("%d open, %d rejected", l.Open(), l.Rejections())
		}
	}
	wantStored(t, f.messages("FW"), all)
	conns, err := f.Connz(&server.ConnzOptions{})
	if err != nil || !slices.ContainsFunc(conns.Conns, func(c *server.ConnInfo) bool { return c.Name == "nflogship/bus" }) {
		t.Errorf("no connection is named nflogship/bus (%v)", err)
	}
}

func TestSubjectsFromEvents(t *testing.T) {
	hostile := []string{"a.b >*\n", ">", "*", "..", " ", "\x00", "DROP in: ", "$JS.API", "é", strings.Repeat("long.", 100), "a\r\nPUB fw.x 1\r\n"}
	for _, jetStream := range []bool{true, false} {
		t.Run(fmt.Sprintf("jetstream=%v", jetStream), func(t *testing.T) {
			f := startServer(t)
			f.makeStream(jetstream.StreamConfig{Name: "FW", Subjects: []string{"fw.ams1.*.end"}})
			built, s := newSink(t, f, nil, func(c *Config) { c.Subject, c.JetStream = "fw.{host}.{prefix}.end", jetStream })
			open(t, s)
			b := &event.Batch{Origins: []*event.Origin{{Host: "other"}}}
			var records []record
			for i, prefix := range hostile {
				e := event.Event{Prefix: b.AppendString(prefix)}
				records = append(records, record{fmt.Sprint("id", i), string(built.Route.Append(nil, b, &e)), fmt.Sprint("text", i)})
			}
			push(t, s, load(payload(lines, records...)))
			until(t, "every message in the stream", func() bool { return len(f.messages("FW")) == len(hostile) })
			for i, m := range f.messages("FW") {
				if m.subject != records[i].route || m.data != records[i].text {
					t.Errorf("prefix %q: %q on %q, want it on %q", hostile[i], m.data, m.subject, records[i].route)
				}
			}
		})
	}
}

func TestConstantSubjectNeedsNoRoute(t *testing.T) {
	c := DefaultConfig()
	c.Servers = []string{"127.0.0.1"}
	for subject, want := range map[string]string{"fw.log": "fw.log", "fw.{host}.log": "fw.ams1.log", "fw.{prefix}": ""} {
		c.Subject = subject
		out, err := New(c, deps(&logged{}))
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Sender.(*Sender).subject; got != want || (out.Route == nil) != (want != "") {
			t.Errorf("%s: subject %q, route %v", subject, got, out.Route)
		}
		if !out.IDs || out.MaxRoutes != 1000 {
			t.Errorf("%s: IDs %v, MaxRoutes %d", subject, out.IDs, out.MaxRoutes)
		}
	}
}

func TestLostAcknowledgementsAreNoDuplicates(t *testing.T) {
	for _, several := range []int{1, 7} {
		t.Run(fmt.Sprintf("events_per_message=%d", several), func(t *testing.T) {
			f := startServer(t)
			f.makeStream(fwStream())
			p := startProxy(t, f)
			_, s := newSink(t, f, nil, func(c *Config) { c.Servers, c.EventsPerMessage = []string{p.url()}, several })
			s.ackWait = 300 * time.Millisecond
			open(t, s)
			all := numbered(0, 1000)
			if errs := push(t, s, load(payload(lines, all[:100]...))); len(errs) > 0 { // no careful first message now
				t.Fatal(errs)
			}
			p.mute.Store(true)
			l := load(payload(lines, all[100:600]...), payload(lines, all[600:]...))
			err := s.Send(ctx(t), l)
			if !errors.Is(err, sink.ErrNotConnected) || !strings.Contains(err.Error(), "no acknowledgement in") {
				t.Fatalf("without acknowledgements: %v", err)
			}
			if l.Open() != 900 {
				t.Fatalf("%d open, want all", l.Open())
			}
			before := p.sent.Load()
			p.mute.Store(false)
			open(t, s)
			if errs := push(t, s, l); len(errs) > 0 {
				t.Fatal(errs)
			}
			if again := p.sent.Load() - before; again < 900*8 {
				t.Fatalf("only %d bytes were sent again", again)
			}
			if l.Doubtful() != 0 {
				t.Errorf("%d events in doubt within the duplicate window", l.Doubtful())
			}
			wantEvents(t, f.messages("FW"), all)
		})
	}
}

// wantEvents compares the events of a stream, however many share a message.
func wantEvents(t *testing.T, got []stored, want []record) {
	t.Helper()
	var events []string
	for _, m := range got {
		events = append(events, strings.Split(m.data, "\n")...)
	}
	var texts []string
	for _, r := range want {
		texts = append(texts, r.text)
	}
	if !slices.Equal(events, texts) {
		t.Fatalf("%d events, want %d in their order: %.300q", len(events), len(texts), events)
	}
}

func TestServerRestartedInMidLoad(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	_, s := newSink(t, f, nil, func(c *Config) { c.MaxInFlight = 500 })
	open(t, s)
	all := numbered(0, 20000)
	third := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { // ends with the restarts
		<-third
		for range 2 {
			f.stop()
			f.start()
		}
	})
	var errs []error
	for at := 0; at < len(all); at += 2000 {
		if at == 6000 {
			close(third)
		}
		errs = append(errs, push(t, s, load(payload(lines, all[at:at+2000]...)))...)
	}
	wait.Wait()
	if len(errs) == 0 {
		t.Log("the restarts fell between two loads")
	}
	wantStored(t, f.messages("FW"), all)
}

func TestCutConnectionsLoseNothing(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	p := startProxy(t, f)
	_, s := newSink(t, f, nil, func(c *Config) { c.Servers, c.MaxInFlight = []string{p.url()}, 300 })
	open(t, s)
	all := numbered(0, 20000)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { // ends when stop is closed
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(10+rand.IntN(20)) * time.Millisecond):
				p.cut()
			}
		}
	})
	cuts := 0
	for at := 0; at < len(all); at += 2000 {
		cuts += len(push(t, s, load(payload(lines, all[at:at+2000]...))))
	}
	close(stop)
	wait.Wait()
	if cuts == 0 {
		t.Error("no Send was cut: the test shows nothing")
	}
	wantStored(t, f.messages("FW"), all)
}

func TestMissingStreamIsWaitedFor(t *testing.T) {
	f := startServer(t)
	_, s := newSink(t, f, nil, nil)
	open(t, s)
	all := numbered(0, 2000)
	l := load(payload(lines, all...))
	err := s.Send(ctx(t), l)
	if err == nil || errors.Is(err, sink.ErrNotConnected) || !strings.Contains(err.Error(), "publish on fw.log: no stream takes it") {
		t.Fatalf("without a stream: %v", err)
	}
	var wait sync.WaitGroup
	wait.Go(func() { f.makeStream(fwStream()) }) // while sends are going on: what came later must not overtake
	push(t, s, l)
	wait.Wait()
	wantStored(t, f.messages("FW"), all)
}

func TestConfiguredStreamThatIsDeletedIsMadeAgain(t *testing.T) {
	f := startServer(t)
	_, s := newSink(t, f, nil, func(c *Config) { c.Stream = newStream("FW") })
	open(t, s)
	push(t, s, load(payload(lines, numbered(0, 10)...)))
	js, err := jetstream.New(f.connect())
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(ctx(t), "FW"); err != nil {
		t.Fatal(err)
	}
	want := numbered(10, 10)
	push(t, s, load(payload(lines, want...)))
	wantStored(t, f.messages("FW"), want)
}

func TestFullStreamIsWaitedFor(t *testing.T) {
	f := startServer(t)
	c := fwStream()
	c.MaxMsgs, c.Discard = 100, jetstream.DiscardNew
	st := f.makeStream(c)
	_, s := newSink(t, f, nil, func(c *Config) { c.MaxInFlight = 20 })
	open(t, s)
	all := numbered(0, 150)
	l := load(payload(lines, all...))
	err := s.Send(ctx(t), l)
	var throttled *sink.ThrottledError
	if !errors.As(err, &throttled) || throttled.After <= 0 || !strings.Contains(err.Error(), "maximum messages exceeded") {
		t.Fatalf("a full stream: %v", err)
	}
	if l.Open() != 50 || l.Rejections() != 0 {
		t.Fatalf("%d open, want 50; %d rejected", l.Open(), l.Rejections())
	}
	got := f.messages("FW")
	if err := st.Purge(ctx(t)); err != nil {
		t.Fatal(err)
	}
	push(t, s, l)
	wantStored(t, append(got, f.messages("FW")...), all)
}

func TestMessagesTooLarge(t *testing.T) {
	small, large := numbered(0, 1)[0], record{id: "large", text: strings.Repeat("x", 2000)}
	for name, c := range map[string]struct {
		maxPayload, maxMsgSize int32
		several                int
		reason                 string
	}{
		"for the server":                       {maxPayload: 1000, maxMsgSize: -1, several: 1, reason: "max_payload"},
		"for the server, several in a message": {maxPayload: 1000, maxMsgSize: -1, several: 10, reason: "max_payload"},
		"for the stream":                       {maxPayload: 1 << 20, maxMsgSize: 1000, several: 1, reason: "max_msg_size"},
		"for the stream, several in a message": {maxPayload: 1 << 20, maxMsgSize: 1000, several: 10, reason: "max_msg_size"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startServer(t, func(o *server.Options) { o.MaxPayload = c.maxPayload })
			stream := fwStream()
			stream.MaxMsgSize = c.maxMsgSize
			f.makeStream(stream)
			_, s := newSink(t, f, nil, func(config *Config) { config.EventsPerMessage = c.several })
			open(t, s)
			var all []record
			for i := range 50 {
				all = append(all, record{fmt.Sprint("id", i), "", strings.Repeat(fmt.Sprint(i%10), 200)})
			}
			l := load(payload(lines, append(append([]record{large}, all...), large)...), payload(lines, small))
			push(t, s, l)
			if l.Rejections() != 2 {
				t.Fatalf("%d rejected, want the two large ones", l.Rejections())
			}
			for n, reason := range rejected(l) {
				if !strings.Contains(reason.Error(), c.reason) {
					t.Errorf("event %d rejected for %v", n, reason)
				}
			}
			got := f.messages("FW")
			wantEvents(t, got, append(all, small))
			if c.several > 1 && len(got) > 40 {
				t.Errorf("%d messages for 51 events", len(got))
			}
		})
	}
}

func rejected(l *sink.Load) (reasons []error) {
	l.Rejected(func(_ *encode.Payload, _ int, reason error) { reasons = append(reasons, reason) })
	return reasons
}

func TestStreamThatNeverAcknowledges(t *testing.T) {
	f := startServer(t)
	c := fwStream()
	c.NoAck = true
	f.makeStream(c)
	_, s := newSink(t, f, nil, nil)
	s.ackWait = 200 * time.Millisecond
	open(t, s)
	err := s.Send(ctx(t), load(payload(lines, numbered(0, 3)...)))
	if !errors.Is(err, sink.ErrNotConnected) || !strings.Contains(err.Error(), "no_ack") {
		t.Errorf("a stream that never acknowledges: %v", err)
	}
	_, s = newSink(t, f, nil, func(c *Config) { c.Stream = newStream("FW") })
	if err := s.Open(ctx(t)); err == nil || !strings.Contains(err.Error(), "stream FW has no_ack set") {
		t.Errorf("Open: %v", err)
	}
}

func TestServerDownAtTheStart(t *testing.T) {
	f := startServer(t)
	f.stop()
	_, s := newSink(t, f, nil, nil)
	err := s.Open(ctx(t))
	if err == nil || !strings.Contains(err.Error(), "connect to "+f.url()) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("Open: %v", err)
	}
	if err := s.Send(ctx(t), load(payload(lines, numbered(0, 1)...))); !errors.Is(err, sink.ErrNotConnected) {
		t.Errorf("Send before Open has succeeded: %v", err)
	}
	f.start()
	f.makeStream(fwStream())
	push(t, s, load(payload(lines, numbered(0, 1)...)))
	wantStored(t, f.messages("FW"), numbered(0, 1))
}

func TestDuplicatesBeyondTheWindowAreCounted(t *testing.T) {
	f := startServer(t)
	p := startProxy(t, f)
	_, s := newSink(t, f, nil, func(c *Config) {
		c.Servers, c.Stream = []string{p.url()}, newStream("FW")
		c.Stream.DuplicateWindow = 100e6 // 100ms
	})
	s.ackWait = 150 * time.Millisecond // longer than the window
	open(t, s)
	push(t, s, load(payload(lines, numbered(0, 1)...)))
	p.mute.Store(true)
	l := load(payload(lines, numbered(1, 10)...))
	if err := s.Send(ctx(t), l); err == nil {
		t.Fatal("acknowledged")
	}
	p.mute.Store(false)
	s.ackWait = 5 * time.Second
	push(t, s, l)
	if l.Doubtful() != 10 {
		t.Errorf("%d events in doubt, want 10", l.Doubtful())
	}
}

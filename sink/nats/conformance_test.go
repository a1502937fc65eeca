package nats

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"nflogship/sink"
	"nflogship/sink/sinktest"
)

func TestConformanceJetStream(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	sinktest.Run(t, sinktest.Subject{
		New: func(t *testing.T) *sink.Sink {
			out, _ := newSink(t, f, nil, nil)
			return out
		},
		Read: func(t *testing.T) (texts []string) {
			for _, m := range f.messages("FW") {
				texts = append(texts, m.data)
			}
			return texts
		},
		Stop:    func(*testing.T) { f.stop() },
		Start:   func(*testing.T) { f.start() },
		Promise: sinktest.Promise{Keeps: true, Once: true, Ordered: true},
		Bad:     string(make([]byte, 2<<20)),
		Keep:    []goleak.Option{ofTheServer},
	})
}

// Core promises that the server had every message: a listener that stays connected sees what it gets in order.
func TestConformanceCore(t *testing.T) {
	f := startServer(t)
	var listener *listener
	listen := func() { listener = f.listen("fw.>", listener) }
	listen()
	sinktest.Run(t, sinktest.Subject{
		New: func(t *testing.T) *sink.Sink {
			out, _ := newSink(t, f, nil, func(c *Config) { c.JetStream = false })
			return out
		},
		Read:    func(*testing.T) []string { return listener.texts() },
		Promise: sinktest.Promise{Keeps: true, Once: true, Ordered: true},
		Bad:     string(make([]byte, 2<<20)),
		Keep:    []goleak.Option{ofTheServer},
	})
}

// ofTheServer leaves out of the count what the server in this process runs for a client.
var ofTheServer = goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1")

// listener collects a core subscription's messages over restarts of the server.
type listener struct {
	nc  *nats.Conn
	sub *nats.Subscription
	all []string
}

// listen subscribes, going on from what an earlier listener had.
func (f *far) listen(subject string, earlier *listener) *listener {
	f.t.Helper()
	l := &listener{nc: f.connect()}
	if earlier != nil {
		l.all = earlier.texts()
	}
	var err error
	if l.sub, err = l.nc.SubscribeSync(subject); err == nil {
		err = l.nc.Flush()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return l
}

func (l *listener) texts() []string {
	for {
		m, err := l.sub.NextMsg(20 * time.Millisecond)
		if err != nil {
			return l.all
		}
		l.all = append(l.all, string(m.Data))
	}
}

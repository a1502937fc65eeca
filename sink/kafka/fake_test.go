package kafka

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// gate sits between a fake broker and its clients and can lose an answer together with its connection.
type gate struct {
	lose  atomic.Bool // the next answer
	conns atomic.Int64
}

func (g *gate) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	return gatedListener{l, g}, err
}

type gatedListener struct {
	net.Listener
	g *gate
}

func (l gatedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.g.conns.Add(1)
	return gatedConn{c, l.g}, nil
}

type gatedConn struct {
	net.Conn
	g *gate
}

func (c gatedConn) Write(p []byte) (int, error) {
	if c.g.lose.CompareAndSwap(true, false) {
		c.Conn.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// produced is one batch of a Produce request.
type produced struct {
	request   int
	topic     string
	partition int32
	producer  producer
	records   int
	texts     []string
}

// watch collects what a fake cluster is asked to produce.
type watch struct {
	mu       sync.Mutex // guards everything below
	requests int
	batches  []produced
	before   func(n int) // called with each request's number, from 1
}

func watchProduce(t testing.TB, c *kfake.Cluster) *watch {
	w := &watch{}
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.requests++
		if w.before != nil {
			w.before(w.requests)
		}
		for _, rt := range r.(*kmsg.ProduceRequest).Topics {
			for _, p := range rt.Partitions {
				var b kmsg.RecordBatch
				if err := b.ReadFrom(p.Records); err != nil {
					t.Errorf("batch: %v", err)
				}
				w.batches = append(w.batches, produced{w.requests, rt.Topic, p.Partition,
					producer{b.ProducerID, b.ProducerEpoch, b.FirstSequence}, int(b.NumRecords), texts(t, &b)})
			}
		}
		return nil, nil, false
	})
	return w
}

// texts returns the records' values of an uncompressed batch; none of a compressed one.
func texts(t testing.TB, b *kmsg.RecordBatch) (out []string) {
	if b.Attributes&7 != 0 {
		return nil
	}
	for rest := b.Records; len(rest) > 0; {
		var r kmsg.Record
		if err := r.ReadFrom(rest); err != nil {
			t.Errorf("record: %v", err)
			return out
		}
		out = append(out, string(r.Value))
		rest = rest[sizeVarint(int64(r.Length))+int(r.Length):]
	}
	return out
}

func (w *watch) all() []produced {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]produced(nil), w.batches...)
}

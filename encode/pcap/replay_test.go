package pcap

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"
	"nflogship/source"
	capture "nflogship/source/pcap"
)

// names are the interfaces of every replay here.
var names = map[uint32]string{1: "lo", 2: "va", 3: "eth0", 4: "br0"}

// replay gives the events of a capture file, which must be sound.
func replay(t encodetest.T, path string) *event.Batch {
	t.Helper()
	all := &event.Batch{}
	ledger := &event.Ledger{}
	s, err := capture.New(capture.Config{Files: []string{path}, Interfaces: names}, source.Deps{
		Name: "replay", Log: slog.New(slog.DiscardHandler), Pool: &event.Pool{}, Ledger: ledger,
		Damaged: func(err error) { t.Fatalf("%s is damaged: %v", path, err) },
	})
	if err == nil {
		err = s.Open(context.Background())
	}
	if err == nil {
		err = s.Run(context.Background(), func(_ context.Context, b *event.Batch) error {
			for i := range b.Events {
				all.AppendEvent(b, &b.Events[i])
			}
			b.Release()
			return nil
		})
	}
	if err != nil || !ledger.Lossless() {
		t.Fatalf("replay %s: %v, %s", path, err, ledger)
	}
	return all
}

// write makes a file of a batch's events.
func write(t encodetest.T, path string, b *event.Batch) (events int) {
	t.Helper()
	codec, err := New(DefaultConfig(), nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	body := encode.NewBody()
	defer body.Release()
	codec.AppendBatch(body, codec.New(), b, len(b.Events))
	if err := os.WriteFile(path, append(codec.Header[:len(codec.Header):len(codec.Header)], body.Bytes...), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return len(body.Records)
}

// again writes events and reads them.
func again(t encodetest.T, dir string, b *event.Batch) *event.Batch {
	t.Helper()
	path := filepath.Join(dir, "again.pcap")
	n := write(t, path, b)
	read := replay(t, path)
	if len(read.Events) != n || n != len(b.Events) {
		t.Fatalf("%d events, %d written, %d read", len(b.Events), n, len(read.Events))
	}
	return read
}

// described is all that an event says, but for where it came from.
func described(b *event.Batch, e *event.Event) string {
	n := *e
	n.Record, n.Origin, n.Aux, n.CT = 0, 0, 0, 0
	text := ""
	for _, s := range []*event.Span{&n.Prefix, &n.Link, &n.Packet, &n.In, &n.Out, &n.PhysIn, &n.PhysOut} {
		text += fmt.Sprintf(" %q", b.Bytes(*s))
		*s = event.Span{}
	}
	if e.Is(event.HasARP) {
		text += fmt.Sprintf(" %+v", b.ARPs[e.Aux-1])
	}
	if e.Is(event.HasInner) {
		text += fmt.Sprintf(" %+v", b.Inners[e.Aux-1])
	}
	if e.Is(event.HasCT) {
		c := b.Conntracks[e.CT-1]
		if c.Has&(event.CTHasNATSrc|event.CTHasNATDst) == 0 {
			c.NATIPv6 = false // of which addresses?
		}
		text += fmt.Sprintf(" %+v", c)
	}
	return fmt.Sprintf("%s %+v", text, n)
}

// same compares events; known takes away from the first what a capture of link type 239 cannot hold.
func same(t encodetest.T, before, after *event.Batch, known func(e *event.Event)) {
	t.Helper()
	for i := range before.Events {
		e := before.Events[i]
		known(&e)
		if got, want := described(after, &after.Events[i]), described(before, &e); got != want {
			t.Fatalf("event %d comes back as\n%s\nand was\n%s", i, got, want)
		}
	}
}

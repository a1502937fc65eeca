package nflog

import (
	"context"
	"sync"
	"testing"

	nfl "github.com/florianl/go-nflog/v2"

	"nflogship/event"
	"nflogship/internal/netnstest"
)

// The same packets, logged to two groups: what we make of them is what go-nflog makes of them.
func TestAgainstGoNflog(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	for _, group := range []uint16{40, 41} {
		(&netnstest.Rule{Port: 4001, Group: group, Prefix: "same "}).Add(t)
	}
	theirs, err := nfl.Open(&nfl.Config{
		Group: 41, Copymode: nfl.CopyPacket, Bufsize: 60, QThresh: 10, Timeout: 1, Flags: nfl.FlagSeq | nfl.FlagGlobal,
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards got
	var got []nfl.Attribute
	hook := func(a nfl.Attribute) int {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, a)
		return 0
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := theirs.RegisterWithErrorFunc(ctx, hook, func(error) int { return 0 }); err != nil {
		t.Fatal(err)
	}
	c := testConfig(40)
	c.CopyRange = 60
	r := start(t, c)
	const n = 200
	for i := range n / 4 {
		send(t, "127.0.0.1:4001", 1, i)
		send(t, "[::1]:4001", 1, i)
		sendMarked(t, "127.0.0.1:4001", i)
		sendMarked(t, "[::1]:4001", i)
	}
	b := r.events(t, n)
	until(t, "go-nflog", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == n })
	r.finish(t)
	cancel()
	_ = theirs.Close()
	for i := range b.Events {
		compare(t, b, &b.Events[i], &got[i])
	}
}

func compare(t *testing.T, b *event.Batch, e *event.Event, a *nfl.Attribute) {
	t.Helper()
	same(t, "prefix", string(b.Bytes(e.Prefix)), *a.Prefix)
	same(t, "packet", string(b.Bytes(e.Packet)), string(*a.Payload))
	same(t, "hook", uint8(e.Hook), *a.Hook)
	same(t, "hw_protocol", e.EtherType, *a.HwProtocol)
	same(t, "seq", e.Seq, *a.Seq)
	same(t, "out", e.OutIndex, *a.OutDev)
	same(t, "uid", e.UID, *a.UID)
	same(t, "gid", e.GID, *a.GID)
	same(t, "in", e.Is(event.HasIn), a.InDev != nil)
	if same(t, "mark", e.Is(event.HasMark), a.Mark != nil); a.Mark != nil {
		same(t, "mark", e.Mark, *a.Mark)
	}
}

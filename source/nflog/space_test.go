package nflog

import (
	"path/filepath"
	"strings"
	"testing"

	"nflogship/event"
	"nflogship/internal/netnstest"
)

// sendWithin adds a rule in the namespace and sends n packets there.
func sendWithin(t *testing.T, path string, n int) {
	t.Helper()
	netnstest.Within(t, path, func() {
		(&netnstest.Rule{Port: 4001, Group: 40}).Add(t)
		send(t, "127.0.0.1:4001", n, 10)
	})
}

func TestNamespaceByPathAndName(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	netnstest.HideRun(t)
	for name, path := range map[string]string{"edge": "/run/netns/edge", "/run/elsewhere/edge": "/run/elsewhere/edge"} {
		netnstest.Named(t, path)
		c := testConfig(40)
		c.NetNS = name
		r := start(t, c)
		sendWithin(t, path, 3)
		r.events(t, 3)
		r.finish(t)
		netnstest.Unname(t, path)
	}
}

// Another namespace at the path is bound as soon as it is seen, and its numbers are a sequence of their own.
func TestNamespaceReplaced(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	c := testConfig(40)
	c.NetNS = filepath.Join(t.TempDir(), "edge")
	netnstest.Named(t, c.NetNS)
	r := start(t, c)
	sendWithin(t, c.NetNS, 3)
	r.events(t, 3)

	netnstest.Named(t, c.NetNS)
	until(t, "the second namespace", func() bool { return strings.Contains(r.log.String(), "bound again") })
	sendWithin(t, c.NetNS, 2)
	r.events(t, 5)

	netnstest.Unname(t, c.NetNS)
	until(t, "word that it waits", func() bool { return strings.Contains(r.log.String(), "ip netns add") })
	netnstest.Named(t, c.NetNS)
	until(t, "the third namespace", func() bool { return strings.Count(r.log.String(), "bound again") == 2 })
	sendWithin(t, c.NetNS, 1)
	b := r.events(t, 6)
	r.finish(t)
	netnstest.Unname(t, c.NetNS)

	origins := map[*event.Origin]int{}
	for i, record := range []uint64{0, 1, 2, 0, 1, 0} {
		e := &b.Events[i]
		if e.Record != record {
			t.Errorf("event %d has record %d, want %d", i, e.Record, record)
		}
		origins[b.Origins[e.Origin]]++
	}
	if len(origins) != 3 {
		t.Errorf("%d origins, want 3", len(origins))
	}
	if !r.ledger.Lossless() {
		t.Error(r.ledger.String())
	}
}

func TestStopWhileWaitingForNamespace(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	c := testConfig(40)
	c.NetNS = filepath.Join(t.TempDir(), "edge")
	netnstest.Named(t, c.NetNS)
	r := start(t, c)
	netnstest.Unname(t, c.NetNS)
	until(t, "word that it waits", func() bool { return strings.Contains(r.log.String(), "ip netns add") })
	r.finish(t)
}

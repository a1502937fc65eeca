package nflog

import (
	"testing"

	"nflogship/event"
	"nflogship/internal/netnstest"
)

func TestLive(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 4001, Group: 40, Prefix: "v4 "}
	rule.Add(t)
	r := start(t, testConfig(40))
	send(t, "127.0.0.1:4001", 10, 20)
	b := r.events(t, 10)
	for i := range b.Events {
		e := &b.Events[i]
		t.Logf("%+v %s", e, b.Bytes(e.Prefix))
		_ = event.HasGroup
	}
	r.finish(t)
	t.Log(r.ledger.String(), r.log.String(), rule.Count(t))
}

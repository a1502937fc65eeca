package kafka

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

func TestLinkFresh(t *testing.T) {
	now := time.Now()
	for _, x := range []struct {
		name string
		l    link
		want bool
	}{
		{"used just now", link{idle: now}, true},
		{"idle for long", link{idle: now.Add(-idleTimeout)}, false},
		{"the broker wants to see the password later", link{idle: now, expires: now.Add(time.Second)}, true},
		{"the broker wants to see the password now", link{idle: now, expires: now}, false},
	} {
		if got := x.l.fresh(now); got != x.want {
			t.Errorf("%s: fresh %v", x.name, got)
		}
	}
}

// TestBrokersMove: links to where no broker is any more are closed, the others kept.
func TestBrokersMove(t *testing.T) {
	b := &brokers{seeds: []string{"seed:9092", "k2:9092"}, addresses: map[int32]string{}, idle: map[string][]*link{}}
	closed := func(c net.Conn) bool {
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := c.Read(make([]byte, 1))
		timeout, ok := err.(net.Error)
		return !ok || !timeout.Timeout()
	}
	far := map[string]net.Conn{}
	for _, address := range []string{"k1:9092", "k2:9092"} {
		near, other := net.Pipe()
		far[address] = other
		b.put(&link{address: address, conn: protocol.NewConn(near, clientID)})
	}
	b.learn(&metadata.Response{ControllerID: 2, Brokers: []metadata.ResponseBroker{{NodeID: 2, Host: "k2", Port: 9092}, {NodeID: 3, Host: "k3", Port: 9092}}})
	if !closed(far["k1:9092"]) || closed(far["k2:9092"]) {
		t.Error("wrong links closed")
	}
	all := b.all()
	slices.Sort(all[:2])
	if !slices.Equal(all, []string{"k2:9092", "k3:9092", "seed:9092"}) {
		t.Errorf("brokers to ask: %v", all)
	}
	b.close()
	if !closed(far["k2:9092"]) {
		t.Error("a link outlives close")
	}
}

package nats

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"nflogship/config"
	"nflogship/sink"
)

func core(c *Config) { c.JetStream = false }

func TestCoreNeedsNoListener(t *testing.T) {
	f := startServer(t)
	_, s := newSink(t, f, nil, core)
	open(t, s)
	l := load(payload(lines, numbered(0, 1000)...))
	if err := s.Send(ctx(t), l); err != nil || l.Open() != 0 {
		t.Fatalf("%v, %d open", err, l.Open())
	}
}

// A cut between two PINGs may repeat, and says how much; it loses nothing that a stream behind the subject could see.
func TestCoreResendsAfterCuts(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	p := startProxy(t, f)
	_, s := newSink(t, f, nil, func(c *Config) { c.JetStream, c.Servers = false, []string{p.url()} })
	s.ackWait = 300 * time.Millisecond
	open(t, s)
	p.mute.Store(true)
	all := numbered(0, 1000)
	l := load(payload(lines, all...))
	if err := s.Send(ctx(t), l); !errors.Is(err, sink.ErrNotConnected) || l.Open() != 1000 {
		t.Fatalf("without a PONG: %v, %d open", err, l.Open())
	}
	p.mute.Store(false)
	s.ackWait = 5 * time.Second
	push(t, s, l)
	if l.Doubtful() != 1000 {
		t.Errorf("%d events in doubt, want 1000", l.Doubtful())
	}
	seen := map[string]int{}
	until(t, "everything in the stream", func() bool {
		clear(seen)
		for _, m := range f.messages("FW") {
			seen[m.data]++
		}
		return len(seen) == 1000
	})
}

func TestCoreServerRestarted(t *testing.T) {
	f := startServer(t)
	f.makeStream(fwStream())
	_, s := newSink(t, f, nil, func(c *Config) { c.JetStream, c.EventsPerMessage = false, 10 })
	open(t, s)
	var wait sync.WaitGroup
	for k := range 10 {
		if k == 3 {
			wait.Go(func() {
				f.stop()
				f.start()
			})
		}
		push(t, s, load(payload(lines, numbered(k*1000, 1000)...)))
	}
	wait.Wait()
	push(t, s, load(payload(lines, numbered(10000, 1)...)))
	until(t, "the last event in the stream", func() bool {
		all := f.messages("FW")
		return len(all) > 0 && strings.Contains(all[len(all)-1].data, `{"n":10000}`)
	})
}

// restricted starts a server whose user may publish on fw.> but not on fw.forbidden.
func restricted(t *testing.T) *far {
	root := &server.User{Username: "root", Password: "s3cret"}
	user := &server.User{Username: "fw", Password: "s3cret", Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{"fw.>"}, Deny: []string{"fw.forbidden"}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}
	return startServer(t, func(o *server.Options) { o.Users = []*server.User{root, user} })
}

func asRoot() nats.Option { return nats.UserInfo("root", "s3cret") }

func asUser(c *Config) {
	c.Username, c.Password, c.Subject = "fw", config.NewSecret("s3cret"), "fw.{prefix}"
}

func TestForbiddenSubject(t *testing.T) {
	for _, jetStream := range []bool{true, false} {
		t.Run(fmt.Sprintf("jetstream=%v", jetStream), func(t *testing.T) {
			f := restricted(t)
			f.makeStream(fwStream(), asRoot())
			_, s := newSink(t, f, nil, func(c *Config) {
				asUser(c)
				c.JetStream = jetStream
			})
			open(t, s)
			all := numbered(0, 6)
			for i := range all {
				all[i].route = []string{"fw.a", "fw.forbidden", "fw.b"}[i%3]
			}
			l := load(payload(lines, all...))
			for range 3 { // what is allowed arrives once, however often the rest is tried
				err := s.Send(ctx(t), l)
				if !errors.Is(err, sink.ErrNotConnected) || !strings.Contains(err.Error(), `Permissions Violation for Publish to "fw.forbidden"`) {
					t.Fatal(err)
				}
				if l.Open() != 2 || l.Rejections() != 0 {
					t.Fatalf("%d open, want the two forbidden ones; %d rejected", l.Open(), l.Rejections())
				}
				open(t, s)
			}
			until(t, "the allowed events in the stream", func() bool { return len(f.messages("FW", asRoot())) >= 4 })
			wantEvents(t, f.messages("FW", asRoot()), []record{all[0], all[2], all[3], all[5]})
		})
	}
}

func TestForbiddenInbox(t *testing.T) {
	f := startServer(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "fw", Password: "s3cret", Permissions: &server.Permissions{
			Subscribe: &server.SubjectPermission{Deny: []string{">"}},
		}}}
	})
	_, s := newSink(t, f, nil, asUser)
	refuses(t, s, "subscribe to acknowledgements", "_INBOX.>")
}

func TestForbiddenStreamInfo(t *testing.T) {
	f := restricted(t)
	_, s := newSink(t, f, nil, func(c *Config) {
		asUser(c)
		c.Stream = newStream("FW")
	})
	refuses(t, s, "stream FW", `Permissions Violation for Publish to "$JS.API.STREAM.INFO.FW"`, "leave stream out")
}

func TestAnotherServerOfTheClusterTakesOver(t *testing.T) {
	cluster := func(o *server.Options) {
		o.JetStream, o.Cluster = false, server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: -1, NoAdvertise: false}
		o.ServerName = ""
	}
	first := startServer(t, cluster)
	second := startServer(t, cluster, func(o *server.Options) {
		o.Routes = server.RoutesFromStr("nats://" + first.ClusterAddr().String())
	})
	until(t, "the route", func() bool { return first.NumRoutes() > 0 && second.NumRoutes() > 0 })
	_, s := newSink(t, first, nil, core)
	until(t, "the server tells of the other", func() bool {
		open(t, s)
		return len(s.link.nc.DiscoveredServers()) > 0
	})
	first.stop()
	push(t, s, load(payload(lines, numbered(0, 10)...)))
	if s.link.server.Host != second.Addr().String() {
		t.Errorf("connected to %s, want %s", s.link.server.Host, second.Addr())
	}
	second.stop()
	second.start()
	push(t, s, load(payload(lines, numbered(10, 10)...))) // with the only one configured still down
}

package nflog

import (
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"nflogship/event"
	"nflogship/internal/netnstest"
)

func TestFields(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	v4 := netnstest.Rule{Port: 4001, Group: 40, Prefix: "out: "}
	v6 := netnstest.Rule{Port: 4002, Group: 65535, Prefix: "in ", Hook: nftables.ChainHookInput, Drop: true}
	v4.Add(t)
	v6.Add(t)
	c := testConfig(40, 65535)
	c.CopyRange = 60
	before := time.Now().UnixNano()
	r := start(t, c)
	uid, gid := 0, 0
	if netnstest.ManyUsers() {
		uid, gid = 1000, 1001
	}
	netnstest.AsUser(t, uid, gid, func() { send(t, "127.0.0.1:4001", 3, 100) })
	sendMarked(t, "[::1]:4002", 0x1f)
	b := r.events(t, 4)
	r.finish(t)

	var out, in int
	for i := range b.Events {
		e := &b.Events[i]
		if o := b.Origins[e.Origin]; o.Host != "fw1" || o.Source != "firewall" || !o.Live {
			t.Errorf("origin %+v", o)
		}
		if e.Time < before || e.Time > time.Now().UnixNano() {
			t.Errorf("time %v", time.Unix(0, e.Time))
		}
		switch e.Group {
		case 40:
			checkOut(t, b, e, out, uid, gid)
			out++
		case 65535:
			checkIn(t, b, e)
			in++
		}
	}
	if out != 3 || in != 1 {
		t.Errorf("%d events of the OUTPUT rule and %d of the INPUT rule; want 3 and 1", out, in)
	}
	if t.Failed() {
		t.Log(r.log.String())
	}
}

func checkOut(t *testing.T, b *event.Batch, e *event.Event, i, uid, gid int) {
	t.Helper()
	same(t, "prefix", string(b.Bytes(e.Prefix)), "out: ")
	same(t, "family", e.Family.String(), "ipv4")
	same(t, "hook", event.HookName(e.Family, e.Hook), "output")
	same(t, "out", string(b.Bytes(e.Out)), "lo")
	same(t, "in", e.Is(event.HasIn), false)
	same(t, "owner", e.Is(event.HasUID|event.HasGID), true)
	same(t, "uid", int(e.UID), uid)
	same(t, "gid", int(e.GID), gid)
	same(t, "mark", e.Is(event.HasMark), false)
	same(t, "packet", len(b.Bytes(e.Packet)), 60) // the copy range
	same(t, "length", e.Length, 20+8+100)
	same(t, "dst_port", e.DstPort, 4001)
	same(t, "seq", e.Seq, uint32(i))
	same(t, "record", e.Record, uint64(i))
	same(t, "seq_global", e.SeqGlobal, uint32(i+1))
	text := string(event.AppendAddr(nil, &e.Dst, e.Is(event.IsIPv6)))
	same(t, "dst", text, "127.0.0.1")
}

func checkIn(t *testing.T, b *event.Batch, e *event.Event) {
	t.Helper()
	same(t, "prefix", string(b.Bytes(e.Prefix)), "in ")
	same(t, "family", e.Family.String(), "ipv6")
	same(t, "hook", event.HookName(e.Family, e.Hook), "input")
	same(t, "in", string(b.Bytes(e.In)), "lo")
	same(t, "mark", e.Mark, 0x1f)
	same(t, "dst_port", e.DstPort, 4002)
	same(t, "seq", e.Seq, 0)
	same(t, "seq_global", e.SeqGlobal, 4)
	same(t, "dst", string(event.AppendAddr(nil, &e.Dst, e.Is(event.IsIPv6))), "::1")
}

func same[V comparable](t *testing.T, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// sendMarked sends one UDP packet with a mark.
func sendMarked(t *testing.T, to string, mark int) {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		ctlErr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, mark) })
		if ctlErr != nil {
			return ctlErr
		}
		return err
	}}
	c, err := d.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("marked")); err != nil {
		t.Fatal(err)
	}
}

// A packet that comes in over a wire has a link header.
func TestFieldsOverVeth(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	peer := filepath.Join(t.TempDir(), "peer")
	netnstest.Named(t, peer)
	defer netnstest.Unname(t, peer)
	netnstest.Veth(t, "va", "vb")
	netnstest.Address(t, "va", "10.9.0.1/24")
	netnstest.Move(t, "vb", peer)
	(&netnstest.Rule{Port: 4001, Group: 40, Hook: nftables.ChainHookInput, Drop: true}).Add(t)
	r := start(t, testConfig(40))
	var mac net.HardwareAddr
	netnstest.Within(t, peer, func() {
		netnstest.Up(t, "vb")
		netnstest.Address(t, "vb", "10.9.0.2/24")
		vb, err := net.InterfaceByName("vb")
		if err != nil {
			t.Error(err)
			return
		}
		mac = vb.HardwareAddr
		send(t, "10.9.0.1:4001", 1, 10)
	})
	b := r.events(t, 1)
	r.finish(t)
	e := &b.Events[0]
	same(t, "in", string(b.Bytes(e.In)), "va")
	same(t, "out", e.Is(event.HasOut), false)
	same(t, "src", string(event.AppendAddr(nil, &e.Src, false)), "10.9.0.2")
	same(t, "source address", e.Is(event.HasMACSrc), true)
	same(t, "mac_src", string(event.AppendMAC(nil, e.MACSrc)), mac.String())
	same(t, "hardware type", e.HWType, unix.ARPHRD_ETHER)
}

// Thousands of packets in several groups, in datagrams of one and of hundreds: all of them arrive, in order.
func TestEverythingArrives(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rules := []netnstest.Rule{
		{Port: 4001, Group: 40},
		{Port: 4001, Group: 41, Threshold: 1},
		{Port: 4001, Group: 42, Threshold: 50, Snaplen: 20},
	}
	groups := []uint16{}
	for i := range rules {
		rules[i].Add(t)
		groups = append(groups, rules[i].Group)
	}
	r := start(t, testConfig(groups...))
	const n = 3000
	send(t, "127.0.0.1:4001", n, 10)
	b := r.events(t, n*len(rules))
	r.finish(t)
	next := map[uint16]uint64{}
	for i := range b.Events {
		e := &b.Events[i]
		if e.Record != next[e.Group] {
			t.Fatalf("group %d: record %d, want %d", e.Group, e.Record, next[e.Group])
		}
		next[e.Group]++
	}
	for i, g := range r.groups {
		if in := g.counts.In.Load(); in != rules[i].Count(t) || in != n {
			t.Errorf("group %d: %d events, the rule counted %d", g.number, in, rules[i].Count(t))
		}
	}
	if !r.ledger.Lossless() {
		t.Error(r.ledger.String())
	}
}

// What the kernel still holds, because neither threshold nor timeout has been reached, comes when the group is unbound.
func TestStopTakesWhatTheKernelHolds(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 4001, Group: 40}
	rule.Add(t)
	c := testConfig(40)
	c.QueueThreshold, c.FlushTimeout = 100000, c.FlushTimeout*6000
	r := start(t, c)
	send(t, "127.0.0.1:4001", 100, 10)
	if n := r.count(); n != 0 {
		t.Fatalf("%d events came before the stop: this test tests nothing", n)
	}
	r.finish(t)
	if n := r.count(); uint64(n) != rule.Count(t) || n != 100 {
		t.Errorf("%d events after the stop, the rule logged %d", n, rule.Count(t))
	}
}

// Sources come and go in the midst of traffic. What the kernel logged for them can be told to the packet: the global
// sequence numbers count what is logged to every group, and another group's own numbers how much of it was for that one.
func TestStopInTraffic(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	mine := netnstest.Rule{Port: 4001, Group: 40}
	others := netnstest.Rule{Port: 4001, Group: 41}
	mine.Add(t)
	others.Add(t)
	observer := start(t, testConfig(41))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // ends when stop is closed
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				send(t, "127.0.0.1:4001", 100, 10)
			}
		}
	}()
	var logged uint64
	for life := range 5 {
		c := testConfig(40)
		c.QueueThreshold = []uint32{1, 10, 400, 400, 3}[life]
		r := start(t, c)
		r.events(t, 500)
		r.finish(t)
		counts := r.groups[0].counts
		logged += counts.In.Load() + counts.KernelLost.Load()
		for i := range r.got.Events {
			if r.got.Events[i].Record&unnumbered != 0 {
				logged-- // logged before the flags were set: such events have no global number either
			}
		}
	}
	close(stop)
	<-stopped
	send(t, "127.0.0.1:4001", 1, 10)
	all := others.Count(t)
	o := observer.groups[0].counts
	until(t, "the observer", func() bool { return o.In.Load()+o.KernelLost.Load() == all })
	observer.finish(t)
	last := observer.got.Events[len(observer.got.Events)-1]
	if want := uint64(last.SeqGlobal) - all; logged != want {
		t.Errorf("received and lost %d, the kernel logged %d", logged, want)
	}
	t.Logf("%d packets for the sources, %d for the observer, which lost %d", logged, all, o.KernelLost.Load())
}

// A sink that takes nothing: what finds no room anywhere is counted, once, and the reader is never held up.
func TestOverrun(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 4001, Group: 40, Threshold: 20}
	rule.Add(t)
	c := testConfig(40)
	c.NetlinkBuffer, c.ReceiveBuffer = 8<<10, 64<<10
	r := start(t, c)
	counts := r.groups[0].counts
	r.gate.Lock()
	until(t, "shed packets", func() bool {
		send(t, "127.0.0.1:4001", 2000, 10)
		return counts.Shed.Load() > 1000
	})
	r.gate.Unlock()
	until(t, "the last packet", func() bool { // what was lost at the end shows by a packet behind it
		send(t, "127.0.0.1:4001", 1, 10)
		return counts.In.Load()+counts.KernelLost.Load()+counts.Shed.Load() == rule.Count(t)
	})
	r.finish(t)
	in, lost, shed := counts.In.Load(), counts.KernelLost.Load(), counts.Shed.Load()
	if in+lost+shed != rule.Count(t) {
		t.Errorf("delivered %d, lost %d, shed %d: together %d; the rule logged %d", in, lost, shed, in+lost+shed, rule.Count(t))
	}
	if lost == 0 || uint64(r.count()) != in {
		t.Errorf("lost %d; emitted %d of %d", lost, r.count(), in)
	}
	t.Logf("delivered %d, lost %d, shed %d", in, lost, shed)
}

// An abort counts what it gives up.
func TestAbort(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 4001, Group: 40, Threshold: 1}
	rule.Add(t)
	r := start(t, testConfig(40))
	send(t, "127.0.0.1:4001", 5, 10)
	r.events(t, 5)
	r.gate.Lock()
	send(t, "127.0.0.1:4001", 200, 10)
	r.cancel()
	r.gate.Unlock()
	<-r.ended
	r.ended <- nil
	counts := r.groups[0].counts
	if in := counts.In.Load(); in != rule.Count(t) || counts.Aborted.Load() != in-counts.Out.Load() {
		t.Errorf("%s; the rule logged %d", r.ledger.String(), rule.Count(t))
	}
}

// Two binds of a group have equal sequence numbers, and no event of the one has the id of one of the other.
func TestLivesHaveDistinctIDs(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 4001, Group: 40}
	rule.Add(t)
	ids := map[string]bool{}
	for range 2 {
		r := start(t, testConfig(40))
		send(t, "127.0.0.1:4001", 3, 10)
		b := r.events(t, 3)
		r.finish(t)
		for i := range b.Events {
			same(t, "seq", b.Events[i].Seq, uint32(i))
			ids[string(event.AppendID(nil, b, &b.Events[i]))] = true
		}
	}
	if len(ids) != 6 {
		t.Errorf("ids %v: want 6", ids)
	}
}

// Packets that come before the kernel's answer to a request are kept.
func TestPacketsBeforeAnswer(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	(&netnstest.Rule{Port: 4001, Group: 40, Threshold: 1}).Add(t)
	r := newRig(t, testConfig(40))
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, "127.0.0.1:4001", 5, 10)
	early := r.first.readers[0]
	if err := early.sock.configure(bindRequest(40, &r.config), &early.filling); !errors.Is(err, unix.EBUSY) {
		t.Errorf("the answer to a second bind is %v", err)
	}
	same(t, "datagrams before the answer", early.filling.n, 5)
	send(t, "127.0.0.1:4001", 2, 10)
	r.run(t)
	r.events(t, 7)
	r.finish(t)
	same(t, "lost", r.groups[0].counts.KernelLost.Load(), 0)
}

package nats

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between the sink and a server and loses what it is told to.
type proxy struct {
	listener net.Listener
	target   string
	mute     atomic.Bool  // what the server says is thrown away
	sent     atomic.Int64 // bytes that came from the sink

	mu    sync.Mutex // guards conns
	conns []net.Conn
	wait  sync.WaitGroup
}

func startProxy(t testing.TB, f *far) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: f.Addr().String()}
	p.wait.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wait.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

// serve ends when the listener is closed.
func (p *proxy) serve() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, near, far)
		p.mu.Unlock()
		p.wait.Go(func() { p.pass(far, near, true) })
		p.wait.Go(func() { p.pass(near, far, false) })
	}
}

// pass ends when either side is closed.
func (p *proxy) pass(to, from net.Conn, fromSink bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if fromSink {
			p.sent.Add(int64(n))
		} else if p.mute.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// deafServer greets one client, answers so many PINGs, and then neither reads nor answers.
func deafServer(t testing.TB, pings int) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, `INFO {"server_id":"deaf","version":"2.12.0","headers":true,"max_payload":1048576}`+"\r\n")
		for lines := bufio.NewScanner(c); pings > 0 && lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "PING") {
				pings--
				_, _ = fmt.Fprint(c, "PONG\r\n")
			}
		}
		<-done
	})
	t.Cleanup(func() {
		close(done)
		_ = l.Close()
		wait.Wait()
	})
	return "nats://" + l.Addr().String()
}

package syslog

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	parser "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"
)

// far says what a receiver is like.
type far struct {
	network, address string // default: TCP, and a port of the system's choice
	tls              *tls.Config
	framing          string
	rfc              int
}

// receiver is a syslog server for streams that reads strictly and has every message parsed by the oracle.
type receiver struct {
	far

	listener net.Listener
	deaf     chan struct{} // closed when nobody is accepted any more
	turn     chan struct{} // closed when the connection accepted last has ended; accept's own
	running  sync.WaitGroup

	mu       sync.Mutex            // guards everything below
	conns    map[net.Conn]net.Conn // by the connection below TLS
	texts    []string
	raw      []string
	problems []error
	accepted int
}

// newReceiver returns one that is up.
func newReceiver(t testing.TB, f far) *receiver {
	r := &receiver{far: far{
		cmp.Or(f.network, "tcp"), cmp.Or(f.address, "127.0.0.1:0"), f.tls, cmp.Or(f.framing, octetCounting), cmp.Or(f.rfc, 5424),
	}, conns: map[net.Conn]net.Conn{}}
	r.start(t)
	t.Cleanup(func() {
		r.stop()
		for _, err := range r.problems {
			t.Error(err)
		}
	})
	return r
}

func (r *receiver) start(t testing.TB) {
	var err error
	eventually(t, "listen again", func() bool {
		r.listener, err = net.Listen(r.network, r.address)
		return err == nil
	})
	r.address = r.listener.Addr().String()
	r.deaf, r.turn = make(chan struct{}), make(chan struct{})
	close(r.turn)
	r.running.Go(r.accept)
}

// accept ends when the listener is closed, or its time is over.
func (r *receiver) accept() {
	defer close(r.deaf)
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		conn := c
		if r.tls != nil {
			conn = tls.Server(c, r.tls)
		}
		r.mu.Lock()
		r.accepted++
		r.conns[c] = conn
		r.mu.Unlock()
		// One connection after the other: else what comes by a new one may overtake what lies in the old.
		before, after := r.turn, make(chan struct{})
		r.turn = after
		r.running.Go(func() {
			<-before
			r.serve(c, conn)
			close(after)
		})
	}
}

// serve ends with the connection.
func (r *receiver) serve(c, conn net.Conn) {
	err := r.read(bufio.NewReader(conn))
	conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	if errors.As(err, new(*badFrame)) {
		r.problems = append(r.problems, err)
	}
}

type badFrame struct{ what string }

func (e *badFrame) Error() string { return e.what }

func (r *receiver) read(in *bufio.Reader) error {
	for {
		msg, err := readFrame(in, r.framing)
		if err != nil {
			return err
		}
		text, err := parse(r.rfc, msg)
		if err != nil {
			return &badFrame{fmt.Sprintf("%q: %v", msg, err)}
		}
		r.mu.Lock()
		r.texts = append(r.texts, text)
		r.raw = append(r.raw, string(msg))
		r.mu.Unlock()
	}
}

func readFrame(in *bufio.Reader, framing string) ([]byte, error) {
	if framing == newline {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		return line[:len(line)-1], nil
	}
	count, err := in.ReadString(' ')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(count, " "))
	if err != nil || n <= 0 || count[0] == '0' || n > 1<<20 {
		return nil, &badFrame{fmt.Sprintf("the octet count is %q", count)}
	}
	msg := make([]byte, n)
	_, err = io.ReadFull(in, msg)
	return msg, err
}

// parse returns a message's text as the oracle finds it.
func parse(rfc int, msg []byte) (string, error) {
	if rfc == 3164 {
		m, err := rfc3164.NewParser(rfc3164.WithYear(rfc3164.CurrentYear{})).Parse(msg)
		if err != nil {
			return "", err
		}
		return text(m.(*rfc3164.SyslogMessage).Base)
	}
	m, err := rfc5424.NewParser().Parse(msg)
	if err != nil {
		return "", err
	}
	return text(m.(*rfc5424.SyslogMessage).Base)
}

func text(b parser.Base) (string, error) {
	if b.Message == nil {
		return "", nil
	}
	return *b.Message, nil
}

// stop says goodbye, reads what is still coming, then closes. First it accepts whoever has knocked: what lies in a connection
// that nobody accepts is lost, although the kernel has acknowledged it.
func (r *receiver) stop() {
	r.listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(10 * time.Millisecond))
	<-r.deaf
	r.listener.Close()
	r.mu.Lock()
	for c, conn := range r.conns {
		c.SetDeadline(time.Now().Add(longest))
		if conn.(interface{ CloseWrite() error }).CloseWrite() != nil {
			c.Close()
		}
	}
	r.mu.Unlock()
	r.running.Wait()
}

// crash closes everything as a process that dies: what was not read makes the kernel reset the connection.
func (r *receiver) crash() {
	r.listener.Close()
	r.mu.Lock()
	for c := range r.conns {
		if t, ok := c.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.texts...)
}

func (r *receiver) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted
}

// mailbox is a syslog server for datagrams.
type mailbox struct {
	network, address string
	rfc              int
	conn             net.PacketConn
	running          sync.WaitGroup

	mu  sync.Mutex // guards raw
	raw [][]byte
}

func newMailbox(t testing.TB, network, address string, rfc int) *mailbox {
	m := &mailbox{network: network, address: address, rfc: rfc}
	m.start(t)
	t.Cleanup(m.stop)
	return m
}

func (m *mailbox) start(t testing.TB) {
	var err error
	eventually(t, "listen again", func() bool {
		m.conn, err = net.ListenPacket(m.network, m.address)
		return err == nil
	})
	m.address = m.conn.LocalAddr().String()
	m.running.Go(m.read)
}

// read ends when the socket is closed.
func (m *mailbox) read() {
	b := make([]byte, 1<<16)
	for {
		n, _, err := m.conn.ReadFrom(b)
		if err != nil {
			return
		}
		m.mu.Lock()
		m.raw = append(m.raw, bytes.Clone(b[:n]))
		m.mu.Unlock()
	}
}

func (m *mailbox) stop() {
	m.conn.Close()
	m.running.Wait()
	if m.network == "unixgram" {
		os.Remove(m.address)
	}
}

func (m *mailbox) got(t testing.TB) []string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, msg := range m.raw {
		text, err := parse(m.rfc, msg)
		if err != nil {
			t.Errorf("%q: %v", msg, err)
		}
		out = append(out, text)
	}
	return out
}

package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"nflogship/sink"
)

const (
	dialTimeout  = 5 * time.Second
	greetTimeout = 5 * time.Second  // for TLS, INFO, CONNECT and the first PONG
	pingInterval = 30 * time.Second // finds a dead server while there is nothing to send
	maxTroubles  = 256              // kept of one connection
)

// link is one connection. Once something is wrong with it, it is cut and never used again.
//
// The Sender's goroutine owns it; nats.go's goroutines call troubled and closed.
type link struct {
	nc      *nats.Conn
	dialer  *dialer
	server  *url.URL
	acks    chan *nats.Msg // filled by nats.go's reader; nil in core mode
	replies replies

	closed chan struct{} // closed with the connection, after every troubled
	alarm  chan struct{} // there is news in troubles

	mu       sync.Mutex // guards what is below
	troubles []error    // what the server complained about, each once
}

// connect makes a connection to one server, with whichever others it tells of as stand-ins.
func connect(ctx context.Context, o nats.Options, server *url.URL, writeTimeout time.Duration) (*link, error) {
	k, err := tryConnect(ctx, o, server, writeTimeout)
	if err != nil && k.dialer.dials > 1 {
		// The error is the last stand-in's; what the server itself had against us is worth more.
		o.IgnoreDiscoveredServers = true
		k, err = tryConnect(ctx, o, server, writeTimeout)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

func tryConnect(ctx context.Context, o nats.Options, server *url.URL, writeTimeout time.Duration) (*link, error) {
	k := &link{server: server, closed: make(chan struct{}), alarm: make(chan struct{}, 1), dialer: &dialer{ctx: ctx}}
	o.Servers = []string{server.String()}
	o.CustomDialer = k.dialer
	o.SkipHostLookup = true // the dialer does it, and can be interrupted
	o.AllowReconnect = false
	o.ReconnectOnFlusherError = true // which, without reconnecting, means close
	o.Timeout = greetTimeout
	o.FlusherTimeout = writeTimeout
	o.PingInterval = pingInterval
	o.AsyncErrorCB = func(_ *nats.Conn, _ *nats.Subscription, err error) { k.troubled(err) }
	o.ClosedCB = func(*nats.Conn) { close(k.closed) }
	stop := context.AfterFunc(ctx, k.dialer.cut)
	defer stop()
	nc, err := o.Connect()
	k.nc = nc
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return k, err
}

// cut closes the connection and waits until nats.go has let go of it. The socket goes first: nc.Close would wait for a
// writer that waits for the server.
func (k *link) cut() {
	k.dialer.cut()
	k.nc.Close()
	<-k.closed
}

// close flushes and closes the connection.
func (k *link) close(ctx context.Context) {
	stop := context.AfterFunc(ctx, k.dialer.cut)
	defer stop()
	k.nc.Close()
	<-k.closed
}

func (k *link) isClosed() bool {
	select {
	case <-k.closed:
		return true
	default:
		return false
	}
}

// lost cuts the connection and says that it is gone, and why.
func (k *link) lost(why error) error {
	k.cut()
	return fmt.Errorf("%w to %s: %w", sink.ErrNotConnected, shown(k.server), why)
}

// cause is why a closed connection closed.
func (k *link) cause() error {
	if t := k.complaints(); len(t) > 0 {
		return errors.Join(t...)
	}
	if err := k.nc.LastError(); err != nil {
		return fmt.Errorf("the connection broke: %w", err)
	}
	return errors.New("the server closed the connection")
}

// troubled notes what the server complains about: forbidden subjects, slow reading, credentials that ran out.
func (k *link) troubled(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range k.troubles {
		if t.Error() == err.Error() {
			return
		}
	}
	if len(k.troubles) == maxTroubles {
		return
	}
	k.troubles = append(k.troubles, err)
	select {
	case k.alarm <- struct{}{}:
	default:
	}
}

func (k *link) complaints() []error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.troubles[:len(k.troubles):len(k.troubles)]
}

// forbidden is the subject that a complaint is about: Permissions Violation for Publish to "fw.x".
func forbidden(complaint error) (subject string, ok bool) {
	if !errors.Is(complaint, nats.ErrPermissionViolation) {
		return "", false
	}
	_, quoted, found := strings.Cut(complaint.Error(), `Publish to "`)
	if !found {
		return "", false
	}
	quoted, err := strconv.QuotedPrefix(`"` + quoted)
	if err != nil {
		return "", false
	}
	subject, err = strconv.Unquote(quoted)
	return subject, err == nil
}

// permit adds to a complaint about a subject what to do.
func permit(complaint error) error {
	return fmt.Errorf("%w: permit it on the server, or change the subject", complaint)
}

// dialer makes the one socket of a link. Its cut is safe for any goroutine.
type dialer struct {
	ctx   context.Context
	dials int

	mu     sync.Mutex // guards what is below
	socket net.Conn
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	d.dials++
	plain := net.Dialer{Timeout: dialTimeout}
	c, err := plain.DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.socket = c
	return &socket{c}, nil
}

func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.socket != nil {
		_ = d.socket.Close() // it may be closed already
	}
}

// socket is a connection that ends with the first write that fails: nats.go throws away what that write held and goes
// on, and a PING answered afterwards would acknowledge it.
type socket struct{ net.Conn }

func (s *socket) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	if err != nil {
		_ = s.Conn.Close() // the write's error tells more
	}
	return n, err
}

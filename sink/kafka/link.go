package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/sasl"
)

const (
	clientID    = "nflogship"
	dialTimeout = 10 * time.Second // TCP, TLS, versions and SASL together
)

// link is one connection to one broker, its versions negotiated and its user known. One goroutine uses it, for one request
// at a time; after a failed request it is closed.
type link struct {
	address string
	conn    *protocol.Conn
	expires time.Time // when the broker wants to see the password again; zero: never
	idle    time.Time // since when
}

// dialer makes links. It is read-only.
type dialer struct {
	tls  *tls.Config    // nil: plain TCP
	sasl sasl.Mechanism // nil: no user
}

func (d *dialer) dial(ctx context.Context, address string) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var nd net.Dialer
	conn, err := nd.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l, err := d.greet(ctx, conn, address)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("broker %s: %w", address, err)
	}
	return l, nil
}

func (d *dialer) greet(ctx context.Context, conn net.Conn, address string) (*link, error) {
	if d.tls != nil {
		c := tls.Client(conn, d.tlsFor(address))
		if err := c.HandshakeContext(ctx); err != nil {
			return nil, explainTLS(err)
		}
		conn = c
	}
	l := &link{address: address, conn: protocol.NewConn(conn, clientID)}
	release := within(ctx, conn)
	err := d.introduce(ctx, l)
	if !release() {
		return nil, context.Cause(ctx)
	}
	return l, err
}

func (d *dialer) introduce(ctx context.Context, l *link) error {
	if err := l.negotiate(); err != nil {
		return d.explainHangUp(err)
	}
	if d.sasl != nil {
		if err := l.authenticate(ctx, d.sasl); err != nil {
			return explainSASL(err)
		}
	}
	return nil
}

func (d *dialer) tlsFor(address string) *tls.Config {
	if d.tls.ServerName != "" {
		return d.tls
	}
	c := d.tls.Clone()
	c.ServerName, _, _ = net.SplitHostPort(address) // checked by Config.Check, or made by net.JoinHostPort
	return c
}

func (l *link) negotiate() error {
	answer, err := l.conn.RoundTrip(&apiversions.Request{})
	if err != nil {
		return err
	}
	a := answer.(*apiversions.Response)
	if a.ErrorCode != 0 {
		return kafkago.Error(a.ErrorCode)
	}
	versions := make(map[protocol.ApiKey]int16, len(a.ApiKeys))
	for _, k := range a.ApiKeys {
		key := protocol.ApiKey(k.ApiKey)
		versions[key] = key.SelectVersion(k.MinVersion, k.MaxVersion)
	}
	l.conn.SetVersions(versions)
	return nil
}

// roundTrip sends a request and waits for its answer. When it returns, nothing reads the request's bytes any more.
func (l *link) roundTrip(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	release := within(ctx, l.conn)
	answer, err := l.conn.RoundTrip(m)
	if !release() && err == nil {
		return nil, ctx.Err() // the deadline in the past may come yet: the link is not usable
	}
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answer, err
}

// within makes conn's reads and writes fail once ctx ends, until release is called; it reports false when that has happened.
func within(ctx context.Context, conn net.Conn) (release func() bool) {
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // fails on a closed connection only, and so will the next read
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

func (l *link) close() { l.conn.Close() }

// explainHangUp adds what it means when a broker hangs up before it has said a word.
func (d *dialer) explainHangUp(err error) error {
	if d.tls == nil && isHangUp(err) {
		return fmt.Errorf("it hangs up on the first request: a TLS port wants tls: {} in the sink's settings: %w", err)
	}
	return err
}

// explainTLS adds what it means when no TLS comes back: a plain port takes the greeting for a request of 369 MB.
func explainTLS(err error) error {
	var record tls.RecordHeaderError
	if errors.As(err, &record) || isHangUp(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("TLS handshake: the port does not seem to speak TLS; leave tls out or choose another port: %w", err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

func isHangUp(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) && !op.Timeout()
}

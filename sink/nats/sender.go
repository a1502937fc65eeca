package nats

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"

	"nflogship/sink"
)

// Open implements sink.Sender. It tries every server it knows of once.
func (s *Sender) Open(ctx context.Context) error {
	if s.link != nil {
		s.servers.learn(s.link)
		s.link.cut()
		s.link = nil
	}
	o, err := s.config.options()
	if err != nil {
		return err
	}
	o.Name = "nflogship/" + s.name
	var errs []error
	for _, u := range s.servers.candidates() {
		k, err := s.open(ctx, named(secured(o, u), s.servers.serverName(u)), u)
		if err == nil {
			s.link, s.careful = k, true
			s.log.Info("connected", "server", shown(u), "name", k.nc.ConnectedServerName(), "version", k.nc.ConnectedServerVersion())
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("connect to %s: %w", shown(u), context.Cause(ctx))
		}
		errs = append(errs, fmt.Errorf("connect to %s: %w", shown(u), s.explain(err)))
	}
	return errors.Join(errs...)
}

// open makes one connection ready for Send.
func (s *Sender) open(ctx context.Context, o nats.Options, u *url.URL) (*link, error) {
	k, err := connect(ctx, o, u, s.ackWait)
	if err != nil || !s.config.JetStream {
		return k, err
	}
	if err = s.listen(ctx, k); err == nil && s.config.Stream != nil {
		err = s.ensureStream(ctx, k)
	}
	if err != nil {
		k.cut()
		return nil, err
	}
	return k, nil
}

// listen subscribes to the acknowledgements.
func (s *Sender) listen(ctx context.Context, k *link) error {
	if !k.nc.HeadersSupported() {
		return errors.New("the server knows no headers: JetStream needs a nats-server of 2.2 or later")
	}
	// nats.go drops what finds no room; more than one answer to a message is not expected.
	k.acks = make(chan *nats.Msg, s.config.MaxInFlight+1024)
	k.replies.inbox = k.nc.NewInbox() + "."
	if _, err := k.nc.ChanSubscribe(k.replies.inbox+"*", k.acks); err != nil {
		return fmt.Errorf("subscribe to acknowledgements: %w", err)
	}
	if err := s.flush(ctx, k); err != nil {
		return fmt.Errorf("subscribe to acknowledgements: %w", err)
	}
	if err := k.nc.LastError(); err != nil {
		return fmt.Errorf("subscribe to acknowledgements: %w: the user needs subscribe permission for _INBOX.>", err)
	}
	return nil
}

// flush returns once the server has answered a PING, and so has seen all that was written before.
func (s *Sender) flush(ctx context.Context, k *link) error {
	limited, cancel := context.WithTimeout(ctx, s.ackWait)
	defer cancel()
	err := k.nc.FlushWithContext(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("no answer to a PING in %v", s.ackWait)
	}
	return k.cause()
}

// Send implements sink.Sender.
func (s *Sender) Send(ctx context.Context, l *sink.Load) error {
	k := s.link
	if k == nil {
		return sink.ErrNotConnected
	}
	if k.isClosed() {
		return k.lost(k.cause())
	}
	// A write may wait for the server, with nats.go's lock held: only losing the socket ends it.
	stop := context.AfterFunc(ctx, k.dialer.cut)
	defer stop()
	began := time.Now()
	if s.streamGone {
		if err := s.ensureStream(ctx, k); err != nil {
			return err
		}
		s.streamGone = false
	}
	s.plan.make(l, s.rules(k, l))
	s.doubt.resend(l, began, s.memory())
	var unknown int
	var err error
	if s.config.JetStream {
		s.window.begin(s)
		err = s.window.run(ctx)
		unknown = s.window.unknown()
	} else {
		unknown, err = s.sendCore(ctx, k)
	}
	if err != nil {
		s.careful = true
		s.streamGone = s.config.Stream != nil && errors.Is(err, errNoStream)
		s.doubt.note(l, began, unknown)
	}
	s.message, s.plan.load = nats.Msg{}, nil // the load's bytes are its owner's again
	return err
}

// rules are those for a load. Another server with a larger limit does not change how a load is cut that was cut before.
func (s *Sender) rules(k *link, l *sink.Load) rules {
	limit := int(k.nc.MaxPayload())
	r := rules{serial: l.Serial(), subject: s.subject, most: s.config.EventsPerMessage, limit: limit, joined: limit, ids: s.config.JetStream}
	if s.stream.limit > 0 {
		r.joined = min(limit, s.stream.limit)
	}
	if before := s.plan.rules; before.serial == r.serial {
		r.joined = min(r.joined, before.joined)
	}
	return r
}

// whyLost is the reason behind a failed publish: nats.go's own error seldom tells.
func (s *Sender) whyLost(ctx context.Context, k *link, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, nats.ErrConnectionClosed):
		<-k.closed
		return k.cause()
	}
	return fmt.Errorf("publish: %w", err)
}

// memory is for how long the far side knows what it was sent.
func (s *Sender) memory() time.Duration {
	switch {
	case !s.config.JetStream:
		return 0
	case s.stream.duplicates > 0:
		return s.stream.duplicates
	}
	return defaultDuplicateWindow
}

// Close implements sink.Sender.
func (s *Sender) Close(ctx context.Context) error {
	if s.link != nil {
		s.link.close(ctx)
		s.link = nil
	}
	return nil
}

// explain says what is behind an error of connecting.
func (s *Sender) explain(err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("the server refuses %s: %w", s.identity(), err)
	case errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("%s no longer count: %w", s.identity(), err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return errors.New("the server offers no TLS, and the configuration asks for it")
	case errors.Is(err, nats.ErrNoServers):
		return errors.New("connection refused: does nats-server run there?")
	}
	return err
}

// identity names the credentials, never their secret.
func (s *Sender) identity() string {
	c := &s.config
	switch {
	case c.Creds != "":
		return "the credentials in " + c.Creds
	case c.Nkey != "":
		return "the nkey in " + c.Nkey
	case c.Username != "":
		return fmt.Sprintf("username %q with this password", c.Username)
	case c.Token.IsSet():
		return "the token"
	case c.userInURL():
		return "the user and password in its URL"
	}
	return "a connection without credentials"
}

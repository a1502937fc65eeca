// Package nats ships records to NATS: into a JetStream stream behind a window of acknowledgements, or to whoever
// listens (core).
//
// Delivered means, with JetStream, that the stream's PubAck came. A PubAck is not an fsync: a server that keeps its
// streams in files writes them through every two minutes by default, so one server's power cut can take what it had
// acknowledged since. sync_interval: always on the server is the cure, replicas: 3 is most of one. In core mode
// delivered means written, and a PING answered on the same connection; a connection that breaks before that answer has
// the whole load sent again, so some of it may arrive twice.
//
// Every message into a stream carries its event's id as Nats-Msg-Id: what is sent again after a lost acknowledgement is
// dropped by the server, as long as the stream's duplicate_window has not passed. A message of several events has the
// first one's id and how many follow. Which events share a message depends on the load and the server's max_payload
// only, so a load that is sent again is cut the same way.
//
// Order: one connection, one publisher. After a failure the first message not yet acknowledged goes alone, and the
// others follow once it is in; a lost connection, a missing or a full stream therefore change no order. Only a
// stream that refuses some messages of one window and takes others (it was full and had room again in between) has
// these overtaken by as many as were in flight.
//
// nats.go is not asked to reconnect: what it keeps of a broken connection, nobody can say whether it was sent. Every
// connection is used until something is wrong with it, then Open makes a new one.
package nats

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"

	"nflogship/sink"
	"nflogship/sink/route"
)

// ackWait is how long the far side may leave what is in flight without a single acknowledgement. Longer than a stream's
// election of a leader takes.
const ackWait = 10 * time.Second

// New builds the sink. Nothing is connected yet, but the files of credentials and TLS are read once, to fail early.
func New(c Config, d sink.Deps) (*sink.Sink, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if _, err := c.options(); err != nil {
		return nil, err
	}
	template, err := route.Parse(c.Subject, route.Subject)
	if err != nil {
		return nil, fmt.Errorf("subject %w", err)
	}
	s := newSender(c, d)
	out := &sink.Sink{Sender: s, MaxRoutes: c.MaxRoutes, IDs: c.JetStream, Limits: sink.Limits{Records: 16384, Bytes: 8 << 20}}
	template = template.Host(d.Host)
	if subject, constant := template.Constant(); constant {
		s.subject = subject
	} else {
		out.Route = template
	}
	return out, nil
}

// Sender publishes over one connection at a time. As every sink.Sender it is used by one goroutine.
type Sender struct {
	config  Config
	name    string // of the sink
	log     *slog.Logger
	subject string // of every message, where none comes from an event
	ackWait time.Duration

	link       *link // nil: not connected
	servers    pool
	stream     stream
	careful    bool // the next message goes alone
	streamGone bool // no stream took a message: the configured one may have to be made again
	doubt      doubt

	plan    plan
	window  window
	message nats.Msg    // the one being published: nats.go copies it
	header  nats.Header // of it
}

func newSender(c Config, d sink.Deps) *Sender {
	s := &Sender{config: c, name: d.Name, log: d.Log, ackWait: ackWait}
	s.header = nats.Header{nats.MsgIdHdr: []string{""}}
	for _, text := range c.Servers {
		u, err := parseServer(text)
		if err != nil {
			panic("BUG: a server that was not validated: " + err.Error())
		}
		s.servers.configured = append(s.servers.configured, u)
	}
	return s
}

// validate is Check for a Config that no file was decoded into.
func (c *Config) validate() error {
	var errs []error
	c.faults(func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf(path+": "+format, args...))
	})
	return errors.Join(errs...)
}

// shown is a server's URL without its password.
func shown(u *url.URL) string { return u.Redacted() }

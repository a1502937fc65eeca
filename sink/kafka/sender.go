// Package kafka sends records to Apache Kafka: acknowledged by all in-sync replicas, once, and in order per partition.
// It builds record batches itself and is an idempotent producer with one unacknowledged batch per partition.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/route"
)

const (
	batchBytes        = 1_000_000 // of records in one batch, uncompressed; a larger record goes alone. Brokers take 1,048,588 by default
	requestBytes      = batchBytes
	inFlightPerBroker = 4 // requests
	requestTimeout    = 40 * time.Second
	replicasTimeout   = 30 * time.Second // for the broker to hear from its replicas
)

// limits let one load feed several partitions at once.
var limits = sink.Limits{Records: 32768, Bytes: 8 << 20}

// Sender is a sink.Sender for Kafka. Its methods are called from one goroutine.
type Sender struct {
	cluster
	log      *slog.Logger
	constant string // the topic of every record; "": the records' own
	layout   layout
	quiet    time.Time // until then the cluster wants to be left alone

	// Of the load at hand. Between two Sends, its unacknowledged batches stay in their partitions' queues: a resend is the
	// same batch with the same sequence.
	serial   uint64
	payloads []*encode.Payload
	groups   []int32      // of each payload
	homeless []ref        // records that have no partition yet
	loaded   []*partition // those with a queue
	spare    []*batch
}

// New builds a Kafka sink. It connects to nothing yet, but reads the files that tls: names.
func New(c Config, d sink.Deps) (*sink.Sink, error) {
	template, err := parseTopic(c.Topic)
	if err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	s := &Sender{log: d.Log, layout: layout{eventTime: c.Timestamp == stampEvent}}
	if s.layout.compression, err = newCompression(c.Compression); err != nil {
		return nil, err
	}
	b := &brokers{seeds: c.Brokers, addresses: map[int32]string{}, idle: map[string][]*link{}}
	if c.TLS != nil {
		if b.dialer.tls, err = c.TLS.Load(); err != nil {
			return nil, err
		}
	}
	if c.SASL != nil {
		if b.dialer.sasl, err = c.SASL.mechanism(); err != nil {
			return nil, fmt.Errorf("sasl: %w", err)
		}
	}
	s.cluster = cluster{log: d.Log, brokers: b, topics: map[string]*topic{}, producer: noProducer, stale: true}
	out := &sink.Sink{Sender: s, Key: c.Key, IDs: true, Limits: limits}
	if s.constant = constantTopic(template, d.Host); s.constant == "" {
		out.Route, out.MaxRoutes = template, c.MaxRoutes
	}
	return out, nil
}

func constantTopic(t *route.Template, host string) string {
	name, _ := t.Host(host).Constant()
	return name
}

// Open finds the cluster and, where it is always the same, the topic. Sequences and unacknowledged batches survive it.
func (s *Sender) Open(ctx context.Context) error {
	s.brokers.open()
	s.stale = true
	if err := s.refresh(ctx); err != nil {
		return err
	}
	if _, err := s.identify(ctx); err != nil {
		return err
	}
	if s.constant == "" {
		return nil
	}
	if err := s.prepare(ctx, []string{s.constant}); err != nil {
		return err
	}
	if t := s.topic(s.constant); t.err != nil {
		return fmt.Errorf("topic %s: %w", t.name, t.err)
	}
	return nil
}

// Close closes the connections.
func (s *Sender) Close(context.Context) error {
	s.brokers.close()
	return nil
}

// Send returns nil once the in-sync replicas have every record that was not rejected.
func (s *Sender) Send(ctx context.Context, l *sink.Load) error {
	if wait := time.Until(s.quiet); wait > 0 {
		return &sink.ThrottledError{After: wait, Err: errThrottled}
	}
	if l.Serial() != s.serial {
		s.abandon()
		s.take(l)
	}
	if err := s.ready(ctx, l); err != nil {
		return s.notConnected(ctx, err)
	}
	d := newDrive(ctx, s, l)
	d.run()
	s.settle(l)
	return s.verdict(ctx, l, d)
}

// ready brings the metadata up to date, gives every record of the load a partition that can have one, and every
// partition with records a producer id.
func (s *Sender) ready(ctx context.Context, l *sink.Load) error {
	if err := s.refresh(ctx); err != nil {
		if s.stale {
			return err
		}
		s.log.Warn("metadata could not be refreshed: going on with what is known", "error", err)
		s.asked = time.Now().Add(time.Minute - metadataAge)
	}
	if err := s.prepare(ctx, s.wanted()); err != nil {
		return err
	}
	s.place(l)
	for _, p := range s.loaded {
		if p.producer.id == noProducer {
			id, err := s.identify(ctx)
			if err != nil {
				return err
			}
			p.producer = producer{id: id}
		}
	}
	return nil
}

// notConnected asks for an Open: no broker could be talked to.
func (s *Sender) notConnected(ctx context.Context, err error) error {
	s.stale = true
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(sink.ErrNotConnected, err)
}

// verdict is what Send returns after a drive.
func (s *Sender) verdict(ctx context.Context, l *sink.Load, d *drive) error {
	switch {
	case l.Open() == 0:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case len(d.ready) > 0:
		return &sink.ThrottledError{After: max(0, time.Until(s.quiet)), Err: errThrottled}
	case d.fault == nil:
		panic("BUG: kafka: records left over and no reason why")
	}
	return d.fault
}

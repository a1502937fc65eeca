package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/pipeline/queue"
	"nflogship/sink"
)

// Retry is how a sink goes on after a failure: full jitter between 0 and a bound that doubles from Initial to Max.
type Retry struct {
	Initial, Max time.Duration
	MaxAge       time.Duration // a load older than this is rejected; 0: never
	MaxAttempts  int           // a load that failed so often without getting on is rejected; 0: never
}

// Shipper takes records from one sink's queue and sends them until the far side has them. It is one goroutine.
type Shipper struct {
	name   string
	sink   *sink.Sink
	codec  *encode.Codec
	queue  *queue.Memory
	counts *event.SinkCounts
	retry  Retry
	log    *slog.Logger

	load    sink.Load
	open    bool      // Open succeeded, and no Send said otherwise since
	trouble time.Time // since when nothing gets on; zero while all is well
	told    time.Time // when the trouble was last logged
}

// NewShipper joins a sink to a new queue.
func NewShipper(name string, s *sink.Sink, codec *encode.Codec, q queue.Config, r Retry, counts *event.SinkCounts, log *slog.Logger) *Shipper {
	return &Shipper{
		name: name, sink: s, codec: codec, retry: r, counts: counts, log: log.With("sink", name),
		queue: queue.NewMemory(q, counts),
	}
}

// Name is the sink's name in the configuration.
func (s *Shipper) Name() string { return s.name }

// run ships until the queue is closed and empty, or ctx ends: what is undelivered then is counted as aborted.
func (s *Shipper) run(ctx context.Context) {
	defer s.queue.Abort()
	s.opened(ctx)
	var payloads []*encode.Payload
	for {
		var err error
		payloads, err = s.queue.Next(ctx, s.sink.Limits, payloads[:0])
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return
		}
		s.load.Reset(payloads)
		s.deliver(ctx)
		s.settle(payloads)
	}
}

// opened opens the sink, retrying until it succeeds, and reports false when ctx ended first.
func (s *Shipper) opened(ctx context.Context) bool {
	for attempt := 0; !s.open; attempt++ {
		err := s.sink.Sender.Open(ctx)
		if err == nil {
			s.open = true
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.failing("open", err)
		s.pause(ctx, attempt, err)
	}
	return true
}

// deliver sends the load until every record of it is decided, or ctx ends.
func (s *Shipper) deliver(ctx context.Context) {
	began := time.Now()
	for attempt := 0; ; attempt++ {
		if !s.opened(ctx) {
			return
		}
		undecided := s.load.Open()
		s.counts.Sends.Add(1)
		err := s.sink.Sender.Send(ctx, &s.load)
		if err == nil {
			s.load.DeliverRest()
			s.well()
			return
		}
		if ctx.Err() != nil {
			return
		}
		if s.hopeless(err, attempt, began) {
			return
		}
		if s.load.Open() < undecided {
			attempt = 0 // it gets on
		}
		if errors.Is(err, sink.ErrNotConnected) {
			s.open = false
		}
		s.counts.Retries.Add(1)
		s.failing("send", err)
		s.pause(ctx, attempt, err)
	}
}

// hopeless rejects what is left of the load when no retry can help or none is wanted any more.
func (s *Shipper) hopeless(err error, attempt int, began time.Time) bool {
	var permanent *sink.PermanentError
	switch {
	case errors.As(err, &permanent):
	case s.retry.MaxAttempts > 0 && attempt+1 >= s.retry.MaxAttempts:
	case s.retry.MaxAge > 0 && time.Since(began) >= s.retry.MaxAge:
	default:
		return false
	}
	s.load.RejectRest(err)
	return true
}

// settle counts what became of the load, tells the deliveries, and gives the room back.
func (s *Shipper) settle(payloads []*encode.Payload) {
	l := &s.load
	rejected, aborted := uint64(l.Rejections()), uint64(l.Open())
	s.counts.Rejected.Add(rejected)
	s.counts.Aborted.Add(aborted)
	s.counts.Delivered.Add(uint64(l.Len()) - rejected - aborted)
	s.counts.MaybeTwice.Add(uint64(l.Doubtful()))
	s.tellRejected()
	s.queue.Done(payloads)
	for i, p := range payloads {
		s.counts.Bytes.Add(uint64(p.Size()))
		d := p.Delivery
		p.Release()
		d.Finish(l.Outcome(i))
	}
}

// tellRejected logs the first rejected record's reason: one line a load, whatever it holds.
func (s *Shipper) tellRejected() {
	told := false
	s.load.Rejected(func(_ *encode.Payload, _ int, reason error) {
		if !told {
			told = true
			s.log.Warn("the far side will never take some records: counted as rejected", "records", s.load.Rejections(), "reason", reason)
		}
	})
}

// pause waits before the next try: with full jitter, or as long as the far side wished.
func (s *Shipper) pause(ctx context.Context, attempt int, err error) {
	bound := s.retry.Max
	if shifted := s.retry.Initial << min(attempt, 32); shifted > 0 && shifted < bound {
		bound = shifted
	}
	wait := time.Duration(rand.Int64N(int64(bound) + 1))
	var throttled *sink.ThrottledError
	if errors.As(err, &throttled) {
		wait = max(wait, throttled.After)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// sayAgain is how often trouble is logged, sayLasting how long new trouble may last before it is logged all the same.
const (
	sayAgain   = 30 * time.Second
	sayLasting = 3 * time.Second
)

func (s *Shipper) failing(what string, err error) {
	now := time.Now()
	if s.trouble.IsZero() {
		s.trouble = now
		s.counts.Up.Store(false)
	}
	// Trouble that comes and goes is told twice a minute; trouble that stays is told, so that the log's last word is true.
	lasts := s.told.Before(s.trouble) && now.Sub(s.trouble) >= sayLasting
	if now.Sub(s.told) < sayAgain && !lasts {
		return
	}
	s.told = now
	s.log.Warn("the sink does not get on: retrying", "step", what, "error", err, "waiting", s.counts.Queued.Load()+s.counts.InFlight.Load())
}

func (s *Shipper) well() {
	s.counts.Up.Store(true)
	if !s.trouble.IsZero() && !s.told.Before(s.trouble) {
		s.log.Info("the sink gets on again", "after", time.Since(s.trouble).Round(time.Millisecond))
	}
	s.trouble = time.Time{}
}

package pipeline

import (
	"context"
	"log/slog"
	"time"

	"nflogship/event"
)

// sentinel says in the log what would otherwise show only in the ledger at the end: that events are lost for want of
// room, and that a far side neither answers nor fails.
type sentinel struct {
	log      *slog.Logger
	ledger   *event.Ledger
	shippers []*Shipper
	losses   map[[2]string]told // by where and what
	stuck    map[*Shipper]progress
}

// told is what was last said of a loss.
type told struct {
	count uint64
	at    time.Time
}

// progress is how many records a shipper had settled, and since when it has been as many.
type progress struct {
	settled uint64
	since   time.Time
	said    bool
}

const (
	lookEvery = 5 * time.Second
	sayLoss   = time.Minute // how often a loss that goes on is told
	stuckFor  = 15 * time.Second
)

// advice says of each loss what it means and what helps.
var advice = map[string]string{
	"kernel_lost": "the kernel dropped packets: its receive buffer was full; a larger receive_buffer bridges longer bursts",
	"shed":        "events are shed: there is no room for them; see when_full, and whether the sinks get on",
	"failed_open": "events pass a threshold uncounted: its table is full; raise max_keys, or track less",
	"other_route": "events go to the stand-in of their route: max_routes is reached",
}

// watch looks every few seconds, until ctx ends.
func (s *sentinel) watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.look(now)
		case <-ctx.Done():
			return
		}
	}
}

func (s *sentinel) look(now time.Time) {
	for _, l := range s.ledger.Losses() {
		key := [2]string{l.Where, l.What}
		last := s.losses[key]
		if l.Count == last.count || now.Sub(last.at) < sayLoss {
			continue
		}
		s.log.Warn(advice[l.What], "where", l.Where, l.What, l.Count-last.count, "total", l.Count)
		s.losses[key] = told{l.Count, now}
	}
	for _, sh := range s.shippers {
		s.lookAt(sh, now)
	}
}

// lookAt tells of a shipper that has had records in its hands for long without getting on. One that fails says so itself.
func (s *sentinel) lookAt(sh *Shipper, now time.Time) {
	c := sh.counts
	settled := c.Delivered.Load() + c.Rejected.Load() + c.Retries.Load()
	last := s.stuck[sh]
	switch {
	case settled != last.settled || c.InFlight.Load() == 0:
		s.stuck[sh] = progress{settled: settled, since: now}
	case !last.said && now.Sub(last.since) >= stuckFor:
		s.log.Warn("the sink has taken records and answers nothing", "sink", sh.name, "for", now.Sub(last.since).Round(time.Second),
			"waiting", c.Queued.Load()+c.InFlight.Load())
		last.said = true
		s.stuck[sh] = last
	}
}

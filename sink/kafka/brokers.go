package kafka

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

const (
	idleTimeout    = 9 * time.Minute  // the brokers' own is 10
	controlTimeout = 15 * time.Second // for requests other than Produce
)

// brokers knows where the cluster's brokers are and keeps idle links to them. It is safe for many goroutines.
type brokers struct {
	dialer dialer
	seeds  []string

	mu         sync.Mutex         // guards everything below
	addresses  map[int32]string   // by broker id, as metadata has them
	controller int32              // the broker that makes topics
	idle       map[string][]*link // by address, the one used last at the end
	closed     bool
}

// unsentError is a failure before a request could have reached a broker.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

var errNoBroker = errors.New("the broker's address is not known yet")

// at sends a request to the broker with this id.
func (b *brokers) at(ctx context.Context, id int32, m protocol.Message) (protocol.Message, error) {
	b.mu.Lock()
	address, ok := b.addresses[id]
	b.mu.Unlock()
	if !ok {
		return nil, unsentError{fmt.Errorf("broker %d: %w", id, errNoBroker)}
	}
	answer, err := b.roundTrip(ctx, address, m)
	var unsent unsentError
	if errors.As(err, &unsent) {
		// A wrong advertised.listeners is the first thing to suspect when a cluster is found and its brokers are not.
		err = unsentError{fmt.Errorf("broker %d advertises itself as %s: %w", id, address, unsent.error)}
	}
	return answer, err
}

// ask sends a request to the first broker that answers. The error is the first broker's: the others' are seldom better.
func (b *brokers) ask(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	var first error
	for _, address := range b.all() {
		answer, err := b.bounded(ctx, address, m)
		if err == nil || ctx.Err() != nil {
			return answer, err
		}
		if first == nil {
			first = err
		}
		if errors.Is(err, errRefused) {
			break // trying the password everywhere may lock the user out
		}
	}
	return nil, first
}

// askController sends a request to the cluster's controller, or to any broker while it is unknown.
func (b *brokers) askController(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	b.mu.Lock()
	address, ok := b.addresses[b.controller]
	b.mu.Unlock()
	if !ok {
		return b.ask(ctx, m)
	}
	return b.bounded(ctx, address, m)
}

func (b *brokers) bounded(ctx context.Context, address string, m protocol.Message) (protocol.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	return b.roundTrip(ctx, address, m)
}

func (b *brokers) roundTrip(ctx context.Context, address string, m protocol.Message) (protocol.Message, error) {
	l, err := b.take(ctx, address)
	if err != nil {
		return nil, unsentError{err}
	}
	answer, err := l.roundTrip(ctx, m)
	if err != nil {
		l.close()
		b.drop(address)
		return nil, fmt.Errorf("broker %s: %w", address, b.explain(err))
	}
	b.put(l)
	return answer, nil
}

// explain adds what it means when a broker takes a connection but hangs up on a request.
func (b *brokers) explain(err error) error {
	if b.dialer.sasl == nil && isHangUp(err) {
		return fmt.Errorf("it hung up; it does so always if its port wants SASL and the sink's settings have none: %w", err)
	}
	return err
}

// all lists the addresses known: brokers first, in random order, then seeds that are none.
func (b *brokers) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, a := range b.addresses {
		out = append(out, a)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	known := len(out)
	for _, a := range b.seeds {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	seeds := out[known:]
	rand.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	return out
}

// take returns an idle link to address, or a new one.
func (b *brokers) take(ctx context.Context, address string) (*link, error) {
	b.mu.Lock()
	for kept := b.idle[address]; len(kept) > 0; kept = b.idle[address] {
		l := kept[len(kept)-1]
		b.idle[address] = kept[:len(kept)-1]
		if l.fresh(time.Now()) {
			b.mu.Unlock()
			return l, nil
		}
		l.close()
	}
	b.mu.Unlock()
	return b.dialer.dial(ctx, address)
}

func (l *link) fresh(now time.Time) bool {
	return now.Sub(l.idle) < idleTimeout && (l.expires.IsZero() || now.Before(l.expires))
}

func (b *brokers) put(l *link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		l.close()
		return
	}
	l.idle = time.Now()
	b.idle[l.address] = append(b.idle[l.address], l)
}

// drop closes the idle links to address: what broke one has most likely broken all.
func (b *brokers) drop(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked(address)
}

func (b *brokers) dropLocked(address string) {
	for _, l := range b.idle[address] {
		l.close()
	}
	delete(b.idle, address)
}

// learn takes in where the brokers are now, and lets go of links to any other place and of those that are too old.
func (b *brokers) learn(m *metadata.Response) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.controller = m.ControllerID
	clear(b.addresses)
	keep := map[string]bool{}
	for _, n := range m.Brokers {
		address := net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port)))
		b.addresses[n.NodeID] = address
		keep[address] = true
	}
	for address := range b.idle {
		if !keep[address] {
			b.dropLocked(address)
		}
	}
	b.sweepLocked(time.Now())
}

func (b *brokers) sweepLocked(now time.Time) {
	for address, links := range b.idle {
		b.idle[address] = slices.DeleteFunc(links, func(l *link) bool {
			old := !l.fresh(now)
			if old {
				l.close()
			}
			return old
		})
	}
}

func (b *brokers) open() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = false
}

// close closes every idle link; those in use follow when they are put back.
func (b *brokers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for address := range b.idle {
		b.dropLocked(address)
	}
}

package nats

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

type state uint8

const (
	waiting state = iota
	sent
	settled // acknowledged, rejected or refused
)

// window has up to room messages in flight to a stream and settles them as their acknowledgements come.
type window struct {
	s    *Sender
	link *link
	plan *plan

	todo     []int32 // the plan's messages to send, in order
	states   []state // of each
	first    uint64  // the number of todo[0] on this link
	next     int     // in todo: the first one still waiting
	inFlight int
	room     int
	answers  int   // since the timer was set
	err      error // the first refusal
	accused  bool  // the server complained

	labeled   string // the labels of payload number labeledOf
	labeledOf int32
}

// begin takes up what of the plan is not decided yet.
func (w *window) begin(s *Sender) {
	w.s, w.link, w.plan = s, s.link, &s.plan
	w.todo, w.states = w.todo[:0], w.states[:0]
	for i := range w.plan.messages {
		if !w.plan.decided(&w.plan.messages[i]) {
			w.todo, w.states = append(w.todo, int32(i)), append(w.states, waiting)
		}
	}
	w.first, w.next, w.inFlight, w.answers, w.err, w.accused = w.link.replies.next, 0, 0, 0, nil, false
	w.labeled, w.labeledOf = "", -1
	w.room = s.config.MaxInFlight
	if s.careful {
		w.room = 1
	}
}

// run sends everything. After a refusal it sends nothing new, waits for what is in flight, and returns why.
func (w *window) run(ctx context.Context) error {
	timer := time.NewTimer(w.s.ackWait)
	defer timer.Stop()
	for {
		if err := w.fill(); err != nil {
			return w.broken(w.s.whyLost(ctx, w.link, err))
		}
		if w.inFlight == 0 {
			return w.finished()
		}
		select {
		case m := <-w.link.acks:
			w.answered(m)
			w.drain()
		case <-w.link.alarm:
			w.complained()
		case <-w.link.closed:
			return w.broken(w.s.whyLost(ctx, w.link, nats.ErrConnectionClosed))
		case <-ctx.Done():
			return w.broken(context.Cause(ctx))
		case <-timer.C:
			if w.answers == 0 {
				return w.broken(w.silence())
			}
			w.answers = 0
			timer.Reset(w.s.ackWait)
		}
	}
}

// finished is the end of a run that everything sent was answered in.
func (w *window) finished() error {
	if w.accused {
		// A complaint comes once a connection and subject, and permissions are read when connecting.
		return w.link.lost(w.err)
	}
	return w.err
}

// fill publishes as much as there is room for.
func (w *window) fill() error {
	for w.err == nil && w.inFlight < w.room && w.next < len(w.todo) {
		if err := w.publish(&w.plan.messages[w.todo[w.next]]); err != nil {
			return err
		}
		w.states[w.next] = sent
		w.next++
		w.inFlight++
		if w.next%64 == 0 {
			w.drain()
		}
	}
	return nil
}

func (w *window) publish(m *message) error {
	w.s.message = nats.Msg{Subject: m.subject, Reply: w.link.replies.take(), Data: w.plan.data(m)}
	if id := w.id(m); id != "" {
		w.s.header[nats.MsgIdHdr][0] = id
		w.s.message.Header = w.s.header
	}
	return w.link.nc.PublishMsg(&w.s.message)
}

// id is the message's Nats-Msg-Id: its event's, or the first one's and how many follow.
func (w *window) id(m *message) string {
	payload := w.plan.load.Payloads[m.payload]
	if payload.Labels == nil {
		return ""
	}
	if w.labeledOf != m.payload {
		// One string for all ids of the payload: a header wants strings.
		w.labeled, w.labeledOf = string(payload.Labeled), m.payload
	}
	span := payload.Labels[int(m.first)-w.plan.load.Start(int(m.payload))].ID
	id := w.labeled[span.Off : span.Off+span.Len]
	if m.count == 1 || id == "" {
		return id
	}
	return fmt.Sprintf("%s+%d", id, m.count-1)
}

// drain settles what has been answered already.
func (w *window) drain() {
	for {
		select {
		case m := <-w.link.acks:
			w.answered(m)
		default:
			return
		}
	}
}

// answered settles the message that an acknowledgement is for; a stray one changes nothing.
func (w *window) answered(a *nats.Msg) {
	n, ok := w.link.replies.number(a.Subject)
	i := n - w.first
	if !ok || i >= uint64(len(w.states)) || w.states[i] != sent {
		return
	}
	w.states[i] = settled
	w.inFlight--
	w.answers++
	m := &w.plan.messages[w.todo[i]]
	if err := readAck(a); err != nil {
		w.refused(m, err)
		return
	}
	w.plan.deliver(m)
	w.room, w.s.careful = w.s.config.MaxInFlight, false
}

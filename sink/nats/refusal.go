package nats

import (
	"errors"
	"fmt"
	"time"

	"nflogship/sink"
)

// fullPause is how long a full stream is left alone.
const fullPause = time.Second

// refused classifies what a stream said instead of acknowledging.
func (w *window) refused(m *message, err error) {
	var r *refusal
	isRefusal := errors.As(err, &r)
	switch {
	case isRefusal && r.tooLarge() && m.count == 1:
		w.plan.reject(int(m.first), fmt.Errorf("%d bytes on %s: %w: raise the stream's max_msg_size, or log less of each packet", m.size, m.subject, err))
		return
	case isRefusal && r.tooLarge():
		w.s.stream.limit = max(int(m.size)/2, 1)
		err = fmt.Errorf("%d events in %d bytes on %s: %w; fewer share a message from now on", m.count, m.size, m.subject, err)
	case isRefusal && r.full():
		err = &sink.ThrottledError{After: fullPause, Err: fmt.Errorf("publish on %s: no room: %w; what is waiting is sent once there is", m.subject, err)}
	default:
		err = fmt.Errorf("publish on %s: %w", m.subject, err)
	}
	w.failed(err)
}

func (w *window) failed(err error) {
	if w.err == nil {
		w.err = err
	}
}

// complained takes up what the server complains about. What it forbade will never be acknowledged.
func (w *window) complained() {
	w.accused = true
	for _, err := range w.link.complaints() {
		subject, ok := forbidden(err)
		if !ok {
			w.failed(err)
			continue
		}
		w.failed(permit(err))
		for i, s := range w.states[:w.next] {
			if s == sent && w.plan.messages[w.todo[i]].subject == subject {
				w.states[i] = settled
				w.inFlight--
			}
		}
	}
}

// silence is the error of a window that nobody answers.
func (w *window) silence() error {
	for i, s := range w.states[:w.next] {
		if s == sent {
			return fmt.Errorf("no acknowledgement in %v for %d messages, the first on %s: its stream may have no leader, or no_ack set",
				w.s.ackWait, w.inFlight, w.plan.messages[w.todo[i]].subject)
		}
	}
	panic("BUG: nothing in flight to wait for")
}

// broken gives the connection up, with what has come over it until now counted.
func (w *window) broken(why error) error {
	err := w.link.lost(why)
	w.drain()
	if w.err != nil {
		return errors.Join(w.err, err)
	}
	return err
}

// unknown is how many events are in flight: they may be in the stream or not.
func (w *window) unknown() (events int) {
	for i, s := range w.states[:w.next] {
		if s == sent {
			events += int(w.plan.messages[w.todo[i]].count)
		}
	}
	return events
}

package syslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"nflogship/sink"
)

// chunk is how much is gathered before it is written.
const chunk = 256 << 10

var past = time.Unix(1, 0)

var errEnded = errors.New("the receiver closed the connection")

// stream is a TCP or TLS connection, or a unix stream socket. Beside its owner's goroutine there is one that watches.
type stream struct {
	sender *Sender
	conn   net.Conn // what is read and written: raw, or TLS over it
	raw    net.Conn
	socket socket

	gone chan struct{} // closed when the receiver has ended the connection, or we have
	end  error         // why; set before gone is closed
}

// stream takes raw over, and closes it on failure.
func (s *Sender) stream(conn, raw net.Conn) (*stream, error) {
	sock, err := newSocket(raw)
	if err != nil {
		raw.Close()
		return nil, err
	}
	st := &stream{sender: s, conn: conn, raw: raw, socket: sock, gone: make(chan struct{})}
	go st.watch()
	return st, nil
}

// watch notices that the receiver says goodbye: without it the first load after a receiver's restart would be written into
// a connection that is dead. It ends with the connection.
func (s *stream) watch() {
	var ignored [512]byte
	for {
		if _, err := s.conn.Read(ignored[:]); err != nil {
			s.end = err
			close(s.gone)
			s.raw.Close() // which wakes a write, and lets the receiver go: it may wait for our side
			return
		}
	}
}

func (s *stream) send(ctx context.Context, l *sink.Load) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.raw.SetWriteDeadline(past) })
	defer stop()
	written, err := s.writeAll(ctx, l)
	if err == nil {
		err = s.drain(ctx)
	}
	if err != nil {
		l.MaybeTwice(written)
		return err
	}
	l.DeliverRest()
	return nil
}

// writeAll writes every open record, and returns how many it began to.
func (s *stream) writeAll(ctx context.Context, l *sink.Load) (written int, err error) {
	out := s.sender
	out.buf = out.buf[:0]
	composed := 0
	for k, p := range l.Payloads {
		for i := range p.Len() {
			if l.Decided(l.Start(k) + i) {
				continue
			}
			out.buf = out.compose.append(out.buf, p.Time(i), p.Record(i))
			composed++
			if len(out.buf) < chunk {
				continue
			}
			if err := s.write(ctx, out.buf); err != nil {
				return composed, err
			}
			out.buf = out.buf[:0]
		}
	}
	return composed, s.write(ctx, out.buf)
}

func (s *stream) write(ctx context.Context, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	// The deadline first, then the look at what else may move it to the past: so neither is overwritten unseen.
	s.raw.SetWriteDeadline(time.Now().Add(s.sender.patience))
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	if err == nil {
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && s.interrupted(ctx) == nil {
		return s.stuck()
	}
	return s.why(ctx, err)
}

// drain waits until all that was written is acknowledged. To ask again and again is simpler than to read SO_TIMESTAMPING's error
// queue, and late by 5 ms at most.
func (s *stream) drain(ctx context.Context) error {
	const shortest, longest = 50 * time.Microsecond, 5 * time.Millisecond
	least, since := -1, time.Now()
	for wait := shortest; ; wait = min(2*wait, longest) {
		left, err := s.socket.unacknowledged()
		if err != nil {
			return s.why(ctx, err)
		}
		if left == 0 {
			return s.check(ctx)
		}
		if left < least || least < 0 {
			least, since = left, time.Now()
		} else if time.Since(since) > s.sender.patience {
			return s.stuck()
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// check returns why the connection is of no use, if so.
func (s *stream) check(ctx context.Context) error {
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	ended, err := s.socket.ended()
	switch {
	case err != nil:
		return s.why(ctx, err)
	case ended:
		return errEnded
	}
	return nil
}

func (s *stream) interrupted(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.gone:
		return s.explain(s.end)
	default:
		return nil
	}
}

// why prefers what ended the connection to the error that this led to.
func (s *stream) why(ctx context.Context, err error) error {
	if first := s.interrupted(ctx); first != nil {
		return first
	}
	return s.explain(err)
}

func (s *stream) stuck() error {
	return fmt.Errorf("the receiver took nothing for %s: is it stuck, or its disk full?", s.sender.patience)
}

// explain says what an error of the connection means.
func (s *stream) explain(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE):
		return errEnded
	case errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("the receiver reset the connection; of the loads before, what its kernel had taken and its process not read is lost: %w", cause(err))
	case errors.Is(err, syscall.ETIMEDOUT):
		return fmt.Errorf("the receiver is not reachable any more: %w", cause(err))
	}
	return s.sender.explainTLS(err)
}

func (s *stream) close(ctx context.Context, orderly bool) {
	if orderly {
		// close_notify may have to wait for room.
		stop := context.AfterFunc(ctx, func() { s.raw.SetWriteDeadline(past) })
		s.conn.Close()
		stop()
	}
	s.raw.Close()
	<-s.gone
}

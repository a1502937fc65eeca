package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"nflogship/sink"
)

// answerTime is how long the first load on a new UDP socket waits for a "port unreachable".
const answerTime = 100 * time.Millisecond

// datagrams is a UDP or unix datagram socket, connected.
type datagrams struct {
	sender *Sender
	conn   net.Conn
	socket socket
	fresh  bool // nothing was sent yet that could have been answered
}

// datagrams takes conn over, and closes it on failure.
func (s *Sender) datagrams(conn net.Conn, fresh bool) (*datagrams, error) {
	sock, err := newSocket(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &datagrams{sender: s, conn: conn, socket: sock, fresh: fresh}, nil
}

func (d *datagrams) send(ctx context.Context, l *sink.Load) error {
	if err := d.socket.pending(); err != nil {
		return fmt.Errorf("the receiver did not take what was sent last: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { d.conn.SetDeadline(past) })
	defer stop()
	last, err := d.sendAll(ctx, l)
	if err == nil {
		err = d.answer(ctx)
	}
	switch {
	case err == nil:
		l.DeliverRest()
	case refused(err):
		// Which of them the answer is for cannot be known.
		l.MaybeTwice(min(last, l.Open()))
		return fmt.Errorf("nobody receives there: %w", err)
	default:
		deliverBefore(l, last)
	}
	return err
}

// sendAll sends every open record, and returns the number of the one it stopped at.
func (d *datagrams) sendAll(ctx context.Context, l *sink.Load) (at int, err error) {
	out := d.sender
	for k, p := range l.Payloads {
		for i := range p.Len() {
			if at = l.Start(k) + i; l.Decided(at) {
				continue
			}
			out.buf = out.compose.append(out.buf[:0], p.Time(i), p.Record(i))
			err := d.write(ctx, out.buf)
			if errors.Is(err, syscall.EMSGSIZE) {
				l.Reject(at, fmt.Errorf("a message of %d bytes is too large for %s: lower max_message", len(out.buf), out.address.text))
				continue
			}
			if err != nil {
				return at, err
			}
		}
	}
	return l.Len(), nil
}

// write sends one datagram, and waits where there is no room for it.
func (d *datagrams) write(ctx context.Context, b []byte) error {
	giveUp := time.Now().Add(d.sender.patience)
	for tried := 0; ; tried++ {
		d.conn.SetWriteDeadline(giveUp)
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		_, err := d.conn.Write(b)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("the receiver took nothing for %s: is it stuck?", d.sender.patience)
		case errors.Is(err, syscall.EMSGSIZE) && tried == 0:
			// It may be the router's answer to an earlier datagram.
		case errors.Is(err, syscall.ENOBUFS) && time.Now().Before(giveUp):
			if err := pause(ctx, time.Millisecond); err != nil {
				return err
			}
		default:
			return cause(err)
		}
	}
}

// answer returns what the receiver's host has answered to what was sent. It can only be waited for once in a while.
func (d *datagrams) answer(ctx context.Context) error {
	if !d.fresh {
		return d.socket.pending()
	}
	d.fresh = false
	d.conn.SetReadDeadline(time.Now().Add(answerTime))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var ignored [1]byte
	_, err := d.conn.Read(ignored[:])
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return cause(err)
}

func (d *datagrams) close(context.Context, bool) { d.conn.Close() }

// refused says of an error that the receiver was not there for some datagram sent before, rather than that this one could not be sent.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ENOTCONN) ||
		errors.Is(err, syscall.EPIPE)
}

func deliverBefore(l *sink.Load, end int) {
	for n := range end {
		if !l.Decided(n) {
			l.Deliver(n)
		}
	}
}

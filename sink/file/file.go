// Package file writes records to files and to standard output: a line each, or as a file of the format has them. A path may
// hold the event's host, time and fields; what comes from a packet can neither leave its directory nor make more than a
// bounded number of files.
//
// Delivered means written; with sync, written and fsynced, so that a crash of the machine loses nothing of it.
package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"nflogship/encode"
	"nflogship/sink"
	"nflogship/sink/route"
)

// Sender appends records to the files that their routes name. Reopen is for any goroutine, all else for one at a time.
type Sender struct {
	cfg    Config
	log    *slog.Logger
	path   string // where every record goes; "" where the route tells
	open   map[string]*output
	keeper *keeper // of old files; nil without rotation
	codec  *encode.Codec
	whole  map[string]int64 // how long files were that we left whole
	again  atomic.Bool
	now    func() time.Time
}

// maxOpen bounds the files held open at once; the one unused for longest is closed.
const maxOpen = 64

// New returns a file sink. Its configuration has been checked.
func New(c Config, d sink.Deps) (*sink.Sink, error) {
	t, err := route.Parse(c.Path, route.Path)
	if err != nil {
		return nil, fmt.Errorf("path %w", err)
	}
	t = t.Host(d.Host)
	s := &Sender{cfg: c, log: d.Log, open: map[string]*output{}, now: time.Now, codec: d.Codec, whole: map[string]int64{}}
	if c.Rotate != nil {
		s.keeper = newKeeper(*c.Rotate, d.Log)
	}
	out := &sink.Sink{Sender: s, Limits: sink.DefaultLimits()}
	if path, ok := t.Constant(); ok {
		s.path = path
	} else {
		out.Route, out.MaxRoutes = t, c.MaxRoutes
	}
	return out, nil
}

// Open opens the file, so that what is wrong with it shows at the start. Files whose path depends on the event are
// opened when an event for them comes.
func (s *Sender) Open(context.Context) error {
	if s.path == "" {
		return nil
	}
	_, err := s.output(s.path)
	return err
}

// Reopen makes the next Send open its files anew: somebody has moved them away.
func (s *Sender) Reopen() { s.again.Store(true) }

// Send appends the load's records, in order.
func (s *Sender) Send(ctx context.Context, l *sink.Load) error {
	if s.again.CompareAndSwap(true, false) {
		s.closeAll()
	}
	first := l.Len() - l.Open() // what is decided is always a beginning of the load
	written := first
	for k, p := range l.Payloads {
		for i := max(0, written-l.Start(k)); i < p.Len(); {
			n, err := s.write(ctx, p, i, s.run(p, i))
			written += n
			i += n
			if err != nil {
				if syncErr := s.commit(l, written); syncErr != nil {
					return syncErr
				}
				return err
			}
		}
	}
	return s.commit(l, written)
}

// run is the end of the records from i on that go to the same file.
func (s *Sender) run(p *encode.Payload, i int) int {
	if s.path != "" {
		return p.Len()
	}
	to := i + 1
	for to < p.Len() && p.Route(to) == p.Route(i) {
		to++
	}
	return to
}

// write appends records [from, to) of p, all to the same file, or as many of them as go in before it has to be set
// aside, and returns how many.
func (s *Sender) write(ctx context.Context, p *encode.Payload, from, to int) (int, error) {
	path := s.path
	if path == "" {
		path = p.Route(from)
	}
	begin, firstEnd := p.Span(from)
	o, err := s.outputFor(path, int64(firstEnd-begin))
	if err != nil {
		return 0, err
	}
	to = s.fit(o, p, from, to)
	_, end := p.Span(to - 1)
	taken, err := writeUntil(ctx, o, p.Bytes()[begin:end])
	if err == nil {
		return to - from, nil
	}
	whole, last := wholeRecords(p, from, to, begin+taken)
	o.cut(begin + taken - last)
	if errors.Is(err, syscall.EPIPE) {
		if path == Stdout {
			return whole, sink.Permanent(errors.New("nothing reads standard output any more"))
		}
		o.torn = o.torn || !o.lines() // the next reader needs what a file begins with, too
	}
	return whole, err // it names the file
}

// fit is the end of the records from from on that the file may take before it is due. One record always fits.
func (s *Sender) fit(o *output, p *encode.Payload, from, to int) int {
	if s.cfg.Rotate == nil || s.cfg.Rotate.MaxSize == 0 || !o.regular {
		return to
	}
	begin, _ := p.Span(from)
	room := begin + int(max(0, int64(s.cfg.Rotate.MaxSize)-o.size))
	whole, _ := wholeRecords(p, from, to, room)
	return from + max(1, whole)
}

// wholeRecords counts the records of [from, to) that end at or before an offset in p's bytes, and where the last of
// them ends.
func wholeRecords(p *encode.Payload, from, to, offset int) (n, end int) {
	end, _ = p.Span(from)
	for i := from; i < to; i++ {
		_, e := p.Span(i)
		if e > offset {
			break
		}
		n, end = n+1, e
	}
	return n, end
}

// writeUntil writes p. A pipe whose reader has stopped must not keep the program from ending: its goroutine is left to
// the end of the process then.
func writeUntil(ctx context.Context, o *output, p []byte) (int, error) {
	if o.regular {
		return o.append(p)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	held := append([]byte(nil), p...) // the payload may be gone before the goroutine is
	go func() {
		n, err := o.append(held)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// commit says of the load's first written records that they are delivered, once they are as safe as the configuration
// asks. After a failed fsync nobody knows what is on disk: all that is not known to be there is taken back.
func (s *Sender) commit(l *sink.Load, written int) error {
	if s.cfg.Sync {
		if err := s.syncAll(); err != nil {
			return err
		}
	}
	for n := l.Len() - l.Open(); n < written; n++ {
		l.Deliver(n)
	}
	return nil
}

func (s *Sender) syncAll() error {
	for _, o := range s.open {
		if !o.regular || o.synced == o.size {
			continue
		}
		if err := o.f.Sync(); err != nil {
			s.takeBackAll()
			return fmt.Errorf("fsync %s: %w", o.path, err)
		}
	}
	for _, o := range s.open {
		o.synced = o.size
	}
	return nil
}

func (s *Sender) takeBackAll() {
	for _, o := range s.open {
		o.takeBack()
	}
	s.closeAll()
}

// Close closes the files, and waits for old ones to be compressed as long as ctx allows.
func (s *Sender) Close(ctx context.Context) error {
	s.closeAll()
	if s.keeper != nil {
		return s.keeper.close(ctx)
	}
	return nil
}

func (s *Sender) closeAll() {
	for path, o := range s.open {
		s.drop(path, o)
	}
}

func (s *Sender) drop(path string, o *output) {
	if o.f == os.Stdout {
		return // it goes on where it was
	}
	delete(s.open, path)
	s.remember(o)
	if err := o.close(); err != nil {
		s.log.Warn("closing a file failed", "path", path, "error", err)
	}
}

// Package pcap replays captures: it reads pcap and pcapng files or standard input, compressed or not, one after the other,
// and gives their packets as batches of events.
//
// A chunk of a file is a batch's arena: what is read stays where it was read, and events point into it. Only a record that
// the end of a chunk cuts in two is copied, to the beginning of the next.
package pcap

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"nflogship/event"
	"nflogship/source"
)

// Source replays the files of one configured source. Run is called once; Stop and Progress are for any goroutine.
type Source struct {
	config Config
	deps   source.Deps
	counts *event.SourceCounts
	life   string // the part of every origin's ID that tells this run from every other

	files []file // since Open
	total int64  // bytes of them on disk
	read  atomic.Int64

	stop     chan struct{} // closed by Stop
	stopOnce sync.Once
	mu       sync.Mutex // guards current
	current  *input     // what Stop has to wake, while it is open
}

// New returns a source that has opened nothing so far.
func New(c Config, d source.Deps) (*Source, error) {
	if len(c.Files) == 0 {
		return nil, errors.New("no files to read")
	}
	for index, name := range c.Interfaces {
		if err := checkInterface(index, name); err != nil {
			return nil, err
		}
	}
	return &Source{
		config: c, deps: d, counts: d.Ledger.Source(d.Name, ""), life: event.NewLife(), stop: make(chan struct{}),
	}, nil
}

// Open finds the files. It fails where there is none to read; that some are not there, or cannot be opened, is damage,
// and so is what they hold, which is looked at when their turn comes: the others are read all the same.
func (s *Source) Open(context.Context) error {
	files, missing := findFiles(s.config.Files)
	if len(files) == 0 {
		return errors.Join(missing...)
	}
	for _, err := range missing {
		s.damaged(err)
	}
	s.files = files
	for _, f := range files {
		s.total += f.size
	}
	return nil
}

// Run replays the files in the order in which they were given.
func (s *Source) Run(ctx context.Context, emit source.Emit) error {
	defer context.AfterFunc(ctx, s.Stop)()
	for number, f := range s.files {
		if s.stopped() {
			break
		}
		if err := s.replay(ctx, emit, number, f); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Stop ends the replay after the batch that is being read.
func (s *Source) Stop() {
	s.stopOnce.Do(func() { close(s.stop) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		s.current.interrupt()
	}
}

func (s *Source) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Progress is how many bytes have been read, as they are on disk, and how many there are in all. The total is 0 while it
// is not known: before Open, and where standard input or a pipe is among the files.
func (s *Source) Progress() (read, total int64) {
	return s.read.Load(), s.total
}

// damaged tells about a file that is broken or cannot be read. It counts as one record that held no event.
func (s *Source) damaged(err error) {
	s.counts.Undecodable.Add(1)
	s.deps.Damaged(err)
}

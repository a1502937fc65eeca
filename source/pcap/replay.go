package pcap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/source"
	"nflogship/source/pcap/capture"
)

const (
	// chunk is how many bytes are read for a batch. More is not faster, and a batch should fit the processor's cache.
	chunk = 128 << 10
	// pacedChunk is less, for what is left of it is copied each time a record has to wait.
	pacedChunk = 16 << 10
	// arenaSize leaves room behind the longest record for interface names.
	arenaSize = capture.MaxNeed + 2<<10
	// maxEvents bounds a batch of very short records.
	maxEvents = 2048
)

// replay is the reading of one file. It is used by one goroutine.
type replay struct {
	source  *Source
	in      *input
	reader  *capture.Reader
	decoder decode.Decoder
	origin  *event.Origin
	pace    *pace // nil: as fast as possible
	chunk   int

	batch   *event.Batch
	filled  int   // bytes of the capture in the batch's arena; interface names stand behind them
	at      int   // the first of them that is not done with
	readErr error // that ended the input

	record  capture.Record // the next one, if it waits
	size    int            // its bytes with all headers
	waits   bool
	number  uint64 // of the next record
	more    uint64 // events of the records so far, beyond one each: a netlink datagram holds any number
	lost    int    // records and messages of the batch that held no event
	skipped skipped
}

// verdict says why the decoding of a batch ended.
type verdict uint8

const (
	needsMore verdict = iota // bytes
	isFull
	notDue
)

// replay reads one file to its end. It returns an error only from emit.
func (s *Source) replay(ctx context.Context, emit source.Emit, number int, f file) error {
	in, err := openInput(f)
	if err != nil {
		s.damaged(fmt.Errorf("replay: %w", err))
		return nil
	}
	s.setCurrent(in)
	defer in.close()
	defer s.setCurrent(nil)
	r := &replay{
		source: s, in: in, reader: capture.NewReader(), chunk: chunk,
		origin: &event.Origin{Host: s.deps.Host, Source: s.deps.Name, ID: s.life + "/" + strconv.Itoa(number)},
	}
	if len(s.config.Interfaces) > 0 {
		r.decoder.Names = func(index uint32) string { return s.config.Interfaces[index] }
	}
	if s.config.Speed > 0 {
		r.pace, r.chunk = &pace{speed: float64(s.config.Speed)}, pacedChunk
	}
	damage, err := r.run(ctx, emit)
	if damage != nil && !errors.Is(damage, errStopped) {
		s.damaged(r.describe(damage))
	}
	s.deps.Log.Debug("capture read", "file", f.String(), "records", r.number, "bytes", r.reader.Offset())
	return err
}

// setCurrent lets Stop wake in; a Stop that came before is not forgotten.
func (s *Source) setCurrent(in *input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = in
	if in != nil && s.stopped() {
		in.interrupt()
	}
}

// run returns what is wrong with the file, a *capture.Error, and the error of emit.
func (r *replay) run(ctx context.Context, emit source.Emit) (damage, err error) {
	if err := r.in.begin(&r.source.read); err != nil {
		return &capture.Error{Err: err}, nil
	}
	r.newBatch(nil)
	defer func() { r.batch.Release() }()
	why := needsMore
	for !r.source.stopped() {
		if why == needsMore {
			if r.readErr != nil {
				return r.end(), nil
			}
			r.fill()
		}
		var until time.Duration
		why, until, damage = r.decode()
		if err := r.handOver(ctx, emit); err != nil || damage != nil {
			return damage, err
		}
		if why == notDue {
			r.source.sleep(until)
		}
	}
	return nil, nil
}

// newBatch begins a batch with the bytes of the one before that are not done with.
func (r *replay) newBatch(rest []byte) {
	b := r.source.deps.Pool.Get()
	if cap(b.Arena) < arenaSize {
		b.Arena = make([]byte, 0, arenaSize)
	}
	b.Arena = append(b.Arena, rest...)
	b.Origins = append(b.Origins, r.origin)
	b.Received = time.Now().UnixNano()
	r.batch, r.filled, r.at = b, len(rest), 0
	r.decoder.Begin(b)
}

// fill reads on until the chunk is full, the input ends, or its writer has to be waited for.
func (r *replay) fill() {
	limit := min(r.filled+r.chunk, capture.MaxNeed)
	if r.filled >= limit {
		panic("BUG: a record is longer than capture.MaxNeed")
	}
	b := r.batch
	for r.filled < limit && r.readErr == nil {
		n, err := r.in.Read(b.Arena[r.filled:limit])
		r.filled, r.readErr = r.filled+n, err
		if n > 0 && !r.in.ready() {
			break
		}
	}
	b.Arena = b.Arena[:r.filled]
	b.Received = time.Now().UnixNano()
}

// decode turns records into events until there is none any more that is complete and due; of one that is not, it tells
// how long it has to wait.
func (r *replay) decode() (why verdict, until time.Duration, damage error) {
	defer func() {
		r.source.counts.Undecodable.Add(uint64(r.lost))
		r.lost = 0
	}()
	for len(r.batch.Events) < maxEvents {
		if !r.waits {
			n, found, err := r.reader.Next(r.batch.Arena[r.at:r.filled], &r.record)
			if !found {
				r.at += n
				return needsMore, 0, err
			}
			r.size = n
		}
		if r.pace != nil && r.record.HasTime {
			if until = r.pace.untilDue(r.record.Time); until > 0 {
				r.waits = true
				return notDue, until, nil
			}
		}
		r.waits = false
		if damage := r.events(); damage != nil {
			return needsMore, 0, damage
		}
		r.at += r.size
		r.number++
	}
	return isFull, 0, nil
}

// handOver emits the batch and begins the next.
func (r *replay) handOver(ctx context.Context, emit source.Emit) error {
	b, counts := r.batch, r.source.counts
	r.newBatch(b.Arena[r.at:r.filled])
	n := uint64(len(b.Events))
	if n == 0 {
		b.Release()
		return nil
	}
	counts.In.Add(n)
	if err := emit(ctx, b); err != nil {
		counts.Aborted.Add(n)
		return err
	}
	counts.Out.Add(n)
	return nil
}

// end tells whether the capture is whole, now that the input has no more.
func (r *replay) end() error {
	if r.readErr != io.EOF {
		return &capture.Error{Offset: r.reader.Offset() + int64(r.filled-r.at), Err: r.readErr}
	}
	if err := r.reader.End(r.batch.Arena[r.at:r.filled]); err != nil {
		return err
	}
	return r.skipped.atEnd(r.number)
}

// describe says which file is damaged, and where.
func (r *replay) describe(damage error) error {
	var at *capture.Error
	if !errors.As(damage, &at) {
		panic("BUG: damage without a place: " + damage.Error())
	}
	of := ""
	if r.in.compression != "" {
		of = " of the decompressed data"
	}
	return fmt.Errorf("replay %s: at byte %d%s, after %d records: %w", r.in.file, at.Offset, of, r.number, at.Err)
}

// sleep waits, or until Stop.
func (s *Source) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.stop:
	}
}

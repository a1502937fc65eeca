package nflog

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"nflogship/event"
)

// group is one NFLOG group of a source, over all its binds.
type group struct {
	number uint16
	counts *event.SourceCounts
	places chan struct{} // one token for each of the group's batches that a reader fills or the lane has not finished
}

// haul is what a reader hands to the lane.
type haul struct {
	from    *reader
	skipped skipped // before the datagrams
	datagrams
}

// reader receives what one bind of a group brings, from a goroutine of its own that never waits for a sink: when the lane
// is behind it leaves packets in the kernel while there is room, and sheds them, counted, when there is not.
type reader struct {
	group  *group
	origin *event.Origin
	names  func(index uint32) string
	sock   *socket
	out    chan<- haul // a token of group.places guarantees room in it
	pool   *event.Pool
	log    *slog.Logger

	largest int           // of the kernel's datagrams
	stopped chan struct{} // closed by stop
	ending  atomic.Bool   // set by stop

	// The reader goroutine's own.
	filling datagrams
	placed  bool    // holds a token for what it fills
	skipped skipped // since the last haul
	drops   uint32  // the kernel's count when the socket was last seen empty
	fault   error   // what receive failed with
	cut     seldom
	full    seldom

	// The lane's own.
	sequence   sequence
	unnumbered uint64 // events without a sequence number
	lossy      seldom
	broken     seldom
}

// stop makes run end, once: it takes what the kernel still has, and closes the socket.
func (r *reader) stop() {
	r.ending.Store(true)
	close(r.stopped)
	r.sock.interrupt()
}

// run receives until stop is called. An error means that the socket no longer works; it is then closed.
func (r *reader) run() error {
	receive := r.receive // a method value allocates: once is enough
	for !r.ending.Load() {
		err := r.sock.raw.Read(receive)
		if r.fault != nil {
			err = r.fault
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			_ = r.finish()
			return fmt.Errorf("receive from group %d: %w", r.group.number, err)
		}
		if !r.placed {
			r.await()
		}
	}
	return r.finish()
}

// receive is called by the runtime's poller. It returns false to be called again when there is more to read.
func (r *reader) receive(fd uintptr) (done bool) {
	for !r.ending.Load() && r.begin() {
		if r.filling.full() {
			r.hand()
			continue
		}
		if !r.one(fd) {
			r.hand()
			if m, err := memoryOf(fd); err == nil {
				r.drops = m.drops
			}
			return r.fault != nil
		}
	}
	return true
}

// one receives a datagram and reports whether there was one.
func (r *reader) one(fd uintptr) bool {
	room := r.filling.room()
	n, err := r.sock.recv(fd, room)
	if err != nil {
		if !errors.Is(err, unix.EAGAIN) {
			r.fault = err
		}
		return false
	}
	if n > len(room) && r.cut.due(time.Now()) {
		r.log.Warn("a datagram was cut: the events missing are counted as lost in the kernel", "bytes", n, "room", len(room))
	}
	r.filling.keep(n)
	return true
}

// begin makes sure that there is a batch to fill, and reports whether the lane has a place for it.
func (r *reader) begin() bool {
	if !r.placed {
		select {
		case r.group.places <- struct{}{}:
			r.place()
		default:
		}
	}
	return r.placed
}

// place takes note that the lane has a place. What came while the group was being bound is in a batch already.
func (r *reader) place() {
	r.placed = true
	if r.filling.batch == nil {
		r.filling.begin(r.pool.Get(), r.largest)
	}
}

// hand gives the lane what there is, if anything.
func (r *reader) hand() {
	if r.filling.n == 0 {
		return
	}
	r.filling.batch.Received = time.Now().UnixNano()
	r.out <- haul{from: r, skipped: r.skipped, datagrams: r.filling}
	r.filling, r.skipped, r.placed = datagrams{}, skipped{}, false
}

// await waits until the lane has a place, and meanwhile sees to it that the kernel's buffer does not overflow.
func (r *reader) await() {
	const often, seldom = 10 * time.Millisecond, 100 * time.Millisecond
	pause, used := often, uint32(0)
	look := time.NewTimer(pause)
	defer look.Stop()
	for {
		select {
		case r.group.places <- struct{}{}:
			r.place()
			return
		case <-r.stopped:
			return
		case <-look.C:
		}
		was := used
		if used = r.shed(); used == was {
			pause = min(2*pause, seldom) // nothing comes: what blocks may block for hours
		} else {
			pause = often
		}
		look.Reset(pause)
	}
}

// shed throws datagrams away while more than three quarters of the kernel's buffer are used, and returns what is used then.
func (r *reader) shed() (used uint32) {
	var events uint64
	var scratch datagrams
	err := r.sock.raw.Control(func(fd uintptr) {
		for {
			m, err := memoryOf(fd)
			used = m.used
			if err != nil || m.used <= m.limit/4*3 {
				return
			}
			if scratch.batch == nil {
				scratch.begin(r.pool.Get(), r.largest)
			}
			n, err := r.sock.recv(fd, scratch.room())
			if err != nil {
				return
			}
			events += r.skipped.tally(scratch.room()[:min(n, len(scratch.room()))])
		}
	})
	if scratch.batch != nil {
		scratch.batch.Release()
	}
	if events > 0 {
		total := r.group.counts.Shed.Add(events)
		if r.full.due(time.Now()) {
			r.log.Warn("the sinks do not keep up and the receive buffer is full: packets are shed", "shed", events, "in_all", total)
		}
	}
	if err != nil {
		return 0
	}
	return used
}

// finish unbinds the group, hands on all that was collected until then, and closes the socket.
func (r *reader) finish() error {
	r.shed() // unbinding makes the kernel send what it holds: that must find room
	before := r.drops
	_, err := r.sock.conn.Send(unbindRequest(r.group.number))
	for drained := false; !drained; r.hand() {
		r.insist()
		ctlErr := r.sock.raw.Control(func(fd uintptr) {
			for !r.filling.full() && !drained {
				drained = !r.one(fd)
			}
		})
		drained = drained || ctlErr != nil
	}
	r.tail(before)
	return errors.Join(err, r.sock.conn.Close())
}

// insist waits for a place. The lane takes what is in its ring, whatever becomes of it: so there will be one.
func (r *reader) insist() {
	if !r.placed {
		r.group.places <- struct{}{}
		r.place()
	}
}

// tail tells the lane what was shed at the very end, and the log about a loss there that no later number shows.
func (r *reader) tail(before uint32) {
	if m, err := r.sock.memory(); err == nil && m.drops != before {
		r.log.Warn("datagrams were lost just before the group was unbound: events behind the last one received are in no count",
			"datagrams", m.drops-before)
	}
	r.insist()
	r.filling.batch.Release()
	r.out <- haul{from: r, skipped: r.skipped}
}

package event

import "sync/atomic"

// Owner is told once, when the last branch of a Delivery has been finished. It may be called from any goroutine and must not block.
type Owner interface {
	Finished(d *Delivery, worst Outcome)
}

// Delivery counts the places where a batch of events still waits. It begins with one branch; whoever hands the batch to
// several places opens one more for each. A Delivery that nobody finishes never acknowledges; finishing twice panics.
// A nil *Delivery is a batch whose source wants no acknowledgement: every method does nothing.
// Its methods are safe for many goroutines.
type Delivery struct {
	Tag   uint64 // the owner's own: a position in a capture, say
	owner Owner
	open  atomic.Int32
	worst atomic.Uint32
}

// NewDelivery returns a Delivery with one open branch.
func NewDelivery(owner Owner, tag uint64) *Delivery {
	d := &Delivery{}
	d.Reset(owner, tag)
	return d
}

// Reset makes a finished Delivery new again, so that a source can keep its own.
func (d *Delivery) Reset(owner Owner, tag uint64) {
	if d.open.Load() != 0 {
		panic("BUG: Delivery reset while branches are open")
	}
	d.owner, d.Tag = owner, tag
	d.worst.Store(0)
	d.open.Store(1)
}

// Branch opens n more branches.
func (d *Delivery) Branch(n int) {
	if d == nil || n == 0 {
		return
	}
	if d.open.Add(int32(n)) <= int32(n) {
		panic("BUG: branch on a finished Delivery")
	}
}

// Finish closes one branch with its outcome.
func (d *Delivery) Finish(o Outcome) {
	if d == nil {
		return
	}
	d.Worsen(o)
	left := d.open.Add(-1)
	if left < 0 {
		panic("BUG: Delivery finished twice")
	}
	if left == 0 && d.owner != nil {
		d.owner.Finished(d, Outcome(d.worst.Load()))
	}
}

// Worsen notes an outcome for some of the events without closing a branch.
func (d *Delivery) Worsen(o Outcome) {
	if d == nil {
		return
	}
	for {
		was := d.worst.Load()
		if was >= uint32(o) || d.worst.CompareAndSwap(was, uint32(o)) {
			return
		}
	}
}

// Joint is the Owner of a Delivery for a batch that was put together from others: what becomes of it becomes of them.
type Joint struct{ Parents []*Delivery }

// Finished passes the outcome on to every parent.
func (j *Joint) Finished(_ *Delivery, worst Outcome) {
	for _, p := range j.Parents {
		p.Finish(worst)
	}
}

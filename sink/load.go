package sink

import (
	"errors"
	"sync/atomic"

	"nflogship/encode"
	"nflogship/event"
)

// Load is what one Send carries: payloads in the order of their queue, and a verdict for every record. Records are
// numbered from 0 through all the payloads. A Load belongs to the Sender while Send runs; it is not safe for many goroutines.
type Load struct {
	Payloads []*encode.Payload
	starts   []int // the number of each payload's first record
	records  int
	open     int
	verdicts []verdict
	reasons  map[int]error
	maybe    int
	serial   uint64
}

// serials counts the fillings of every Load.
var serials atomic.Uint64

type verdict uint8

const (
	undecided verdict = iota
	delivered
	rejected
)

// NewLoad makes a load of payloads, none of its records decided.
func NewLoad(payloads []*encode.Payload) *Load {
	l := &Load{}
	l.Reset(payloads)
	return l
}

// Reset makes the load one of these payloads, keeping its memory.
func (l *Load) Reset(payloads []*encode.Payload) {
	l.Payloads, l.starts, l.records, l.maybe = payloads, l.starts[:0], 0, 0
	for _, p := range payloads {
		l.starts = append(l.starts, l.records)
		l.records += p.Len()
	}
	l.open = l.records
	l.verdicts = append(l.verdicts[:0], make([]verdict, l.records)...)
	clear(l.reasons)
	l.serial = serials.Add(1)
}

// Serial tells this filling of a Load from every other, of this Load or another: a Sender that keeps something between two
// Sends knows by it whether the second is for the same records.
func (l *Load) Serial() uint64 { return l.serial }

// Len is the number of records.
func (l *Load) Len() int { return l.records }

// Open is the number of records not yet decided.
func (l *Load) Open() int { return l.open }

// Start is the number of the first record of Payloads[i].
func (l *Load) Start(i int) int { return l.starts[i] }

// Decided reports whether record n was delivered or rejected already.
func (l *Load) Decided(n int) bool { return l.verdicts[n] != undecided }

// Deliver says that the far side has acknowledged record n.
func (l *Load) Deliver(n int) { l.decide(n, delivered) }

// DeliverRest says so of every record not yet decided.
func (l *Load) DeliverRest() {
	for n := range l.verdicts {
		if l.verdicts[n] == undecided {
			l.verdicts[n] = delivered
		}
	}
	l.open = 0
}

// Reject says that the far side will never take record n, and why.
func (l *Load) Reject(n int, reason error) {
	l.decide(n, rejected)
	if l.reasons == nil {
		l.reasons = make(map[int]error)
	}
	l.reasons[n] = reason
}

// RejectRest says so of every record not yet decided.
func (l *Load) RejectRest(reason error) {
	for n := range l.verdicts {
		if l.verdicts[n] == undecided {
			l.Reject(n, reason)
		}
	}
}

// MaybeTwice says that n records may be on the far side twice: a resend could not be proven to be one.
func (l *Load) MaybeTwice(n int) { l.maybe += n }

// Doubtful is the sum of what MaybeTwice was told.
func (l *Load) Doubtful() int { return l.maybe }

// Rejected calls f for every rejected record, in order.
func (l *Load) Rejected(f func(p *encode.Payload, i int, reason error)) {
	if len(l.reasons) == 0 {
		return
	}
	for k, p := range l.Payloads {
		for i := range p.Len() {
			if n := l.starts[k] + i; l.verdicts[n] == rejected {
				f(p, i, l.reasons[n])
			}
		}
	}
}

// Rejections is the number of rejected records.
func (l *Load) Rejections() int { return len(l.reasons) }

// Groups calls f for every run of payloads that one message or request may mix: neighbours that no batch stage sealed
// together, a sealed one alone. from and to are indices into Payloads.
func (l *Load) Groups(f func(from, to int) error) error {
	for from := 0; from < len(l.Payloads); {
		to := from + 1
		for !l.Payloads[from].Sealed && to < len(l.Payloads) && !l.Payloads[to].Sealed {
			to++
		}
		if err := f(from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

var errDecidedTwice = errors.New("BUG: record decided twice")

func (l *Load) decide(n int, v verdict) {
	if l.verdicts[n] != undecided {
		panic(errDecidedTwice)
	}
	l.verdicts[n] = v
	l.open--
}

// Outcome is the worst outcome of Payloads[i]'s records.
func (l *Load) Outcome(i int) event.Outcome {
	if l.open == 0 && len(l.reasons) == 0 {
		return event.Delivered
	}
	worst := event.Delivered
	for n := l.starts[i]; n < l.starts[i]+l.Payloads[i].Len(); n++ {
		switch l.verdicts[n] {
		case undecided:
			return event.Aborted
		case rejected:
			worst = event.Rejected
		}
	}
	return worst
}

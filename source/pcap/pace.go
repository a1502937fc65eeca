package pcap

import (
	"math"
	"time"
)

// pace spreads a file's records over time as they were recorded, times a factor. It begins with the file's first record:
// what lies between two files is not waited for.
type pace struct {
	speed float64
	first int64     // the first record's time
	began time.Time // when its turn was
}

// untilDue is how long the record with time t has to wait; not more than 0: its turn has come.
func (p *pace) untilDue(t int64) time.Duration {
	if p.began.IsZero() {
		p.first, p.began = t, time.Now()
	}
	after := float64(t-p.first) / p.speed
	if after >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(after) - time.Since(p.began)
}

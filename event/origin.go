package event

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
)

// Origin is where events come from, shared by all of one binding of a group, of one capture file, or of one stage that
// makes events. Every event's id is its origin's ID and its Record, so no two events ever share one.
type Origin struct {
	Host   string
	Source string // the source's name in the configuration
	ID     string // never repeats over restarts, binds or captures
	Live   bool   // the packets were seen now, as opposed to replayed
}

// NewLife returns 16 random hexadecimal digits, for the part of an Origin's ID that tells one binding or run from every other.
func NewLife() string {
	var b [8]byte
	rand.Read(b[:]) // never fails: crypto/rand.Read
	return hex.EncodeToString(b[:])
}

// AppendID appends the event's id: the origin's, a slash, the record number in decimal.
func AppendID(dst []byte, b *Batch, e *Event) []byte {
	dst = append(dst, b.Origins[e.Origin].ID...)
	dst = append(dst, '/')
	return strconv.AppendUint(dst, e.Record, 10)
}

package decode

import (
	"errors"

	"nflogship/event"
)

var errShortMessage = errors.New("decode nflog message: shorter than its header of 4 bytes")

// NFLOG fills e from a log message that lies in the batch's arena: nfgenmsg and attributes, without the netlink header.
// e is zero but for what the caller knows: Time, Record, Origin. It returns an error where nothing usable was found.
func (d *Decoder) NFLOG(e *event.Event, msg event.Span, order Order) error {
	return errShortMessage
}

// Seq finds the sequence number in a log message, for events that are counted without being decoded.
func Seq(msg []byte, order Order) (seq uint32, ok bool) {
	return 0, false
}

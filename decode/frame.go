package decode

import (
	"errors"
	"fmt"

	"nflogship/event"
)

// Frame is one record of a capture.
type Frame struct {
	LinkType uint32     // LINKTYPE_*, without the FCS bits a pcap header may carry above it
	Bytes    event.Span // as captured, in the batch's arena
	Original uint32     // bytes on the wire: more than were captured where the snapshot length cut it
	Order    Order      // of the capture file, for link types that hold numbers of the host that wrote it
}

// LinkTypeError is a link type that Decoder.Frame has no decoder for. Every frame of it fails alike.
type LinkTypeError uint32

func (e LinkTypeError) Error() string {
	return fmt.Sprintf("link type %d cannot be decoded: only Ethernet (1), raw IP (12, 14, 101, 228, 229), "+
		"Linux cooked (113, 276), BSD loopback (0, 108) and NFLOG (239) can", uint32(e))
}

var errEmptyFrame = errors.New("decode frame: it has no bytes")

// Frame fills e from a captured frame. e is zero but for what the caller knows: Time, Record, Origin, HasTimeSeen.
func (d *Decoder) Frame(e *event.Event, f Frame) error {
	return LinkTypeError(f.LinkType)
}

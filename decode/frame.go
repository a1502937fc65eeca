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
		"Linux cooked (113, 276), BSD loopback (0, 108), NFLOG (239) and netlink (253) can", uint32(e))
}

var errEmptyFrame = errors.New("decode frame: it has no bytes")

// Frame fills e from a captured frame of any link type but LinkNetlink. e is zero but for what the caller knows: Time, Record, Origin, HasTimeSeen.
// It returns an error where the frame holds no event, a LinkTypeError where no frame of its kind can.
func (d *Decoder) Frame(e *event.Event, f Frame) error {
	cut := f.Original > f.Bytes.Len
	if f.Bytes.Len == 0 && f.LinkType != linkNFLOG {
		return errEmptyFrame
	}
	switch f.LinkType {
	case linkEthernet:
		e.HWType = arphrdEther
		e.Has |= event.HasHWType
		d.ethernet(e, f.Bytes, cut)
	case linkRaw, linkRawOpenBSD, linkRawIP, linkIPv4, linkIPv6:
		d.rawIP(e, f.Bytes, f.LinkType, cut)
	case linkCooked:
		d.cooked(e, f.Bytes, cut)
	case linkCooked2:
		d.cooked2(e, f.Bytes, cut)
	case linkNull, linkLoop:
		d.loopback(e, f.Bytes, cut)
	case linkNFLOG:
		return d.captured(e, f.Bytes, f.Order, cut)
	default:
		return LinkTypeError(f.LinkType)
	}
	d.trim(e)
	e.Family = familyOf(e)
	d.nameInterfaces(e)
	return nil
}

// trim takes off what a link layer padded the packet with, as the kernel does before a hook sees it.
func (d *Decoder) trim(e *event.Event) {
	if !e.Is(event.HasIP) || e.Malformed == event.FaultIPLength || e.Malformed == event.FaultIPHeaderLength {
		return
	}
	total := int(e.Length)
	if e.Is(event.IsIPv6) {
		total = ipv6Total(d.b.Bytes(e.Packet))
	}
	if total > 0 {
		e.Packet.Len = min(e.Packet.Len, uint32(total))
	}
}

// familyOf is the family a plain capture does not tell.
func familyOf(e *event.Event) event.Family {
	switch {
	case e.Is(event.HasARP):
		return event.FamilyARP
	case e.Is(event.HasIP | event.IsIPv6):
		return event.FamilyIPv6
	case e.Is(event.HasIP):
		return event.FamilyIPv4
	}
	return event.FamilyUnknown
}

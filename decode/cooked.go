package decode

import "nflogship/event"

// Linux cooked captures, what libpcap writes for the device "any". Version 1 (link type 113):
//
//	 0             2            4               6           14        16
//	+-------------+------------+---------------+-----------+---------+--------+
//	| packet type | ARPHRD     | address length| address   | protocol| packet |
//	+-------------+------------+---------------+-----------+---------+--------+
//
// Version 2 (link type 276):
//
//	 0         2          4          8        10            11               12        20
//	+---------+----------+----------+--------+-------------+----------------+---------+--------+
//	| protocol| reserved | ifindex  | ARPHRD | packet type | address length | address | packet |
//	+---------+----------+----------+--------+-------------+----------------+---------+--------+
//
// All big-endian; the address is the sender's. The header is libpcap's own, so Event.Link stays empty.
const (
	cookedHeader  = 16
	cooked2Header = 20
	outgoing      = 4   // PACKET_OUTGOING
	arphrdNetlink = 824 // its protocol is a netlink family, not an EtherType
)

func (d *Decoder) cooked(e *event.Event, frame event.Span, cut bool) {
	p := d.b.Bytes(frame)
	if len(p) < cookedHeader {
		short(e, cut, event.FaultShortLink)
		return
	}
	sender(e, be16(p[2:]), be16(p[4:]), p[6:14])
	d.cookedPacket(e, be16(p[14:]), from(frame, cookedHeader), cut)
}

func (d *Decoder) cooked2(e *event.Event, frame event.Span, cut bool) {
	p := d.b.Bytes(frame)
	if len(p) < cooked2Header {
		short(e, cut, event.FaultShortLink)
		return
	}
	if index := be32(p[4:]); p[10] == outgoing {
		e.OutIndex = index
		e.Has |= event.HasOut
	} else {
		e.InIndex = index
		e.Has |= event.HasIn
	}
	sender(e, be16(p[8:]), uint16(p[11]), p[12:20])
	d.cookedPacket(e, be16(p), from(frame, cooked2Header), cut)
}

func sender(e *event.Event, hwType, length uint16, address []byte) {
	e.HWType = hwType
	e.Has |= event.HasHWType
	if length == 6 {
		e.MACSrc = [6]byte(address)
		e.Has |= event.HasMACSrc
	}
}

func (d *Decoder) cookedPacket(e *event.Event, protocol uint16, rest event.Span, cut bool) {
	if e.HWType == arphrdNetlink {
		e.Packet = rest
		return
	}
	d.typed(e, protocol, rest, cut)
}

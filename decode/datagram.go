package decode

import (
	"errors"

	"nflogship/event"
)

// LinkNetlink is the link type of what an nlmon device shows: a frame is a datagram and holds any number of events, so it
// is for Decoder.Datagram. Its header is like Linux cooked's (https://www.tcpdump.org/linktypes/LINKTYPE_NETLINK.html):
//
//	 0             2              4        14               16
//	+-------------+--------------+--------+----------------+------------------+
//	| packet type | ARPHRD (824) | unused | netlink family | netlink messages |   big-endian, but for the messages
//	+-------------+--------------+--------+----------------+------------------+
const LinkNetlink = 253

// Netlink families (include/uapi/linux/netlink.h).
const (
	familyULOG      = 5 // until kernel 3.17
	familyNetfilter = 12
)

// maxDatagram is more than any datagram of log messages has. What a capture says of the bytes it left out is not to be trusted.
const maxDatagram = 16 << 20

var errShortDatagram = errors.New("decode netlink datagram: shorter than its header of 16 bytes")

// Datagram walks the log messages in a captured netlink datagram, and past all others. It is a value: walking does not
// allocate.
//
//	for g, err := d.Datagram(frame); err == nil && g.Next(); { err = d.Logged(e, &g) … }
type Datagram struct {
	messages Messages
	family   uint16
}

// Datagram returns a walk over a frame of link type LinkNetlink.
func (d *Decoder) Datagram(f Frame) (Datagram, error) {
	if f.Bytes.Len < cookedHeader {
		return Datagram{}, errShortDatagram
	}
	g := Datagram{family: be16(d.b.Bytes(f.Bytes)[14:])}
	if g.family != familyULOG && g.family != familyNetfilter {
		return g, nil
	}
	m := Walk(d.b.Arena, from(f.Bytes, cookedHeader), f.Order)
	if f.Original > f.Bytes.Len {
		m.beyond = min(f.Original-f.Bytes.Len, maxDatagram)
	}
	if m.reach(!f.Order) > m.reach(f.Order) {
		m.order = !f.Order
	}
	g.messages = m
	return g, nil
}

// reach is how many bytes the walk comes past in a byte order. The file's need not be that of its messages: a program may
// have copied the records of one machine into a file of its own order.
func (m *Messages) reach(order Order) uint32 {
	at := m.at
	for m.end-at >= messageHeader {
		n, left := order.u32(m.arena[at:]), m.end-at
		if n < messageHeader || n > left+m.beyond {
			break
		}
		at += min((n+3)&^3, left)
	}
	return at - m.at
}

// Next goes to the next log message and reports whether there is one.
func (g *Datagram) Next() bool {
	for g.messages.Next() {
		if g.logs() {
			return true
		}
	}
	return false
}

// logs tells log messages from requests, their acknowledgements, and what other parts of netfilter say.
func (g *Datagram) logs() bool {
	m := &g.messages
	if g.family == familyNetfilter {
		return m.Type == TypePacket
	}
	const bare = messageHeader + 4 // of a TypeDone without a packet: it has an int at most
	return m.Type == typeULOG || m.Type == TypeDone && m.length > bare
}

// Err is what ended the walk early, nil where it came to the datagram's end. Messages before it were sound.
func (g *Datagram) Err() error { return g.messages.Err() }

// Logged fills e from the message that the walk is at, as Frame does from a frame.
func (d *Decoder) Logged(e *event.Event, g *Datagram) error {
	m := &g.messages
	length := m.length - messageHeader
	if g.family == familyULOG {
		return d.ulog(e, m.Body, length, m.order)
	}
	return d.nflog(e, m.Body, m.order, length > m.Body.Len)
}

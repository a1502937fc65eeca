package decode

import (
	"fmt"

	"nflogship/event"
)

// A netlink datagram is a run of messages, each padded to four bytes (include/uapi/linux/netlink.h):
//
//	 0       4      6       8     12    16
//	+-------+------+-------+-----+-----+---------------+
//	| len   | type | flags | seq | pid | body          |   len counts the header; all in the writer's byte order
//	+-------+------+-------+-----+-----+---------------+
const messageHeader = 16

// Types of netlink message.
const (
	TypeError  = 2     // an acknowledgement or an error: Messages.Errno
	TypeDone   = 3     // the datagram ends here
	TypePacket = 0x400 // NFNL_SUBSYS_ULOG<<8 | NFULNL_MSG_PACKET: a logged packet, for Decoder.NFLOG
)

// Messages walks the messages of one netlink datagram. It is a value: walking does not allocate.
//
//	for m := decode.Walk(b.Arena, datagram, decode.Native); m.Next(); { … m.Type, m.Body … }
type Messages struct {
	Type  uint16
	Flags uint16
	Body  event.Span // the current message without its header, in the arena

	arena  []byte
	at     uint32 // where the next message begins
	end    uint32
	beyond uint32 // bytes of the datagram behind end, which a capture's snapshot length cut off
	length uint32 // of the current message, as its header says: more than Body holds where it was cut
	order  Order
	err    error
}

// Walk returns a walk over the messages of the datagram that lies in arena.
func Walk(arena []byte, datagram event.Span, order Order) Messages {
	end := datagram.Off + datagram.Len
	return Messages{arena: arena[:end:end], at: datagram.Off, end: end, order: order}
}

// Next goes to the next message and reports whether there is one. A TypeDone message is the last.
func (m *Messages) Next() bool {
	left := m.end - m.at
	if left == 0 {
		return false
	}
	if left < messageHeader {
		return m.fail("%d bytes left over, a header is 16", left)
	}
	h := m.arena[m.at : m.at+messageHeader]
	n := m.order.u32(h)
	if n < messageHeader || n > left+m.beyond {
		return m.fail("its length says %d bytes, %d are left", n, left+m.beyond)
	}
	m.Type, m.Flags, m.length = m.order.u16(h[4:]), m.order.u16(h[6:]), n
	n = min(n, left)
	m.Body = event.Span{Off: m.at + messageHeader, Len: n - messageHeader}
	m.at += min((n+3)&^3, left) // the last message may lack its padding
	if m.Type == TypeDone {
		m.at = m.end
	}
	return true
}

func (m *Messages) fail(format string, args ...any) bool {
	m.err = fmt.Errorf("netlink message at byte %d of the datagram: "+format, append([]any{m.at}, args...)...)
	m.at = m.end
	return false
}

// Err is what ended the walk early, nil where it came to the datagram's end. Messages before it were sound.
func (m *Messages) Err() error { return m.err }

// Errno is a TypeError message's error number, 0 for an acknowledgement.
func (m *Messages) Errno() int {
	if m.Type != TypeError || m.Body.Len < 4 {
		return 0
	}
	return -int(int32(m.order.u32(m.arena[m.Body.Off:])))
}

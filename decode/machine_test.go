package decode

import (
	"encoding/binary"
	"fmt"
)

// No kernel since 3.17 has ULOG, and the one that the tests run on has no nlmon devices either: the messages here are made
// by the rules that a C compiler lays the struct out by.

// ulogPacket is what a kernel logged.
type ulogPacket struct {
	mark, sec, usec uint64
	hook            uint32
	in, out, prefix string
	mac, payload    []byte
}

// machine is one that has ULOG.
type machine struct {
	order Order
	word  int
}

var machines = []machine{{Little, 8}, {Little, 4}, {Big, 8}, {Big, 4}}

func (m machine) String() string {
	return fmt.Sprintf("%d bits %s-endian", m.word*8, map[Order]string{Little: "little", Big: "big"}[m.order])
}

// number appends a number of so many bytes, aligned to its size.
func (m machine) number(p []byte, size int, v uint64) []byte {
	p = append(p, make([]byte, -len(p)&(size-1))...)
	var order binary.AppendByteOrder = binary.LittleEndian
	if m.order == Big {
		order = binary.BigEndian
	}
	switch size {
	case 2:
		return order.AppendUint16(p, uint16(v))
	case 4:
		return order.AppendUint32(p, uint32(v))
	}
	return order.AppendUint64(p, v)
}

// ulog is the struct and the payload, which lies where the struct's padding begins.
func (m machine) ulog(u ulogPacket) []byte {
	var p []byte
	for _, long := range []uint64{u.mark, u.sec, u.usec} {
		p = m.number(p, m.word, long)
	}
	p = m.number(p, 4, uint64(u.hook))
	p = append(append(p, sized(u.in, 16)...), sized(u.out, 16)...)
	p = m.number(p, m.word, uint64(len(u.payload)))
	p = append(p, sized(u.prefix, 32)...)
	p = append(append(p, byte(len(u.mac))), sized(string(u.mac), 80)...)
	whole := (len(p)+m.word-1)&^(m.word-1) + len(u.payload)
	p = append(p, u.payload...)
	return append(p, make([]byte, whole-len(p))...)
}

// sized is a char array.
func sized(s string, size int) []byte { return append([]byte(s), make([]byte, size)...)[:size] }

// message is a netlink message, padded.
func (m machine) message(kind uint16, body []byte) []byte {
	p := m.number(m.number(nil, 4, uint64(16+len(body))), 2, uint64(kind))
	p = append(append(p, make([]byte, 10)...), body...)
	return append(p, make([]byte, -len(p)&3)...)
}

// datagram is a frame of link type 253.
func datagram(family uint16, messages ...[]byte) []byte {
	return join(b16(4), b16(arphrdNetlink), make([]byte, 10), b16(family), join(messages...))
}

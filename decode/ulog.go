package decode

import (
	"bytes"
	"errors"

	"nflogship/event"
)

// typeULOG is ULOG_NL_EVENT (net/ipv4/netfilter/ipt_ULOG.c of kernels before 3.17). The last message of a batch has
// TypeDone instead, and still carries a packet.
const typeULOG = 111

// A ULOG message is a ulog_packet_msg_t (include/uapi/linux/netfilter_ipv4/ipt_ULOG.h), numbers in the writer's byte order:
//
//	long mark, timestamp_sec, timestamp_usec; unsigned int hook; char indev_name[16], outdev_name[16]; size_t data_len;
//	char prefix[32]; unsigned char mac_len, mac[80]; unsigned char payload[0]
//
// Where the fields lie depends on the writer's word. The payload begins before sizeof is reached; the message has room for
// sizeof and the payload all the same.
type ulogLayout struct {
	word, sec, usec, hook, in, out, dataLen, prefix, macLen, mac, payload, size uint32
}

var ulogLayouts = [...]ulogLayout{
	{word: 8, sec: 8, usec: 16, hook: 24, in: 28, out: 44, dataLen: 64, prefix: 72, macLen: 104, mac: 105, payload: 185, size: 192},
	{word: 4, sec: 4, usec: 8, hook: 12, in: 16, out: 32, dataLen: 48, prefix: 52, macLen: 84, mac: 85, payload: 165, size: 168},
}

const (
	ulogNameLen   = 16
	ulogPrefixLen = 32
	ulogMACLen    = 80
)

var (
	errULOGLengths = errors.New("decode ulog message: its lengths fit neither a 64-bit nor a 32-bit kernel")
	errULOGShort   = errors.New("decode ulog message: cut off before its payload")
)

// ulogLayoutOf is the layout of a message of so many bytes, of which m may be the first: the one with which data_len and the
// message's length agree; nil where there is none. The first kernels with ULOG count the message's padding too. Text of a
// 32-bit message may stand where a 64-bit one has a data_len, and agree by chance: then the other numbers decide.
func ulogLayoutOf(m []byte, length uint32, order Order) (found *ulogLayout) {
	for i := range ulogLayouts {
		l := &ulogLayouts[i]
		if length < l.size || len(m) < int(l.prefix) {
			continue
		}
		data, room := order.long(m[l.dataLen:], l.word), uint64(length-l.size)
		if data > room || room-data >= 4 {
			continue
		}
		mark, usec := order.long(m, l.word), order.long(m[l.usec:], l.word)
		if data > 0 && mark < 1<<32 && usec < 1e6 {
			return l
		}
		found = l
	}
	return found
}

// ulog fills e from the ULOG message in msg, which has so many bytes: more than are there where a capture cut it.
func (d *Decoder) ulog(e *event.Event, msg event.Span, length uint32, order Order) error {
	m := d.b.Bytes(msg)
	l := ulogLayoutOf(m, length, order)
	if l == nil {
		return errULOGLengths
	}
	if len(m) < int(l.payload) {
		return errULOGShort
	}
	e.Family = event.FamilyIPv4 // the only one that ULOG was for
	e.Hook = event.Hook(order.u32(m[l.hook:]))
	e.Prefix = text(m, msg, l.prefix, ulogPrefixLen)
	e.Has |= event.HasHook | event.HasPrefix
	if mark := uint32(order.long(m, l.word)); mark != 0 { // 0 is none, here as in NFLOG
		e.Mark = mark
		e.Has |= event.HasMark
	}
	if t, ok := stamp(order.long(m[l.sec:], l.word), order.long(m[l.usec:], l.word)); ok {
		e.Time = t
		e.Has |= event.HasTimeSeen
	}
	if e.In = text(m, msg, l.in, ulogNameLen); e.In.Len > 0 {
		e.Has |= event.HasIn
	}
	if e.Out = text(m, msg, l.out, ulogNameLen); e.Out.Len > 0 {
		e.Has |= event.HasOut
	}
	if n := uint32(m[l.macLen]); n <= ulogMACLen {
		e.Link = event.Span{Off: msg.Off + l.mac, Len: n}
		d.addresses(e)
	} else {
		e.Malformed = event.FaultAttribute
	}
	e.Packet = from(msg, l.payload)
	e.Packet.Len = min(e.Packet.Len, uint32(order.long(m[l.dataLen:], l.word)))
	d.ipv4(e, d.b.Bytes(e.Packet), true)
	return nil
}

// text is a field of m of a fixed size, up to its NUL. m lies at msg.
func text(m []byte, msg event.Span, at, size uint32) event.Span {
	if n := bytes.IndexByte(m[at:at+size], 0); n >= 0 {
		size = uint32(n)
	}
	return event.Span{Off: msg.Off + at, Len: size}
}

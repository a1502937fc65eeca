package decode

import (
	"bytes"
	"errors"

	"nflogship/event"
)

// A log message (include/uapi/linux/netfilter/nfnetlink_log.h): nfgenmsg, then attributes. Their values are big-endian.
//
//	 0        1         2         4
//	+--------+---------+---------+------------+------------+
//	| family | version | res_id  | attribute  | attribute  | …   res_id: the group, big-endian
//	+--------+---------+---------+------------+------------+
const messageBody = 4

const (
	attrPacketHdr  = 1 // hw_protocol be16, hook u8, pad u8
	attrMark       = 2
	attrTimestamp  = 3 // sec be64, usec be64
	attrInDev      = 4
	attrOutDev     = 5
	attrPhysInDev  = 6
	attrPhysOutDev = 7
	attrHWAddr     = 8 // len be16, pad be16, 8 bytes
	attrPayload    = 9
	attrPrefix     = 10
	attrUID        = 11
	attrSeq        = 12
	attrSeqGlobal  = 13
	attrGID        = 14
	attrHWType     = 15
	attrHWHeader   = 16
	attrHWLen      = 17
	attrCT         = 18
	attrCTInfo     = 19
	attrVLAN       = 20
	attrL2Hdr      = 21
	attrKinds      = 22
)

// noHook stands for the hook in captures that nflogship wrote from others, which tell of none.
const noHook = 0xff

// attrNeeds is the shortest length of each attribute with which it says anything.
var attrNeeds = [attrKinds]uint8{
	attrPacketHdr: 7, attrMark: 8, attrTimestamp: 20, attrInDev: 8, attrOutDev: 8, attrPhysInDev: 8, attrPhysOutDev: 8,
	attrHWAddr: 8, attrUID: 8, attrSeq: 8, attrSeqGlobal: 8, attrGID: 8, attrHWType: 6, attrHWLen: 6, attrCTInfo: 8,
}

var (
	errShortMessage = errors.New("decode nflog message: shorter than its header of 4 bytes")
	errNoAttribute  = errors.New("decode nflog message: no attribute in it can be read")
)

// NFLOG fills e from a log message that lies in the batch's arena: nfgenmsg and attributes, without the netlink header.
// e is zero but for what the caller knows: Time, Record, Origin. It returns an error where nothing usable was found.
func (d *Decoder) NFLOG(e *event.Event, msg event.Span, order Order) error {
	return d.nflog(e, msg, order, false)
}

// nflog is NFLOG for a message that a capture's snapshot length may have cut.
func (d *Decoder) nflog(e *event.Event, msg event.Span, order Order, cut bool) error {
	return d.found(e, msg, order, cut, d.attrs.find(d.b.Bytes(msg), order, cut))
}

// captured is NFLOG for a record of a capture. Its attributes are in the file's byte order, unless they can only be read in
// the other, as when a program copied the records of one machine into a file of its own order.
func (d *Decoder) captured(e *event.Event, msg event.Span, file Order, cut bool) error {
	m, order := d.b.Bytes(msg), file
	sound := d.attrs.find(m, order, cut)
	if !sound && !walks(m, messageBody, order) && walks(m, messageBody, !order) {
		order = !order
		sound = d.attrs.find(m, order, cut)
	}
	return d.found(e, msg, order, cut, sound)
}

// found fills e from the attributes that have been found in a message.
func (d *Decoder) found(e *event.Event, msg event.Span, order Order, cut, sound bool) error {
	m := d.b.Bytes(msg)
	if len(m) < messageBody {
		return errShortMessage
	}
	e.Family = event.Family(m[0])
	e.Group = be16(m[2:])
	e.Has |= event.HasGroup
	a := &d.attrs
	if !sound {
		e.Malformed = event.FaultAttribute
	}
	if cut && !a.has(attrPayload) {
		e.Has |= event.Truncated
	}
	if a.seen == 0 {
		return errNoAttribute
	}
	fields(e, a, m)
	if a.has(attrPrefix) {
		e.Prefix = d.span(msg, attrPrefix)
		if i := bytes.IndexByte(a.value(m, attrPrefix), 0); i >= 0 {
			e.Prefix.Len = uint32(i)
		}
		e.Has |= event.HasPrefix
	}
	d.linkHeaders(e, msg)
	if a.seen&(1<<attrVLAN|1<<attrCT|1<<attrCTInfo) != 0 {
		d.nested(e, m, order)
	}
	if a.has(attrPayload) {
		d.payload(e, d.span(msg, attrPayload))
	}
	d.nameInterfaces(e)
	return nil
}

// span is where an attribute of message msg lies in the arena.
func (d *Decoder) span(msg event.Span, kind int) event.Span {
	v := &d.attrs.values[kind]
	return event.Span{Off: msg.Off + v.at, Len: v.len}
}

// fields reads the attributes that are one number each, and the sender's address.
func fields(e *event.Event, a *attrs, m []byte) {
	has := e.Has
	if a.has(attrPacketHdr) {
		v := a.value(m, attrPacketHdr)
		if v[2] != noHook {
			e.Hook = event.Hook(v[2])
			has |= event.HasHook
		}
		if e.EtherType = be16(v); e.EtherType != 0 {
			has |= event.HasEtherType
		}
	}
	if a.has(attrMark) {
		e.Mark = a.u32(m, attrMark)
		has |= event.HasMark
	}
	if a.has(attrTimestamp) {
		v := a.value(m, attrTimestamp)
		if t, ok := stamp(be64(v), be64(v[8:])); ok {
			e.Time = t
			has |= event.HasTimeSeen
		}
	}
	if a.has(attrInDev) {
		e.InIndex = a.u32(m, attrInDev)
		has |= event.HasIn
	}
	if a.has(attrOutDev) {
		e.OutIndex = a.u32(m, attrOutDev)
		has |= event.HasOut
	}
	if a.has(attrPhysInDev) {
		e.PhysInIndex = a.u32(m, attrPhysInDev)
		has |= event.HasPhysIn
	}
	if a.has(attrPhysOutDev) {
		e.PhysOutIndex = a.u32(m, attrPhysOutDev)
		has |= event.HasPhysOut
	}
	if a.has(attrHWAddr) {
		if v := a.value(m, attrHWAddr); be16(v) == 6 && len(v) >= 10 {
			e.MACSrc = [6]byte(v[4:])
			has |= event.HasMACSrc
		}
	}
	if a.has(attrUID) {
		e.UID = a.u32(m, attrUID)
		has |= event.HasUID
	}
	if a.has(attrGID) {
		e.GID = a.u32(m, attrGID)
		has |= event.HasGID
	}
	if a.has(attrSeq) {
		e.Seq = a.u32(m, attrSeq)
		has |= event.HasSeq
	}
	if a.has(attrSeqGlobal) {
		e.SeqGlobal = a.u32(m, attrSeqGlobal)
		has |= event.HasSeqGlobal
	}
	if a.has(attrHWType) {
		e.HWType = be16(a.value(m, attrHWType))
		has |= event.HasHWType
	}
	e.Has = has
}

// stamp is the kernel's time in nanoseconds. A zero is a packet that nobody stamped.
func stamp(sec, usec uint64) (int64, bool) {
	if sec == 0 || sec >= 1<<33 || usec >= 1e6 {
		return 0, false
	}
	return int64(sec)*1e9 + int64(usec)*1e3, true
}

// Seq finds the sequence number in a log message, for events that are counted without being decoded.
func Seq(msg []byte, order Order) (seq uint32, ok bool) {
	v := attribute(msg, messageBody, attrSeq, order)
	if len(v) < 4 {
		return 0, false
	}
	return be32(v), true
}

package decode

import (
	"errors"

	"nflogship/event"
)

// A log message (include/uapi/linux/netfilter/nfnetlink_log.h): nfgenmsg, then attributes, each padded to four bytes.
//
//	 0        1         2         4
//	+--------+---------+---------+------------+------------+
//	| family | version | res_id  | attribute  | attribute  | …   res_id: the group, big-endian
//	+--------+---------+---------+------------+------------+
//
//	 0      2      4
//	+------+------+-------+
//	| len  | type | value |   len counts the four bytes of len and type; both in the writer's byte order, values big-endian
//	+------+------+-------+
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

// attrType takes NLA_F_NESTED and NLA_F_NET_BYTEORDER off.
const attrType = 0x3fff

// attrNeeds is the shortest value of each attribute that says anything.
var attrNeeds = [attrKinds]uint8{
	attrPacketHdr: 3, attrMark: 4, attrTimestamp: 16, attrInDev: 4, attrOutDev: 4, attrPhysInDev: 4, attrPhysOutDev: 4,
	attrHWAddr: 4, attrUID: 4, attrSeq: 4, attrSeqGlobal: 4, attrGID: 4, attrHWType: 2, attrHWLen: 2, attrCTInfo: 4,
}

var (
	errShortMessage = errors.New("decode nflog message: shorter than its header of 4 bytes")
	errNoAttribute  = errors.New("decode nflog message: no attribute in it can be read")
)

// parts is what decoding goes on with once all attributes have been seen, whatever their order.
type parts struct {
	payload, hwHeader, l2 event.Span
	ct, vlan              []byte
	info                  uint32
	hasInfo, hasPayload   bool
}

// NFLOG fills e from a log message that lies in the batch's arena: nfgenmsg and attributes, without the netlink header.
// e is zero but for what the caller knows: Time, Record, Origin. It returns an error where nothing usable was found.
func (d *Decoder) NFLOG(e *event.Event, msg event.Span, order Order) error {
	m := d.b.Bytes(msg)
	if len(m) < 4 {
		return errShortMessage
	}
	e.Family = event.Family(m[0])
	e.Group = be16(m[2:])
	e.Has |= event.HasGroup
	var p parts
	if !attributes(e, &p, m, msg.Off, order) {
		return errNoAttribute
	}
	d.linkHeaders(e, &p)
	if p.vlan != nil {
		vlanTag(e, p.vlan, order)
	}
	if p.ct != nil || p.hasInfo {
		d.conntrack(e, &p, order)
	}
	if p.hasPayload {
		d.payload(e, p.payload)
	}
	d.nameInterfaces(e)
	return nil
}

// attributes reads every attribute of message m, which begins at offset base of the arena. It reports whether one was usable.
func attributes(e *event.Event, p *parts, m []byte, base uint32, order Order) (usable bool) {
	has := e.Has
	at := 4
	for len(m)-at >= 4 {
		n, kind := int(order.u16(m[at:])), order.u16(m[at+2:])&attrType
		if n < 4 || n > len(m)-at {
			e.Malformed = event.FaultAttribute
			break
		}
		v := m[at+4 : at+n]
		span := event.Span{Off: base + uint32(at) + 4, Len: uint32(n) - 4}
		at += (n + 3) &^ 3
		if kind >= attrKinds {
			continue // of a newer kernel
		}
		if len(v) < int(attrNeeds[kind]) {
			e.Malformed = event.FaultAttribute
			continue
		}
		usable = true
		switch kind {
		case attrPacketHdr:
			e.Hook = event.Hook(v[2])
			has |= event.HasHook
			if t := be16(v); t != 0 {
				e.EtherType = t
				has |= event.HasEtherType
			}
		case attrMark:
			e.Mark = be32(v)
			has |= event.HasMark
		case attrTimestamp:
			if t, ok := stamp(v); ok {
				e.Time = t
				has |= event.HasTimeSeen
			}
		case attrInDev:
			e.InIndex = be32(v)
			has |= event.HasIn
		case attrOutDev:
			e.OutIndex = be32(v)
			has |= event.HasOut
		case attrPhysInDev:
			e.PhysInIndex = be32(v)
			has |= event.HasPhysIn
		case attrPhysOutDev:
			e.PhysOutIndex = be32(v)
			has |= event.HasPhysOut
		case attrHWAddr:
			if be16(v) == 6 && len(v) >= 10 {
				e.MACSrc = [6]byte(v[4:])
				has |= event.HasMACSrc
			}
		case attrPayload:
			p.payload, p.hasPayload = span, true
		case attrPrefix:
			span.Len = untilNUL(v)
			e.Prefix = span
			has |= event.HasPrefix
		case attrUID:
			e.UID = be32(v)
			has |= event.HasUID
		case attrSeq:
			e.Seq = be32(v)
			has |= event.HasSeq
		case attrSeqGlobal:
			e.SeqGlobal = be32(v)
			has |= event.HasSeqGlobal
		case attrGID:
			e.GID = be32(v)
			has |= event.HasGID
		case attrHWType:
			e.HWType = be16(v)
			has |= event.HasHWType
		case attrHWHeader:
			p.hwHeader = span
		case attrCT:
			p.ct = v
		case attrCTInfo:
			p.info, p.hasInfo = be32(v), true
		case attrVLAN:
			p.vlan = v
		case attrL2Hdr:
			p.l2 = span
		}
	}
	e.Has = has
	return usable
}

// stamp is the kernel's time in nanoseconds. A zero is a packet that nobody stamped.
func stamp(v []byte) (int64, bool) {
	sec, usec := be64(v), be64(v[8:])
	if sec == 0 || sec >= 1<<33 || usec >= 1e6 {
		return 0, false
	}
	return int64(sec)*1e9 + int64(usec)*1e3, true
}

func untilNUL(v []byte) uint32 {
	for i, c := range v {
		if c == 0 {
			return uint32(i)
		}
	}
	return uint32(len(v))
}

// Seq finds the sequence number in a log message, for events that are counted without being decoded.
func Seq(msg []byte, order Order) (seq uint32, ok bool) {
	v := attribute(msg, 4, attrSeq, order)
	if len(v) < 4 {
		return 0, false
	}
	return be32(v), true
}

// attribute finds the first attribute of a kind among those that begin at offset at; nil where there is none.
func attribute(m []byte, at int, kind uint16, order Order) []byte {
	for len(m)-at >= 4 {
		n := int(order.u16(m[at:]))
		if n < 4 || n > len(m)-at {
			return nil
		}
		if order.u16(m[at+2:])&attrType == kind {
			return m[at+4 : at+n]
		}
		at += (n + 3) &^ 3
	}
	return nil
}

// walks reports whether the attributes that begin at offset at follow on each other to the end.
func walks(m []byte, at int, order Order) bool {
	for len(m)-at >= 4 {
		n := int(order.u16(m[at:]))
		if n < 4 || n > len(m)-at {
			return false
		}
		at += (n + 3) &^ 3
	}
	return true
}

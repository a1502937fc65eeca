package pcap

import (
	"bytes"
	"encoding/binary"

	"nflogship/event"
)

// message is a log message being written: nfgenmsg and attributes, in the kernel's order (net/netfilter/nfnetlink_log.c).
type message struct {
	e      *event.Event
	prefix []byte
	link   []byte // the link header
	packet []byte
	joined bool   // the payload begins with the link header
	tagged bool   // or with a VLAN tag
	tci    uint16 // that tag
	left   uint32 // bytes of the packet that found no room
}

// Bounds on what comes from captures, which claim what they like. The kernel's prefixes have 127 bytes at most, its link
// headers 255.
const (
	maxPrefix = 1023
	maxLink   = 1024
)

func newMessage(b *event.Batch, e *event.Event) message {
	m := message{e: e, prefix: b.Bytes(e.Prefix), link: b.Bytes(e.Link), packet: b.Bytes(e.Packet)}
	if i := bytes.IndexByte(m.prefix, 0); i >= 0 {
		m.prefix = m.prefix[:i]
	}
	m.prefix = m.prefix[:min(len(m.prefix), maxPrefix)]
	m.link = m.link[:min(len(m.link), maxLink)]
	m.joined = m.startsAtLink()
	m.tci, m.tagged = m.tag()
	return m
}

func (m *message) append(dst []byte, b *event.Batch) []byte {
	e := m.e
	dst = append(dst, byte(e.Family), 0, byte(e.Group>>8), byte(e.Group))
	before := len(dst)
	dst = m.rule(dst)
	dst = m.linkLayer(dst)
	dst = m.stamp(dst)
	dst = numbers(dst, e)
	if e.Is(event.HasCT) {
		dst = appendConntrack(dst, e, &b.Conntracks[e.CT-1])
	}
	dst = m.bridged(dst)
	// Without a payload nothing was cut, and no message is without attributes.
	if len(m.packet) > 0 || m.joined || m.tagged || e.Is(event.Truncated) || len(dst) == before {
		dst = m.payload(dst)
	}
	return dst
}

// noHook stands beside an EtherType where no hook is known, in packets of plain captures. The decoder knows it.
const noHook = 0xff

// rule appends what the rule and the interfaces were.
func (m *message) rule(dst []byte) []byte {
	e := m.e
	if e.Has&(event.HasHook|event.HasEtherType) != 0 {
		hook := byte(noHook)
		if e.Is(event.HasHook) {
			hook = byte(e.Hook)
		}
		t := e.EtherType
		if m.tagged {
			t = typeVLAN
		}
		dst = append(dst, attrHeader+4, 0, attrPacketHdr, 0, byte(t>>8), byte(t), hook, 0)
	}
	if e.Is(event.HasPrefix) {
		var at int
		dst, at = open(dst, attrPrefix)
		dst = shut(append(append(dst, m.prefix...), 0), at)
	}
	dst = appendInterface(dst, attrPhysInDev, e.Is(event.HasPhysIn), e.PhysInIndex, e.PhysIn)
	dst = appendInterface(dst, attrInDev, e.Is(event.HasIn), e.InIndex, e.In)
	dst = appendInterface(dst, attrPhysOutDev, e.Is(event.HasPhysOut), e.PhysOutIndex, e.PhysOut)
	dst = appendInterface(dst, attrOutDev, e.Is(event.HasOut), e.OutIndex, e.Out)
	if e.Is(event.HasMark) {
		dst = append32(dst, attrMark, e.Mark)
	}
	return dst
}

// appendInterface leaves out an interface that only has a name: no interface has index 0.
func appendInterface(dst []byte, kind uint16, has bool, index uint32, name event.Span) []byte {
	if !has || index == 0 && name.Len > 0 {
		return dst
	}
	return append32(dst, kind, index)
}

// stamp appends the time where the kernel would: for what came in. The record's header has it too, with nanoseconds, so it
// is left out where it has any.
func (m *message) stamp(dst []byte) []byte {
	const hookForward = 2
	e, t := m.e, m.e.Time
	if !e.Is(event.HasTimeSeen|event.HasHook) || e.Hook > hookForward || t < 1e9 || t%1e3 != 0 {
		return dst
	}
	dst, at := open(dst, attrTimestamp)
	dst = binary.BigEndian.AppendUint64(dst, uint64(t/1e9))
	dst = binary.BigEndian.AppendUint64(dst, uint64(t%1e9/1e3))
	return shut(dst, at)
}

func numbers(dst []byte, e *event.Event) []byte {
	if e.Is(event.HasUID) {
		dst = append32(dst, attrUID, e.UID)
	}
	if e.Is(event.HasGID) {
		dst = append32(dst, attrGID, e.GID)
	}
	if e.Is(event.HasSeq) {
		dst = append32(dst, attrSeq, e.Seq)
	}
	if e.Is(event.HasSeqGlobal) {
		dst = append32(dst, attrSeqGlobal, e.SeqGlobal)
	}
	return dst
}

// payload appends the packet, which ends the message: as far as the attribute has room.
func (m *message) payload(dst []byte) []byte {
	dst, at := open(dst, attrPayload)
	if m.joined {
		dst = append(dst, m.link...)
	} else if m.tagged {
		dst = append(dst, byte(m.tci>>8), byte(m.tci), byte(m.e.EtherType>>8), byte(m.e.EtherType))
	}
	room := maxValue - (len(dst) - at - attrHeader)
	if len(m.packet) > room {
		m.left = uint32(len(m.packet) - room)
	}
	return shut(append(dst, m.packet[:len(m.packet)-int(m.left)]...), at)
}

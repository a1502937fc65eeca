package decode

import "nflogship/event"

// ICMP (RFC 792) and ICMPv6 (RFC 4443):
//
//	 0      1      2          4                                                      8
//	+------+------+----------+------------------------------------------------------+---------------+
//	| type | code | checksum | id, seq | gateway | unused, MTU | pointer | …          | quoted packet |
//	+------+------+----------+------------------------------------------------------+---------------+
const icmpHeader = 8

const (
	icmpEchoReply      = 0
	icmpUnreachable    = 3
	icmpQuench         = 4
	icmpRedirect       = 5
	icmpEcho           = 8
	icmpTimeExceeded   = 11
	icmpParameter      = 12
	icmpTimestamp      = 13
	icmpTimestampReply = 14
	icmpInfo           = 15
	icmpInfoReply      = 16
	icmpMask           = 17
	icmpMaskReply      = 18

	icmpFragNeeded = 4 // a code of icmpUnreachable

	icmpv6Unreachable  = 1
	icmpv6TooBig       = 2
	icmpv6TimeExceeded = 3
	icmpv6Parameter    = 4
	icmpv6Echo         = 128
	icmpv6EchoReply    = 129
)

func (d *Decoder) icmp(e *event.Event, p []byte, cut bool) {
	if !icmpCommon(e, p) {
		short(e, cut, event.FaultShortICMP)
		return
	}
	needs := icmpHeader
	switch e.ICMPType {
	case icmpTimestamp, icmpTimestampReply:
		needs = 20
		echo(e, p)
	case icmpMask, icmpMaskReply:
		needs = 12
		echo(e, p)
	case icmpEcho, icmpEchoReply, icmpInfo, icmpInfoReply:
		echo(e, p)
	case icmpRedirect:
		word(e, be32(p[4:]), event.HasGateway)
		d.quoted(e, p[icmpHeader:], cut)
	case icmpUnreachable:
		if e.ICMPCode == icmpFragNeeded {
			word(e, uint32(be16(p[6:])), event.HasMTU)
		}
		d.quoted(e, p[icmpHeader:], cut)
	case icmpParameter:
		word(e, uint32(p[4]), event.HasPointer)
		d.quoted(e, p[icmpHeader:], cut)
	case icmpQuench, icmpTimeExceeded:
		d.quoted(e, p[icmpHeader:], cut)
	}
	if len(p) < needs {
		short(e, cut, event.FaultShortICMP)
	}
}

func (d *Decoder) icmpv6(e *event.Event, p []byte, cut bool) {
	if !icmpCommon(e, p) {
		short(e, cut, event.FaultShortICMP)
		return
	}
	switch e.ICMPType {
	case icmpv6Echo, icmpv6EchoReply:
		echo(e, p)
	case icmpv6TooBig:
		word(e, be32(p[4:]), event.HasMTU)
		d.quoted(e, p[icmpHeader:], cut)
	case icmpv6Parameter:
		word(e, be32(p[4:]), event.HasPointer)
		d.quoted(e, p[icmpHeader:], cut)
	case icmpv6Unreachable, icmpv6TimeExceeded:
		d.quoted(e, p[icmpHeader:], cut)
	}
}

// icmpCommon reads type and code, and reports whether the whole header is there.
func icmpCommon(e *event.Event, p []byte) bool {
	if len(p) < 2 {
		return false
	}
	e.ICMPType, e.ICMPCode = p[0], p[1]
	e.Has |= event.HasICMP
	return len(p) >= icmpHeader
}

func echo(e *event.Event, p []byte) {
	e.ICMPID, e.ICMPSeq = be16(p[4:]), be16(p[6:])
	e.Has |= event.HasEcho
}

// word sets Event.Word, which an AH header before may have used for its SPI.
func word(e *event.Event, v uint32, what event.Has) {
	e.Word = v
	e.Has = e.Has&^event.HasSPI | what
}

const innerHas = event.HasAddrs | event.IsIPv6 | event.HasProto | event.HasPorts

// quoted decodes the packet an ICMP error quotes, but none that is quoted inside it in turn: the kernel's log goes one deep.
func (d *Decoder) quoted(e *event.Event, p []byte, cut bool) {
	q := &d.inner
	if e == q {
		return
	}
	*q = event.Event{}
	if e.Is(event.IsIPv6) {
		d.ipv6(q, p, true)
	} else {
		d.ipv4(q, p, true)
	}
	if !q.Is(event.HasAddrs) {
		short(e, cut, event.FaultShortICMP)
		return
	}
	d.b.Inners = append(d.b.Inners, event.Inner{
		Has: q.Has & innerHas, Src: q.Src, Dst: q.Dst, SrcPort: q.SrcPort, DstPort: q.DstPort, Proto: q.Proto,
	})
	e.Aux = uint32(len(d.b.Inners))
	e.Has |= event.HasInner
}

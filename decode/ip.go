package decode

import "nflogship/event"

// short marks e where a header needs more bytes than there are: the copy range or snapshot length cut them off, or the
// packet itself ends too soon. The outermost fault stays.
func short(e *event.Event, cut bool, fault event.Fault) {
	if cut {
		e.Has |= event.Truncated
		return
	}
	wrong(e, fault)
}

func wrong(e *event.Event, fault event.Fault) {
	if e.Malformed == event.FaultNone {
		e.Malformed = fault
	}
}

// IPv4 (RFC 791):
//
//	 0          1     2        4    6                8     9       10         12    16     20
//	+----------+-----+--------+----+----------------+-----+-------+----------+-----+------+---------+
//	| ver, ihl | tos | length | id | flags, offset  | ttl | proto | checksum | src | dst  | options |
//	+----------+-----+--------+----+----------------+-----+-------+----------+-----+------+---------+
const ipv4Header = 20

const (
	dontFragment  = 0x4000
	moreFragments = 0x2000
	fragOffset    = 0x1fff // in units of eight bytes
)

// ipv4 decodes an IPv4 packet. Until its total length is known, cut says whether missing bytes were on the wire.
func (d *Decoder) ipv4(e *event.Event, p []byte, cut bool) {
	if len(p) > 0 && p[0]>>4 != 4 {
		wrong(e, event.FaultIPVersion)
		return
	}
	if len(p) < ipv4Header {
		short(e, cut, event.FaultShortIP)
		return
	}
	header, total, frag := int(p[0]&15)*4, int(be16(p[2:])), be16(p[6:])
	e.Length, e.TOS, e.TTL, e.Proto, e.IPID = uint32(total), p[1], p[8], p[9], uint32(be16(p[4:]))
	*(*[4]byte)(e.Src[:]) = [4]byte(p[12:])
	*(*[4]byte)(e.Dst[:]) = [4]byte(p[16:])
	has := event.HasIP | event.HasAddrs | event.HasProto | event.HasID
	if frag&dontFragment != 0 {
		has |= event.DontFragment
	}
	if frag&moreFragments != 0 {
		has |= event.HasFrag | event.MoreFragments
	}
	if frag&fragOffset != 0 {
		has |= event.HasFrag
		e.FragOffset = frag & fragOffset * 8
	}
	e.Has |= has
	if header < ipv4Header {
		wrong(e, event.FaultIPHeaderLength)
		return
	}
	if total > 0 { // 0: segmentation offload, the real length is not in the header
		if total < header {
			wrong(e, event.FaultIPLength)
			return
		}
		cut = total > len(p)
		p = p[:min(total, len(p))]
	}
	if header > len(p) {
		short(e, cut, event.FaultShortIP)
		return
	}
	if frag&fragOffset == 0 {
		d.transport(e, p[header:], cut)
	}
}

// IPv6 (RFC 8200):
//
//	 0                    4                6             7           8      24     40
//	+--------------------+----------------+-------------+-----------+------+------+
//	| version, tc, flow  | payload length | next header | hop limit | src  | dst  |
//	+--------------------+----------------+-------------+-----------+------+------+
const ipv6Header = 40

func (d *Decoder) ipv6(e *event.Event, p []byte, cut bool) {
	if len(p) > 0 && p[0]>>4 != 6 {
		wrong(e, event.FaultIPVersion)
		return
	}
	if len(p) < ipv6Header {
		short(e, cut, event.FaultShortIP)
		return
	}
	first, total := be32(p), ipv6Total(p)
	e.Length, e.TOS, e.TTL, e.FlowLabel = uint32(max(total, ipv6Header)), uint8(first>>20), p[7], first&0xfffff
	e.Src, e.Dst = [16]byte(p[8:]), [16]byte(p[24:])
	e.Has |= event.HasIP | event.HasAddrs | event.IsIPv6 | event.HasFlowLabel
	if total > 0 {
		cut = total > len(p)
		p = p[:min(total, len(p))]
	}
	d.extensions(e, p, p[6], cut)
}

// maxPadding is what Ethernet pads an empty IPv6 packet with.
const maxPadding = 6

// ipv6Total is the length of IPv6 packet p by its header, or 0 where that does not tell: a payload length of 0 with more
// behind it than padding is a packet that was captured before segmentation.
func ipv6Total(p []byte) int {
	payload, next := int(be16(p[4:])), p[6]
	if payload > 0 || next == protoNone {
		return payload + ipv6Header
	}
	if next == protoHopByHop {
		return jumbo(p)
	}
	if len(p) > ipv6Header+maxPadding {
		return 0
	}
	return ipv6Header
}

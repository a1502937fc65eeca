package protobuf

import (
	"encoding/binary"

	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// appendPacket appends what only a packet has.
func appendPacket(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = appendTrue(dst, eventDF, e.Is(event.DontFragment))
	if e.Is(event.HasFrag) {
		dst = appendFragment(dst, e)
	}
	if e.Is(event.HasTCP) {
		dst = appendTCP(dst, e)
	}
	if e.Is(event.HasUDP) {
		var at int
		dst, at = open(dst, eventUDP)
		dst = shut(appendNonzero(dst, 1, uint32(e.UDPLength)), at)
	}
	if e.Is(event.HasICMP) {
		dst = appendICMP(dst, b, e)
	}
	if e.Is(event.HasARP) {
		dst = appendARP(dst, &b.ARPs[e.Aux-1])
	}
	if e.Is(event.HasCT) {
		dst = appendConntrack(dst, &b.Conntracks[e.CT-1])
	}
	dst = appendTrue(dst, eventTruncated, e.Is(event.Truncated))
	if e.Malformed != event.FaultNone {
		dst = appendText(dst, eventMalformed, e.Malformed.String())
	}
	return dst
}

func appendFragment(dst []byte, e *event.Event) []byte {
	dst, at := open(dst, eventFrag)
	dst = appendNonzero(dst, 1, uint32(e.FragOffset))
	dst = appendTrue(dst, 2, e.Is(event.MoreFragments))
	if e.Is(event.IsIPv6) {
		dst = appendUint(dst, 3, e.IPID)
	}
	return shut(dst, at)
}

func appendTCP(dst []byte, e *event.Event) []byte {
	dst, at := open(dst, eventTCP)
	dst = appendNonzero(dst, 1, uint32(e.TCPFlags))
	if e.TCPSeq != 0 {
		dst = appendFixed32(dst, 2, e.TCPSeq)
	}
	if e.TCPAck != 0 {
		dst = appendFixed32(dst, 3, e.TCPAck)
	}
	dst = appendNonzero(dst, 4, uint32(e.Window))
	dst = appendNonzero(dst, 5, uint32(e.Urgent))
	return shut(dst, at)
}

func appendICMP(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst, at := open(dst, eventICMP)
	dst = appendNonzero(dst, 1, uint32(e.ICMPType))
	dst = appendNonzero(dst, 2, uint32(e.ICMPCode))
	if e.Is(event.HasEcho) {
		dst = appendUint(dst, 3, uint32(e.ICMPID))
		dst = appendUint(dst, 4, uint32(e.ICMPSeq))
	}
	if e.Is(event.HasGateway) {
		var gateway [4]byte
		binary.BigEndian.PutUint32(gateway[:], e.Word)
		dst = appendBytes(dst, 5, gateway[:])
	}
	if e.Is(event.HasMTU) {
		dst = appendUint(dst, 6, e.Word)
	}
	if e.Is(event.HasPointer) {
		dst = appendUint(dst, 7, e.Word)
	}
	if e.Is(event.HasInner) {
		dst = appendInner(dst, &b.Inners[e.Aux-1])
	}
	return shut(dst, at)
}

func appendInner(dst []byte, in *event.Inner) []byte {
	dst, at := open(dst, 8)
	if in.Has&event.HasAddrs != 0 {
		v6 := in.Has&event.IsIPv6 != 0
		dst = appendAddr(dst, 1, &in.Src, v6)
		dst = appendAddr(dst, 2, &in.Dst, v6)
	}
	if in.Has&event.HasProto != 0 {
		dst = appendUint(dst, 3, uint32(in.Proto))
	}
	if in.Has&event.HasPorts != 0 {
		dst = appendUint(dst, 4, uint32(in.SrcPort))
		dst = appendUint(dst, 5, uint32(in.DstPort))
	}
	return shut(dst, at)
}

func appendARP(dst []byte, a *event.ARP) []byte {
	dst, at := open(dst, eventARP)
	dst = appendNonzero(dst, 1, uint32(a.Operation))
	if a.Plain {
		dst = appendBytes(dst, 2, a.MACSrc[:])
		dst = appendBytes(dst, 3, a.Src[:])
		dst = appendBytes(dst, 4, a.MACDst[:])
		dst = appendBytes(dst, 5, a.Dst[:])
	}
	return shut(dst, at)
}

// Values of enum Conntrack.State and Conntrack.Direction.
var (
	states     = map[string]uint32{"established": 1, "related": 2, "new": 3, "untracked": 4}
	directions = map[string]uint32{"original": 1, "reply": 2}
)

func appendConntrack(dst []byte, c *event.Conntrack) []byte {
	dst, at := open(dst, eventConntrack)
	if c.Has&event.CTHasID != 0 {
		dst = appendUint(dst, 1, c.ID)
	}
	if c.Has&event.CTHasInfo != 0 {
		state, direction := jsontext.ConntrackInfo(c.Info)
		dst = appendNonzero(dst, 2, states[state])
		dst = appendNonzero(dst, 3, directions[direction])
	}
	if c.Has&event.CTHasMark != 0 {
		dst = appendUint(dst, 4, c.Mark)
	}
	if c.Has&event.CTHasNATSrc != 0 {
		dst = appendAddr(dst, 5, &c.NATSrc, c.NATIPv6)
	}
	if c.Has&event.CTHasNATDst != 0 {
		dst = appendAddr(dst, 6, &c.NATDst, c.NATIPv6)
	}
	if c.Has&event.CTHasNATSrcPort != 0 {
		dst = appendUint(dst, 7, uint32(c.NATSrcPort))
	}
	if c.Has&event.CTHasNATDstPort != 0 {
		dst = appendUint(dst, 8, uint32(c.NATDstPort))
	}
	return shut(dst, at)
}

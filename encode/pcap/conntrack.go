package pcap

import (
	"encoding/binary"

	"nflogship/event"
)

// appendConntrack appends NFULA_CT and NFULA_CT_INFO (include/uapi/linux/netfilter/nfnetlink_conntrack.h):
//
//	CTA_TUPLE_ORIG 1, CTA_TUPLE_REPLY 2
//	    CTA_TUPLE_IP 1:    CTA_IP_V4_SRC 1, CTA_IP_V4_DST 2, CTA_IP_V6_SRC 3, CTA_IP_V6_DST 4
//	    CTA_TUPLE_PROTO 2: CTA_PROTO_NUM 1 u8, CTA_PROTO_SRC_PORT 2 be16, CTA_PROTO_DST_PORT 3 be16
//	CTA_STATUS 3 be32, CTA_MARK 8 be32, CTA_ID 12 be32
func appendConntrack(dst []byte, e *event.Event, c *event.Conntrack) []byte {
	dst, at := open(dst, attrCT|nested)
	if c.Has&(event.CTHasNATSrc|event.CTHasNATDst) != 0 {
		original, reply := tuplesOf(e, c)
		dst = original.append(dst, 1|nested)
		dst = reply.append(dst, 2|nested)
	}
	if c.Has&event.CTHasStatus != 0 {
		dst = append32(dst, 3, c.Status)
	}
	if c.Has&event.CTHasMark != 0 {
		dst = append32(dst, 8, c.Mark)
	}
	if c.Has&event.CTHasID != 0 {
		dst = append32(dst, 12, c.ID)
	}
	dst = shut(dst, at)
	if c.Has&event.CTHasInfo != 0 {
		dst = append32(dst, attrCTInfo, c.Info)
	}
	return dst
}

// tuple is one direction of a connection: whom a packet in it comes from and goes to.
type tuple struct {
	src, dst         [16]byte
	srcPort, dstPort uint16
	proto            uint8
	v6, ports        bool
}

// replies is IP_CT_IS_REPLY (include/uapi/linux/netfilter/nf_conntrack_common.h): from here to untracked.
const (
	replies   = 3
	untracked = 7
)

// tuplesOf makes the two tuples whose difference is the event's NAT. The original's are the packet's addresses, which may
// be the translated ones already; then nobody knows any more what they were, and they are zero.
func tuplesOf(e *event.Event, c *event.Conntrack) (original, reply tuple) {
	o := tuple{proto: e.Proto, v6: c.NATIPv6, ports: c.Has&(event.CTHasNATSrcPort|event.CTHasNATDstPort) != 0}
	if e.Is(event.HasAddrs) && e.Is(event.IsIPv6) == c.NATIPv6 {
		o.src, o.dst = e.Src, e.Dst
	}
	if e.Is(event.HasPorts) {
		o.srcPort, o.dstPort = e.SrcPort, e.DstPort
	}
	if c.Has&event.CTHasInfo != 0 && c.Info >= replies && c.Info < untracked {
		o.src, o.dst, o.srcPort, o.dstPort = o.dst, o.src, o.dstPort, o.srcPort
	}
	r := o
	r.src, r.dst, r.srcPort, r.dstPort = o.dst, o.src, o.dstPort, o.srcPort
	if c.Has&event.CTHasNATSrc != 0 {
		r.dst, r.dstPort = c.NATSrc, c.NATSrcPort
		if o.src == r.dst && (!o.ports || o.srcPort == r.dstPort) {
			o.src = [16]byte{}
		}
	}
	if c.Has&event.CTHasNATDst != 0 {
		r.src, r.srcPort = c.NATDst, c.NATDstPort
		if o.dst == r.src && (!o.ports || o.dstPort == r.srcPort) {
			o.dst = [16]byte{}
		}
	}
	return o, r
}

func (t *tuple) append(dst []byte, kind uint16) []byte {
	dst, at := open(dst, kind)
	dst, ip := open(dst, 1|nested)
	if t.v6 {
		dst = appendBytes(dst, 3, t.src[:])
		dst = appendBytes(dst, 4, t.dst[:])
	} else {
		dst = append32(dst, 1, binary.BigEndian.Uint32(t.src[:]))
		dst = append32(dst, 2, binary.BigEndian.Uint32(t.dst[:]))
	}
	dst = shut(dst, ip)
	dst, proto := open(dst, 2|nested)
	dst = append8(dst, 1, t.proto)
	if t.ports {
		dst = append16(dst, 2, t.srcPort)
		dst = append16(dst, 3, t.dstPort)
	}
	return shut(shut(dst, proto), at)
}

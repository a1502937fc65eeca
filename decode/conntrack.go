package decode

import "nflogship/event"

// NFULA_CT (include/uapi/linux/netfilter/nfnetlink_conntrack.h): attributes, the tuples nested three deep:
//
//	CTA_TUPLE_ORIG 1, CTA_TUPLE_REPLY 2
//	    CTA_TUPLE_IP 1:    CTA_IP_V4_SRC 1, CTA_IP_V4_DST 2, CTA_IP_V6_SRC 3, CTA_IP_V6_DST 4
//	    CTA_TUPLE_PROTO 2: CTA_PROTO_NUM 1, CTA_PROTO_SRC_PORT 2 be16, CTA_PROTO_DST_PORT 3 be16
//	CTA_STATUS 3 be32, CTA_MARK 8 be32, CTA_ID 12 be32
const (
	ctOriginal = 1
	ctReply    = 2
	ctStatus   = 3
	ctMark     = 8
	ctID       = 12
)

// conntrack reads the attributes in ct, and reports whether they are sound.
func conntrack(c *event.Conntrack, ct []byte, order Order) bool {
	c.ID = ctNumber(c, ct, ctID, event.CTHasID, order)
	c.Mark = ctNumber(c, ct, ctMark, event.CTHasMark, order)
	c.Status = ctNumber(c, ct, ctStatus, event.CTHasStatus, order)
	original := readTuple(attribute(ct, 0, ctOriginal, order), order)
	reply := readTuple(attribute(ct, 0, ctReply, order), order)
	translation(c, &original, &reply)
	return walks(ct, 0, order)
}

func ctNumber(c *event.Conntrack, ct []byte, kind uint16, has event.CTHas, order Order) uint32 {
	v := attribute(ct, 0, kind, order)
	if len(v) < 4 {
		return 0
	}
	c.Has |= has
	return be32(v)
}

// tuple is one direction of a connection: whom a packet in it comes from and goes to.
type tuple struct {
	src, dst         [16]byte
	srcPort, dstPort uint16
	whole, v6, ports bool
}

func readTuple(v []byte, order Order) (t tuple) {
	ip, proto := attribute(v, 0, 1, order), attribute(v, 0, 2, order)
	src, dst := attribute(ip, 0, 1, order), attribute(ip, 0, 2, order)
	if len(src) == 4 && len(dst) == 4 {
		t.whole = true
	} else {
		src, dst = attribute(ip, 0, 3, order), attribute(ip, 0, 4, order)
		t.v6 = len(src) == 16 && len(dst) == 16
		t.whole = t.v6
	}
	copy(t.src[:], src)
	copy(t.dst[:], dst)
	srcPort, dstPort := attribute(proto, 0, 2, order), attribute(proto, 0, 3, order)
	if len(srcPort) >= 2 && len(dstPort) >= 2 {
		t.srcPort, t.dstPort, t.ports = be16(srcPort), be16(dstPort), true
	}
	return t
}

// translation compares the tuples: without NAT, the reply goes from the original's destination to its source. Where it
// does not, it shows what the original's source or destination was translated to.
func translation(c *event.Conntrack, original, reply *tuple) {
	if !original.whole || !reply.whole || original.v6 != reply.v6 {
		return
	}
	c.NATIPv6 = original.v6
	ports := original.ports && reply.ports
	if reply.dst != original.src || ports && reply.dstPort != original.srcPort {
		c.NATSrc, c.NATSrcPort = reply.dst, reply.dstPort
		c.Has |= event.CTHasNATSrc
		if ports {
			c.Has |= event.CTHasNATSrcPort
		}
	}
	if reply.src != original.dst || ports && reply.srcPort != original.dstPort {
		c.NATDst, c.NATDstPort = reply.src, reply.srcPort
		c.Has |= event.CTHasNATDst
		if ports {
			c.Has |= event.CTHasNATDstPort
		}
	}
}

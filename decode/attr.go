package decode

import "math/bits"

// A run of attributes (include/uapi/linux/netlink.h, struct nlattr), each beginning at a multiple of four bytes:
//
//	 0      2      4
//	+------+------+-------+---------+
//	| len  | type | value | padding |   len counts the header, not the padding; both in the writer's byte order
//	+------+------+-------+---------+
const attrHeader = 4

// attr reads the header of the attribute at p[at], without NLA_F_NESTED and NLA_F_NET_BYTEORDER. Walking is a chain of
// loads, each waiting for the length before it. Taken byte by byte the header is one load, and a loop that says at >= 0 as
// well needs no bounds check for it; with slices the walk takes 1.7 times as long.
func (o Order) attr(p []byte, at int) (length int, kind uint16) {
	h := uint32(p[at]) | uint32(p[at+1])<<8 | uint32(p[at+2])<<16 | uint32(p[at+3])<<24
	if o == Big {
		h = bits.RotateLeft32(bits.ReverseBytes32(h), 16)
	}
	return int(h & 0xffff), uint16(h>>16) & 0x3fff
}

// aligned is where the attribute begins that follows one that ends at end.
func aligned(end int) int { return (end + 3) &^ 3 }

// attribute finds the first attribute of a kind among those that begin at offset at; nil where there is none.
func attribute(m []byte, at int, kind uint16, order Order) []byte {
	for at >= 0 && at <= len(m)-attrHeader {
		n, k := order.attr(m, at)
		end := at + n
		if n < attrHeader || end > len(m) {
			return nil
		}
		if k == kind {
			return m[at+attrHeader : end]
		}
		at = aligned(end)
	}
	return nil
}

// walks reports whether the attributes that begin at offset at follow on each other to the end.
func walks(m []byte, at int, order Order) bool {
	for at >= 0 && at <= len(m)-attrHeader {
		n, _ := order.attr(m, at)
		if n < attrHeader || at+n > len(m) {
			return false
		}
		at = aligned(at + n)
	}
	return true
}

// attrs is where the attributes of one log message lie. Finding comes before reading, so that nothing depends on their order.
type attrs struct {
	seen   uint32 // a bit for each kind; what the others hold is an earlier message's
	values [attrKinds]struct{ at, len uint32 }
}

// find notes where each attribute lies in log message m, the last where one comes twice, and reports whether all were
// sound: those of a newer kernel are left out silently, those too short to say anything are a fault. Where a capture's
// snapshot length cut the message, what is left of its last attribute counts, if that is the packet.
func (a *attrs) find(m []byte, order Order, cut bool) (sound bool) {
	sound = true
	var seen uint32
	at := messageBody
	for at >= 0 && at <= len(m)-attrHeader {
		n, kind := order.attr(m, at)
		end := at + n
		if n < attrHeader {
			sound = false
			break
		}
		if end > len(m) {
			sound = cut
			if !cut || kind != attrPayload {
				break
			}
			end = len(m)
			n = end - at
		}
		if kind < attrKinds {
			if n < int(attrNeeds[kind]) {
				sound = false
			} else {
				seen |= 1 << kind
				a.values[kind].at, a.values[kind].len = uint32(at+attrHeader), uint32(n-attrHeader)
			}
		}
		if n == 8 { // most are: with the branch predicted, the next one's length is read without waiting for this one's
			at += 8
			continue
		}
		at = aligned(end)
	}
	a.seen = seen
	return sound
}

func (a *attrs) has(kind int) bool { return a.seen>>kind&1 != 0 }

// value is an attribute's value in m, the message they were found in. The kind must be there.
func (a *attrs) value(m []byte, kind int) []byte {
	v := a.values[kind]
	return m[v.at : v.at+v.len]
}

func (a *attrs) u32(m []byte, kind int) uint32 {
	at := a.values[kind].at
	return be32(m[at : at+4])
}

package logemu

import (
	"encoding/binary"

	"nflogship/event"
)

// ETH_P_*, include/uapi/linux/if_ether.h.
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806
	typeIPv6 = 0x86dd
)

func appendPacket(dst []byte, e *event.Event, p []byte) []byte {
	switch etherType(e, p) {
	case typeIPv4:
		return appendIPv4(dst, p)
	case typeIPv6:
		return appendIPv6(dst, p)
	case typeARP:
		return appendARP(dst, p)
	case 0:
		return dst
	}
	return appendNumber(dst, "PROTO=", e.EtherType)
}

// etherType says what p is, 0 where nothing tells.
func etherType(e *event.Event, p []byte) uint16 {
	switch {
	case e.Family == event.FamilyIPv4:
		return typeIPv4
	case e.Family == event.FamilyIPv6:
		return typeIPv6
	case e.Is(event.HasEtherType):
		return e.EtherType
	case e.Is(event.HasARP):
		return typeARP
	case len(p) > 0 && p[0]>>4 == 4:
		return typeIPv4
	case len(p) > 0 && p[0]>>4 == 6:
		return typeIPv6
	}
	return 0
}

func be16(p []byte) uint16 { return binary.BigEndian.Uint16(p) }
func be32(p []byte) uint32 { return binary.BigEndian.Uint32(p) }

const (
	ipv4Header = 20
	ipv6Header = 40
	tosMask    = 0x1e // IPTOS_TOS_MASK, include/uapi/linux/ip.h
	precMask   = 0xe0
)

// IPv4 (RFC 791):
//
//	 0          1     2        4    6                8     9       10         12    16     20
//	+----------+-----+--------+----+----------------+-----+-------+----------+-----+------+---------+
//	| ver, ihl | tos | length | id | flags, offset  | ttl | proto | checksum | src | dst  | options |
//	+----------+-----+--------+----+----------------+-----+-------+----------+-----+------+---------+
func appendIPv4(dst, p []byte) []byte {
	if len(p) < ipv4Header {
		return append(dst, "LEN=0 TOS=00 PREC=0x00 TTL=0 ID=0 PROTO=0 "...)
	}
	dst = append(event.AppendIPv4(append(dst, "SRC="...), [4]byte(p[12:])), ' ')
	dst = append(event.AppendIPv4(append(dst, "DST="...), [4]byte(p[16:])), ' ')
	dst = appendNumber(dst, "LEN=", be16(p[2:]))
	dst = appendHex(append(dst, "TOS="...), p[1]&tosMask)
	dst = appendHex(append(dst, " PREC=0x"...), p[1]&precMask)
	dst = appendNumber(dst, " TTL=", p[8])
	dst = appendNumber(dst, "ID=", be16(p[4:]))
	frag := be16(p[6:])
	if frag&0x8000 != 0 {
		dst = append(dst, "CE "...)
	}
	if frag&0x4000 != 0 {
		dst = append(dst, "DF "...)
	}
	if frag&0x2000 != 0 {
		dst = append(dst, "MF "...)
	}
	if frag&0x1fff != 0 {
		dst = appendNumber(dst, "FRAG:", frag&0x1fff)
	}
	header := min(int(p[0]&15)*4, len(p))
	upper := p[header:]
	if frag&0x1fff != 0 {
		upper = nil // in a later fragment there is no header
	}
	return appendOverIPv4(dst, p[9], upper)
}

func appendHex(dst []byte, c byte) []byte {
	const upper = "0123456789ABCDEF"
	return append(dst, upper[c>>4], upper[c&15])
}

// IPv6 (RFC 8200):
//
//	 0                    4                6             7           8      24     40
//	+--------------------+----------------+-------------+-----------+------+------+
//	| version, tc, flow  | payload length | next header | hop limit | src  | dst  |
//	+--------------------+----------------+-------------+-----------+------+------+
func appendIPv6(dst, p []byte) []byte {
	if len(p) < ipv6Header {
		return append(dst, "PROTO=0 "...)
	}
	dst = append(appendIPv6Addr(append(dst, "SRC="...), p[8:]), ' ')
	dst = append(appendIPv6Addr(append(dst, "DST="...), p[24:]), ' ')
	dst = appendNumber(dst, "LEN=", uint32(be16(p[4:]))+ipv6Header)
	first := be32(p)
	dst = appendNumber(dst, "TC=", byte(first>>20))
	dst = appendNumber(dst, "HOPLIMIT=", p[7])
	dst = appendNumber(dst, "FLOWLBL=", first&0xfffff)
	c := chain{next: p[6], rest: p[ipv6Header:]}
	c.walk()
	if c.fragmented {
		dst = appendNumber(dst, "FRAG: ", c.offset)
		dst = append(dst, "ID: "...)
		for shift := 24; shift >= 0; shift -= 8 {
			dst = append(dst, hexDigits[byte(c.id>>shift)>>4], hexDigits[c.id>>shift&15])
		}
		dst = append(dst, ' ')
	}
	if c.offset != 0 {
		c.rest = nil
	}
	return appendOverIPv6(dst, c.next, c.rest)
}

// appendIPv6Addr appends an address as inet_ntop of glibc does, which sees an IPv4 address in more of them than RFC 5952.
func appendIPv6Addr(dst, p []byte) []byte {
	a := [16]byte(p)
	if [12]byte(a[:]) == [12]byte{} && a[12]|a[13] != 0 {
		return event.AppendIPv4(append(dst, "::"...), [4]byte(a[12:]))
	}
	return event.AppendAddr(dst, &a, true)
}

// chain is how far the IPv6 extension headers have been read.
type chain struct {
	next       uint8
	rest       []byte
	fragmented bool
	offset     uint16
	id         uint32
}

// walk goes to the header behind the extension headers; next is 0 where they end too soon.
func (c *chain) walk() {
	for {
		var size int
		switch c.next {
		case protoHopByHop, protoRouting, protoOptions, protoAH:
			if c.offset != 0 {
				return
			}
			if len(c.rest) < 2 {
				c.next = 0
				return
			}
			size = (int(c.rest[1]) + 1) * 8
			if c.next == protoAH {
				size = (int(c.rest[1]) + 2) * 4
			}
		case protoFragment:
			size = 8
		case protoESP:
			c.next = 0
			return
		default:
			return
		}
		if len(c.rest) < size {
			c.next = 0
			return
		}
		if c.next == protoFragment {
			c.fragmented, c.offset, c.id = true, be16(c.rest[2:])&^7, be32(c.rest[4:])
		}
		c.next, c.rest = c.rest[0], c.rest[size:]
	}
}

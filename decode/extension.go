package decode

import "nflogship/event"

// IPv6 extension headers, those that the kernel's own log walks (nf_ip6_ext_hdr, net/ipv6/netfilter.c). Mobility, HIP and shim6
// are upper-layer protocols there, and here.
//
//	                          0      1          2
//	hop-by-hop, routing,     +------+----------+-------------------------------+
//	destination options      | next | length   | …                             |   length in 8 bytes, less the first 8
//	                         +------+----------+---------------+---------------+
//	fragment                 | next | reserved | offset, more  | id be32 at 4  |   8 bytes
//	                         +------+----------+---------------+---------------+
//	authentication           | next | length   | reserved      | spi be32 at 4 |   length in 4 bytes, less 2
//	                         +------+----------+---------------+---------------+
const (
	protoHopByHop = 0
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoNone     = 59
	protoOptions  = 60
)

const jumboOption = 0xc2 // RFC 2675

// extensions walks the extension headers of IPv6 packet p and decodes what is behind them. A chain that ends too soon
// leaves the upper-layer protocol unknown. AH is an extension header like the rest, as in the kernel's log: proto is what
// it protects, and the SPI is AH's unless an ESP header behind it has one too.
func (d *Decoder) extensions(e *event.Event, p []byte, next uint8, cut bool) {
	at, later := ipv6Header, false // later: not the first fragment, so what follows is no header
	for {
		rest := p[at:]
		var n int
		switch next {
		case protoHopByHop, protoRouting, protoOptions:
			if later {
				return
			}
			if len(rest) < 2 {
				short(e, cut, event.FaultShortExtension)
				return
			}
			n = (int(rest[1]) + 1) * 8
		case protoFragment:
			if later {
				return
			}
			if len(rest) < 8 {
				short(e, cut, event.FaultShortExtension)
				return
			}
			later = fragment(e, rest)
			n = 8
		case protoAH:
			if later {
				setProto(e, next)
				return
			}
			if !spi(e, rest, 4) || len(rest) < ahHeader {
				setProto(e, next)
				short(e, cut, event.FaultShortAH)
				return
			}
			n = (int(rest[1]) + 2) * 4
		default:
			setProto(e, next)
			if !later {
				d.transport(e, rest, cut)
			}
			return
		}
		next = rest[0]
		if n > len(rest) {
			short(e, cut, event.FaultShortExtension)
			return
		}
		at += n
	}
}

func setProto(e *event.Event, proto uint8) {
	e.Proto = proto
	e.Has |= event.HasProto
}

// fragment reads a fragment header and reports whether it is of a later fragment than the first.
func fragment(e *event.Event, p []byte) (later bool) {
	offset := be16(p[2:])
	e.FragOffset, e.IPID = offset&^7, be32(p[4:])
	e.Has |= event.HasFrag
	if offset&1 != 0 {
		e.Has |= event.MoreFragments
	}
	return offset&^7 != 0
}

// jumbo is the length of a jumbogram by the hop-by-hop options of packet p, 0 where they do not tell.
func jumbo(p []byte) int {
	const pad1 = 0
	if len(p) < ipv6Header+8 {
		return 0
	}
	options := p[ipv6Header+2 : min(len(p), ipv6Header+(int(p[ipv6Header+1])+1)*8)]
	for len(options) >= 2 {
		if options[0] == pad1 {
			options = options[1:]
			continue
		}
		n := 2 + int(options[1])
		if n > len(options) {
			return 0
		}
		if length := options[2:n]; options[0] == jumboOption && n == 6 && be32(length) > 0xffff && be32(length) < 1<<31-ipv6Header {
			return int(be32(length)) + ipv6Header
		}
		options = options[n:]
	}
	return 0
}

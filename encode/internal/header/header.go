// Package header finds in a packet's bytes what an event does not keep: checksums and reserved bits.
package header

// Protocols of IPv6 extension headers. Mobility, HIP and shim6 are upper-layer protocols here as in decode.
const (
	hopByHop = 0
	routing  = 43
	fragment = 44
	ah       = 51
	options  = 60
)

// IPv4 returns the header of an IPv4 packet, nil where p does not hold one whole but for its options.
func IPv4(p []byte) []byte {
	if len(p) < 20 || p[0]>>4 != 4 {
		return nil
	}
	return p
}

// IPv6 returns the header of an IPv6 packet, nil where p does not hold one.
func IPv6(p []byte) []byte {
	if len(p) < 40 || p[0]>>4 != 6 {
		return nil
	}
	return p
}

// Upper returns the packet from its upper-layer header on: nil for a later fragment, and where p does not reach so far.
func Upper(p []byte) []byte {
	if h := IPv4(p); h != nil {
		laterFragment := h[6]&0x1f|h[7] != 0
		if at := int(h[0]&15) * 4; !laterFragment && at >= 20 && at <= len(p) {
			return p[at:]
		}
		return nil
	}
	if h := IPv6(p); h != nil {
		return behind(h[6], p[40:])
	}
	return nil
}

// behind returns what follows the IPv6 extension headers at the beginning of p, the first of which is next.
func behind(next uint8, p []byte) []byte {
	for {
		size := 0 // of the length's unit
		switch next {
		case hopByHop, routing, options, fragment:
			size = 8
		case ah:
			size = 4
		default:
			return p
		}
		if len(p) < 8 {
			return nil
		}
		n := 8 + int(p[1])*size
		if next == fragment { // its second byte is reserved
			if n = 8; p[2]|p[3]&^7 != 0 {
				return nil
			}
		}
		if n > len(p) {
			return nil
		}
		next, p = p[0], p[n:]
	}
}

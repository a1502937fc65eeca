package decode

import (
	"encoding/binary"
	"math/bits"
)

// Order is the byte order of the machine that wrote something: netlink and attribute headers are in its own.
type Order bool

// The byte orders.
const (
	Little Order = false
	Big    Order = true
)

// Native is this machine's byte order, which everything live is in.
var Native = Order(binary.NativeEndian.Uint16([]byte{0, 1}) == 1)

func (o Order) u16(p []byte) uint16 {
	v := binary.LittleEndian.Uint16(p)
	if o {
		return bits.ReverseBytes16(v)
	}
	return v
}

func (o Order) u32(p []byte) uint32 {
	v := binary.LittleEndian.Uint32(p)
	if o {
		return bits.ReverseBytes32(v)
	}
	return v
}

// long is a C long, or a size_t, of 4 or 8 bytes.
func (o Order) long(p []byte, size uint32) uint64 {
	if size == 4 {
		return uint64(o.u32(p))
	}
	v := binary.LittleEndian.Uint64(p)
	if o {
		return bits.ReverseBytes64(v)
	}
	return v
}

func be16(p []byte) uint16 { return binary.BigEndian.Uint16(p) }

func be32(p []byte) uint32 { return binary.BigEndian.Uint32(p) }

func be64(p []byte) uint64 { return binary.BigEndian.Uint64(p) }

package protobuf

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// The wire format (https://protobuf.dev/programming-guides/encoding): a run of fields, each a tag, that is its number and
// wire type as a varint, and a value:
//
//	0  a varint
//	1  8 bytes, little-endian
//	2  a length as a varint, and so many bytes
//	5  4 bytes, little-endian
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// appendTag is for the field numbers below 2048, and cheap for the constants that it is given.
func appendTag(dst []byte, number, wire uint16) []byte {
	t := number<<3 | wire
	if t < 0x80 {
		return append(dst, byte(t))
	}
	return append(dst, byte(t)|0x80, byte(t>>7))
}

func appendVarint(dst []byte, v uint64) []byte {
	if v < 0x80 {
		return append(dst, byte(v))
	}
	return binary.AppendUvarint(dst, v)
}

func appendUint(dst []byte, number uint16, v uint32) []byte {
	return appendVarint(appendTag(dst, number, wireVarint), uint64(v))
}

// appendNonzero leaves a zero out: that is what a field without presence says then.
func appendNonzero(dst []byte, number uint16, v uint32) []byte {
	if v == 0 {
		return dst
	}
	return appendUint(dst, number, v)
}

func appendTrue(dst []byte, number uint16, is bool) []byte {
	if !is {
		return dst
	}
	return append(appendTag(dst, number, wireVarint), 1)
}

func appendFixed32(dst []byte, number uint16, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(appendTag(dst, number, wire32), v)
}

func appendFixed64(dst []byte, number uint16, v int64) []byte {
	return binary.LittleEndian.AppendUint64(appendTag(dst, number, wire64), uint64(v))
}

func appendBytes(dst []byte, number uint16, v []byte) []byte {
	dst = appendVarint(appendTag(dst, number, wireBytes), uint64(len(v)))
	return append(dst, v...)
}

// appendText appends a string, which is UTF-8: with U+FFFD for each byte that is not.
func appendText[T ~string | ~[]byte](dst []byte, number uint16, s T) []byte {
	dst, at := open(dst, number)
	whole := len(dst)
	if dst = append(dst, s...); !utf8.Valid(dst[whole:]) {
		dst = dst[:whole]
		for i := 0; i < len(s); {
			var buf [utf8.UTFMax]byte
			r, size := utf8.DecodeRune(buf[:copy(buf[:], s[i:])])
			dst = utf8.AppendRune(dst, r)
			i += size
		}
	}
	return shut(dst, at)
}

// open begins a value whose length is known only at its end: one byte is kept free for it.
func open(dst []byte, number uint16) (out []byte, at int) {
	dst = append(appendTag(dst, number, wireBytes), 0)
	return dst, len(dst)
}

// shut writes the length of what has been appended since at.
func shut(dst []byte, at int) []byte {
	n := len(dst) - at
	if n < 0x80 {
		dst[at-1] = byte(n)
		return dst
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	dst = slices.Insert(dst, at, length[1:size]...)
	dst[at-1] = length[0]
	return dst
}

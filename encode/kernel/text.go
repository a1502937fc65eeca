package kernel

import (
	"slices"
	"strconv"
)

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

func appendHex(dst []byte, digits string, c byte) []byte {
	return append(dst, digits[c>>4], digits[c&15])
}

// appendNumber appends KEY=number and a space.
func appendNumber[T ~uint8 | ~uint16 | ~uint32](dst []byte, key string, v T) []byte {
	dst = strconv.AppendUint(append(dst, key...), uint64(v), 10)
	return append(dst, ' ')
}

// appendHexNumber appends 0x and the number without leading zeros, and a space.
func appendHexNumber(dst []byte, key string, v uint32) []byte {
	dst = strconv.AppendUint(append(dst, key...), uint64(v), 16)
	return append(dst, ' ')
}

// appendHex32 appends KEY and eight digits, and a space.
func appendHex32(dst []byte, key string, v uint32) []byte {
	dst = append(dst, key...)
	for shift := 24; shift >= 0; shift -= 8 {
		dst = appendHex(dst, lowerHex, byte(v>>shift))
	}
	return append(dst, ' ')
}

func appendOptions(dst, options []byte) []byte {
	dst = append(dst, "OPT ("...)
	for _, c := range options {
		dst = appendHex(dst, upperHex, c)
	}
	return append(dst, ") "...)
}

func appendIncomplete(dst []byte, left uint32) []byte {
	dst = strconv.AppendUint(append(dst, "INCOMPLETE ["...), uint64(left), 10)
	return append(dst, " bytes] "...)
}

// escape writes each byte of dst[from:to] that does not print, and the backslash, as \x and two digits, as reads from
// /dev/kmsg do (kernel/printk/printk.c).
func escape(dst []byte, from, to int) []byte {
	more := 0
	for _, c := range dst[from:to] {
		if !prints(c) {
			more += 3
		}
	}
	if more == 0 {
		return dst
	}
	end := len(dst)
	dst = slices.Grow(dst, more)[:end+more]
	copy(dst[to+more:], dst[to:end])
	for from < to && more > 0 { // backwards: every byte moves before its place is taken
		to--
		c := dst[to]
		if prints(c) {
			dst[to+more] = c
			continue
		}
		more -= 3
		copy(dst[to+more:], `\x`)
		dst[to+more+2], dst[to+more+3] = lowerHex[c>>4], lowerHex[c&15]
	}
	return dst
}

func prints(c byte) bool { return c >= ' ' && c < 0x7f && c != '\\' }

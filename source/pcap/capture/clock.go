package capture

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Options of an interface description block: code u16, length u16, value padded to 4 bytes.
const (
	optionEnd        = 0
	optionResolution = 9  // if_tsresol, u8: 10 to the minus n, or with the top bit set 2 to the minus n
	optionOffset     = 14 // if_tsoffset, i64: seconds to add
)

// clock turns an interface's time stamps into nanoseconds: times multiply, then either divided by divide or shifted.
type clock struct {
	multiply, divide uint64
	shift            uint8
	offset           int64 // seconds
}

// readClock finds how an interface counts time.
func (r *Reader) readClock(options []byte) (clock, error) {
	c := clockOf(6)
	for len(options) >= 4 {
		code, length := r.u16(options), int(r.u16(options[2:]))
		if code == optionEnd {
			break
		}
		padded := 4 + (length+3)&^3
		if padded > len(options) {
			return c, r.errorf("option %d of an interface says that it is %d bytes long, where %d are left", code, length, len(options)-4)
		}
		value := options[4 : 4+length]
		switch {
		case code == optionResolution && length == 1:
			offset := c.offset
			c = clockOf(value[0])
			c.offset = offset
		case code == optionOffset && length == 8:
			c.offset = r.i64(value)
		case code == optionResolution || code == optionOffset:
			return c, r.errorf("option %d of an interface is %d bytes long", code, length)
		}
		options = options[padded:]
	}
	return c, nil
}

func (r *Reader) i64(p []byte) int64 {
	v := binary.LittleEndian.Uint64(p)
	if r.swap {
		v = bits.ReverseBytes64(v)
	}
	return int64(v)
}

// clockOf reads if_tsresol's value.
func clockOf(resolution byte) clock {
	n := resolution &^ 0x80
	switch {
	case n != resolution:
		return clock{multiply: 1e9, divide: 1, shift: n}
	case n <= 9:
		return clock{multiply: power(10, 9-n), divide: 1}
	case n <= 9+19:
		return clock{multiply: 1, divide: power(10, n-9)}
	}
	return clock{multiply: 0, divide: 1} // all that 64 bits hold is less than a nanosecond
}

func power(base uint64, n byte) uint64 {
	p := uint64(1)
	for ; n > 0; n-- {
		p *= base
	}
	return p
}

// nanoseconds since 1970. What an int64 cannot hold, until the year 2262, becomes its nearest value.
func (c *clock) nanoseconds(stamp uint64) int64 {
	high, low := bits.Mul64(stamp, c.multiply)
	switch {
	case c.shift >= 64:
		high, low = 0, high>>(c.shift-64)
	case c.shift > 0:
		high, low = high>>c.shift, high<<(64-c.shift)|low>>c.shift
	case c.divide > 1:
		low /= c.divide
	}
	if high > 0 || low > math.MaxInt64 {
		low = math.MaxInt64
	}
	if c.offset == 0 {
		return int64(low)
	}
	return addSeconds(int64(low), c.offset)
}

// addSeconds adds to t, which is not negative.
func addSeconds(t, seconds int64) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	seconds = max(-most, min(most, seconds))
	if seconds > 0 && t > math.MaxInt64-seconds*1_000_000_000 {
		return math.MaxInt64
	}
	return t + seconds*1_000_000_000
}

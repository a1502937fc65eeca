package jsontext

import "time"

// Clock prints times, and keeps the second it printed last: most events share theirs with the one before. It belongs to
// one goroutine.
type Clock struct {
	in     *time.Location
	second int64
	text   [20]byte // 2026-11-22T10:00:00.
	zone   [5]byte  // +0100
}

// NewClock returns a clock that shows the time of a place.
func NewClock(in *time.Location) Clock {
	c := Clock{in: in}
	c.set(0)
	return c
}

// AppendNano appends a time in nanoseconds since 1970, for a clock in UTC: nine digits and Z. What an int64 can hold lies
// between the years 1677 and 2262.
func (c *Clock) AppendNano(dst []byte, ns int64) []byte {
	dst, rest := c.appendSecond(dst, ns)
	dst = appendPairs(dst, rest/1000)
	low := rest % 1000
	return append(dst, byte('0'+low/100), byte('0'+low/10%10), byte('0'+low%10), 'Z')
}

// AppendMicro is AppendNano with six digits: what comes after them is cut off.
func (c *Clock) AppendMicro(dst []byte, ns int64) []byte {
	dst, rest := c.appendSecond(dst, ns)
	return append(appendPairs(dst, rest/1000), 'Z')
}

// AppendMicroZone is AppendMicro for any place: its distance from UTC follows, +0100.
func (c *Clock) AppendMicroZone(dst []byte, ns int64) []byte {
	dst, rest := c.appendSecond(dst, ns)
	return append(appendPairs(dst, rest/1000), c.zone[:]...)
}

// AppendUnix appends a time as seconds since 1970 with six digits behind the point.
func AppendUnix(dst []byte, ns int64) []byte {
	micros := uint64(ns) / 1000
	if ns < 0 {
		dst = append(dst, '-')
		micros = -uint64(ns) / 1000
	}
	dst = append(appendUint(dst, micros/1e6), '.')
	return appendPairs(dst, uint32(micros%1e6))
}

// appendSecond appends all that comes before the digits of the second's parts, and returns those in nanoseconds.
func (c *Clock) appendSecond(dst []byte, ns int64) ([]byte, uint32) {
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != c.second {
		c.set(second)
	}
	return append(dst, c.text[:]...), uint32(rest)
}

// appendPairs appends a number of six digits.
func appendPairs(dst []byte, v uint32) []byte {
	a, b, d := v/10000*2, v/100%100*2, v%100*2
	return append(dst, pairs[a], pairs[a+1], pairs[b], pairs[b+1], pairs[d], pairs[d+1])
}

func (c *Clock) set(second int64) {
	c.second = second
	t := time.Unix(second, 0).In(c.in)
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	c.text = [20]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':', 19: '.'}
	for _, f := range [...]struct{ at, value int }{
		{0, year / 100}, {2, year % 100}, {5, int(month)}, {8, day}, {11, hour}, {14, minute}, {17, sec},
	} {
		c.text[f.at], c.text[f.at+1] = pairs[f.value*2], pairs[f.value*2+1]
	}
	c.setZone(t)
}

func (c *Clock) setZone(t time.Time) {
	_, east := t.Zone()
	c.zone[0] = '+'
	if east < 0 {
		c.zone[0], east = '-', -east
	}
	hours, minutes := east/3600*2, east/60%60*2
	c.zone[1], c.zone[2], c.zone[3], c.zone[4] = pairs[hours], pairs[hours+1], pairs[minutes], pairs[minutes+1]
}

const pairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

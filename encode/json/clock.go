package json

import "time"

// clock prints times, and keeps the second it printed last: most events share theirs with the one before.
type clock struct {
	second int64
	text   [20]byte // 2026-11-22T10:00:00.
}

// append appends a time in nanoseconds since 1970. What an int64 can hold lies between the years 1677 and 2262.
func (c *clock) append(dst []byte, ns int64) []byte {
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != c.second {
		c.set(second)
	}
	dst = append(dst, c.text[:]...)
	high, low := uint32(rest)/100000, uint32(rest)%100000
	a, b, d, e := high/100*2, high%100*2, low/1000*2, low%1000/10*2
	return append(dst, pairs[a], pairs[a+1], pairs[b], pairs[b+1],
		pairs[d], pairs[d+1], pairs[e], pairs[e+1], byte('0'+low%10), 'Z')
}

func (c *clock) set(second int64) {
	c.second = second
	t := time.Unix(second, 0).UTC()
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	c.text = [20]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':', 19: '.'}
	for _, f := range [...]struct{ at, value int }{
		{0, year / 100}, {2, year % 100}, {5, int(month)}, {8, day}, {11, hour}, {14, minute}, {17, sec},
	} {
		c.text[f.at], c.text[f.at+1] = pairs[f.value*2], pairs[f.value*2+1]
	}
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

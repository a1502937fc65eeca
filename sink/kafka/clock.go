package kafka

import "time"

// clock prints times, and keeps the second it printed last: most records share theirs with the one before.
type clock struct {
	second int64
	text   [20]byte // 2026-11-22T10:00:00.
	set    bool
}

// append appends a time in nanoseconds since 1970, timeSize bytes. An int64 holds the years 1677 to 2262.
func (c *clock) append(dst []byte, ns int64) []byte {
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != c.second || !c.set {
		c.second, c.set = second, true
		time.Unix(second, 0).UTC().AppendFormat(c.text[:0], "2006-01-02T15:04:05.")
	}
	dst = append(dst, c.text[:]...)
	dst = append(dst, "000000000Z"...)
	digits := dst[len(dst)-10 : len(dst)-1]
	for i, v := len(digits)-1, uint32(rest); v > 0; i, v = i-1, v/10 {
		digits[i] = byte('0' + v%10)
	}
	return dst
}

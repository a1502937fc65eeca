package capture

import (
	"math"
	"testing"
)

func TestClock(t *testing.T) {
	cases := []struct {
		name       string
		resolution byte
		offset     int64
		stamp      uint64
		want       int64
	}{
		{"seconds", 0, 0, 1_700_000_000, 1_700_000_000 * second},
		{"milliseconds", 3, 0, 1_700_000_000_123, 1_700_000_000_123_000_000},
		{"microseconds", 6, 0, 1_700_000_000_123_456, 1_700_000_000_123_456_000},
		{"nanoseconds", 9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789},
		{"picoseconds", 12, 0, 1_700_000_123_456_789, 1_700_000_123_456},
		{"10 to the minus 28", 28, 0, math.MaxUint64, 1},
		{"10 to the minus 29: all is less than a nanosecond", 29, 0, math.MaxUint64, 0},
		{"10 to the minus 127", 127, 0, math.MaxUint64, 0},
		{"2 to the 0", 0x80, 0, 1_700_000_000, 1_700_000_000 * second},
		{"1024ths", 0x8a, 0, 1_700_000_000<<10 | 512, 1_700_000_000*second + second/2},
		{"2 to the minus 32, as in NTP", 0xa0, 0, 1_700_000_000<<32 | 1<<31, 1_700_000_000*second + second/2},
		{"2 to the minus 63", 0xbf, 0, 1<<63 | 1<<61, second + second/4},
		{"2 to the minus 64", 0xc0, 0, 1 << 63, second / 2},
		{"2 to the minus 65", 0xc1, 0, 1 << 63, second / 4},
		{"2 to the minus 127", 0xff, 0, math.MaxUint64, 0},
		{"offset", 6, 1_700_000_000, 1_000_000, 1_700_000_001 * second},
		{"negative offset", 6, -1, 500_000, -second / 2},
		{"after 2262", 0, 0, math.MaxUint64, math.MaxInt64},
		{"after 2262, microseconds", 6, 0, math.MaxUint64, math.MaxInt64},
		{"after 2262 by its offset", 0, math.MaxInt64, 9_000_000_000, math.MaxInt64},
		{"offset less than can be", 0, math.MinInt64, 0, -(math.MaxInt64 / second) * second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range []order{little, big} {
				offset := string(o.AppendUint64(nil, uint64(c.offset)))
				data := join(o.section(), o.iface(239, 0, o.option(2, "if0"), o.option(14, offset), o.option(9, string([]byte{c.resolution})), o.option(0, ""),
					o.option(9, "after the end")), o.packet(0, c.stamp, "", 0))
				got, err := readAll(data, len(data))
				if err != nil || len(got) != 1 {
					t.Fatal(got, err)
				}
				if got[0].Time != c.want {
					t.Errorf("%d, want %d", got[0].Time, c.want)
				}
			}
		})
	}
}

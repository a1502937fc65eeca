package config

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
		err  string
	}{
		{"0", 0, ""},
		{"0s", 0, ""},
		{"10ms", 10 * time.Millisecond, ""},
		{"1h30m", 90 * time.Minute, ""},
		{"30d", 30 * day, ""},
		{"1d12h", 36 * time.Hour, ""},
		{"1.5d", 36 * time.Hour, ""},
		{"106751d", 106751 * day, ""},
		{"10", 0, `"10" has no unit; did you mean "10s"?`},
		{"0.5", 0, `"0.5" has no unit; did you mean "0.5s"?`},
		{"5min", 0, `"5min" is not a time; did you mean "5m"?`},
		{"5 s", 0, `"5 s" is not a time; did you mean "5s"?`},
		{"2 hours", 0, `"2 hours" is not a time; did you mean "2h"?`},
		{"2w", 0, `"2w" is not a time; did you mean "14d"?`},
		{"10S", 0, `"10S" is not a time; did you mean "10s"?`},
		{"-5s", 0, `"-5s" is negative: a time that has to pass cannot be`},
		{"1d-1h", 0, `"1d-1h" is not a time such as 500ms, 10s, 2h or 30d`},
		{"106752d", 0, `"106752d" is not a time such as 500ms, 10s, 2h or 30d`},
		{"106751d24h", 0, `"106751d24h" is not a time such as 500ms, 10s, 2h or 30d`},
		{"d", 0, `"d" is not a time such as 500ms, 10s, 2h or 30d`},
		{"soon", 0, `"soon" is not a time such as 500ms, 10s, 2h or 30d`},
		{"", 0, `"" is not a time such as 500ms, 10s, 2h or 30d`},
	} {
		got, err := ParseDuration(c.text)
		if time.Duration(got) != c.want || errText(err) != c.err {
			t.Errorf("%q: got %s, %q; want %s, %q", c.text, got, errText(err), c.want, c.err)
		}
	}
}

func TestDurationString(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{time.Nanosecond, "1ns"},
		{1500 * time.Millisecond, "1.5s"},
		{10 * time.Minute, "10m"},
		{10*time.Minute + 10*time.Second, "10m10s"},
		{time.Hour, "1h"},
		{10 * time.Hour, "10h"},
		{time.Hour + time.Second, "1h0m1s"},
		{day, "1d"},
		{36 * time.Hour, "1d12h"},
		{30 * day, "30d"},
		{math.MaxInt64, "106751d23h47m16.854775807s"},
	} {
		got := Duration(c.d).String()
		back, err := ParseDuration(got)
		if got != c.want || time.Duration(back) != c.d || err != nil {
			t.Errorf("%d is written %s and read %d, %v; want %s", c.d, got, back, err, c.want)
		}
	}
}

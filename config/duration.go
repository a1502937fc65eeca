package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time in Go's units plus d for 24 hours: 10ms, 1h30m, 30d, 1d12h. It is never negative.
type Duration time.Duration

const day = 24 * time.Hour

// ParseDuration reads a length of time. A bare number other than 0 is an error: seconds or milliseconds, nobody can tell.
func ParseDuration(text string) (Duration, error) {
	if text == "0" {
		return 0, nil
	}
	d, err := parseDays(text)
	if err != nil {
		return 0, badDuration(text)
	}
	if d < 0 {
		return 0, fmt.Errorf("%q is negative: a time that has to pass cannot be", text)
	}
	return Duration(d), nil
}

// parseDays is time.ParseDuration with whole or decimal days in front.
func parseDays(text string) (time.Duration, error) {
	number, rest := splitNumber(text)
	if !strings.HasPrefix(rest, "d") {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, err
	}
	days := math.Round(n * float64(day))
	if days >= math.MaxInt64 {
		return 0, strconv.ErrRange
	}
	d := time.Duration(days)
	if rest = rest[1:]; rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil {
		return 0, err
	}
	if more < 0 || d > math.MaxInt64-more {
		return 0, strconv.ErrRange
	}
	return d + more, nil
}

func badDuration(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("%q has no unit; did you mean %q?", text, text+"s")
	}
	if s := meantDuration(text); s != "" {
		return fmt.Errorf("%q is not a time; did you mean %q?", text, s)
	}
	return fmt.Errorf("%q is not %s", text, Duration(0).Want())
}

var durationWords = map[string]string{
	"msec": "ms", "millis": "ms", "milliseconds": "ms", "S": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
	"M": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m", "H": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
	"D": "d", "day": "d", "days": "d",
}

// meantDuration guesses what was meant by 10 s, 5min or 2w; "" when it cannot.
func meantDuration(text string) string {
	number, unit := splitNumber(strings.ReplaceAll(text, " ", ""))
	if short, ok := durationWords[unit]; ok {
		unit = short
	}
	if n, err := strconv.Atoi(number); err == nil && (unit == "w" || unit == "week" || unit == "weeks") && n < 10000 {
		number, unit = strconv.Itoa(7*n), "d"
	}
	if _, err := parseDays(number + unit); err != nil {
		return ""
	}
	return number + unit
}

// String writes the time the way it would be written in the file: 1d12h, 10m, 1.5s.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	days, rest := time.Duration(d)/day, time.Duration(d)%day
	text := ""
	if days != 0 {
		text = strconv.FormatInt(int64(days), 10) + "d"
	}
	if rest == 0 {
		return text
	}
	short := rest.String()
	if strings.HasSuffix(short, "m0s") {
		short = strings.TrimSuffix(short, "0s")
	}
	if strings.HasSuffix(short, "h0m") {
		short = strings.TrimSuffix(short, "0m")
	}
	return text + short
}

// Want says what a time looks like, for error texts that must not repeat the value.
func (Duration) Want() string { return "a time such as 500ms, 10s, 2h or 30d" }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

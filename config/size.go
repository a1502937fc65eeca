package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 128KiB, 16MiB, 1GiB or as a bare number of bytes.
type Size int64

const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

// sizeUnits stand largest first, so that String finds the largest that divides.
var sizeUnits = []struct {
	name string
	size Size
}{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}}

// ParseSize reads a size. It refuses 16MB: half the world means 1000 by it, the other half 1024.
func ParseSize(text string) (Size, error) {
	number, unit := splitNumber(text)
	scale, known := sizeScale(unit)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !known {
		return 0, badSize(text)
	}
	if n > math.MaxInt64/int64(scale) {
		return 0, fmt.Errorf("%q is larger than %dTiB", text, math.MaxInt64/TiB)
	}
	return Size(n) * scale, nil
}

// splitNumber cuts text after its leading digits and dots.
func splitNumber(text string) (number, rest string) {
	i := 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.') {
		i++
	}
	return text[:i], text[i:]
}

func sizeScale(unit string) (Size, bool) {
	if unit == "" || unit == "B" {
		return 1, true
	}
	for _, u := range sizeUnits {
		if u.name == unit {
			return u.size, true
		}
	}
	return 0, false
}

func badSize(text string) error {
	if s := meantSize(text); s != "" {
		return fmt.Errorf("%q is not a size; did you mean %q?", text, s)
	}
	return fmt.Errorf("%q is not %s", text, Size(0).Want())
}

// meantSize guesses what was meant by 16MB, 16 mib, 4k or 1.5GiB; "" when it cannot.
func meantSize(text string) string {
	number, unit := splitNumber(strings.ReplaceAll(text, " ", ""))
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return ""
	}
	unit = strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(unit), "B"), "I")
	scale := Size(1)
	switch unit {
	case "":
	case "K", "M", "G", "T":
		scale, _ = sizeScale(unit + "iB")
	default:
		return ""
	}
	bytes := n * float64(scale)
	if bytes != math.Trunc(bytes) || bytes >= math.MaxInt64 {
		return ""
	}
	return Size(bytes).String()
}

// String writes the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Want says what a size looks like, for error texts that must not repeat the value.
func (Size) Want() string { return "a size such as 64KiB, 16MiB or 1GiB" }

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}

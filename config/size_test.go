package config

import (
	"math"
	"testing"
)

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want Size
		err  string
	}{
		{"0", 0, ""},
		{"1500", 1500, ""},
		{"12B", 12, ""},
		{"128KiB", 128 << 10, ""},
		{"16MiB", 16 << 20, ""},
		{"1GiB", 1 << 30, ""},
		{"8388607TiB", math.MaxInt64 - (1<<40 - 1), ""},
		{"8388608TiB", 0, `"8388608TiB" is larger than 8388607TiB`},
		{"16MB", 0, `"16MB" is not a size; did you mean "16MiB"?`},
		{"16 MiB", 0, `"16 MiB" is not a size; did you mean "16MiB"?`},
		{"16mib", 0, `"16mib" is not a size; did you mean "16MiB"?`},
		{"4k", 0, `"4k" is not a size; did you mean "4KiB"?`},
		{"2G", 0, `"2G" is not a size; did you mean "2GiB"?`},
		{"1.5GiB", 0, `"1.5GiB" is not a size; did you mean "1536MiB"?`},
		{"0.1KiB", 0, `"0.1KiB" is not a size such as 64KiB, 16MiB or 1GiB`},
		{"-1", 0, `"-1" is not a size such as 64KiB, 16MiB or 1GiB`},
		{"", 0, `"" is not a size such as 64KiB, 16MiB or 1GiB`},
		{"KiB", 0, `"KiB" is not a size such as 64KiB, 16MiB or 1GiB`},
		{"lots", 0, `"lots" is not a size such as 64KiB, 16MiB or 1GiB`},
		{"99999999999999999999", 0, `"99999999999999999999" is not a size such as 64KiB, 16MiB or 1GiB`},
	} {
		got, err := ParseSize(c.text)
		if got != c.want || errText(err) != c.err {
			t.Errorf("%q: got %d, %q; want %d, %q", c.text, got, errText(err), c.want, c.err)
		}
	}
}

func TestSizeStringReadsBack(t *testing.T) {
	for _, s := range []Size{0, 1, 1023, KiB, 1536, 64 * MiB, GiB, 3 * TiB, math.MaxInt64} {
		if got, err := ParseSize(s.String()); got != s || err != nil {
			t.Errorf("%d is written %s and read %d, %v", int64(s), s, int64(got), err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

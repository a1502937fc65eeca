package route

import (
	"errors"
	"fmt"
	"time"
)

// clock writes a time: each element is a literal, or one of strftime's conversions as Go's reference time has it.
type clock []token

type token struct{ literal, layout string }

// conversions are those of strftime(3) that name a period.
var conversions = map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'j': "002", 'y': "06"}

// parseClock reads %Y-%m-%d.
func parseClock(s string) (clock, error) {
	var c clock
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '/' || s[i] < ' ' || s[i] >= 0x7f:
			return nil, fmt.Errorf("{time:%s}: %q can't stand in a time", s, s[i])
		case s[i] != '%':
			c = append(c, token{literal: s[i : i+1]})
			continue
		}
		i++
		switch {
		case i < len(s) && s[i] == '%':
			c = append(c, token{literal: "%"})
		case i < len(s) && conversions[s[i]] != "":
			c = append(c, token{layout: conversions[s[i]]})
		default:
			return nil, fmt.Errorf("{time:%s} knows %%Y %%m %%d %%H %%M %%j %%y and %%%%", s)
		}
	}
	if c == nil {
		return nil, errors.New("{time:} needs a layout, such as {time:%Y-%m-%d}")
	}
	return c, nil
}

// append writes a time given in nanoseconds since 1970, in UTC.
func (c clock) append(dst []byte, ns int64) []byte {
	t := time.Unix(0, ns).UTC()
	for _, k := range c {
		if k.layout != "" {
			dst = t.AppendFormat(dst, k.layout)
		} else {
			dst = append(dst, k.literal...)
		}
	}
	return dst
}

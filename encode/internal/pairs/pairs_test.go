package pairs

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

// TestAppend holds the escapes against a plain replacement, character by character.
func TestAppend(t *testing.T) {
	x := NewEscapes(`%`, `%`, `%%`, "|", "bar", "\n", "NL")
	rapid.Check(t, func(t *rapid.T) {
		p := encodetest.Hostile.Draw(t, "bytes")
		var want strings.Builder
		for _, r := range string(p) {
			switch {
			case r == '%':
				want.WriteString("%%")
			case r == '|':
				want.WriteString("bar")
			case r == '\n':
				want.WriteString("NL")
			case r < ' ' || r == 0x7f:
				fmt.Fprintf(&want, "%%x%02x", r)
			case r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029:
				fmt.Fprintf(&want, "%%u%04x", r)
			default:
				want.WriteRune(r)
			}
		}
		got := Append([]byte("before"), x, p)
		if string(got) != "before"+want.String() {
			t.Fatalf("%q:\n got %q\nwant %q", p, got, "before"+want.String())
		}
		if same := Append([]byte("before"), x, string(p)); string(same) != string(got) {
			t.Fatalf("as a string %q", same)
		}
		if !utf8.Valid(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		encodetest.OneLine(t, got)
	})
}

func TestMillis(t *testing.T) {
	for _, ns := range []int64{0, 1, -1, 999999, 1e6, -1e6, -1e6 - 1, encodetest.Stamp, math.MaxInt64, math.MinInt64} {
		if got, want := string((&Style{}).Millis(nil, "", ns)), fmt.Sprint(time.Unix(0, ns).UnixMilli()); got != want {
			t.Errorf("%d: got %s, want %s", ns, got, want)
		}
	}
}

func TestProto(t *testing.T) {
	for p, want := range map[uint8]string{1: "ICMP", 6: "TCP", 136: "UDPLITE", 58: "ICMPV6", 0: "0", 253: "253"} {
		if got := Proto(p); got != want {
			t.Errorf("%d: got %s, want %s", p, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	for _, c := range []struct {
		batch *event.Batch
		want  string
	}{{encodetest.Summary(), "src=203.0.113.9, dst_port=22"}, {encodetest.Rest(), "other"}} {
		e := &c.batch.Events[0]
		if got := string(AppendKey(nil, c.batch, e, &c.batch.Summaries[e.Aux-1])); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

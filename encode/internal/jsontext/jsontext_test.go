package jsontext

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

func someTimes() []int64 {
	times := []int64{0, -1, 1, 999, -999, -1000, 999999999, -1e9, -1e9 - 1, 951782399e9, 951782400e9, math.MaxInt64, math.MinInt64}
	for range 10000 {
		times = append(times, int64(rand.Uint64()))
	}
	return times
}

func TestClock(t *testing.T) {
	c := NewClock(time.UTC)
	for _, ns := range someTimes() {
		at := time.Unix(0, ns).UTC()
		if got, want := string(c.AppendNano(nil, ns)), at.Format("2006-01-02T15:04:05.000000000Z"); got != want {
			t.Fatalf("%d: got %s, want %s", ns, got, want)
		}
		if got, want := string(c.AppendMicro(nil, ns)), at.Format("2006-01-02T15:04:05.000000Z"); got != want {
			t.Fatalf("%d: got %s, want %s", ns, got, want)
		}
	}
}

func TestClockOfAPlace(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"} {
		place, err := time.LoadLocation(name)
		if err != nil {
			t.Skipf("no time zones on this machine: %v", err)
		}
		c := NewClock(place)
		for _, ns := range someTimes() {
			want := time.Unix(0, ns).In(place).Format("2006-01-02T15:04:05.000000-0700")
			if got := string(c.AppendMicroZone(nil, ns)); got != want {
				t.Fatalf("%s, %d: got %s, want %s", name, ns, got, want)
			}
		}
	}
}

func TestUnixSeconds(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0.000000", 1: "0.000000", 1500: "0.000001", 1787393730123456789: "1787393730.123456", -1500000000: "-1.500000",
		math.MaxInt64: "9223372036.854775", math.MinInt64: "-9223372036.854775",
	} {
		if got := string(AppendUnix(nil, ns)); got != want {
			t.Errorf("%d: got %s, want %s", ns, got, want)
		}
	}
}

func TestAnyString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := encodetest.Hostile.Draw(t, "bytes")
		text := AppendString(nil, p)
		encodetest.OneLine(t, text)
		var got string
		if err := json.Unmarshal(text, &got); err != nil || got != string([]rune(string(p))) {
			t.Fatalf("%q comes out as %s: %v", p, text, err)
		}
		for _, r := range string(text) {
			if r < ' ' || r > 0x7f && r < 0xa0 {
				t.Fatalf("%q holds the control character %U", text, r)
			}
		}
	})
}

func TestObject(t *testing.T) {
	members := func(dst []byte) []byte { return append(dst, `,"a":1,"b":2`...) }
	nothing := func(dst []byte) []byte { return dst }
	for name, c := range map[string]struct {
		fill func([]byte) []byte
		end  func(Object, []byte) []byte
		want string
	}{
		"object":          {members, Object.Close, `x,"o":{"a":1,"b":2}`},
		"empty object":    {nothing, Object.Close, `x,"o":{}`},
		"empty array":     {nothing, Object.CloseArray, `x,"o":[]`},
		"dropped":         {nothing, Object.CloseOrDrop, `x`},
		"nothing to drop": {members, Object.CloseOrDrop, `x,"o":{"a":1,"b":2}`},
	} {
		dst, o := Open([]byte("x"), `,"o":`)
		if got := string(c.end(o, c.fill(dst))); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestOriginsComeAndGo(t *testing.T) {
	printed := 0
	x := NewOrigins(func(dst []byte, o *event.Origin) []byte { printed++; return append(dst, o.Host...) })
	var all []*event.Origin
	for i := range 40 {
		all = append(all, &event.Origin{Host: strings.Repeat("h", i)})
	}
	for range 3 {
		for _, o := range all {
			if got := string(x.Text(o)) + string(x.Text(o)); got != o.Host+o.Host {
				t.Fatalf("got %q, want %q twice", got, o.Host)
			}
		}
	}
	if printed != 3*len(all) {
		t.Errorf("printed %d times, want once a round", printed)
	}
}

package encodetest

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"nflogship/encode"
	"nflogship/event"
)

// T is what the checks need of a testing.T or a rapid.T.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Golden holds what was printed against a file of the package's testdata, or writes the file anew.
func Golden(t testing.TB, file string, got []byte, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and read the difference.\ngot:\n%s", file, got)
	}
}

// Lines encodes each batch's first event, a line each; those that the format has no place for are left out.
func Lines(c *encode.Codec, cases []Case) []byte {
	var out []byte
	x := c.New()
	for _, k := range cases {
		line, ok := x.AppendEvent(out, k.Batch, &k.Batch.Events[0])
		if ok {
			out = append(line, '\n')
		}
	}
	return out
}

// Line encodes a batch's first event.
func Line(t testing.TB, c *encode.Codec, b *event.Batch) string {
	t.Helper()
	line, ok := c.New().AppendEvent(nil, b, &b.Events[0])
	if !ok {
		t.Fatalf("the %s format has no place for the event", c.Name)
	}
	return string(line)
}

// NoAllocation holds the format to its promise for every case, and for more if given.
func NoAllocation(t *testing.T, c *encode.Codec, more ...Case) {
	for _, k := range append(Cases(), more...) {
		x, buf := c.New(), make([]byte, 0, 16<<10)
		if n := testing.AllocsPerRun(100, func() { x.AppendEvent(buf, k.Batch, &k.Batch.Events[0]) }); n != 0 {
			t.Errorf("%s: %v allocations an event, want 0", k.Name, n)
		}
	}
}

// Bench measures the format on an IPv4 and an IPv6 packet.
func Bench(b *testing.B, c *encode.Codec) {
	for _, k := range []Case{{"tcp4", Example()}, {"tcp6", TCP6()}} {
		b.Run(k.Name, func(b *testing.B) {
			x, buf, e := c.New(), make([]byte, 0, 16<<10), &k.Batch.Events[0]
			at := e.Time
			b.ReportAllocs()
			for i := range b.N {
				e.Time = at + int64(i)*1000
				e.Seq++
				out, _ := x.AppendEvent(buf, k.Batch, e)
				b.SetBytes(int64(len(out)))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
		})
	}
}

// OneLine fails where text would be read as more than one line by anyone.
func OneLine(t T, text []byte) {
	t.Helper()
	for _, end := range []string{"\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(text, []byte(end)) {
			t.Fatalf("%q holds the line end %q", text, end)
		}
	}
}

// Member is a key of an object, and the text of its value.
type Member struct{ Key, Value string }

// Members reads a JSON object of one line with encoding/json, its keys in their order. It fails on a key that comes twice.
func Members(t T, line []byte) []Member {
	t.Helper()
	OneLine(t, line)
	d := json.NewDecoder(bytes.NewReader(line))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		t.Fatalf("no object: %v in %q", err, line)
	}
	var members []Member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		members = append(members, Member{key.(string), string(value)})
	}
	var whole map[string]any
	if err := json.Unmarshal(line, &whole); err != nil { // nothing comes after the object
		t.Fatalf("%v in %q", err, line)
	}
	if len(whole) != len(members) {
		t.Fatalf("a key comes twice in %q", line)
	}
	return members
}

// Ordered fails on a top-level key that is not among keys, or not in their order.
func Ordered(t T, line []byte, keys []string) {
	t.Helper()
	at := 0
	for _, m := range Members(t, line) {
		n := slices.Index(keys[at:], m.Key)
		if n < 0 {
			t.Fatalf("key %q is unknown or out of order in %s", m.Key, line)
		}
		at += n + 1
	}
}

// Parse reads an object with encoding/json; numbers stay as they are written.
func Parse(t T, line []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var got map[string]any
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return got
}

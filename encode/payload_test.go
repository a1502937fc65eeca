package encode_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"nflogship/encode"
	"nflogship/event"

	"pgregory.net/rapid"
)

// echo is a format that is the prefix, and has no place for an event without one.
type echo struct{}

func (echo) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Prefix.Len == 0 {
		return dst, false
	}
	return append(dst, b.Bytes(e.Prefix)...), true
}

func codec(framing encode.Framing) *encode.Codec {
	return &encode.Codec{Name: "echo", Framing: framing, New: func() encode.Encoder { return echo{} }}
}

func batchOf(texts ...string) *event.Batch {
	b := &event.Batch{}
	for i, s := range texts {
		b.Events = append(b.Events, event.Event{Prefix: b.AppendString(s), Time: int64(i) * 1000})
	}
	return b
}

func bodyOf(framing encode.Framing, texts ...string) *encode.Body {
	body, c := encode.NewBody(), codec(framing)
	b := batchOf(texts...)
	c.AppendBatch(body, c.New(), b, len(b.Events))
	return body
}

func TestAppendBatchLeavesOutWhatHasNoPlace(t *testing.T) {
	body := bodyOf(encode.Line, "one", "", "three", "")
	defer body.Release()
	if got := string(body.Bytes); got != "one\nthree\n" {
		t.Errorf("bytes are %q", got)
	}
	want := []encode.Record{{End: 4, Event: 0, Time: 0}, {End: 10, Event: 2, Time: 2000}}
	if fmt.Sprint(body.Records) != fmt.Sprint(want) {
		t.Errorf("records are %v, want %v", body.Records, want)
	}
}

func TestAppendBatchTakesTheFirstOnes(t *testing.T) {
	c, body := codec(encode.Bare), encode.NewBody()
	defer body.Release()
	b := batchOf("one", "two", "three")
	c.AppendBatch(body, c.New(), b, 2)
	c.AppendBatch(body, c.New(), b, 0)
	c.AppendBatch(body, c.New(), b, 1)
	if got := string(body.Bytes); got != "onetwoone" || len(body.Records) != 3 || body.Codec != c {
		t.Errorf("bytes are %q, %d records, codec %v", got, len(body.Records), body.Codec)
	}
}

// TestAnyView holds that a payload over any records of any body shows these, and nothing of the others.
func TestAnyView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.StringMatching(`[a-z\n]{1,8}`)).Draw(t, "texts")
		framing := rapid.SampledFrom([]encode.Framing{encode.Bare, encode.Line, encode.Prefixed}).Draw(t, "framing")
		body := bodyOf(framing, texts...)
		from := rapid.IntRange(0, len(texts)).Draw(t, "from")
		to := rapid.IntRange(from, len(texts)).Draw(t, "to")
		p := encode.View(body, from, to)
		body.Release() // the view has a hold of its own
		defer p.Release()

		framed := func(text string) string {
			switch framing {
			case encode.Line:
				return text + "\n"
			case encode.Prefixed:
				return string(rune(len(text))) + text // below 128 a varint is its byte
			}
			return text
		}
		if p.Len() != to-from {
			t.Fatalf("%d records, want %d", p.Len(), to-from)
		}
		at := 0
		for i, text := range texts[from:to] {
			if got := string(p.Record(i)); got != text {
				t.Fatalf("record %d is %q, want %q", i, got, text)
			}
			start, stop := p.Span(i)
			if start != at || string(p.Bytes()[start:stop]) != framed(text) {
				t.Fatalf("record %d lies at %d-%d of %q", i, start, stop, p.Bytes())
			}
			if p.Time(i) != int64(from+i)*1000 {
				t.Fatalf("record %d is of time %d", i, p.Time(i))
			}
			at = stop
		}
		if p.Size() != at || len(p.Bytes()) != at {
			t.Fatalf("size %d, %d bytes, want %d", p.Size(), len(p.Bytes()), at)
		}
	})
}

// TestRecordCannotGrow: what a reader appends to a record must not land in the next one.
func TestRecordCannotGrow(t *testing.T) {
	body := bodyOf(encode.Line, "one", "two")
	defer body.Release()
	p := encode.View(body, 0, 2)
	defer p.Release()
	_ = append(p.Record(0), "XXXX"...)
	if got := string(p.Bytes()); got != "one\ntwo\n" {
		t.Errorf("bytes are now %q", got)
	}
}

func TestLabels(t *testing.T) {
	body := bodyOf(encode.Bare, "one", "two")
	defer body.Release()
	p := encode.View(body, 0, 2)
	defer p.Release()
	if p.Route(1) != "" || p.Key(1) != nil || p.ID(1) != nil {
		t.Errorf("without labels: route %q, key %q, id %q", p.Route(1), p.Key(1), p.ID(1))
	}
	p.Labeled = []byte("keyid/1id/2")
	p.Labels = []encode.Label{
		{Route: 1, Key: event.Span{Off: 0, Len: 3}, ID: event.Span{Off: 3, Len: 4}},
		{Route: 0, ID: event.Span{Off: 7, Len: 4}},
	}
	if p.Route(0) != "" {
		t.Errorf("without routes: %q", p.Route(0))
	}
	p.Routes = []string{"fw.a", "fw.b"}
	for i, want := range []string{"fw.b key id/1", "fw.a  id/2"} {
		if got := fmt.Sprintf("%s %s %s", p.Route(i), p.Key(i), p.ID(i)); got != want {
			t.Errorf("record %d: %q, want %q", i, got, want)
		}
	}
	if p.Key(1) != nil {
		t.Errorf("an empty key is %q, want none", p.Key(1))
	}
	if key := append(p.Key(0), "XX"...); !bytes.HasPrefix(p.Labeled, []byte("keyid")) {
		t.Errorf("appending to a key (%q) wrote into %q", key, p.Labeled)
	}
}

func TestReleaseIsCounted(t *testing.T) {
	body := bodyOf(encode.Line, "one")
	a, b := encode.View(body, 0, 1), encode.View(body, 0, 1)
	body.Release()
	a.Release()
	if got := string(b.Record(0)); got != "one" {
		t.Errorf("a record of the last holder became %q", got)
	}
	b.Release()
	for name, again := range map[string]func(){"body": body.Release, "payload": a.Release} {
		if msg := panicOf(again); !strings.HasPrefix(msg, "BUG: ") {
			t.Errorf("releasing the %s again: panic %q, want a BUG", name, msg)
		}
	}
}

func panicOf(f func()) (msg string) {
	defer func() { msg, _ = recover().(string) }()
	f()
	return
}

func TestAppendBatchAllocatesNothing(t *testing.T) {
	c, b := codec(encode.Line), batchOf("one", "two", "three")
	enc, body := c.New(), encode.NewBody()
	defer body.Release()
	n := testing.AllocsPerRun(100, func() {
		body.Bytes, body.Records = body.Bytes[:0], body.Records[:0]
		c.AppendBatch(body, enc, b, len(b.Events))
	})
	if n != 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
}

func BenchmarkAppendBatch(b *testing.B) {
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = strings.Repeat("x", 300)
	}
	c, batch := codec(encode.Line), batchOf(texts...)
	enc := c.New()
	b.ReportAllocs()
	for range b.N {
		body := encode.NewBody()
		c.AppendBatch(body, enc, batch, len(batch.Events))
		p := encode.View(body, 0, len(body.Records))
		body.Release()
		p.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(texts)), "ns/event")
}

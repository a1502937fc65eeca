package file

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"
)

// The formats whose records are not lines: one that has a header and tells its own length, as pcap, and one with length
// prefixes, as protobuf.
var (
	sized = &encode.Codec{Name: "sized", Framing: encode.Bare, Header: []byte("HEADER\n"), New: func() encode.Encoder { return prefixes{sized: true} },
		Length: func(head []byte) (int, bool) {
			if len(head) < 2 {
				return 0, false
			}
			n := int(binary.BigEndian.Uint16(head))
			return n, n > 2
		}}
	prefixed = &encode.Codec{Name: "prefixed", Framing: encode.Prefixed, New: func() encode.Encoder { return prefixes{} }}
)

// prefixes encodes an event as its prefix.
type prefixes struct{ sized bool }

func (x prefixes) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if x.sized {
		dst = binary.BigEndian.AppendUint16(dst, uint16(2+e.Prefix.Len))
	}
	return append(dst, b.Bytes(e.Prefix)...), true
}

// texts are the records of a file, which must be whole.
func texts(t *testing.T, c *encode.Codec, file []byte) (list []string) {
	t.Helper()
	rest, ok := bytes.CutPrefix(file, c.Header)
	if !ok {
		t.Fatalf("the file begins with %.20q", file)
	}
	for len(rest) > 0 {
		skip, n := 2, 0
		if c == sized {
			n = int(binary.BigEndian.Uint16(rest))
		} else {
			length, size := binary.Uvarint(rest)
			skip, n = size, size+int(length)
		}
		list = append(list, string(rest[skip:n]))
		rest = rest[n:]
	}
	return list
}

func sinkOf(t *testing.T, c *encode.Codec, settings string) *sink.Sink {
	t.Helper()
	cfg := DefaultConfig()
	if err := config.Decode(settings, &cfg); err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, sink.Deps{Name: "archive", Codec: c, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// loadOf is a load of records.
func loadOf(c *encode.Codec, list ...string) *sink.Load {
	b := &event.Batch{}
	for _, text := range list {
		b.Events = append(b.Events, event.Event{Prefix: b.AppendString(text)})
	}
	body := encode.NewBody()
	defer body.Release()
	c.AppendBatch(body, c.New(), b, len(b.Events))
	return sink.NewLoad([]*encode.Payload{encode.View(body, 0, len(list))})
}

func ship(t *testing.T, s *sink.Sink, c *encode.Codec, list ...string) {
	t.Helper()
	l := loadOf(c, list...)
	if err := s.Sender.Send(t.Context(), l); err != nil || l.Open() > 0 {
		t.Fatalf("send: %v, %d left", err, l.Open())
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// aside is what was set aside of path.
func aside(t *testing.T, path string) []string {
	t.Helper()
	names, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return names
}

// framed is records as a file has them, after the header.
func framed(c *encode.Codec, list ...string) string {
	return string(c.Header) + string(loadOf(c, list...).Payloads[0].Bytes())
}

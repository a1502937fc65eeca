package protobuf

import (
	stdjson "encoding/json"
	"flag"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"nflogship/config"
	"nflogship/encode/encodetest"
	"nflogship/encode/json"
	"nflogship/event"
)

var update = flag.Bool("update", false, "write testdata anew")

var ownFields = map[string]string{"site": "ams1", "rack": "\"7\"\n"}

// TestGolden keeps the bytes of a message, and what the other implementation reads in it.
func TestGolden(t *testing.T) {
	codec := newCodec(t, DefaultConfig(), ownFields)
	b := encodetest.Example()
	wire := encoded(t, newCodec(t, DefaultConfig(), nil), b, &b.Events[0])
	encodetest.Golden(t, "testdata/example.bin", wire, *update)
	encodetest.Golden(t, "testdata/example.txtpb", text(t, prototext.MarshalOptions{Multiline: true, Indent: "  "}, read(t, wire)), *update)
	var events []byte
	for _, k := range encodetest.Cases() {
		events = append(events, text(t, prototext.MarshalOptions{}, read(t, encoded(t, codec, k.Batch, &k.Batch.Events[0])))...)
	}
	encodetest.Golden(t, "testdata/events.txtpb", events, *update)
}

// spaces finds texts, and those spaces that prototext puts in at random so that nobody relies on its output.
var spaces = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|  +`)

func text(t *testing.T, o prototext.MarshalOptions, m protoreflect.Message) []byte {
	t.Helper()
	out, err := o.Marshal(m.Interface())
	if err != nil {
		t.Fatal(err)
	}
	var plain []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		rest := strings.TrimLeft(line, " ")
		plain = append(plain, line[:len(line)-len(rest)]+spaces.ReplaceAllStringFunc(rest, func(s string) string {
			if s[0] == '"' {
				return s
			}
			return " "
		}))
	}
	return []byte(strings.Join(plain, "\n") + "\n")
}

// TestSaysWhatJSONSays draws events whose every field may be anything: the message says what the JSON event does.
func TestSaysWhatJSONSays(t *testing.T) {
	codec := newCodec(t, DefaultConfig(), ownFields)
	reference, err := json.New(json.DefaultConfig(), ownFields)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			line, _ := reference.New().AppendEvent(nil, b, e)
			want, got := encodetest.Parse(t, line), whole(asJSON(read(t, encoded(t, codec, b, e))))
			if key, ok := want["key"].(map[string]any); ok { // a name of no bytes is none here
				for _, name := range []string{"host", "source"} {
					if key[name] == "" {
						delete(key, name)
					}
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("the message says\n%s\nand the JSON event\n%s", indented(got), indented(want))
			}
		}
	})
}

// whole adds the time and numbers that a message without presence leaves out when they are 0.
func whole(o object) object {
	names := []string{"time"}
	if o["kind"] == "summary" {
		names = []string{"time", "first", "last", "suppressed", "bytes"}
	}
	for i, name := range names {
		if o[name] == nil && i < 3 {
			o[name] = "1970-01-01T00:00:00.000000000Z"
		} else if o[name] == nil {
			o[name] = stdjson.Number("0")
		}
	}
	return o
}

func indented(o object) string {
	out, _ := stdjson.Marshal(o)
	return string(out)
}

// TestPacket is the option that adds the packet's bytes.
func TestPacket(t *testing.T) {
	b := encodetest.Example()
	m := read(t, encoded(t, newCodec(t, Config{Packet: true}, nil), b, &b.Events[0]))
	if got := m.Get(m.Descriptor().Fields().ByName("packet")).Bytes(); string(got) != string(b.Bytes(b.Events[0].Packet)) {
		t.Errorf("packet % x", got)
	}
	cfg := DefaultConfig()
	if err := config.Decode("packet: true", &cfg); err != nil || !cfg.Packet {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestOwnFieldsWithoutAName(t *testing.T) {
	if _, err := New(DefaultConfig(), map[string]string{"": "x"}); err == nil {
		t.Error("no error")
	}
}

// TestLongValues has lengths that take more than the byte kept free for them, inside one another.
func TestLongValues(t *testing.T) {
	for _, n := range []int{0, 126, 127, 128, 129, 300, 16383, 16384, 70000} {
		name := strings.Repeat("x", n)
		b := encodetest.Summary()
		b.Summaries[0].Key, b.Summaries[0].Keys = [8]event.Field{event.FieldPrefix, event.FieldIn}, 2
		e := &b.Events[0]
		e.Has |= event.HasPrefix | event.HasIn
		e.Prefix, e.In = b.AppendString(name), b.AppendString("y"+name)
		got := asJSON(read(t, encoded(t, newCodec(t, DefaultConfig(), nil), b, e)))["key"].(object)
		if got["prefix"] != name || got["in"] != "y"+name {
			t.Errorf("of %d bytes come back %d", n, len(got["prefix"].(string)))
		}
	}
}

func TestNoAllocation(t *testing.T) {
	codec := newCodec(t, Config{Packet: true}, ownFields)
	encodetest.NoAllocation(t, codec, encodetest.Case{Name: "example", Batch: encodetest.Example()})
}

// TestFieldsAreDeclared holds the schema to what other languages and later versions need.
func TestFieldsAreDeclared(t *testing.T) {
	d, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	fields := d.Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Number() > 50 {
			t.Errorf("%s has number %d: 51 to 60 are reserved, 61 is the next", f.Name(), f.Number())
		}
	}
	for _, name := range []string{"kind", "process"} {
		if fields.ByName(protoreflect.Name(name)) != nil {
			t.Errorf("%s is declared, and never set", name)
		}
	}
	if fields.Len() != 50 {
		t.Errorf("%d fields", fields.Len())
	}
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, newCodec(b, DefaultConfig(), nil)) }

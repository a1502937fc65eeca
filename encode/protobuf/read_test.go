package protobuf

import (
	"context"
	stdjson "encoding/json"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// schema is Event as the .proto in the repository has it: nothing of it is taken from the code.
var schema = sync.OnceValues(func() (protoreflect.MessageDescriptor, error) {
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{ImportPaths: []string{filepath.Join(testenv.Root(), "proto")}}}
	files, err := compiler.Compile(context.Background(), "nflogship/v1/event.proto")
	if err != nil {
		return nil, err
	}
	return files[0].Messages().ByName("Event"), nil
})

func newCodec(t encodetest.T, cfg Config, own map[string]string) *encode.Codec {
	t.Helper()
	codec, err := New(cfg, own)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return codec
}

// encoded is one event's message.
func encoded(t encodetest.T, c *encode.Codec, b *event.Batch, e *event.Event) []byte {
	t.Helper()
	out, ok := c.New().AppendEvent(nil, b, e)
	if !ok {
		t.Fatalf("no place for the event")
	}
	return out
}

// read has the other implementation read a message; it knows every field of it.
func read(t encodetest.T, wire []byte) protoreflect.Message {
	t.Helper()
	descriptor, err := schema()
	if err != nil {
		t.Fatalf("%v", err)
	}
	m := dynamicpb.NewMessage(descriptor)
	if err := proto.Unmarshal(wire, m); err != nil {
		t.Fatalf("%v in % x", err, wire)
	}
	known(t, m)
	return m
}

func known(t encodetest.T, m protoreflect.Message) {
	t.Helper()
	if u := m.GetUnknown(); len(u) > 0 {
		t.Fatalf("%s has fields that it does not declare: % x", m.Descriptor().Name(), u)
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() != nil && !f.IsMap() {
			known(t, v.Message())
		}
		return true
	})
}

type object = map[string]any

// asJSON is a message as the JSON event says the same.
func asJSON(m protoreflect.Message) object {
	o := object{}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := strings.TrimSuffix(string(f.Name()), "_unix_nano")
		switch {
		case f.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				o[k.String()] = v.String()
				return true
			})
		case name == "summary":
			s := asJSON(v.Message())
			if s["other"] == true {
				s["key"] = object{"other": true}
				delete(s, "other")
			}
			for k, v := range s {
				o[k] = v
			}
			o["kind"] = "summary"
		case f.Message() != nil:
			o[name] = withZeros(f.Message(), asJSON(v.Message()))
		default:
			o[strings.TrimSuffix(name, "_interface")] = scalar(f, name, v)
		}
		return true
	})
	return o
}

// withZeros adds what a message without presence leaves out, and the JSON event does not.
func withZeros(d protoreflect.MessageDescriptor, o object) object {
	fields := d.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if _, has := o[string(f.Name())]; !has && !f.HasPresence() && (f.Kind() == protoreflect.Uint32Kind || f.Kind() == protoreflect.Fixed32Kind) {
			o[string(f.Name())] = scalar(f, string(f.Name()), f.Default())
		}
	}
	if d.Name() == "Tcp" && o["flags"] == nil {
		o["flags"] = ""
	}
	return o
}

func scalar(f protoreflect.FieldDescriptor, name string, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.BoolKind, protoreflect.StringKind:
		return v.Interface()
	case protoreflect.EnumKind:
		value := f.Enum().Values().ByNumber(v.Enum())
		_, word, _ := strings.Cut(strings.ToLower(string(value.Name())), "_")
		return word
	case protoreflect.BytesKind:
		return address(name, v.Bytes())
	case protoreflect.Sfixed64Kind:
		return time.Unix(0, v.Int()).UTC().Format("2006-01-02T15:04:05.000000000Z")
	}
	n := v.Uint()
	switch {
	case name == "proto":
		return string(event.AppendProto(nil, uint8(n)))
	case name == "flags":
		return flags(n)
	case name == "operation" && (n == 1 || n == 2):
		return []string{"request", "reply"}[n-1]
	}
	return stdjson.Number(strconv.FormatUint(n, 10))
}

func address(name string, p []byte) string {
	if strings.HasPrefix(name, "mac_") {
		return string(event.AppendMAC(nil, [6]byte(p)))
	}
	if name == "packet" {
		return string(p)
	}
	a, _ := netip.AddrFromSlice(p)
	return a.String()
}

func flags(n uint64) string {
	var set []string
	for i, name := range strings.Fields("FIN SYN RST PSH ACK URG ECE CWR AE") {
		if n>>i&1 == 1 {
			set = append(set, name)
		}
	}
	return strings.Join(set, ",")
}

var _ encodetest.T = (*testing.T)(nil)

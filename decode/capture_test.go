package decode

import (
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/gopacket/pcapgo"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// record is one record of a capture file.
type record struct {
	linkType uint32
	original uint32
	bytes    []byte
	order    Order
}

// readCapture reads a classic pcap file by its plain layout, of either byte order, and pcapng through gopacket.
func readCapture(t testing.TB, name string) []record {
	t.Helper()
	path := testenv.Shared(t, name)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(file), "\x0a\x0d\x0d\x0a") {
		return readNg(t, path)
	}
	order := Little
	if file[0] == 0xa1 {
		order = Big
	}
	header := 16
	if order.u32(file) == 0xa1b2cd34 { // Kuznetzov's: interface index, protocol, packet type behind it
		header = 24
	}
	linkType := order.u32(file[20:]) & 0xffff
	var records []record
	for p := file[24:]; len(p) > 0; {
		n := order.u32(p[8:])
		records = append(records, record{linkType, order.u32(p[12:]), p[header : header+int(n)], order})
		p = p[header+int(n):]
	}
	return records
}

func readNg(t testing.TB, path string) []record {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := pcapgo.NewNgReader(file, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	var records []record
	for {
		data, info, err := r.ReadPacketData()
		if err == io.EOF {
			return records
		}
		if err != nil {
			t.Fatal(err)
		}
		in, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record{uint32(in.LinkType), uint32(info.Length), data, Native})
	}
}

// decodeCapture decodes every record of a capture into one batch.
func decodeCapture(t testing.TB, name string) *event.Batch {
	t.Helper()
	d := &Decoder{Names: func(index uint32) string {
		if index == 2 {
			return "va"
		}
		return ""
	}}
	b := new(event.Pool).Get()
	d.Begin(b)
	for i, r := range readCapture(t, name) {
		b.Events = append(b.Events, event.Event{Record: uint64(i)})
		frame := Frame{LinkType: r.linkType, Bytes: b.AppendBytes(r.bytes), Original: r.original, Order: r.order}
		if err := d.Frame(&b.Events[i], frame); err != nil {
			t.Errorf("%s, record %d: %v", name, i+1, err)
		}
	}
	return b
}

// decodeMessage decodes one log message in this machine's byte order.
func decodeMessage(t testing.TB, msg []byte) (*event.Batch, *event.Event) {
	t.Helper()
	b := new(event.Pool).Get()
	b.Events = append(b.Events, event.Event{})
	d := &Decoder{}
	d.Begin(b)
	if err := d.NFLOG(&b.Events[0], b.AppendBytes(msg), Native); err != nil {
		t.Fatal(err)
	}
	return b, &b.Events[0]
}

// decodeFrame decodes one whole frame.
func decodeFrame(t testing.TB, linkType uint32, frame []byte) (*event.Batch, *event.Event) {
	t.Helper()
	return decodeCut(t, linkType, frame, len(frame))
}

// decodeCut decodes a frame of which there were original bytes on the wire.
func decodeCut(t testing.TB, linkType uint32, frame []byte, original int) (*event.Batch, *event.Event) {
	t.Helper()
	b := new(event.Pool).Get()
	b.Events = append(b.Events, event.Event{})
	d := &Decoder{}
	d.Begin(b)
	f := Frame{LinkType: linkType, Bytes: b.AppendBytes(frame), Original: uint32(original), Order: Native}
	if err := d.Frame(&b.Events[0], f); err != nil {
		t.Fatal(err)
	}
	return b, &b.Events[0]
}

// attr is one attribute with its padding.
func attr(kind uint16, value ...byte) []byte {
	p := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	p = binary.NativeEndian.AppendUint16(p, kind)
	p = append(p, value...)
	return append(p, make([]byte, -len(p)&3)...)
}

// nest is an attribute that holds attributes.
func nest(kind uint16, inner ...[]byte) []byte { return attr(kind|0x8000, join(inner...)...) }

// message is a log message: nfgenmsg for a family and group 7, and attributes.
func message(family event.Family, attrs ...[]byte) []byte {
	return append([]byte{byte(family), 0, 0, 7}, join(attrs...)...)
}

func join(parts ...[]byte) (p []byte) {
	for _, part := range parts {
		p = append(p, part...)
	}
	return p
}

func b16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

func b32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

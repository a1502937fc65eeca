package encodetest

import (
	"encoding/binary"
	"os"
	"testing"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// NFLOG decodes a capture of the reference data: little-endian, of link type 239. Names are those of interface indexes.
func NFLOG(t testing.TB, name string, names map[uint32]string) *event.Batch {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Origins: []*event.Origin{{Host: "fw", Source: "replay"}}}
	d := decode.Decoder{Names: func(index uint32) string { return names[index] }}
	d.Begin(b)
	const header, record = 24, 16
	for rest := file[header:]; len(rest) > 0; {
		size := binary.LittleEndian.Uint32(rest[8:])
		e := event.Event{Time: Stamp}
		if err := d.NFLOG(&e, b.AppendBytes(rest[record:record+size]), decode.Little); err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, e)
		rest = rest[record+size:]
	}
	return b
}

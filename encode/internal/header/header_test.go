package header

import (
	"encoding/binary"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/event"
)

// TestCaptured finds in every captured packet the header that the decoder found.
func TestCaptured(t *testing.T) {
	found := 0
	for _, name := range []string{"golden/GA.nflog.pcap", "golden/ulogd/nflog239.pcap"} {
		b := encodetest.NFLOG(t, name, nil)
		for i := range b.Events {
			e := &b.Events[i]
			upper := Upper(b.Bytes(e.Packet))
			if later := e.Is(event.HasFrag) && e.FragOffset > 0; later && upper != nil {
				t.Errorf("%s %d: a later fragment has a header", name, i)
			}
			if !e.Is(event.HasPorts) {
				continue
			}
			if len(upper) < 4 || binary.BigEndian.Uint16(upper) != e.SrcPort || binary.BigEndian.Uint16(upper[2:]) != e.DstPort {
				t.Fatalf("%s %d: header %x, want ports %d and %d", name, i, upper, e.SrcPort, e.DstPort)
			}
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d packets with ports", found)
	}
}

func FuzzUpper(f *testing.F) {
	b := encodetest.Example()
	f.Add(b.Bytes(b.Events[0].Packet))
	f.Add([]byte{0: 0x60, 6: 44, 40: 51, 48: 60, 49: 1, 80: 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		if h := Upper(p); len(h) > len(p)-20 && h != nil {
			t.Errorf("%x: a header of %d bytes", p, len(h))
		}
	})
}

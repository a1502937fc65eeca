package decode

import (
	"encoding/binary"
	"slices"
	"testing"

	"nflogship/event"
)

// netlinkMessage is a netlink message with its padding, its length as given or, for 0, as true.
func netlinkMessage(length uint32, kind uint16, body ...byte) []byte {
	if length == 0 {
		length = uint32(messageHeader + len(body))
	}
	p := binary.NativeEndian.AppendUint32(nil, length)
	p = binary.NativeEndian.AppendUint16(p, kind)
	p = append(p, make([]byte, 10)...)
	p = append(p, body...)
	return append(p, make([]byte, -len(p)&3)...)
}

func TestMessages(t *testing.T) {
	for name, c := range map[string]struct {
		datagram []byte
		want     []int // the length of each body
		sound    bool
	}{
		"empty":                {nil, nil, true},
		"one":                  {netlinkMessage(0, TypePacket, 1, 2, 3, 4), []int{4}, true},
		"padded":               {join(netlinkMessage(0, TypePacket, 1), netlinkMessage(0, TypePacket, 1, 2)), []int{1, 2}, true},
		"last without padding": {netlinkMessage(0, TypePacket, 1)[:17], []int{1}, true},
		"done":                 {join(netlinkMessage(0, TypePacket, 1), netlinkMessage(0, TypeDone, 0, 0, 0, 0), netlinkMessage(0, TypePacket)), []int{1, 4}, true},
		"no body":              {netlinkMessage(0, TypePacket), []int{0}, true},
		"length 0":             {join(netlinkMessage(0, TypePacket, 1), make([]byte, 16)), []int{1}, false},
		"length 15":            {netlinkMessage(15, TypePacket, 1), nil, false},
		"length past the end":  {join(netlinkMessage(0, TypePacket, 1), netlinkMessage(25, TypePacket, 1, 2, 3, 4, 5, 6, 7, 8)), []int{1}, false},
		"length of 4 GiB":      {netlinkMessage(1<<32-1, TypePacket, 1), nil, false},
		"half a header":        {join(netlinkMessage(0, TypePacket, 1), make([]byte, 9)), []int{1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			arena := join([]byte("before"), c.datagram, []byte("behind"))
			m := Walk(arena, event.Span{Off: 6, Len: uint32(len(c.datagram))}, Native)
			var got []int
			for m.Next() {
				got = append(got, int(m.Body.Len))
				if end := m.Body.Off + m.Body.Len; m.Body.Off < 6+messageHeader || int(end) > 6+len(c.datagram) {
					t.Errorf("body %+v", m.Body)
				}
			}
			if !slices.Equal(got, c.want) || (m.Err() == nil) != c.sound {
				t.Errorf("bodies of %v bytes, want %v; %v", got, c.want, m.Err())
			}
			if m.Next() {
				t.Error("goes on after its end")
			}
		})
	}
}

func TestErrno(t *testing.T) {
	for name, c := range map[string]struct {
		kind uint16
		body []byte
		want int
	}{
		"EPERM":           {TypeError, binary.NativeEndian.AppendUint32(nil, 1<<32-1), 1},
		"acknowledgement": {TypeError, make([]byte, 20), 0},
		"short":           {TypeError, []byte{1}, 0},
		"packet":          {TypePacket, binary.NativeEndian.AppendUint32(nil, 1<<32-1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := netlinkMessage(0, c.kind, c.body...)
			m := Walk(p, event.Span{Len: uint32(len(p))}, Native)
			if !m.Next() || m.Type != c.kind || m.Errno() != c.want {
				t.Errorf("type %d, errno %d", m.Type, m.Errno())
			}
		})
	}
}

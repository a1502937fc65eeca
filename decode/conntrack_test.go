package decode

import (
	"testing"

	"nflogship/event"
)

// tupleOf is one direction of a connection as the kernel writes it; addresses of four or sixteen bytes.
func tupleOf(kind uint16, src, dst []byte, proto byte, ports ...uint16) []byte {
	first := uint16(1)
	if len(src) == 16 {
		first = 3
	}
	numbers := [][]byte{attr(1, proto)}
	for i, port := range ports {
		numbers = append(numbers, attr(uint16(2+i), b16(port)...))
	}
	return nest(kind, nest(1, attr(first, src...), attr(first+1, dst...)), nest(2, numbers...))
}

func TestConntrack(t *testing.T) {
	client, router, server, inside := []byte{10, 0, 0, 1}, []byte{192, 0, 2, 1}, []byte{203, 0, 113, 9}, []byte{10, 9, 9, 9}
	client6, server6, router6 := make16(1), make16(2), make16(3)
	id := attr(12, b32(77)...)
	for name, c := range map[string]struct {
		ct   [][]byte
		want event.Conntrack
	}{
		"no translation": {
			[][]byte{tupleOf(1, client, server, 6, 1000, 80), tupleOf(2, server, client, 6, 80, 1000), id},
			event.Conntrack{Has: event.CTHasID, ID: 77},
		},
		"source": {
			[][]byte{tupleOf(1, client, server, 6, 1000, 80), tupleOf(2, server, router, 6, 80, 5000), id},
			event.Conntrack{Has: event.CTHasID | event.CTHasNATSrc | event.CTHasNATSrcPort, ID: 77, NATSrc: address(router), NATSrcPort: 5000},
		},
		"source, same port": {
			[][]byte{tupleOf(1, client, server, 6, 1000, 80), tupleOf(2, server, router, 6, 80, 1000)},
			event.Conntrack{Has: event.CTHasNATSrc | event.CTHasNATSrcPort, NATSrc: address(router), NATSrcPort: 1000},
		},
		"destination, and its port": {
			[][]byte{tupleOf(1, client, router, 6, 1000, 80), tupleOf(2, inside, client, 6, 8080, 1000)},
			event.Conntrack{Has: event.CTHasNATDst | event.CTHasNATDstPort, NATDst: address(inside), NATDstPort: 8080},
		},
		"both": {
			[][]byte{tupleOf(1, client, router, 17, 1000, 53), tupleOf(2, inside, router, 17, 53, 2000)},
			event.Conntrack{Has: event.CTHasNATDst | event.CTHasNATDstPort | event.CTHasNATSrc | event.CTHasNATSrcPort,
				NATDst: address(inside), NATDstPort: 53, NATSrc: address(router), NATSrcPort: 2000},
		},
		"ping": {
			[][]byte{tupleOf(1, client, server, 1), tupleOf(2, server, router, 1)},
			event.Conntrack{Has: event.CTHasNATSrc, NATSrc: address(router)},
		},
		"IPv6": {
			[][]byte{tupleOf(1, client6, server6, 6, 1, 2), tupleOf(2, server6, router6, 6, 2, 1), attr(3, b32(0x18e)...), attr(8, b32(5)...)},
			event.Conntrack{Has: event.CTHasNATSrc | event.CTHasNATSrcPort | event.CTHasStatus | event.CTHasMark, Status: 0x18e, Mark: 5,
				NATSrc: address(router6), NATSrcPort: 1, NATIPv6: true},
		},
		"one tuple": {[][]byte{tupleOf(1, client, server, 6, 1, 2), id}, event.Conntrack{Has: event.CTHasID, ID: 77}},
		"addresses of three bytes": {
			[][]byte{tupleOf(1, client[:3], server[:3], 6, 1, 2), tupleOf(2, server[:3], router[:3], 6, 2, 1), id},
			event.Conntrack{Has: event.CTHasID, ID: 77},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeMessage(t, message(2, nest(attrCT, c.ct...)))
			if !e.Is(event.HasCT) || e.Malformed != event.FaultNone {
				t.Fatalf("has %x, malformed %q", e.Has, e.Malformed)
			}
			if got := b.Conntracks[e.CT-1]; got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestConntrackInfoAlone(t *testing.T) {
	b, e := decodeMessage(t, message(2, attr(attrCTInfo, b32(2)...)))
	if want := (event.Conntrack{Has: event.CTHasInfo, Info: 2}); !e.Is(event.HasCT) || b.Conntracks[e.CT-1] != want {
		t.Errorf("%+v", b.Conntracks)
	}
}

func address(p []byte) (a [16]byte) {
	copy(a[:], p)
	return a
}

func make16(last byte) []byte {
	p := make([]byte, 16)
	p[0], p[15] = 0xfd, last
	return p
}

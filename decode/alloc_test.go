package decode

import (
	"testing"

	"nflogship/event"
)

// TestNoAllocation holds decoding to none at all, once the batch's tables have grown to their size.
func TestNoAllocation(t *testing.T) {
	tuples := nest(attrCT, tupleOf(1, []byte{1, 2, 3, 4}, []byte{5, 6, 7, 8}, 6, 1, 2), tupleOf(2, []byte{5, 6, 7, 8}, []byte{9, 9, 9, 9}, 6, 2, 1))
	frames := map[string]record{
		"conntrack and names": {linkType: linkNFLOG, bytes: message(2, attr(attrPrefix, []byte("x\x00")...), attr(attrInDev, b32(2)...), tuples, attr(attrPayload, udpPacket...))},
		"ARP":                 {linkType: linkEthernet, bytes: join(ether(typeARP), arpPacket)},
		"ICMP error":          {linkType: linkIPv4, bytes: v4(protoICMP, join([]byte{3, 1, 0, 0, 0, 0, 0, 0}, udpPacket)...)},
	}
	for _, name := range []string{"golden/GA.nflog.pcap", "golden/ulogd/any-sll2-276.pcap"} {
		frames[name] = readCapture(t, name)[0]
	}
	for name, r := range frames {
		t.Run(name, func(t *testing.T) {
			b := new(event.Pool).Get()
			d := &Decoder{Names: func(uint32) string { return "eth0" }}
			f := Frame{LinkType: r.linkType, Bytes: b.AppendBytes(r.bytes), Original: uint32(len(r.bytes)), Order: Native}
			end := len(b.Arena)
			b.Arena = append(b.Arena, make([]byte, 100)...)
			b.Events = append(b.Events, event.Event{})
			allocs := testing.AllocsPerRun(100, func() {
				b.Arena, b.Inners, b.ARPs, b.Conntracks = b.Arena[:end], b.Inners[:0], b.ARPs[:0], b.Conntracks[:0]
				d.Begin(b)
				b.Events[0] = event.Event{}
				if err := d.Frame(&b.Events[0], f); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations an event", allocs)
			}
		})
	}
	walked := join(netlinkMessage(0, TypePacket, frames["golden/GA.nflog.pcap"].bytes...), netlinkMessage(0, TypeDone))
	if n := testing.AllocsPerRun(100, func() {
		for m := Walk(walked, event.Span{Len: uint32(len(walked))}, Native); m.Next(); {
			Seq(walked[m.Body.Off:m.Body.Off+m.Body.Len], Native)
		}
	}); n != 0 {
		t.Errorf("%v allocations a datagram", n)
	}
	for _, m := range machines {
		noAllocationIn(t, datagram(familyULOG, m.message(typeULOG, m.ulog(ulogExample)), m.message(TypeDone, m.ulog(ulogExample))))
	}
}

func noAllocationIn(t *testing.T, frame []byte) {
	t.Helper()
	b := new(event.Pool).Get()
	d := &Decoder{}
	d.Begin(b)
	f := Frame{LinkType: LinkNetlink, Bytes: b.AppendBytes(frame), Original: uint32(len(frame)), Order: Native}
	b.Events = append(b.Events, event.Event{})
	decoded := 0
	if n := testing.AllocsPerRun(100, func() {
		for g, err := d.Datagram(f); err == nil && g.Next(); {
			b.Events[0] = event.Event{}
			err = d.Logged(&b.Events[0], &g)
			decoded++
		}
	}); n != 0 || decoded != 2*101 {
		t.Errorf("%v allocations a datagram, %d messages", n, decoded)
	}
}

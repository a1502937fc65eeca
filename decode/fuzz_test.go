package decode

import (
	"bytes"
	"slices"
	"testing"

	"nflogship/event"
)

// surrounded decodes what lies at span between other bytes of a batch's arena, and checks what must hold of any event.
func surrounded(t *testing.T, fill byte, input []byte, decode func(d *Decoder, e *event.Event, at event.Span) error) (*event.Batch, *event.Event) {
	t.Helper()
	b := new(event.Pool).Get()
	around := bytes.Repeat([]byte{fill}, 100)
	b.AppendBytes(around)
	at := b.AppendBytes(input)
	b.AppendBytes(around)
	d := &Decoder{Names: func(index uint32) string { return "eth0" }}
	d.Begin(b)
	b.Events = append(b.Events, event.Event{})
	e := &b.Events[0]
	if decode(d, e, at) != nil {
		return b, e
	}
	for _, s := range []event.Span{e.Prefix, e.Packet, e.Link} {
		if s.Len > 0 && (s.Off < at.Off || s.Off+s.Len > at.Off+at.Len) {
			t.Errorf("span %+v lies outside the input %+v", s, at)
		}
	}
	for _, s := range []event.Span{e.In, e.Out, e.PhysIn, e.PhysOut} {
		if s.Len > 0 && string(b.Bytes(s)) != "eth0" {
			t.Errorf("interface name %q", b.Bytes(s))
		}
	}
	checkTables(t, b, e)
	return b, e
}

func checkTables(t *testing.T, b *event.Batch, e *event.Event) {
	t.Helper()
	if e.Is(event.HasARP) && e.Is(event.HasInner) {
		t.Error("both ARP and a quoted packet")
	}
	for _, c := range []struct {
		has   event.Has
		index uint32
		table int
	}{{event.HasARP, e.Aux, len(b.ARPs)}, {event.HasInner, e.Aux, len(b.Inners)}, {event.HasCT, e.CT, len(b.Conntracks)}} {
		if e.Is(c.has) && (c.index == 0 || int(c.index) > c.table) {
			t.Errorf("has %x: entry %d of %d", c.has, c.index, c.table)
		}
	}
	words := e.Has & (event.HasGateway | event.HasMTU | event.HasPointer | event.HasSPI)
	if words&(words-1) != 0 {
		t.Errorf("several meanings of Word: %x", words)
	}
	for _, has := range []event.Has{event.HasTCP, event.HasUDP} {
		if e.Is(has) && !e.Is(event.HasPorts) {
			t.Errorf("has %x without ports", e.Has)
		}
	}
}

// twice decodes the same input among different bytes: reading outside it would show as a difference.
func twice(t *testing.T, input []byte, decode func(d *Decoder, e *event.Event, at event.Span) error) *event.Event {
	t.Helper()
	b1, e1 := surrounded(t, 0, input, decode)
	b2, e2 := surrounded(t, 0xff, input, decode)
	if *e1 != *e2 || !slices.Equal(b1.Inners, b2.Inners) || !slices.Equal(b1.ARPs, b2.ARPs) || !slices.Equal(b1.Conntracks, b2.Conntracks) {
		t.Errorf("depends on what lies around it:\n%+v\n%+v", *e1, *e2)
	}
	return e1
}

func FuzzNFLOG(f *testing.F) {
	for _, name := range []string{"golden/GA.nflog.pcap", "golden/ulogd/nflog239-bridge-netdev.pcap", "golden/ulogd/nflog239-arp.pcap"} {
		for i, r := range readCapture(f, name) {
			if i%20 == 0 {
				f.Add(r.bytes, false)
			}
		}
	}
	f.Add(message(2, nest(attrCT, tupleOf(1, make16(1), make16(2), 6, 1, 2), tupleOf(2, make16(2), make16(3), 6, 2, 1)), attr(attrCTInfo, b32(1)...)), false)
	f.Add(message(3, attr(attrPacketHdr, 8, 6, 1, 0), attr(attrPayload, join(ether(typeARP), arpPacket)...)), true)
	f.Fuzz(func(t *testing.T, msg []byte, big bool) {
		order := Order(big)
		e := twice(t, msg, func(d *Decoder, e *event.Event, at event.Span) error { return d.NFLOG(e, at, order) })
		if seq, ok := Seq(msg, order); ok && e.Malformed == event.FaultNone && !e.Is(event.HasSeq) {
			t.Errorf("Seq finds %d, NFLOG does not", seq)
		}
		twice(t, msg, func(d *Decoder, e *event.Event, at event.Span) error {
			return d.Frame(e, Frame{LinkType: linkNFLOG, Bytes: at, Order: order})
		})
	})
}

func FuzzFrame(f *testing.F) {
	for _, name := range []string{"golden/GA.ether.pcap", "golden/ulogd/any-sll-113.pcap", "golden/ulogd/any-sll2-276.pcap",
		"corpus/pcpp__raw_ip.pcap", "corpus/pcpp__many_interfaces-1.pcapng"} {
		for i, r := range readCapture(f, name) {
			if i%10 == 0 {
				f.Add(r.linkType, r.bytes, r.original)
			}
		}
	}
	f.Add(uint32(linkNull), join([]byte{2, 0, 0, 0}, udpPacket), uint32(36))
	f.Fuzz(func(t *testing.T, linkType uint32, frame []byte, original uint32) {
		twice(t, frame, func(d *Decoder, e *event.Event, at event.Span) error {
			return d.Frame(e, Frame{LinkType: linkType, Bytes: at, Original: original})
		})
	})
}

// FuzzMessages walks datagrams: every message lies inside, none overlaps the one before, and the walk ends.
func FuzzMessages(f *testing.F) {
	f.Add(join(netlinkMessage(0, TypePacket, 1, 2, 3), netlinkMessage(0, TypeDone)), false)
	f.Add(netlinkMessage(30, TypeError, 0, 0, 0, 0), true)
	f.Fuzz(func(t *testing.T, datagram []byte, big bool) {
		arena := join([]byte("0123"), datagram, []byte("4567"))
		m := Walk(arena, event.Span{Off: 4, Len: uint32(len(datagram))}, Order(big))
		last := uint32(4)
		for m.Next() {
			if m.Body.Off < last+messageHeader || int(m.Body.Off+m.Body.Len) > 4+len(datagram) {
				t.Fatalf("body %+v behind %d", m.Body, last)
			}
			last = m.Body.Off + m.Body.Len
			m.Errno()
		}
	})
}

// FuzzDatagram decodes frames of link type 253. What lies around one must not matter, nor be looked at.
func FuzzDatagram(f *testing.F) {
	for _, m := range machines {
		frame := datagram(familyULOG, m.message(typeULOG, m.ulog(ulogExample)), m.message(TypeDone, m.ulog(ulogExample)))
		f.Add(frame, uint32(0), bool(m.order))
		f.Add(frame[:len(frame)-20], uint32(20), bool(!m.order))
	}
	log := netlinkMessage(0, TypePacket, message(2, attr(attrInDev, b32(2)...), attr(attrPrefix, []byte("x\x00")...), attr(attrPayload, udpPacket...))...)
	f.Add(datagram(familyNetfilter, log, netlinkMessage(0, TypeError, 0, 0, 0, 0), log, netlinkMessage(0, TypeDone)), uint32(0), false)
	f.Add(datagram(familyNetfilter, log[:len(log)-3]), uint32(1<<32-1), true)
	f.Fuzz(func(t *testing.T, frame []byte, beyond uint32, big bool) {
		var events [2][]event.Event
		for i, fill := range []byte{0, 0xff} {
			b := new(event.Pool).Get()
			around := bytes.Repeat([]byte{fill}, 300)
			b.AppendBytes(around)
			at := b.AppendBytes(frame)
			b.AppendBytes(around)
			d := &Decoder{Names: func(uint32) string { return "eth0" }}
			d.Begin(b)
			g, err := d.Datagram(Frame{LinkType: LinkNetlink, Bytes: at, Original: at.Len + beyond, Order: Order(big)})
			for err == nil && g.Next() {
				e := event.Event{}
				if d.Logged(&e, &g) == nil {
					events[i] = append(events[i], e)
					checkTables(t, b, &e)
					inside(t, b, &e, at)
				}
			}
		}
		if !slices.Equal(events[0], events[1]) {
			t.Errorf("depends on what lies around it:\n%+v\n%+v", events[0], events[1])
		}
	})
}

// inside holds an event's spans to the input, where they are not a name that was looked up.
func inside(t *testing.T, b *event.Batch, e *event.Event, at event.Span) {
	t.Helper()
	for _, s := range []event.Span{e.Prefix, e.Packet, e.Link, e.In, e.Out, e.PhysIn, e.PhysOut} {
		if s.Len > 0 && (s.Off < at.Off || s.Off+s.Len > at.Off+at.Len) && string(b.Bytes(s)) != "eth0" {
			t.Errorf("span %+v lies outside the input %+v", s, at)
		}
	}
}

package decode

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nflogship/event"
)

// decodeDatagram gives the events in a frame that had original bytes, and the errors.
func decodeDatagram(t testing.TB, frame []byte, original int, order Order) (*event.Batch, []error) {
	t.Helper()
	b := new(event.Pool).Get()
	d := &Decoder{Names: func(index uint32) string { return fmt.Sprint("if", index) }}
	d.Begin(b)
	var errs []error
	g, err := d.Datagram(Frame{LinkType: LinkNetlink, Bytes: b.AppendBytes(frame), Original: uint32(original), Order: order})
	for g.Next() {
		e := event.Event{}
		if err := d.Logged(&e, &g); err != nil {
			errs = append(errs, err)
			continue
		}
		b.Events = append(b.Events, e)
	}
	if err = cmp.Or(err, g.Err()); err != nil {
		errs = append(errs, err)
	}
	return b, errs
}

var ulogExample = ulogPacket{
	mark: 7, sec: 1_400_000_000, usec: 123_456, hook: 1, in: "eth0", prefix: "SSH DROP ",
	mac: ether(typeIPv4), payload: udpPacket,
}

func TestULOG(t *testing.T) {
	for _, m := range machines {
		for _, file := range []Order{Little, Big} {
			frame := datagram(familyULOG, m.message(typeULOG, m.ulog(ulogExample)))
			b, errs := decodeDatagram(t, frame, len(frame), file)
			if len(b.Events) != 1 || errs != nil {
				t.Fatalf("%s, file %t: %d events, %v", m, file, len(b.Events), errs)
			}
			e := b.Events[0]
			want := event.Event{
				Time: 1_400_000_000_123_456_000, Family: event.FamilyIPv4, Hook: 1, Mark: 7, EtherType: typeIPv4,
				MACSrc: [6]byte(sourceMAC), MACDst: [6]byte(targetMAC),
				Length: 32, TTL: 64, IPID: 0x1234, Proto: 17, SrcPort: 1000, DstPort: 53, UDPLength: 12,
				Src: [16]byte{10, 0, 0, 1}, Dst: [16]byte{10, 0, 0, 2},
				Prefix: e.Prefix, Packet: e.Packet, Link: e.Link, In: e.In, Out: e.Out,
				Has: event.HasTimeSeen | event.HasHook | event.HasPrefix | event.HasMark | event.HasIn | event.HasMACSrc | event.HasMACDst |
					event.HasEtherType | event.HasIP | event.HasAddrs | event.HasID | event.HasProto | event.HasPorts | event.HasUDP,
			}
			if e != want {
				t.Errorf("%s, file %t:\ngot  %+v\nwant %+v", m, file, e, want)
			}
			texts := fmt.Sprintf("%s|%s|%s|%x|%x", b.Bytes(e.Prefix), b.Bytes(e.In), b.Bytes(e.Out), b.Bytes(e.Link), b.Bytes(e.Packet))
			if wanted := fmt.Sprintf("SSH DROP |eth0||%x|%x", ether(typeIPv4), udpPacket); texts != wanted {
				t.Errorf("%s, file %t:\ngot  %s\nwant %s", m, file, texts, wanted)
			}
		}
	}
}

func TestULOGFields(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ulogPacket)
		check  func(b *event.Batch, e *event.Event) bool
	}{
		"no mark":     {func(u *ulogPacket) { u.mark = 0 }, func(_ *event.Batch, e *event.Event) bool { return !e.Is(event.HasMark) }},
		"no time":     {func(u *ulogPacket) { u.sec, u.usec = 0, 0 }, func(_ *event.Batch, e *event.Event) bool { return e.Time == 0 && !e.Is(event.HasTimeSeen) }},
		"no input":    {func(u *ulogPacket) { u.in = "" }, func(_ *event.Batch, e *event.Event) bool { return e.Has&hasInterfaces == 0 }},
		"no prefix":   {func(u *ulogPacket) { u.prefix = "" }, func(_ *event.Batch, e *event.Event) bool { return e.Is(event.HasPrefix) && e.Prefix.Len == 0 }},
		"no MAC":      {func(u *ulogPacket) { u.mac = nil }, func(_ *event.Batch, e *event.Event) bool { return !e.Is(event.HasMACSrc) && e.Link.Len == 0 }},
		"MAC of PPP":  {func(u *ulogPacket) { u.mac = []byte{1, 2, 3, 4} }, func(_ *event.Batch, e *event.Event) bool { return !e.Is(event.HasMACSrc) && e.Link.Len == 4 }},
		"longest MAC": {func(u *ulogPacket) { u.mac = make([]byte, 80) }, func(_ *event.Batch, e *event.Event) bool { return e.Link.Len == 80 && e.Malformed == 0 }},
		"MAC too long": {func(u *ulogPacket) { u.mac = make([]byte, 81) }, func(_ *event.Batch, e *event.Event) bool {
			return e.Link.Len == 0 && e.Malformed == event.FaultAttribute
		}},
		"output": {func(u *ulogPacket) { u.in, u.out, u.hook = "", "ppp0", 3 },
			func(b *event.Batch, e *event.Event) bool {
				return string(b.Bytes(e.Out)) == "ppp0" && e.Hook == 3 && e.Is(event.HasOut)
			}},
		"names of every byte": {func(u *ulogPacket) { u.in, u.prefix = strings.Repeat("i", 16), strings.Repeat("p", 32) },
			func(b *event.Batch, e *event.Event) bool {
				return e.In.Len == 16 && e.Prefix.Len == 32 && e.Packet.Len == 32
			}},
		"what stands behind a NUL": {func(u *ulogPacket) { u.in, u.prefix = "lo\x00old", "new\x00older" },
			func(b *event.Batch, e *event.Event) bool {
				return string(b.Bytes(e.In)) == "lo" && string(b.Bytes(e.Prefix)) == "new"
			}},
		"part of a packet": {func(u *ulogPacket) { u.payload = udpPacket[:22] },
			func(_ *event.Batch, e *event.Event) bool {
				return e.Is(event.Truncated|event.HasAddrs) && !e.Is(event.HasPorts) && e.Packet.Len == 22
			}},
		"nothing of it": {func(u *ulogPacket) { u.payload = nil }, func(_ *event.Batch, e *event.Event) bool {
			return e.Is(event.Truncated|event.HasPrefix) && e.Packet.Len == 0
		}},
		"no IPv4": {func(u *ulogPacket) { u.payload = []byte{0x60, 0} }, func(_ *event.Batch, e *event.Event) bool { return e.Malformed == event.FaultIPVersion }},
	} {
		for _, m := range machines {
			u := ulogExample
			c.change(&u)
			frame := datagram(familyULOG, m.message(typeULOG, m.ulog(u)))
			b, errs := decodeDatagram(t, frame, len(frame), Little)
			if len(b.Events) != 1 || errs != nil || !c.check(b, &b.Events[0]) {
				t.Errorf("%s, %s: %+v, %v", name, m, b.Events, errs)
			}
		}
	}
}

// TestULOGOfEitherWord has messages of 32 bits whose prefix, read as 64 bits, is a data_len that agrees with their length.
func TestULOGOfEitherWord(t *testing.T) {
	for name, u := range map[string]ulogPacket{
		"thirteenth character":    {sec: 1_400_000_000, in: "eth0", prefix: "FORWARD_DROP:", payload: append(bytes.Clone(udpPacket), make([]byte, 50)...)},
		"24 bytes, short prefix":  {sec: 1_400_000_000, in: "eth0", prefix: "DROP ", payload: udpPacket[:24]},
		"the same without a time": {out: "eth0", hook: 3, prefix: "DROP ", payload: udpPacket[:24]},
	} {
		for _, m := range machines {
			frame := datagram(familyULOG, m.message(typeULOG, m.ulog(u)))
			b, errs := decodeDatagram(t, frame, len(frame), m.order)
			if len(b.Events) != 1 || errs != nil || string(b.Bytes(b.Events[0].Prefix)) != u.prefix || !bytes.Equal(b.Bytes(b.Events[0].Packet), u.payload) {
				t.Errorf("%s, %s: %+v, %v", name, m, b.Events, errs)
			}
		}
	}
}

// TestDatagrams has more in a frame than one message.
func TestDatagrams(t *testing.T) {
	for _, m := range machines {
		log := m.message(typeULOG, m.ulog(ulogExample))
		last := m.message(TypeDone, m.ulog(ulogExample))
		padded := m.ulog(ulogExample)
		padded = m.message(typeULOG, append(padded, 0)[:(len(padded)+3)&^3]) // udpPacket needs none: as it is
		odd := ulogExample
		odd.payload = append(bytes.Clone(udpPacket), 1)
		oddBody := m.ulog(odd)
		counted := m.message(typeULOG, append(oddBody, 0, 0, 0)) // the first kernels' message length has the padding in it
		wrong := m.message(typeULOG, append(m.ulog(ulogExample), make([]byte, 4)...))
		inNFLOG := func(kind uint16, msg []byte) []byte {
			if m.order != Native {
				msg = swapHeaders(msg)
			}
			return m.message(kind, msg)
		}
		nflog := inNFLOG(TypePacket, message(2, attr(attrMark, b32(1)...), attr(attrInDev, b32(2)...), attr(attrPayload, udpPacket...)))
		config := m.message(0x401, make([]byte, 12))
		for name, c := range map[string]struct {
			frame        []byte
			events, errs int
		}{
			"a batch":                   {datagram(familyULOG, log, log, last), 3, 0},
			"message of an odd length":  {datagram(familyULOG, m.message(typeULOG, oddBody), last), 2, 0},
			"padding is counted":        {datagram(familyULOG, padded, counted, last), 3, 0},
			"lengths that do not agree": {datagram(familyULOG, wrong, last), 1, 1},
			"acknowledged":              {datagram(familyULOG, m.message(TypeError, make([]byte, 20)), log), 1, 0},
			"done without a packet":     {datagram(familyULOG, log, m.message(TypeDone, make([]byte, 4))), 1, 0},
			"behind done":               {datagram(familyULOG, last, log), 1, 0},
			"type of another":           {datagram(familyULOG, m.message(112, m.ulog(ulogExample)), log), 1, 0},
			"NFLOG":                     {datagram(familyNetfilter, nflog, nflog, m.message(TypeDone, make([]byte, 4))), 2, 0},
			"NFLOG, configured":         {datagram(familyNetfilter, config, nflog), 1, 0},
			"NFLOG without attributes":  {datagram(familyNetfilter, inNFLOG(TypePacket, message(2)), nflog), 1, 1},
			"acknowledgement":           {datagram(familyNetfilter, m.message(TypeError, make([]byte, 4))), 0, 0},
			"routes":                    {datagram(0, nflog, []byte("anything")), 0, 0},
			"nothing":                   {datagram(familyULOG), 0, 0},
			"rubbish behind":            {datagram(familyULOG, log, []byte("end")), 1, 1},
			"message longer than left":  {datagram(familyULOG, log, log[:40]), 1, 1},
			"header cut":                {datagram(familyULOG)[:15], 0, 1},
		} {
			b, errs := decodeDatagram(t, c.frame, len(c.frame), Native)
			if len(b.Events) != c.events || len(errs) != c.errs {
				t.Errorf("%s, %s: %d events, %v", name, m, len(b.Events), errs)
			}
			for i := range b.Events {
				if e := &b.Events[i]; e.DstPort != 53 || e.Malformed != 0 || string(b.Bytes(e.In)) != map[bool]string{true: "if2", false: "eth0"}[e.Is(event.HasGroup)] {
					t.Errorf("%s, %s: event %d is %+v", name, m, i, *e)
				}
			}
		}
	}
}

// TestCutDatagram has what tcpdump -s cut: the message that is not whole gives what is there of it, and is an error else.
func TestCutDatagram(t *testing.T) {
	for _, m := range machines {
		body := m.ulog(ulogExample)
		whole := datagram(familyULOG, m.message(typeULOG, body), m.message(TypeDone, body))
		second := len(whole) - len(body) - messageHeader
		payload := len(whole) - map[int]int{8: 7, 4: 3}[m.word] - len(udpPacket)
		for n := second; n <= len(whole); n++ {
			b, errs := decodeDatagram(t, whole[:n], len(whole), m.order)
			want := 1
			if n >= payload {
				want = 2
			}
			if wrong := n > second && n < payload; len(b.Events) != want || (len(errs) == 1) != wrong {
				t.Errorf("%s, %d of %d bytes: %d events, %v", m, n, len(whole), len(b.Events), errs)
			}
			if want < 2 {
				continue
			}
			if e, got := &b.Events[1], min(n-payload, len(udpPacket)); int(e.Packet.Len) != got || e.Is(event.Truncated) != (got < 28) {
				t.Errorf("%s, %d of %d bytes: %d of the packet, has %x", m, n, len(whole), e.Packet.Len, e.Has)
			}
		}
	}
	msg := message(2, attr(attrMark, b32(1)...), attr(attrPayload, udpPacket...))
	whole := datagram(familyNetfilter, machine{Native, 8}.message(TypePacket, msg))
	b, errs := decodeDatagram(t, whole[:len(whole)-10], len(whole), Native)
	if len(b.Events) != 1 || errs != nil || b.Events[0].Packet.Len != uint32(len(udpPacket)-10) || !b.Events[0].Is(event.Truncated) {
		t.Errorf("NFLOG: %+v, %v", b.Events, errs)
	}
}

// TestULOGRoundTrip draws what machines logged: every field comes back as it was, whatever the machine.
func TestULOGRoundTrip(t *testing.T) {
	text := func(size int) *rapid.Generator[string] {
		return rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, size), func(p []byte) string { return string(p) })
	}
	packets := rapid.Custom(func(t *rapid.T) (u ulogPacket) {
		u.mark, u.hook = uint64(rapid.Uint32().Draw(t, "mark")), rapid.Uint32Range(0, 4).Draw(t, "hook")
		u.sec, u.usec = uint64(rapid.Uint32Range(1, 1<<31).Draw(t, "sec")), rapid.Uint64Range(0, 999_999).Draw(t, "usec")
		u.in, u.out, u.prefix = text(16).Draw(t, "in"), text(16).Draw(t, "out"), text(32).Draw(t, "prefix")
		u.mac = rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(t, "mac")
		u.payload = rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "payload") // no kernel copies nothing
		return u
	})
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(machines).Draw(rt, "machine")
		drawn := rapid.SliceOfN(packets, 1, 5).Draw(rt, "packets")
		var messages [][]byte
		for i, u := range drawn {
			kind := uint16(typeULOG)
			if i > 0 && i == len(drawn)-1 {
				kind = TypeDone
			}
			messages = append(messages, m.message(kind, m.ulog(u)))
		}
		frame := datagram(familyULOG, messages...)
		b, errs := decodeDatagram(t, frame, len(frame), Order(rapid.Bool().Draw(rt, "file")))
		if len(b.Events) != len(drawn) || errs != nil {
			rt.Fatalf("%d events of %d, %v", len(b.Events), len(drawn), errs)
		}
		for i, u := range drawn {
			e := &b.Events[i]
			got := ulogPacket{uint64(e.Mark), uint64(e.Time / 1e9), uint64(e.Time % 1e9 / 1e3), uint32(e.Hook),
				string(b.Bytes(e.In)), string(b.Bytes(e.Out)), string(b.Bytes(e.Prefix)), b.Bytes(e.Link), b.Bytes(e.Packet)}
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", u) {
				rt.Fatalf("%s:\ngot  %+v\nwant %+v", m, got, u)
			}
			if e.Is(event.HasIn) != (u.in != "") || e.Is(event.HasOut) != (u.out != "") || e.Is(event.HasMark) != (u.mark != 0) {
				rt.Fatalf("%s: has %x of %+v", m, e.Has, u)
			}
		}
	})
}

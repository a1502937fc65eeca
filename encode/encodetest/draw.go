package encodetest

import (
	"nflogship/event"

	"pgregory.net/rapid"
)

// Hostile draws names that try to leave their quotes, their line or UTF-8.
var Hostile = rapid.OneOf(
	rapid.SliceOfN(rapid.Byte(), 0, 64),
	rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
	rapid.SampledFrom([][]byte{
		[]byte("a\"b\\c\n\r\t\x00\x1f\x7f"), []byte("\u2028\u2029\u0085\u009b\ufffd\ufeff"), []byte("\xe2\x80"), []byte("\xed\xa0\x80"),
		[]byte("\xf4\x90\x80\x80"), []byte("\xc0\xaf"), []byte("</script>"), []byte("\U0010ffff"),
	}),
)

func bytesOf[A any](t *rapid.T, fill func([]byte) A) A {
	return fill(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
}

func addr16(p []byte) [16]byte {
	if p[0]&1 == 0 { // runs of zeros, and addresses that hold IPv4 ones
		clear(p[2:10])
		p[10], p[11] = 255, 255
	}
	return [16]byte(p)
}

func mac6(p []byte) [6]byte { return [6]byte(p) }

// Draw draws a batch of events whose every field may be anything, in any combination.
func Draw(t *rapid.T) *event.Batch {
	b := &event.Batch{}
	for range rapid.IntRange(1, 20).Draw(t, "origins") {
		b.Origins = append(b.Origins, &event.Origin{
			Host: string(Hostile.Draw(t, "host")), Source: string(Hostile.Draw(t, "source")),
		})
	}
	for range rapid.IntRange(1, 4).Draw(t, "events") {
		b.Events = append(b.Events, drawEvent(t, b))
	}
	return b
}

func drawEvent(t *rapid.T, b *event.Batch) event.Event {
	u8, u16, u32 := rapid.Uint8(), rapid.Uint16(), rapid.Uint32()
	e := event.Event{
		Time: rapid.Int64().Draw(t, "time"), Has: event.Has(rapid.Uint64().Draw(t, "has")),
		Origin: uint16(rapid.IntRange(0, len(b.Origins)-1).Draw(t, "origin")),
		Family: event.Family(rapid.SampledFrom([]uint8{0, 1, 2, 3, 5, 7, 10, 99}).Draw(t, "family")),
		Hook:   event.Hook(rapid.Uint8Range(0, 6).Draw(t, "hook")), Action: event.Action(rapid.Uint8Range(0, 3).Draw(t, "action")),
		InIndex: u32.Draw(t, "in"), OutIndex: u32.Draw(t, "out"), PhysInIndex: u32.Draw(t, "physin"), PhysOutIndex: u32.Draw(t, "physout"),
		Src: bytesOf(t, addr16), Dst: bytesOf(t, addr16), MACSrc: bytesOf(t, mac6), MACDst: bytesOf(t, mac6),
		Group: u16.Draw(t, "group"), Seq: u32.Draw(t, "seq"), SeqGlobal: u32.Draw(t, "global"), Mark: u32.Draw(t, "mark"),
		UID: u32.Draw(t, "uid"), GID: u32.Draw(t, "gid"), Length: u32.Draw(t, "length"), IPID: u32.Draw(t, "id"),
		FlowLabel: u32.Draw(t, "flow"), TCPSeq: u32.Draw(t, "tcpseq"), TCPAck: u32.Draw(t, "tcpack"), Word: u32.Draw(t, "word"),
		EtherType: rapid.SampledFrom([]uint16{0, 0x800, 0x806, 0x86dd, 0x88cc, 0xffff}).Draw(t, "ethertype"),
		VLAN:      u16.Draw(t, "vlan"), VLANInner: u16.Draw(t, "inner"), FragOffset: u16.Draw(t, "offset"), SrcPort: u16.Draw(t, "sport"),
		DstPort: u16.Draw(t, "dport"), Window: u16.Draw(t, "window"), Urgent: u16.Draw(t, "urgent"),
		TCPFlags: rapid.Uint16Range(0, 0x1ff).Draw(t, "flags"), UDPLength: u16.Draw(t, "udp"), ICMPID: u16.Draw(t, "icmpid"),
		ICMPSeq: u16.Draw(t, "icmpseq"), Proto: u8.Draw(t, "proto"), TTL: u8.Draw(t, "ttl"), TOS: u8.Draw(t, "tos"),
		ICMPType: u8.Draw(t, "type"), ICMPCode: u8.Draw(t, "code"),
		Malformed: event.Fault(rapid.Uint8Range(0, uint8(event.FaultAttribute)).Draw(t, "fault")),
	}
	for _, s := range []*event.Span{&e.Prefix, &e.In, &e.Out, &e.PhysIn, &e.PhysOut} {
		*s = b.AppendBytes(Hostile.Draw(t, "name"))
	}
	e.HWType, e.Record = u16.Draw(t, "hwtype"), rapid.Uint64().Draw(t, "record")
	e.Packet = b.AppendBytes(drawPacket(t))
	e.Link = b.AppendBytes(rapid.SliceOfN(rapid.Byte(), 0, 48).Draw(t, "link"))
	drawSideTables(t, b, &e)
	return e
}

// drawPacket draws bytes that begin like an IP packet more often than chance would have it.
func drawPacket(t *rapid.T) []byte {
	p := rapid.SliceOfN(rapid.Byte(), 0, 120).Draw(t, "packet")
	if len(p) > 6 && rapid.Bool().Draw(t, "ip") {
		p[0] = rapid.SampledFrom([]byte{0x45, 0x46, 0x4f, 0x60}).Draw(t, "version")
		p[6] = rapid.SampledFrom([]byte{0, 6, 17, 43, 44, 51, 58, 60}).Draw(t, "next")
	}
	return p
}

func drawSideTables(t *rapid.T, b *event.Batch, e *event.Event) {
	u16, u32 := rapid.Uint16(), rapid.Uint32()
	b.Inners = append(b.Inners, event.Inner{Has: event.Has(rapid.Uint64().Draw(t, "innerhas")), Src: bytesOf(t, addr16),
		Dst: bytesOf(t, addr16), SrcPort: u16.Draw(t, "isport"), DstPort: u16.Draw(t, "idport"), Proto: rapid.Uint8().Draw(t, "iproto")})
	b.ARPs = append(b.ARPs, event.ARP{Operation: rapid.Uint16Range(0, 9).Draw(t, "op"), Plain: rapid.Bool().Draw(t, "plain"),
		MACSrc: bytesOf(t, mac6), MACDst: bytesOf(t, mac6), HWType: u16.Draw(t, "arphw"), ProtoType: u16.Draw(t, "arpproto")})
	b.Conntracks = append(b.Conntracks, event.Conntrack{Has: event.CTHas(rapid.Uint8().Draw(t, "cthas")), ID: u32.Draw(t, "ctid"),
		Mark: u32.Draw(t, "ctmark"), Info: rapid.Uint32Range(0, 9).Draw(t, "ctinfo"), NATSrc: bytesOf(t, addr16), NATDst: bytesOf(t, addr16),
		NATIPv6: rapid.Bool().Draw(t, "nat6"), NATSrcPort: u16.Draw(t, "natsport"), NATDstPort: u16.Draw(t, "natdport")})
	b.Summaries = append(b.Summaries, drawSummary(t))
	e.CT = uint32(len(b.Conntracks))
	e.Aux = uint32(len(b.Inners)) // all side tables grow together here
	if rapid.Bool().Draw(t, "summary") {
		e.Kind = event.Summarised
	}
}

func drawSummary(t *rapid.T) event.Summary {
	s := event.Summary{
		Reason: rapid.SampledFrom([]string{"threshold", "overload"}).Draw(t, "reason"), Stage: string(Hostile.Draw(t, "stage")),
		Other: rapid.Bool().Draw(t, "other"), Suppressed: rapid.Uint64().Draw(t, "suppressed"), Bytes: rapid.Uint64().Draw(t, "bytes"),
		First: rapid.Int64().Draw(t, "first"), Last: rapid.Int64().Draw(t, "last"),
	}
	field := rapid.Map(rapid.Uint8Range(uint8(event.FieldHost), uint8(event.FieldSPI)), func(f uint8) event.Field { return event.Field(f) })
	s.Keys = copy(s.Key[:], rapid.SliceOfNDistinct(field, 0, len(s.Key), rapid.ID[event.Field]).Draw(t, "key"))
	return s
}

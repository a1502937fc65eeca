package pcap

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nflogship/decode"
	"nflogship/encode/encodetest"
	"nflogship/event"
)

// drawn makes a log message as some kernel could send it, of any family and with any attributes.
type drawn struct {
	t *rapid.T
	p []byte
}

func (d *drawn) maybe(what string) bool { return rapid.Bool().Draw(d.t, what) }
func (d *drawn) bytes(what string, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(d.t, what)
}

func (d *drawn) u16(what string, of ...uint16) uint16 { return rapid.SampledFrom(of).Draw(d.t, what) }

func (d *drawn) attr(kind uint16, value []byte) {
	d.p = binary.LittleEndian.AppendUint16(d.p, uint16(4+len(value)))
	d.p = binary.LittleEndian.AppendUint16(d.p, kind)
	d.p = append(append(d.p, value...), make([]byte, -len(value)&3)...)
}

// optional adds the attribute of so many bytes, or not.
func (d *drawn) optional(kind uint16, what string, n int) {
	if d.maybe(what) {
		d.attr(kind, d.bytes(what, n))
	}
}

// inside makes a value of attributes.
func inside(d *drawn, fill func(in *drawn)) []byte {
	in := &drawn{t: d.t}
	fill(in)
	return in.p
}

// drawMessage draws a whole one.
func drawMessage(t *rapid.T) []byte {
	family := rapid.SampledFrom([]event.Family{0, event.FamilyInet, event.FamilyIPv4, event.FamilyARP, event.FamilyNetdev, event.FamilyBridge, event.FamilyIPv6}).Draw(t, "family")
	d := &drawn{t: t}
	d.p = append([]byte{byte(family), 0}, d.bytes("group", 2)...)
	hook := byte(noHook)
	if d.maybe("header") {
		hook = rapid.ByteRange(0, 5).Draw(t, "hook")
		d.attr(attrPacketHdr, append(binary.BigEndian.AppendUint16(nil, d.u16("protocol", 0, 0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x88cc, 0xffff)), hook, 0))
	}
	link := d.link()
	d.netfilter()
	d.hardware(link)
	if d.maybe("conntrack") {
		d.conntrack()
	}
	if d.maybe("tag") {
		d.attr(attrVLAN|nested, inside(d, func(in *drawn) { in.attr(2, in.bytes("tci", 2)); in.attr(1, []byte{0x81, 0}) }))
	}
	packet := d.packet()
	switch {
	case family == event.FamilyNetdev && hook == hookOut: // from the link header on, and L2HDR says the same
		d.attr(attrL2Hdr, link)
		d.attr(attrPayload, append(link, packet...))
	case family == event.FamilyARP && hook == hookOut:
		binary.BigEndian.PutUint16(link[12:], d.u16("type", typeARP, typeVLAN))
		d.attr(attrPayload, append(link, packet...))
	default:
		if family == event.FamilyNetdev || family == event.FamilyBridge {
			d.attr(attrL2Hdr, link)
		}
		if d.maybe("payload") || len(d.p) == 4 {
			d.attr(attrPayload, packet)
		}
	}
	return d.p
}

func (d *drawn) netfilter() {
	if d.maybe("prefix") {
		prefix := rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 127).Draw(d.t, "text")
		d.attr(attrPrefix, append(prefix, 0))
	}
	for _, kind := range []uint16{attrInDev, attrOutDev, attrPhysInDev, attrPhysOutDev} {
		if d.maybe("device") {
			d.attr(kind, []byte{0, 0, 0, rapid.ByteRange(0, 6).Draw(d.t, "index")})
		}
	}
	for _, kind := range []uint16{attrMark, attrUID, attrGID, attrSeq, attrSeqGlobal} {
		d.optional(kind, "number", 4)
	}
	if d.maybe("stamp") {
		sec := binary.BigEndian.AppendUint64(nil, rapid.Uint64Range(0, 1<<32-1).Draw(d.t, "sec"))
		d.attr(attrTimestamp, binary.BigEndian.AppendUint64(sec, rapid.Uint64Range(0, 1_000_000).Draw(d.t, "usec")))
	}
}

func (d *drawn) hardware(link []byte) {
	if d.maybe("sender") {
		d.attr(attrHWAddr, append([]byte{0, 6, 0, 0}, append(d.bytes("mac", 6), 0, 0)...))
	}
	if d.maybe("hwtype") {
		d.attr(attrHWType, binary.BigEndian.AppendUint16(nil, d.u16("type", 1, 512, 772, 65534)))
	}
	if d.maybe("hwheader") {
		header := bytes.Clone(link[:rapid.IntRange(0, len(link)).Draw(d.t, "length")])
		d.attr(attrHWLen, binary.BigEndian.AppendUint16(nil, uint16(len(header))))
		d.attr(attrHWHeader, header)
	}
}

// link draws an Ethernet header, perhaps with tags behind it.
func (d *drawn) link() []byte {
	h := d.bytes("addresses", 12)
	for range rapid.IntRange(0, 3).Draw(d.t, "tags") {
		h = append(binary.BigEndian.AppendUint16(h, d.u16("tag", 0x8100, 0x88a8, 0x9100)), d.bytes("tci", 2)...)
	}
	return binary.BigEndian.AppendUint16(h, d.u16("type", 46, 0x0800, 0x0806, 0x86dd, 0x88cc))
}

func (d *drawn) conntrack() {
	tuple := func(kind uint16, in *drawn, v6, ports bool) {
		in.attr(kind|nested, inside(in, func(in *drawn) {
			in.attr(1|nested, inside(in, func(in *drawn) {
				if v6 {
					in.attr(3, in.bytes("src", 16))
					in.attr(4, in.bytes("dst", 16))
					return
				}
				in.attr(1, append([]byte{10, 0, 0}, in.bytes("src", 1)...))
				in.attr(2, append([]byte{10, 0, 0}, in.bytes("dst", 1)...))
			}))
			in.attr(2|nested, inside(in, func(in *drawn) {
				in.attr(1, []byte{6})
				if ports {
					in.attr(2, in.bytes("port", 2))
					in.attr(3, in.bytes("port", 2))
				}
			}))
		}))
	}
	d.attr(attrCT|nested, inside(d, func(in *drawn) {
		if v6, ports := in.maybe("v6"), in.maybe("ports"); in.maybe("tuples") {
			tuple(1, in, v6, ports)
			tuple(2, in, v6, ports)
		}
		for _, kind := range []uint16{3, 8, 12} {
			in.optional(kind, "ct", 4)
		}
	}))
	if d.maybe("info") {
		d.attr(attrCTInfo, []byte{0, 0, 0, rapid.ByteRange(0, 8).Draw(d.t, "info")})
	}
}

// packet draws bytes that are an IP packet more often than chance would have it, and perhaps tags before.
func (d *drawn) packet() (p []byte) {
	for range rapid.IntRange(0, 3).Draw(d.t, "tags") {
		p = append(p, d.bytes("tci", 2)...)
		p = binary.BigEndian.AppendUint16(p, d.u16("type", 0x0800, 0x8100, 0x88cc, 0x0806))
	}
	rest := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(d.t, "packet")
	if len(rest) > 24 && d.maybe("ip") {
		rest[0] = rapid.SampledFrom([]byte{0x45, 0x46, 0x60}).Draw(d.t, "version")
		rest[9] = rapid.SampledFrom([]byte{1, 6, 17, 50, 51, 132}).Draw(d.t, "proto")
		rest[2], rest[3], rest[6], rest[7] = 0, byte(rapid.IntRange(20, 120).Draw(d.t, "total")), 0, 0
	}
	return append(p, rest...)
}

// TestMessagesComeBack draws log messages: their events, written and replayed, are the same again.
func TestMessagesComeBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := &event.Batch{Origins: []*event.Origin{{}}}
		dec := decode.Decoder{Names: func(index uint32) string { return names[index] }}
		dec.Begin(b)
		for range rapid.IntRange(1, 5).Draw(t, "events") {
			e := event.Event{Time: rapid.Int64Range(0, 1<<32*1e9-1).Draw(t, "time"), Has: event.HasTimeSeen}
			if err := dec.NFLOG(&e, b.AppendBytes(drawMessage(t)), decode.Little); err != nil {
				t.Fatalf("%v", err)
			}
			b.Events = append(b.Events, e)
		}
		same(t, b, again(t, dir, b), nothing)
	})
}

// TestAnythingIsAWholeFile draws events whose every field may be anything: the file is sound, each record gives an event, and
// what is one number in the message is that number.
func TestAnythingIsAWholeFile(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		b.Events = slices.DeleteFunc(b.Events, func(e event.Event) bool { return e.Kind != event.Packet })
		after := again(t, dir, b)
		for i := range b.Events {
			e, got := &b.Events[i], &after.Events[i]
			prefix, _, _ := bytes.Cut(b.Bytes(e.Prefix), []byte{0})
			if e.Is(event.HasPrefix) != got.Is(event.HasPrefix) || e.Is(event.HasPrefix) && !bytes.Equal(after.Bytes(got.Prefix), prefix) {
				t.Fatalf("prefix %q, was %q", after.Bytes(got.Prefix), prefix)
			}
			for _, f := range []event.Field{event.FieldSeq, event.FieldSeqGlobal, event.FieldMark, event.FieldUID, event.FieldGID} {
				v, has := got.Number(f)
				if was, had := e.Number(f); has != had || has && v != was {
					t.Fatalf("%s is %d (%t), was %d (%t)", f, v, has, was, had)
				}
			}
			if e.Time >= 0 && e.Time < 1<<32*1e9 && got.Time != e.Time || got.Family != e.Family || got.Group != e.Group {
				t.Fatalf("time %d, was %d; %s, %s; group %d, %d", got.Time, e.Time, got.Family, e.Family, got.Group, e.Group)
			}
		}
	})
}

// TestHugeParts has what only a capture made by hand can hold: the record stays one that readers take.
func TestHugeParts(t *testing.T) {
	b := &event.Batch{Origins: []*event.Origin{{}}}
	huge := b.AppendBytes(bytes.Repeat([]byte{0x81, 0}, 100_000)) // tags
	prefix := b.AppendBytes(bytes.Repeat([]byte("p"), 100_000))
	for _, family := range []event.Family{event.FamilyIPv4, event.FamilyNetdev, event.FamilyBridge} {
		for hook := range event.Hook(2) {
			b.Events = append(b.Events, event.Event{Family: family, Hook: hook, Prefix: prefix, Link: huge, Packet: huge,
				Has: event.HasHook | event.HasPrefix | event.HasVLAN | event.HasVLANInner})
		}
	}
	after := again(t, t.TempDir(), b)
	for i := range after.Events {
		if e := &after.Events[i]; e.Link.Len+e.Packet.Len < 65_000 || e.Prefix.Len != maxPrefix || e.Link.Len < maxLink {
			t.Errorf("%d bytes of the packet, %d of the prefix, %d of the link header", e.Packet.Len, e.Prefix.Len, e.Link.Len)
		}
	}
}

// TestTimes writes what a capture's seconds cannot hold as near as they come.
func TestTimes(t *testing.T) {
	b := &event.Batch{Origins: []*event.Origin{{}}}
	times := []struct{ at, want int64 }{
		{0, 0}, {999_999_999, 999_999_999}, {1795341600_123456789, 1795341600_123456789}, {-1, 0}, {math.MinInt64, 0}, {math.MaxInt64, (1<<32 - 1) * 1e9},
	}
	for _, c := range times {
		b.Events = append(b.Events, event.Event{Time: c.at, Has: event.HasTimeSeen | event.HasMark})
	}
	after := again(t, t.TempDir(), b)
	for i, c := range times {
		if got := after.Events[i].Time; got/1e9 != c.want/1e9 || c.at == c.want && got != c.want {
			t.Errorf("%d is read as %d, want %d", c.at, got, c.want)
		}
	}
}

package decode

import (
	"bytes"
	"math/bits"
	"testing"

	"nflogship/event"
)

// udpPacket is 10.0.0.1:1000 -> 10.0.0.2:53 with four bytes of data.
var udpPacket = join([]byte{0x45, 0, 0, 32, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2},
	b16(1000), b16(53), b16(12), b16(0), []byte("data"))

// arpPacket is who-has 10.0.0.2 tell 10.0.0.1.
var arpPacket = join(plainARP, b16(1), sourceMAC, []byte{10, 0, 0, 1}, make([]byte, 6), []byte{10, 0, 0, 2})

var (
	sourceMAC = []byte{2, 0, 0, 0, 0, 1}
	targetMAC = []byte{2, 0, 0, 0, 0, 2}
)

func ether(kind uint16) []byte { return join(targetMAC, sourceMAC, b16(kind)) }

func TestAttributes(t *testing.T) {
	msg := message(event.FamilyIPv4,
		attr(attrPacketHdr, 0x08, 0, 3, 0),
		attr(attrPrefix, []byte("DROP ssh \x00")...),
		attr(attrInDev, b32(2)...), attr(attrOutDev, b32(3)...),
		attr(attrPhysInDev, b32(4)...), attr(attrPhysOutDev, b32(5)...),
		attr(attrMark, b32(0xabcd)...),
		attr(attrHWAddr, 0, 6, 0, 0, 2, 0, 0, 0, 0, 9, 0, 0),
		attr(attrTimestamp, join(b32(0), b32(1_700_000_000), b32(0), b32(123_456))...),
		attr(attrUID, b32(0)...), attr(attrGID, b32(33)...),
		attr(attrSeq, b32(7)...), attr(attrSeqGlobal, b32(8)...),
		attr(attrPayload, udpPacket...))
	b, e := decodeMessage(t, msg)
	want := event.Event{
		Time: 1_700_000_000_123_456_000, Family: event.FamilyIPv4, Group: 7, Hook: 3, EtherType: 0x0800,
		InIndex: 2, OutIndex: 3, PhysInIndex: 4, PhysOutIndex: 5, Mark: 0xabcd, MACSrc: [6]byte{2, 0, 0, 0, 0, 9},
		UID: 0, GID: 33, Seq: 7, SeqGlobal: 8,
		Length: 32, TTL: 64, IPID: 0x1234, Proto: 17, SrcPort: 1000, DstPort: 53, UDPLength: 12,
		Src: [16]byte{10, 0, 0, 1}, Dst: [16]byte{10, 0, 0, 2},
		Prefix: e.Prefix, Packet: e.Packet,
		Has: event.HasGroup | event.HasHook | event.HasEtherType | event.HasPrefix | event.HasIn | event.HasOut |
			event.HasPhysIn | event.HasPhysOut | event.HasMark | event.HasMACSrc | event.HasTimeSeen | event.HasUID | event.HasGID |
			event.HasSeq | event.HasSeqGlobal | event.HasIP | event.HasAddrs | event.HasID | event.HasProto | event.HasPorts | event.HasUDP,
	}
	if *e != want {
		t.Errorf("got  %+v\nwant %+v", *e, want)
	}
	if prefix := string(b.Bytes(e.Prefix)); prefix != "DROP ssh " {
		t.Errorf("prefix %q", prefix)
	}
	if !bytes.Equal(b.Bytes(e.Packet), udpPacket) {
		t.Errorf("packet % x", b.Bytes(e.Packet))
	}
}

func TestPrefix(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"terminated":     {"web \x00", "web "},
		"unterminated":   {"web", "web"},
		"empty":          {"\x00", ""},
		"NUL inside":     {"we\x00b\x00", "we"},
		"no bytes":       {"", ""},
		"padded, no NUL": {"abcde", "abcde"},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeMessage(t, message(event.FamilyIPv4, attr(attrPrefix, []byte(c.value)...), attr(attrMark, b32(1)...)))
			if got := string(b.Bytes(e.Prefix)); got != c.want || !e.Is(event.HasPrefix|event.HasMark) {
				t.Errorf("prefix %q, want %q; has %x", got, c.want, e.Has)
			}
		})
	}
}

func TestMalformedAttributes(t *testing.T) {
	mark, payload := attr(attrMark, b32(5)...), attr(attrPayload, udpPacket...)
	for name, c := range map[string]struct {
		msg  []byte
		has  event.Has
		want event.Fault
	}{
		"length 0":             {message(2, mark, []byte{0, 0, 0, 0}, payload), event.HasMark, event.FaultAttribute},
		"length 3":             {message(2, mark, attrRaw(3, attrUID), payload), event.HasMark, event.FaultAttribute},
		"length past the end":  {message(2, mark, attrRaw(200, attrUID)), event.HasMark, event.FaultAttribute},
		"mark of two bytes":    {message(2, attr(attrMark, 0, 1), payload), event.HasUDP, event.FaultAttribute},
		"timestamp too short":  {message(2, attr(attrTimestamp, 0, 0, 0, 1), payload), event.HasUDP, event.FaultAttribute},
		"conntrack broken":     {message(2, nest(attrCT, attrRaw(99, 12)), payload), event.HasUDP | event.HasCT, event.FaultAttribute},
		"conntrack, second":    {message(2, nest(attrCT, attr(ctID, b32(1)...), attrRaw(99, ctMark)), payload), event.HasUDP | event.HasCT, event.FaultAttribute},
		"VLAN without a TCI":   {message(2, nest(attrVLAN, attr(1, 0x81, 0)), payload), event.HasUDP, event.FaultAttribute},
		"kind of tomorrow":     {message(2, attr(99, 1, 2), payload), event.HasUDP, event.FaultNone},
		"three bytes left":     {message(2, mark, []byte{9, 9, 9}), event.HasMark, event.FaultNone},
		"last without padding": {message(2, mark, attr(attrPrefix, 'a')[:5]), event.HasMark | event.HasPrefix, event.FaultNone},
		"timestamp of year 0":  {message(2, mark, attr(attrTimestamp, make([]byte, 16)...)), event.HasMark, event.FaultNone},
		"address of 8 bytes":   {message(2, attr(attrHWAddr, 0, 8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)), event.HasGroup, event.FaultNone},
		"address, no padding":  {message(2, attr(attrHWAddr, 0, 6, 0, 0, 1, 2, 3, 4, 5, 6)), event.HasMACSrc, event.FaultNone},
		"address cut":          {message(2, attr(attrHWAddr, 0, 6, 0, 0, 1, 2)), event.HasGroup, event.FaultNone},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := decodeMessage(t, c.msg)
			if !e.Is(c.has) || e.Malformed != c.want || e.Has&^c.has&(event.HasTimeSeen|event.HasMACSrc|event.HasUID|event.HasVLAN) != 0 {
				t.Errorf("has %x, want %x; malformed %q", e.Has, c.has, e.Malformed)
			}
		})
	}
}

func TestStamp(t *testing.T) {
	for name, c := range map[string]struct {
		sec, usec uint64
		want      int64
		ok        bool
	}{
		"usual": {1_700_000_000, 999_999, 1_700_000_000_999_999_000, true}, "none": {0, 5, 0, false}, "usec too large": {1, 1e6, 0, false},
		"last": {1<<33 - 1, 0, (1<<33 - 1) * 1e9, true}, "too late for 64 bits": {1 << 33, 0, 0, false},
	} {
		if got, ok := stamp(c.sec, c.usec); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %t", name, got, ok)
		}
	}
}

// attrRaw is an attribute header that says what it likes.
func attrRaw(length, kind uint16) []byte {
	p := attr(kind)
	copy(p, []byte{byte(length), byte(length >> 8)})
	if Native == Big {
		p[0], p[1] = p[1], p[0]
	}
	return p
}

func TestNothingUsable(t *testing.T) {
	for name, msg := range map[string][]byte{
		"empty":              {},
		"half a header":      {2, 0},
		"no attribute":       message(2),
		"only a broken one":  message(2, attrRaw(2, attrMark)),
		"only an unknown":    message(2, attr(77, 1)),
		"only one too short": message(2, attr(attrMark)),
	} {
		t.Run(name, func(t *testing.T) {
			b := new(event.Pool).Get()
			d := &Decoder{}
			d.Begin(b)
			if d.NFLOG(&event.Event{}, b.AppendBytes(msg), Native) == nil {
				t.Error("no error")
			}
		})
	}
}

// swapHeaders turns the header of every attribute of a log message into the other byte order.
func swapHeaders(msg []byte) []byte {
	p := bytes.Clone(msg)
	for at := messageBody; at+attrHeader <= len(p); {
		n, _ := Native.attr(p, at)
		p[at], p[at+1], p[at+2], p[at+3] = p[at+1], p[at], p[at+3], p[at+2]
		at = aligned(at + n)
	}
	return p
}

func TestByteOrders(t *testing.T) {
	plain := message(2, attr(attrPrefix, []byte("order\x00")...), attr(attrMark, b32(9)...), attr(attrPayload, udpPacket...))
	_, want := decodeMessage(t, plain)
	for name, c := range map[string]struct {
		msg   []byte
		order Order
	}{
		"this machine's":             {plain, Native},
		"the other":                  {swapHeaders(plain), !Native},
		"other than the file claims": {swapHeaders(plain), Native},
		"this, the file claims not":  {plain, !Native},
	} {
		t.Run(name, func(t *testing.T) {
			b := new(event.Pool).Get()
			d := &Decoder{}
			d.Begin(b)
			e := event.Event{}
			if err := d.Frame(&e, Frame{LinkType: linkNFLOG, Bytes: b.AppendBytes(c.msg), Order: c.order}); err != nil {
				t.Fatal(err)
			}
			if e != *want {
				t.Errorf("got %+v\nwant %+v", e, *want)
			}
		})
	}
	if got := Order(false).u16([]byte{1, 2}); got != bits.ReverseBytes16(Order(true).u16([]byte{1, 2})) {
		t.Errorf("u16 is %#x in both", got)
	}
}

func TestSeq(t *testing.T) {
	msg := message(2, attr(attrPrefix, []byte("x\x00")...), attr(attrSeq, b32(4711)...), attr(attrPayload, udpPacket...))
	if seq, ok := Seq(msg, Native); !ok || seq != 4711 {
		t.Errorf("%d, %t", seq, ok)
	}
	for name, msg := range map[string][]byte{
		"none": message(2, attr(attrMark, b32(1)...)), "short": message(2, attr(attrSeq, 1)), "empty": {},
		"behind a broken one": message(2, attrRaw(1, attrMark), attr(attrSeq, b32(1)...)),
	} {
		if _, ok := Seq(msg, Native); ok {
			t.Errorf("%s: found one", name)
		}
	}
}

func TestInterfaceNames(t *testing.T) {
	lookups := 0
	d := &Decoder{Names: func(index uint32) string {
		lookups++
		return map[uint32]string{2: "eth0", 3: "eth1", 2 + nameSlots: "veth"}[index]
	}}
	var pool event.Pool
	decode := func(b *event.Batch, in, out uint32) (string, string) {
		msg := b.AppendBytes(message(2, attr(attrInDev, b32(in)...), attr(attrOutDev, b32(out)...),
			attr(attrPhysInDev, b32(out)...), attr(attrPhysOutDev, b32(in)...), attr(attrPayload, udpPacket...)))
		b.Arena = b.Arena[:len(b.Arena):len(b.Arena)] // the first name moves the arena
		e := event.Event{}
		if err := d.NFLOG(&e, msg, Native); err != nil {
			t.Fatal(err)
		}
		if string(b.Bytes(e.PhysIn)) != string(b.Bytes(e.Out)) || string(b.Bytes(e.PhysOut)) != string(b.Bytes(e.In)) {
			t.Errorf("bridge ports %q, %q", b.Bytes(e.PhysIn), b.Bytes(e.PhysOut))
		}
		return string(b.Bytes(e.In)), string(b.Bytes(e.Out))
	}
	b := pool.Get()
	d.Begin(b)
	for range 3 {
		if in, out := decode(b, 2, 3); in != "eth0" || out != "eth1" {
			t.Errorf("%q, %q", in, out)
		}
	}
	if lookups != 2 {
		t.Errorf("%d lookups in one batch for two interfaces", lookups)
	}
	if in, out := decode(b, 2+nameSlots, 2); in != "veth" || out != "eth0" {
		t.Errorf("two interfaces in one slot: %q, %q", in, out)
	}
	b.Release() // the pool may hand the same memory out again
	b = pool.Get()
	d.Begin(b)
	if in, out := decode(b, 2, 9); in != "eth0" || out != "" {
		t.Errorf("in the next batch %q, %q", in, out)
	}
}

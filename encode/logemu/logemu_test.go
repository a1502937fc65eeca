package logemu

import (
	"flag"
	"net/netip"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

func line(t testing.TB, b *event.Batch) string {
	t.Helper()
	return encodetest.Line(t, newIn(time.UTC), b)
}

func TestExample(t *testing.T) {
	got := line(t, encodetest.Example())
	encodetest.Golden(t, "testdata/example.log", []byte(got+"\n"), *update)
	want := "Aug 22 10:15:30 fw-edge-07 WAN_IN-42-DROP  IN=eth0 OUT= MAC=90:10:20:76:8d:20:90:10:65:29:b6:2a:08:00 " +
		"SRC=203.0.113.7 DST=192.0.2.10 LEN=60 TOS=00 PREC=0x00 TTL=51 ID=42001 DF PROTO=TCP SPT=51544 DPT=22 " +
		"SEQ=3735928559 ACK=0 WINDOW=64240 SYN URGP=0 MARK=0x0 "
	if got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestFoundingNote has the fields of a line from before NFLOG, in their order.
func TestFoundingNote(t *testing.T) {
	const old = "SMTP25BLOCK IN= OUT=eth0 MAC= SRC= DST= LEN= TOS= PREC= TTL= ID= DF PROTO= SPT= DPT= SEQ= ACK= WINDOW= SYN URGP="
	b := encodetest.Example()
	e := &b.Events[0]
	e.Prefix, e.Out, e.In, e.Link = b.AppendString("SMTP25BLOCK"), b.AppendString("eth0"), event.Span{}, event.Span{}
	e.Has = e.Has&^event.HasIn | event.HasOut
	rest := line(t, b)
	for field := range strings.FieldsSeq(old) {
		_, after, found := strings.Cut(rest, " "+field)
		if !found {
			t.Fatalf("no %s in %q", field, rest)
		}
		rest = after
	}
}

// TestMoreOfUlogd2sLines holds packets of every shape, and broken ones, of the inet and bridge families against what ulogd2 2.0.8 wrote
// for them on a machine with its clock in UTC. Interface 3 is va; on the bridge, 4 is br0.
func TestMoreOfUlogd2sLines(t *testing.T) {
	want := readLines(t, "testdata/ulogd2.log")
	b := readNFLOG(t, "testdata/ulogd2.pcap", map[uint32]string{3: "va", 4: "br0"})
	if len(b.Events) != len(want) {
		t.Fatalf("%d events, %d lines", len(b.Events), len(want))
	}
	x := newIn(time.UTC).New()
	for i := range b.Events {
		if got, ok := x.AppendEvent(nil, b, &b.Events[i]); !ok || string(got) != want[i] {
			t.Errorf("packet %d:\n got %q\nwant %q", i+1, got, want[i])
		}
	}
}

// TestOtherThanUlogd2 is what the package's comment says is different; behind is what ulogd2 2.0.8 printed.
func TestOtherThanUlogd2(t *testing.T) {
	const v6 = "6000 0000 0018 %s 40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
	for _, c := range []struct{ name, packet, want string }{
		{"a later fragment", "4500 0024 0001 2001 40 11 0000 cb007107 c000020a 0050 0051 0010 0000 0000000000000000",
			"SRC=203.0.113.7 DST=192.0.2.10 LEN=36 TOS=00 PREC=0x00 TTL=64 ID=1 MF FRAG:1 PROTO=UDP INCOMPLETE"}, // SPT=80 DPT=81 LEN=16
		{"a header alone", "4500 0014 0001 0000 40 06 0000 cb007107 c000020a",
			"SRC=203.0.113.7 DST=192.0.2.10 LEN=20 TOS=00 PREC=0x00 TTL=64 ID=1 PROTO=TCP INCOMPLETE"}, // LEN=0 … PROTO=0
		{"ESP over IPv6", strings.Replace(v6, "%s", "32", 1) + "12000000 00000001 0000000000000000 0000000000000000",
			"SRC=2001:db8::1 DST=2001:db8::2 LEN=64 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=0 "}, // PROTO=AH INCOMPLETE
	} {
		b, e := packet(event.FamilyIPv4, unhex(t, c.packet))
		if strings.HasPrefix(c.packet, "6") {
			e.Family = event.FamilyIPv6
		}
		if got := line(t, b); got != before+c.want+"MARK=0x0 " {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, before+c.want+"MARK=0x0 ")
		}
	}
}

const before = "Nov 22 10:00:00 fw IN= OUT= MAC= "

func packet(family event.Family, p []byte) (*event.Batch, *event.Event) {
	b := &event.Batch{Origins: []*event.Origin{{Host: "fw"}}, Events: make([]event.Event, 1)}
	e := &b.Events[0]
	e.Time, e.Family, e.Packet = encodetest.Stamp, family, b.AppendBytes(p)
	return b, e
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hexBytes(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOtherFamilies(t *testing.T) {
	const request = "0001 0800 06 04 0001 02000000000a 0a620001 000000000000 0a620002"
	ip := "4500 001c 0001 0000 40 fd 0000 cb007107 c000020a 0000000000000000"
	const printed = "SRC=203.0.113.7 DST=192.0.2.10 LEN=28 TOS=00 PREC=0x00 TTL=64 ID=1 PROTO=253 "
	for _, c := range []struct {
		name      string
		family    event.Family
		etherType uint16
		packet    string
		want      string
	}{
		{"ARP", event.FamilyARP, typeARP, request, "SRC=10.98.0.1 DST=10.98.0.2 PROTO=ARP REQUEST "},
		{"ARP reply on a bridge", event.FamilyBridge, typeARP, strings.Replace(request, "0001 0200", "0002 0200", 1),
			"SRC=10.98.0.1 DST=10.98.0.2 PROTO=ARP REPLY REPLY_MAC=02:00:00:00:00:0a "},
		{"ARP of another operation", event.FamilyBridge, typeARP, strings.Replace(request, "0001 0200", "0009 0200", 1), "SRC=10.98.0.1 DST=10.98.0.2 PROTO=ARP CODE=9 "},
		{"ARP NAK", event.FamilyBridge, typeARP, strings.Replace(request, "0001 0200", "000a 0200", 1), "SRC=10.98.0.1 DST=10.98.0.2 PROTO=ARP NAK "},
		{"ARP cut short", event.FamilyARP, typeARP, request[:20], "PROTO=ARP "},
		{"netdev", event.FamilyNetdev, typeIPv4, ip, printed},
		{"LLDP on a bridge", event.FamilyBridge, 0x88cc, "0207", "PROTO=35020 "},
		{"of a plain capture", event.FamilyUnknown, 0, ip, printed},
		{"nothing", event.FamilyUnknown, 0, "", ""},
		{"neither version", event.FamilyNetdev, 0, "ff", ""},
		{"an IPv4 header cut short", event.FamilyIPv4, 0, ip[:20], "LEN=0 TOS=00 PREC=0x00 TTL=0 ID=0 PROTO=0 "},
		{"an IPv6 header cut short", event.FamilyIPv6, 0, "60", "PROTO=0 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e := packet(c.family, unhex(t, c.packet))
			if c.etherType != 0 {
				e.EtherType, e.Has = c.etherType, event.HasEtherType
			}
			if got := line(t, b); got != before+c.want+"MARK=0x0 " {
				t.Errorf("\n got %q\nwant %q", got, before+c.want+"MARK=0x0 ")
			}
		})
	}
}

// TestAddresses has them as inet_ntop of glibc prints them.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"2001:db8::1": "2001:db8::1", "::": "::", "::1": "::1", "::ffff": "::ffff", "::0.1.0.2": "::0.1.0.2", "::1.0.0.0": "::1.0.0.0",
		"::203.0.113.7": "::203.0.113.7", "::ffff:203.0.113.7": "::ffff:203.0.113.7", "64:ff9b::203.0.113.7": "64:ff9b::cb00:7107",
	} {
		a := netip.MustParseAddr(address).As16()
		if got := string(appendIPv6Addr(nil, a[:])); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// TestPrefix: one space is added to it, and it cannot end the line.
func TestPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"": " ", "DROP ": "DROP  ", "DROP": "DROP ", "a\nb\r\tc\x00": `a\x0ab\x0d\x09c\x00 `, `back\slash`: `back\x5cslash `,
		"gr\u00fcn\x7f\xff~": `gr\xc3\xbcn\x7f\xff~ `, "\x1b[31m": `\x1b[31m `,
	} {
		b, e := packet(event.FamilyUnknown, nil)
		e.Prefix, e.Has = b.AppendString(prefix), event.HasPrefix
		if got := line(t, b); got != "Nov 22 10:00:00 fw "+want+"IN= OUT= MAC= MARK=0x0 " {
			t.Errorf("prefix %q: got %q", prefix, got)
		}
	}
}

func TestHosts(t *testing.T) {
	for host, want := range map[string]string{"fw1": "fw1", "fw1.example.org": "fw1", "": "-", ".example": "-", "a\nb": `a\x0ab`} {
		b, _ := packet(event.FamilyUnknown, nil)
		b.Origins[0].Host = host
		if got := line(t, b); got != "Nov 22 10:00:00 "+want+" IN= OUT= MAC= MARK=0x0 " {
			t.Errorf("host %q: got %q", host, got)
		}
	}
}

func TestTimes(t *testing.T) {
	place := time.FixedZone("", -3*3600-1800)
	x := newIn(place).New()
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Unix(0, -1), time.Unix(-1, 0), time.Unix(1e9, 5), time.Date(2026, 3, 1, 3, 29, 59, 1e9-1, time.UTC),
		time.Date(2026, 3, 1, 3, 30, 0, 0, time.UTC), time.Date(2026, 3, 1, 3, 30, 0, 1, time.UTC),
	} {
		b, e := packet(event.FamilyUnknown, nil)
		e.Time = at.UnixNano()
		got, _ := x.AppendEvent(nil, b, e)
		if want := at.In(place).Format(time.Stamp) + " fw IN="; !strings.HasPrefix(string(got), want) {
			t.Errorf("%v: got %q, want %q", at, got, want)
		}
	}
}

func TestNoPlaceForSummaries(t *testing.T) {
	b := encodetest.Summary()
	if got, ok := newIn(time.UTC).New().AppendEvent([]byte("before"), b, &b.Events[0]); ok || string(got) != "before" {
		t.Errorf("%v, %q", ok, got)
	}
}

func TestNoPlaceForFields(t *testing.T) {
	if c, err := New(DefaultConfig(), nil); err != nil || c.Name != "logemu" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := New(DefaultConfig(), map[string]string{"site": "ams1"}); err == nil {
		t.Error("fields were taken")
	}
}

// TestAnyEvent: whatever an event holds, it is one line of ASCII that prints, and names come back out of it.
func TestAnyEvent(t *testing.T) {
	x := newIn(time.UTC).New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			e.Kind = event.Packet
			line, ok := x.AppendEvent([]byte("before"), b, e)
			if !ok || string(line[:6]) != "before" {
				t.Fatalf("%v, %q", ok, line)
			}
			for _, c := range line {
				if c < ' ' || c > '~' {
					t.Fatalf("byte %#x in %q", c, line)
				}
			}
			text := string(line[6:])
			if !strings.Contains(text, " MAC=") || !strings.HasSuffix(text, " ") || strings.Count(text, "MARK=0x") < 1 {
				t.Fatalf("not whole: %q", text)
			}
			for has, span := range map[event.Has]event.Span{event.HasPrefix: e.Prefix, event.HasIn: e.In, event.HasOut: e.Out} {
				if e.Is(has) && !strings.Contains(text, kmsg(b.Bytes(span))) {
					t.Fatalf("%q is not in %q", b.Bytes(span), text)
				}
			}
		}
	})
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	var more []encodetest.Case
	b := readNFLOG(t, "testdata/ulogd2.pcap", nil)
	for i := range b.Events {
		one := &event.Batch{}
		one.AppendEvent(b, &b.Events[i])
		more = append(more, encodetest.Case{Name: "captured", Batch: one})
	}
	encodetest.NoAllocation(t, newIn(time.UTC), more...)
}

func BenchmarkAppendEvent(b *testing.B) { encodetest.Bench(b, newIn(time.Local)) }

// FuzzPacket: any bytes make one line of ASCII that prints, whole to its end.
func FuzzPacket(f *testing.F) {
	b := readNFLOG(f, "testdata/ulogd2.pcap", nil)
	for i := range b.Events {
		f.Add(uint8(b.Events[i].Family), b.Events[i].EtherType, b.Bytes(b.Events[i].Packet))
	}
	f.Fuzz(func(t *testing.T, family uint8, etherType uint16, p []byte) {
		b, e := packet(event.Family(family), p)
		e.EtherType, e.Has = etherType, event.HasEtherType
		got := line(t, b)
		if strings.Trim(got, printable) != "" || !strings.HasPrefix(got, before) || !strings.HasSuffix(got, "MARK=0x0 ") {
			t.Errorf("%x: got %q", p, got)
		}
	})
}

var printable = func() (s string) {
	for c := ' '; c <= '~'; c++ {
		s += string(c)
	}
	return s
}()

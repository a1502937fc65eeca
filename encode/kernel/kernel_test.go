package kernel

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/event"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func packet(family event.Family, p []byte) (*event.Batch, *event.Event) {
	b := &event.Batch{Events: make([]event.Event, 1)}
	e := &b.Events[0]
	e.Family, e.Packet = family, b.AppendBytes(p)
	return b, e
}

// Headers from which the packets below are put together: ip4 ends before its protocol's bytes, ip6 has to be told what is next.
const (
	ip4  = "0000 1234 0000 40"       // length 0, id, no fragment, ttl
	to4  = "0000 0a630002 0a630001 " // checksum, addresses
	src4 = "IN= OUT= SRC=10.99.0.2 DST=10.99.0.1 LEN=0 TOS=0x00 PREC=0x00 TTL=64 ID=4660 "
	to6  = "40 fd990000000000000000000000000002 fd990000000000000000000000000001 "
	src6 = "IN= OUT= SRC=fd99:0000:0000:0000:0000:0000:0000:0002 DST=fd99:0000:0000:0000:0000:0000:0000:0001 " +
		"LEN=40 TC=0 HOPLIMIT=64 FLOWLBL=0 "
	nested4 = "[" + "SRC=10.99.0.2 DST=10.99.0.1 LEN=0 TOS=0x00 PREC=0x00 TTL=64 ID=4660 "
	tcp     = "0001 0002 00000003 00000004 5012 fa00 0000 0000"
	tcpLine = "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=64000 RES=0x00 ACK SYN URGP=0 "
	owner   = "UID=0 GID=1000 MARK=0x2a "
)

// TestIPv4 has a line for each way out of the kernel's printer. Every event has an owner and a mark.
func TestIPv4(t *testing.T) {
	for name, c := range map[string]struct{ packet, want string }{
		"nothing copied":  {"", "IN= OUT= TRUNCATED"},
		"19 bytes":        {"45 00" + ip4 + "06 0000 0a630002 0a6300", "IN= OUT= TRUNCATED"},
		"options cut":     {"46 00" + ip4 + "06" + to4 + "9404", src4 + "TRUNCATED"},
		"options":         {"46 00" + ip4 + "fd" + to4 + "94040000", src4 + "OPT (94040000) PROTO=253 " + owner},
		"header length 0": {"40 00" + ip4 + "11" + to4, src4 + "PROTO=UDP SPT=16384 DPT=0 LEN=4660 " + owner},
		"tcp":             {"45 00" + ip4 + "06" + to4 + tcp, src4 + tcpLine + owner},
		"tcp cut":         {"45 00" + ip4 + "06" + to4 + tcp[:18], src4 + "PROTO=TCP INCOMPLETE [8 bytes] "},
		"tcp, no bytes":   {"45 00" + ip4 + "06" + to4, src4 + "PROTO=TCP INCOMPLETE [0 bytes] "},
		"tcp, every flag, reserved": {"45 00" + ip4 + "06" + to4 + "0001 0002 00000003 00000004 5fff 0001 0000 0007",
			src4 + "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=1 RES=0x38 AE CWR ECE URG ACK PSH RST SYN FIN URGP=7 " + owner},
		"tcp options": {"45 00" + ip4 + "06" + to4 + "0001 0002 00000003 00000004 6002 fa00 0000 0000 020405B4",
			src4 + "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=64000 RES=0x00 SYN URGP=0 OPT (020405B4) " + owner},
		"tcp options cut": {"45 00" + ip4 + "06" + to4 + "0001 0002 00000003 00000004 f002 fa00 0000 0000 020405B4",
			src4 + "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=64000 RES=0x00 SYN URGP=0 OPT (TRUNCATED)"},
		"tcp data offset below five": {"45 00" + ip4 + "06" + to4 + "0001 0002 00000003 00000004 1002 fa00 0000 0000 020405B4",
			src4 + "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=64000 RES=0x00 SYN URGP=0 " + owner},
		"udp":              {"45 00" + ip4 + "11" + to4 + "0035 ffff 0008 0000", src4 + "PROTO=UDP SPT=53 DPT=65535 LEN=8 " + owner},
		"udp cut":          {"45 00" + ip4 + "11" + to4 + "0035 ffff", src4 + "PROTO=UDP INCOMPLETE [4 bytes] "},
		"udplite cut":      {"45 00" + ip4 + "88" + to4 + "00", src4 + "PROTO=UDPLITE INCOMPLETE [1 bytes] "},
		"esp cut":          {"45 00" + ip4 + "32" + to4 + "c0ffee01 000000", src4 + "PROTO=ESP INCOMPLETE [7 bytes] " + owner},
		"esp":              {"45 00" + ip4 + "32" + to4 + "00ffee01 00000000", src4 + "PROTO=ESP SPI=0xffee01 " + owner},
		"ah cut":           {"45 00" + ip4 + "33" + to4 + "06040000 abad1dea 000000", src4 + "PROTO=AH INCOMPLETE [11 bytes] " + owner},
		"ah":               {"45 00" + ip4 + "33" + to4 + "06040000 abad1dea 00000000", src4 + "PROTO=AH SPI=0xabad1dea " + owner},
		"sctp":             {"45 00" + ip4 + "84" + to4 + "0001 0002", src4 + "PROTO=132 " + owner},
		"icmp cut":         {"45 00" + ip4 + "01" + to4 + "0800 0000 0001", src4 + "PROTO=ICMP INCOMPLETE [6 bytes] " + owner},
		"echo":             {"45 00" + ip4 + "01" + to4 + "0800 0000 0001 0002", src4 + "PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=2 " + owner},
		"timestamp cut":    {"45 00" + ip4 + "01" + to4 + "0d00 0000 0001 0002", src4 + "PROTO=ICMP TYPE=13 CODE=0 INCOMPLETE [8 bytes] " + owner},
		"address mask":     {"45 00" + ip4 + "01" + to4 + "1100 0000 0001 0002 00000000", src4 + "PROTO=ICMP TYPE=17 CODE=0 " + owner},
		"address mask cut": {"45 00" + ip4 + "01" + to4 + "1200 0000 0001 0002 000000", src4 + "PROTO=ICMP TYPE=18 CODE=0 INCOMPLETE [11 bytes] " + owner},
		"unreachable, quote cut": {"45 00" + ip4 + "01" + to4 + "0304 0000 0000 0578 4500" + ip4 + "11" + to4[:20],
			src4 + "PROTO=ICMP TYPE=3 CODE=4 INCOMPLETE [27 bytes] " + owner},
		"fragmentation needed": {"45 00" + ip4 + "01" + to4 + "0304 0000 0000 0578 4500" + ip4 + "11" + to4 + "0001 0002 0008",
			src4 + "PROTO=ICMP TYPE=3 CODE=4 " + nested4 + "PROTO=UDP INCOMPLETE [6 bytes] ] MTU=1400 " + owner},
		"redirect": {"45 00" + ip4 + "01" + to4 + "0501 0000 0a6300fe 4500" + ip4 + "06" + to4 + "0001",
			src4 + "PROTO=ICMP TYPE=5 CODE=1 GATEWAY=10.99.0.254 " + nested4 + "PROTO=TCP INCOMPLETE [2 bytes] ] " + owner},
		"source quench, quote in quote": {"45 00" + ip4 + "01" + to4 + "0400 0000 00000000 4500" + ip4 + "01" + to4 +
			"0304 0000 0000 0578 4500" + ip4 + "06" + to4, src4 + "PROTO=ICMP TYPE=4 CODE=0 " + nested4 + "PROTO=ICMP TYPE=3 CODE=4 MTU=1400 ] " + owner},
		"parameter problem": {"45 00" + ip4 + "01" + to4 + "0c00 0000 14000000 4500" + ip4 + "06" + to4, src4 + "PROTO=ICMP TYPE=12 CODE=0 PARAMETER=20 " + owner},
		"quote's options cut": {"45 00" + ip4 + "01" + to4 + "0b00 0000 00000000 4600" + ip4 + "11" + to4,
			src4 + "PROTO=ICMP TYPE=11 CODE=0 " + nested4 + "TRUNCATED] " + owner},
	} {
		t.Run(name, func(t *testing.T) { check(t, event.FamilyIPv4, c.packet, c.want) })
	}
}

func check(t *testing.T, family event.Family, p, want string) {
	t.Helper()
	b, e := packet(family, unhex(t, p))
	e.UID, e.GID, e.Mark, e.Has = 0, 1000, 42, event.HasUID|event.HasGID|event.HasMark
	if got := render(t, DefaultConfig(), b, e); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestLaterFragments(t *testing.T) {
	const flags = "IN= OUT= SRC=10.99.0.2 DST=10.99.0.1 LEN=0 TOS=0x1E PREC=0xE0 TTL=64 ID=4660 CE DF MF FRAG:8191 "
	for proto, want := range map[string]string{"01": "PROTO=ICMP ", "06": "PROTO=TCP ", "11": "PROTO=UDP ", "88": "PROTO=UDPLITE ",
		"32": "PROTO=ESP ", "33": "", "84": "PROTO=132 "} {
		t.Run(proto, func(t *testing.T) {
			check(t, event.FamilyIPv4, "45 ff 0000 1234 ffff 40"+proto+to4+tcp, flags+want+owner)
		})
	}
}

func TestIPv6(t *testing.T) {
	for name, c := range map[string]struct{ packet, want string }{
		"39 bytes":              {"60000000 0000 06" + to6[:len(to6)-3], "IN= OUT= TRUNCATED"},
		"tcp":                   {"60000000 0000 06" + to6 + tcp, src6 + tcpLine + owner},
		"udp cut":               {"60000000 0000 11" + to6 + "00", src6 + "PROTO=UDP INCOMPLETE [1 bytes] "},
		"icmpv6 cut":            {"60000000 0000 3a" + to6 + "8000", src6 + "PROTO=ICMPv6 INCOMPLETE [2 bytes] "},
		"no next header":        {"60000000 0000 3b" + to6, src6 + "PROTO=59 " + owner},
		"ipv4 within":           {"60000000 0000 04" + to6, src6 + "PROTO=4 " + owner},
		"hop-by-hop, routing":   {"60000000 0000 00" + to6 + "2b00 00000000 0000 fd00 00000000 0000", src6 + "OPT ( ) OPT ( ) PROTO=253 " + owner},
		"chain cut":             {"60000000 0000 00" + to6 + "2b00 00000000 0000 fd", src6 + "OPT ( ) TRUNCATED"},
		"header behind the end": {"60000000 0000 3c" + to6 + "0602 00000000 0000", src6 + "OPT ( ) PROTO=TCP INCOMPLETE [4294967280 bytes] "},
		"first fragment":        {"60000000 0000 2c" + to6 + "1100 0001 cafebabf 0001 0002 0018 0000", src6 + "OPT ( FRAG:0 INCOMPLETE ID:cafebabf ) PROTO=UDP SPT=1 DPT=2 LEN=24 " + owner},
		"last fragment":         {"60000000 0000 2c" + to6 + "1100 0028 00febabe 0001", src6 + "OPT ( FRAG:40 ID:00febabe ) PROTO=UDP " + owner},
		"fragment of tcp":       {"60000000 0000 2c" + to6 + "0600 fff9 00febabe", src6 + "OPT ( FRAG:65528 INCOMPLETE ID:00febabe ) PROTO=TCP " + owner},
		"fragment of icmpv6":    {"60000000 0000 2c" + to6 + "3a00 0008 00000000", src6 + "OPT ( FRAG:8 ID:00000000 ) PROTO=ICMPv6 " + owner},
		"fragment cut":          {"60000000 0000 2c" + to6 + "1100 0028 00fe", src6 + "OPT ( FRAG:TRUNCATED "},
		"fragment of a fragment": {"60000000 0000 2c" + to6 + "2c00 0008 00000001 0600 0000 00000002",
			src6 + "OPT ( FRAG:8 ID:00000001 ) OPT ( FRAG:0 ID:00000002 ) PROTO=TCP " + owner},
		"options behind a later fragment": {"60000000 0000 2c" + to6 + "3c00 0028 00febabe 0600 00000000 0000", src6 + "OPT ( FRAG:40 ID:00febabe ) OPT ( )"},
		"ah behind a later fragment":      {"60000000 0000 2c" + to6 + "3300 0028 00febabe 0600", src6 + "OPT ( FRAG:40 ID:00febabe ) OPT ( AH )"},
		"esp behind a later fragment":     {"60000000 0000 2c" + to6 + "3200 0028 00febabe 0600", src6 + "OPT ( FRAG:40 ID:00febabe ) OPT ( ESP )"},
		"ah":                              {"60000000 0000 33" + to6 + "0604 0000 0bad1de6 00000000 000000000000000000000000" + tcp, src6 + "OPT ( AH SPI=0xbad1de6 ) " + tcpLine + owner},
		"ah cut":                          {"60000000 0000 33" + to6 + "0604 0000 0bad1de6 000000", src6 + "OPT ( AH INCOMPLETE [11 bytes] )"},
		"esp":                             {"60000000 0000 32" + to6 + "c0ffee06 00000000 ff", src6 + "OPT ( ESP SPI=0xc0ffee06 )"},
		"esp cut":                         {"60000000 0000 32" + to6 + "c0ffee06 000000", src6 + "OPT ( ESP INCOMPLETE [7 bytes] )"},
		"echo":                            {"60000000 0000 3a" + to6 + "8100 0000 2222 0001", src6 + "PROTO=ICMPv6 TYPE=129 CODE=0 ID=8738 SEQ=1 " + owner},
		"listener report":                 {"60000000 0000 3a" + to6 + "8300 0000 2222 0001", src6 + "PROTO=ICMPv6 TYPE=131 CODE=0 " + owner},
		"neighbour":                       {"60000000 0000 3a" + to6 + "8700 0000 0000 0000", src6 + "PROTO=ICMPv6 TYPE=135 CODE=0 " + owner},
		"unreachable, quote cut":          {"60000000 0000 3a" + to6 + "0104 0000 0000 0000 6000", src6 + "PROTO=ICMPv6 TYPE=1 CODE=4 [TRUNCATED] " + owner},
		"too big, esp quoted": {"60000000 0000 3a" + to6 + "0200 0000 000f4240 60000000 0000 32" + to6 + "c0ffee06 00000000",
			src6 + "PROTO=ICMPv6 TYPE=2 CODE=0 [" + src6[9:] + "OPT ( ESP SPI=0xc0ffee06 )] MTU=1000000 " + owner},
		"parameter problem, quote in quote": {"60000000 0000 3a" + to6 + "0401 0000 00000028 60000000 0000 3a" + to6 + "0300 0000 00000000 60000000 0000 06" + to6,
			src6 + "PROTO=ICMPv6 TYPE=4 CODE=1 POINTER=00000028 [" + src6[9:] + "PROTO=ICMPv6 TYPE=3 CODE=0 ] " + owner},
		"class and flow label": {"6ffabcde 0000 3b" + to6, "IN= OUT= " + src6[9:strings.Index(src6, "TC=")] + "TC=255 HOPLIMIT=64 FLOWLBL=703710 PROTO=59 " + owner},
	} {
		t.Run(name, func(t *testing.T) { check(t, event.FamilyIPv6, c.packet, c.want) })
	}
}

func TestARP(t *testing.T) {
	const plain = "0001 0800 06 04 0001 020000000201 0a620001 000000000000 0a620002"
	for name, c := range map[string]struct{ packet, want string }{
		"request":        {plain, "IN= OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=02:00:00:00:02:01 IPSRC=10.98.0.1 MACDST=00:00:00:00:00:00 IPDST=10.98.0.2"},
		"header cut":     {plain[:10], "IN= OUT= TRUNCATED"},
		"addresses cut":  {plain[:len(plain)-2], "IN= OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 INCOMPLETE [19 bytes]"},
		"not Ethernet":   {"0020 0800 14 04 0002" + plain[20:], "IN= OUT= ARP HTYPE=32 PTYPE=0x0800 OPCODE=2"},
		"long addresses": {"0001 86dd 06 10 0009" + plain[20:], "IN= OUT= ARP HTYPE=1 PTYPE=0x86dd OPCODE=9"},
	} {
		t.Run(name, func(t *testing.T) { check(t, event.FamilyARP, c.packet, c.want) })
	}
}

func TestSwitches(t *testing.T) {
	p := unhex(t, "46 00"+ip4+"06"+to4+"94040000 0001 0002 00000003 00000004 6002 fa00 0000 0000 020405B4")
	chain := unhex(t, "60000000 0000 00"+to6+"2c00 00000000 0000 3300 0001 00000001 3201 0000 00000009 00000000 c0ffee06 00000000")
	late := unhex(t, "60000000 0000 2c"+to6+"3c00 0028 00febabe 0600 00000000 0000")
	const ip, port = src4, "PROTO=TCP SPT=1 DPT=2 "
	const window = "WINDOW=64000 RES=0x00 SYN URGP=0 "
	for name, c := range map[string]struct {
		cfg    Config
		family event.Family
		packet []byte
		want   string
	}{
		"none":        {Config{}, event.FamilyIPv4, p, ip + port + window + "MARK=0x2a "},
		"sequence":    {Config{TCPSequence: true}, event.FamilyIPv4, p, ip + port + "SEQ=3 ACK=4 " + window + "MARK=0x2a "},
		"tcp options": {Config{TCPOptions: true}, event.FamilyIPv4, p, ip + port + window + "OPT (020405B4) MARK=0x2a "},
		"ip options":  {Config{IPOptions: true}, event.FamilyIPv4, p, ip + "OPT (94040000) " + port + window + "MARK=0x2a "},
		"uid":         {Config{UID: true}, event.FamilyIPv4, p, ip + port + window + owner},
		"ipv6, none":  {Config{}, event.FamilyIPv6, chain, src6 + "FRAG:0 INCOMPLETE ID:00000001 "},
		"ipv6, all":   {DefaultConfig(), event.FamilyIPv6, chain, src6 + "OPT ( ) OPT ( FRAG:0 INCOMPLETE ID:00000001 ) OPT ( AH SPI=0x9 ) OPT ( ESP SPI=0xc0ffee06 )"},
		"ipv6, option behind a later fragment, none": {Config{}, event.FamilyIPv6, late, src6 + "FRAG:40 ID:00febabe "},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := packet(c.family, c.packet)
			e.UID, e.GID, e.Mark, e.Has = 0, 1000, 42, event.HasUID|event.HasGID|event.HasMark
			if got := render(t, c.cfg, b, e); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{tcp_sequence: false, uid: false}", &cfg); err != nil {
		t.Fatal(err)
	}
	if want := (Config{TCPOptions: true, IPOptions: true}); cfg != want {
		t.Errorf("got %+v, want %+v", cfg, want)
	}
	if err := config.Decode("mac_decode: true", &cfg); err == nil {
		t.Error("an unknown switch is accepted")
	}
}

// TestLineIsFull has a chain of extension headers that the kernel's buffer cannot hold.
func TestLineIsFull(t *testing.T) {
	p := unhex(t, "60000000 0000 00"+to6)
	for range 8000 {
		p = append(p, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b, e := packet(event.FamilyIPv6, p)
	e.Prefix = b.AppendString("a\nb")
	got := render(t, DefaultConfig(), b, e)
	whole := "a\nb" + src6 + strings.Repeat("OPT ( ) ", 200)
	if want := strings.ReplaceAll(whole[:1016], "\n", `\x0a`); got != want {
		t.Errorf("got %d bytes %q\nwant %d bytes %q", len(got), got, len(want), want)
	}
	if n := cap(mustAppend(t, b, e)); n > 4096 {
		t.Errorf("a full line took a buffer of %d bytes", n)
	}
}

func mustAppend(t *testing.T, b *event.Batch, e *event.Event) []byte {
	t.Helper()
	out, ok := New(DefaultConfig()).New().AppendEvent(nil, b, e)
	if !ok {
		t.Fatal("every packet has a line")
	}
	return out
}

func TestNoPlaceForSummaries(t *testing.T) {
	b, e := packet(event.FamilyIPv4, nil)
	e.Kind = event.Summarised
	if out, ok := New(DefaultConfig()).New().AppendEvent([]byte("before"), b, e); ok || string(out) != "before" {
		t.Errorf("got %q, %v", out, ok)
	}
}

func TestNoAllocation(t *testing.T) {
	b, e := packet(event.FamilyIPv4, unhex(t, "45 00"+ip4+"01"+to4+"0304 0000 0000 0578 4500"+ip4+"11"+to4+"0001 0002 0008"))
	e.Prefix, e.In, e.Has = b.AppendString("DROP\n"), b.AppendString("eth0"), event.HasIn
	e.Link = b.AppendBytes(make([]byte, 14))
	x, buf := New(DefaultConfig()).New(), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { x.AppendEvent(buf, b, e) }); n != 0 {
		t.Errorf("%v allocations an event, want 0", n)
	}
}

// FuzzKernel holds that any bytes make one line that prints, of bounded length, and leave what was before it alone.
func FuzzKernel(f *testing.F) {
	f.Add([]byte("DROP \n\\\xff"), []byte("eth0"), []byte{2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 11, 8, 0}, unhex(f, "45 00"+ip4+"06"+to4+tcp), uint8(2), uint8(0))
	f.Add([]byte{}, []byte{}, []byte{}, unhex(f, "60000000 0000 00"+to6+"2b00 00000000 0000 3a00 00000000 0000 0104"), uint8(10), uint8(1))
	f.Add([]byte{}, []byte{}, make([]byte, 40), unhex(f, "45 00"+ip4+"01"+to4+"0304 0000 0000 0578 4500"+ip4+"11"+to4), uint8(7), uint8(2))
	f.Add([]byte{}, []byte{}, []byte{}, unhex(f, "0001 0800 06 04 0001 020000000201 0a620001"), uint8(3), uint8(3))
	f.Fuzz(func(t *testing.T, prefix, name, link, p []byte, family, how uint8) {
		b, e := packet(event.Family(family), p)
		e.Prefix, e.In, e.PhysIn, e.Link = b.AppendBytes(prefix), b.AppendBytes(name), b.AppendBytes(link), b.AppendBytes(link)
		e.Has, e.HWType, e.Hook = event.HasIn|event.HasPhysIn|event.HasHook, uint16(how>>4), event.Hook(how>>3&1)
		if how&1 != 0 {
			e.Has, e.HWType = e.Has|event.HasHWType, arphrdSIT
		}
		cfg := Config{TCPSequence: how&1 == 0, TCPOptions: how&2 == 0, IPOptions: how&4 == 0}
		out, ok := New(cfg).New().AppendEvent([]byte("before"), b, e)
		if !ok || !bytes.HasPrefix(out, []byte("before")) {
			t.Fatalf("got %q, %v", out, ok)
		}
		line := out[len("before"):]
		if len(line) > maxLine+3*(len(prefix)+len(name)+len(link)) {
			t.Fatalf("%d bytes: %q", len(line), line)
		}
		for _, c := range line {
			if c < ' ' || c > '~' {
				t.Fatalf("%q holds %#x", line, c)
			}
		}
	})
}

func BenchmarkKernel(b *testing.B) {
	syn := unhex(b, "45 00 003c 1234 4000 40 06"+to4+"dde2 1f90 d3671f3e 00000000 a002 faf0 14f7 0000 020405b40402080a47a6d238000000000103030a")
	syn6 := append(unhex(b, "60012345 0028 06"+to6), syn[20:]...)
	for name, p := range map[string][]byte{"tcp4": syn, "tcp6": syn6} {
		b.Run(name, func(b *testing.B) {
			batch, e := packet(event.FamilyIPv4, p)
			if p[0]>>4 == 6 {
				e.Family = event.FamilyIPv6
			}
			e.Prefix, e.In, e.Has = batch.AppendString("WAN_IN-42-DROP "), batch.AppendString("eth0"), event.HasIn
			e.Link = batch.AppendBytes([]byte{2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 11, 8, 0})
			x, buf := New(DefaultConfig()).New(), make([]byte, 0, 4096)
			b.ReportAllocs()
			for range b.N {
				out, _ := x.AppendEvent(buf, batch, e)
				b.SetBytes(int64(len(out)))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
		})
	}
}

package kernel

import (
	"slices"
	"strings"
	"testing"

	"nflogship/event"
)

// TestPrefix holds that nothing is added to it, and that it cannot end the line.
func TestPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"":                   "",
		"DROP ":              "DROP ",
		"DROP":               "DROP",
		"a\nb\r\tc\x00":      `a\x0ab\x0d\x09c\x00`,
		`back\slash`:         `back\x5cslash`,
		"gr\u00fcn\x7f\xff~": `gr\xc3\xbcn\x7f\xff~`,
		"\n":                 `\x0a`,
	} {
		b, e := packet(event.FamilyARP, nil)
		e.Prefix = b.AppendString(prefix)
		if got := render(t, DefaultConfig(), b, e); got != want+"IN= OUT= TRUNCATED" {
			t.Errorf("prefix %q: got %q", prefix, got)
		}
	}
}

func TestInterfaces(t *testing.T) {
	const in, out, physIn, physOut = event.HasIn, event.HasOut, event.HasPhysIn, event.HasPhysOut
	for name, c := range map[string]struct {
		family event.Family
		has    event.Has
		names  [4]string
		want   string
	}{
		"output":                       {event.FamilyIPv4, out, [4]string{"", "eth0"}, "IN= OUT=eth0 "},
		"forward":                      {event.FamilyIPv4, in | out, [4]string{"eth0", "eth1"}, "IN=eth0 OUT=eth1 MAC= "},
		"indexes":                      {event.FamilyIPv4, in | out, [4]string{}, "IN=1 OUT=2 MAC= "},
		"bridged":                      {event.FamilyIPv4, in | out | physIn | physOut, [4]string{"br0", "br0", "p1", "p2"}, "IN=br0 OUT=br0 PHYSIN=p1 PHYSOUT=p2 MAC= "},
		"bridged, indexes":             {event.FamilyIPv6, in | physIn, [4]string{}, "IN=1 OUT= PHYSIN=3 MAC= "},
		"bridge family":                {event.FamilyBridge, in | out | physIn | physOut, [4]string{"br0", "br0", "p1", "p2"}, "IN=p1 OUT=p2 MAC= "},
		"bridge family, input":         {event.FamilyBridge, in | physIn, [4]string{"br0", "", "p1"}, "IN=p1 OUT= MAC= "},
		"bridge family, no port known": {event.FamilyBridge, in | out, [4]string{"br0", "br0"}, "IN=br0 OUT=br0 MAC= "},
		"hostile name":                 {event.FamilyIPv4, in, [4]string{"e\x01\\"}, `IN=e\x01\x5c OUT= MAC= `},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := packet(c.family, nil)
			e.Has, e.EtherType = c.has|event.HasEtherType, typeIPv4
			e.InIndex, e.OutIndex, e.PhysInIndex, e.PhysOutIndex = 1, 2, 3, 4
			for i, s := range []*event.Span{&e.In, &e.Out, &e.PhysIn, &e.PhysOut} {
				*s = b.AppendString(c.names[i])
			}
			if got := render(t, DefaultConfig(), b, e); got != c.want+"TRUNCATED" {
				t.Errorf("\n got %q\nwant %q", got, c.want+"TRUNCATED")
			}
		})
	}
}

// TestSamePort has PHYSIN only where it is another device than IN.
func TestSamePort(t *testing.T) {
	b, e := packet(event.FamilyIPv4, nil)
	e.In, e.InIndex = b.AppendString("p1"), 3
	e.PhysIn, e.PhysInIndex = b.AppendString("p1"), 3
	e.Has = event.HasIn | event.HasPhysIn
	if got := render(t, DefaultConfig(), b, e); got != "IN=p1 OUT= MAC= TRUNCATED" {
		t.Errorf("got %q", got)
	}
}

func TestMAC(t *testing.T) {
	udp := "45 00" + ip4 + "11" + to4
	ether := "02000000000a 02000000000b 0800"
	sit := "000000000000000000000000 0000 45000000 00000000 40290000 c0000201 c0000202"
	for name, c := range map[string]struct {
		link   string
		hwType uint16
		want   string
	}{
		"Ethernet":            {ether, arphrdEther, "MAC=02:00:00:00:00:0a:02:00:00:00:00:0b:08:00 "},
		"no link header":      {"", 65534, "MAC= "},
		"one byte":            {"0f", 777, "MAC=0f "},
		"ppp":                 {udp[:12], 512, "MAC= "},
		"sit":                 {sit, arphrdSIT, "MAC=00:00:00:00:00:00:00:00:00:00:00:00:00:00:45:00:00:00:00:00:00:00:40:29:00:00:c0:00:02:01:c0:00:02:02 TUNNEL=192.0.2.1->192.0.2.2 "},
		"sit, nothing behind": {ether, arphrdSIT, "MAC=02:00:00:00:00:0a:02:00:00:00:00:0b:08:00 "},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := packet(event.FamilyIPv4, unhex(t, udp))
			e.Has, e.HWType = event.HasIn|event.HasHWType, c.hwType
			e.In, e.Link = b.AppendString("x"), b.AppendBytes(unhex(t, c.link))
			want := "IN=x OUT= " + c.want + strings.TrimPrefix(src4, "IN= OUT= ") + "PROTO=UDP INCOMPLETE [0 bytes] "
			if got := render(t, DefaultConfig(), b, e); got != want {
				t.Errorf("\n got %q\nwant %q", got, want)
			}
		})
	}
}

// TestOutputHasNoMAC: a link header without an input device is the frame to be sent.
func TestOutputHasNoMAC(t *testing.T) {
	b, e := packet(event.FamilyIPv4, nil)
	e.Link = b.AppendBytes(make([]byte, 14))
	if got := render(t, DefaultConfig(), b, e); got != "IN= OUT= TRUNCATED" {
		t.Errorf("got %q", got)
	}
}

// TestNetdevEgress: the kernel looks at the packet from its link header there, and takes IPv4 for a quoted packet.
func TestNetdevEgress(t *testing.T) {
	p := unhex(t, "45 00"+ip4+"01"+to4+"0304 0000 0000 0578 4500"+ip4+"11"+to4+"0001 0002 0008 0000")
	b, e := packet(event.FamilyNetdev, p)
	e.Hook, e.EtherType, e.Mark = 1, typeIPv4, 42
	e.Has = event.HasHook | event.HasEtherType | event.HasMark
	if got, want := render(t, DefaultConfig(), b, e), src4+"PROTO=ICMP TYPE=3 CODE=4 MTU=1400 "; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	e.Hook = 0
	if got := render(t, DefaultConfig(), b, e); !strings.Contains(got, "[SRC=") || !strings.HasSuffix(got, "MARK=0x2a ") {
		t.Errorf("ingress: got %q", got)
	}
}

// TestFamilyUnknown goes by the EtherType, and without one by the version.
func TestFamilyUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		etherType uint16
		packet    string
		want      string
	}{
		"ipv4":              {0, "45", "IN= OUT= TRUNCATED"},
		"ipv6":              {0, "60", "IN= OUT= TRUNCATED"},
		"neither":           {0, "ff", "IN= OUT= MAC= "},
		"nothing":           {0, "", "IN= OUT= MAC= "},
		"reverse ARP":       {typeRARP, "0001 0800 06 04 0003", "IN= OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=3 INCOMPLETE [0 bytes]"},
		"of another kind":   {0x88cc, "45", "IN= OUT= MAC= "},
		"EtherType decides": {typeIPv6, "45", "IN= OUT= TRUNCATED"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, family := range []event.Family{event.FamilyUnknown, event.FamilyInet, event.FamilyBridge, event.FamilyNetdev} {
				b, e := packet(family, unhex(t, c.packet))
				if c.etherType != 0 {
					e.EtherType, e.Has = c.etherType, event.HasEtherType
				}
				if got := render(t, DefaultConfig(), b, e); got != c.want {
					t.Errorf("family %q: got %q, want %q", family, got, c.want)
				}
			}
		})
	}
}

// TestBridgeAndNetdev has packets as NFLOG delivered them; their lines are by the rules of the kernel's printer, not by a kernel.
func TestBridgeAndNetdev(t *testing.T) {
	b := readNFLOG(t, "golden/ulogd/nflog239-bridge-netdev.pcap", map[uint32]string{2: "br0", 4: "p1", 6: "p2"})
	const (
		arp     = "ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=02:00:00:00:02:01 IPSRC=10.98.0.1 MACDST=00:00:00:00:00:00 IPDST=10.98.0.2"
		reply   = "ARP HTYPE=1 PTYPE=0x0800 OPCODE=2 MACSRC=02:00:00:00:02:02 IPSRC=10.98.0.2 MACDST=02:00:00:00:02:01 IPDST=10.98.0.1"
		mac     = "MAC=02:00:00:00:02:02:02:00:00:00:02:01:"
		macBack = "MAC=02:00:00:00:02:01:02:00:00:00:02:02:"
		udp     = "SRC=10.98.0.1 DST=10.98.0.2 LEN=33 TOS=0x00 PREC=0x00 TTL=64 ID=32162 DF PROTO=UDP SPT=40052 DPT=9999 LEN=13 "
		tagged  = "SRC=10.98.0.1 DST=10.98.0.2 LEN=32 TOS=0x00 PREC=0x00 TTL=64 ID=4660 PROTO=UDP SPT=1 DPT=2 LEN=12 UID=0 GID=0 "
	)
	want := []string{
		"ND-ing: IN=p1 OUT= " + arp,
		"BR-fwd: IN=p1 OUT=p2 " + arp,
		"BR-fwd: IN=p2 OUT=p1 " + reply,
		"ND-ing: IN=p1 OUT= " + mac + "08:00 " + udp + "UID=0 GID=0 ",
		"BR-fwd: IN=p1 OUT=p2 " + mac + "08:00 " + udp,
		"BR-fwd: IN=p2 OUT=p1 " + macBack + "08:00 SRC=10.98.0.2 DST=10.98.0.1 LEN=61 TOS=0x00 PREC=0xC0 TTL=64 ID=4172 " +
			"PROTO=ICMP TYPE=3 CODE=3 [" + udp + "] ",
		"ND-ing: IN=p1 OUT= " + mac + "08:00 " + tagged, // a tag that the kernel keeps beside the packet
		"BR-fwd: IN=p1 OUT=p2 " + mac + "08:00 " + tagged,
		"ND-ing: IN=p1 OUT= " + mac + "81:00 ", // a second one, within it
		"BR-fwd: IN=p1 OUT=p2 " + mac + "81:00 ",
		"ND-ing: IN=p1 OUT= " + mac + "88:cc ",
		"BR-fwd: IN=p1 OUT=p2 " + mac + "88:cc ",
	}
	var got []string
	for i := range b.Events {
		got = append(got, render(t, DefaultConfig(), b, &b.Events[i]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestARPFamily(t *testing.T) {
	b := readNFLOG(t, "golden/ulogd/nflog239-arp.pcap", map[uint32]string{3: "veth0"})
	want := []string{
		"ARP-out: IN= OUT=veth0 ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=02:00:00:00:02:01 IPSRC=10.98.0.1 MACDST=00:00:00:00:00:00 IPDST=10.98.0.2",
		"ARP-in: IN=veth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=2 MACSRC=02:00:00:00:02:02 IPSRC=10.98.0.2 MACDST=02:00:00:00:02:01 IPDST=10.98.0.1",
	}
	for i := range b.Events {
		if got := render(t, DefaultConfig(), b, &b.Events[i]); i >= len(want) || got != want[i] {
			t.Errorf("event %d: got %q", i+1, got)
		}
	}
}

package pcap

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nflogship/internal/testenv"
)

var update = flag.Bool("update", false, "write examples/firewall.pcap anew")

// TestExampleCapture keeps examples/firewall.pcap, the quickstart's input, what the code below makes: five minutes of an
// edge firewall's NFLOG records. Interface 2 is its way out, 3 the network behind it.
func TestExampleCapture(t *testing.T) {
	path := filepath.Join(testenv.Root(), "examples", "firewall.pcap")
	want := exampleCapture()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || len(got) > 60<<10 {
		t.Errorf("%s has %d bytes, made are %d: go test ./source/pcap -run ExampleCapture -update writes it", path, len(got), len(want))
	}
	r := newRig(t, Config{Files: []string{path}, Interfaces: map[uint32]string{2: "eth0", 3: "eth1"}}).sound()
	prefixes := map[string]int{}
	for _, e := range r.events {
		prefixes[e.Prefix]++
		if e.In+e.Out == "" {
			t.Errorf("record %d has no interface", e.Record)
		}
	}
	if len(r.events) != 300 || prefixes["WAN_IN-42-DROP "] != 160 || prefixes["SMTP25BLOCK "] != 22 || len(prefixes) != 6 {
		t.Errorf("%d events: %v", len(r.events), prefixes)
	}
}

// logged is a record before it is written.
type logged struct {
	at        time.Duration // after the beginning
	group     byte
	hook      byte
	in, out   byte // interface indexes, 0 for none
	prefix    string
	uid       uint32 // of OUTPUT packets; the group's number is the same
	packet    []byte
	v6, stamp bool
}

const (
	hookInput   = 1
	hookForward = 2
	hookOutput  = 3
)

// exampleCapture makes the capture: the same bytes each time.
func exampleCapture() []byte {
	random := rand.New(rand.NewPCG(10, 22))
	const length = 300 * time.Second
	var all []logged
	add := func(n int, prefix string, group byte, packet func(i int) logged) {
		for i := range n {
			l := packet(i)
			l.prefix, l.group = prefix, group
			if l.at == 0 {
				l.at = time.Duration(random.Int64N(int64(length)))
			}
			l.stamp = l.hook != hookOutput // the kernel stamps what it receives
			all = append(all, l)
		}
	}
	port := func() uint16 { return uint16(32768 + random.IntN(28000)) }
	pick := func(ports ...uint16) uint16 { return ports[random.IntN(len(ports))] }
	outside := func() string {
		return netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + random.IntN(250))}).String()
	}
	const self, self6, lan = "198.51.100.10", "2001:db8:10::1", "198.51.100.130"

	add(160, "WAN_IN-42-DROP ", 1, func(i int) logged { // somebody tries passwords
		at := time.Duration(i)*1850*time.Millisecond + time.Duration(random.Int64N(int64(400*time.Millisecond)))
		return logged{at: at + time.Second, hook: hookInput, in: 2, packet: ip("203.0.113.66", self, 49, 40000+i, 6, tcpSYN(uint16(41000+i*3), 22, random.Uint32()))}
	})
	add(56, "WAN_IN-99-DROP ", 1, func(i int) logged { // what every address on the Internet sees
		if i%4 == 0 {
			return logged{hook: hookInput, in: 2, packet: ip(outside(), self, 52, random.IntN(65536), 17, udp(port(), 53, dnsQuery))}
		}
		return logged{hook: hookInput, in: 2, packet: ip(outside(), self, 240, random.IntN(65536), 6, tcpSYN(port(), pick(23, 445, 1433, 3389, 5900, 8080), random.Uint32()))}
	})
	add(12, "WAN_IN-10-DROP ", 1, func(i int) logged { // pinged
		at := time.Duration(95+i) * time.Second
		return logged{at: at, hook: hookInput, in: 2, packet: ip("203.0.113.9", self, 57, 7000+i, 1, echo(8, 0x2a17, i+1))}
	})
	add(28, "WAN6_IN-42-DROP ", 1, func(i int) logged {
		l := logged{hook: hookInput, in: 2, v6: true}
		switch i % 4 {
		case 0:
			l.packet = ip("2001:db8:bad::5", self6, 51, 0, 58, echo(128, 0x77, i))
		case 1:
			l.packet = ip("2001:db8:bad::7", self6, 51, 0, 17, udp(port(), 53, dnsQuery))
		default:
			l.packet = ip("2001:db8:bad::5", self6, 51, 0, 6, tcpSYN(port(), pick(22, 80, 443), random.Uint32()))
		}
		return l
	})
	add(22, "SMTP25BLOCK ", 2, func(i int) logged { // a web application sends mail past the mail server
		l := logged{hook: hookOutput, out: 2, uid: 33, packet: ip(self, outside(), 64, random.IntN(65536), 6, tcpSYN(port(), 25, random.Uint32()))}
		if i%5 == 4 {
			l.uid = 1001
		}
		return l
	})
	add(22, "LAN_FWD-7-ACCEPT ", 1, func(i int) logged {
		if i%3 == 0 {
			return logged{hook: hookForward, in: 3, out: 2, packet: ip(lan, "203.0.113.53", 63, random.IntN(65536), 17, udp(port(), 53, dnsQuery))}
		}
		return logged{hook: hookForward, in: 3, out: 2, packet: ip(lan, "203.0.113.80", 63, random.IntN(65536), 6, tcpSYN(port(), 443, random.Uint32()))}
	})
	slices.SortFunc(all, func(a, b logged) int { return cmp.Compare(a.at, b.at) })

	begin := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	data := pcapHeader(239)
	for i := range all {
		at := begin.Add(all[i].at)
		data = append(data, record(uint32(at.Unix()), uint32(at.Nanosecond()/1000), all[i].message(at.Add(-35*time.Microsecond)))...)
	}
	return data
}

// message is the record as libpcap has it: nfgenmsg and attributes, in the kernel's order.
func (l *logged) message(at time.Time) []byte {
	family, ethertype := byte(2), uint16(0x0800)
	if l.v6 {
		family, ethertype = 10, 0x86dd
	}
	be := binary.BigEndian
	m := []byte{family, 0, 0, l.group}
	add := func(kind uint16, value []byte) {
		m = binary.LittleEndian.AppendUint16(m, uint16(4+len(value)))
		m = binary.LittleEndian.AppendUint16(m, kind)
		m = append(append(m, value...), make([]byte, -len(value)&3)...)
	}
	add(1, append(be.AppendUint16(nil, ethertype), l.hook, 0))
	add(10, append([]byte(l.prefix), 0))
	if l.in > 0 {
		add(4, []byte{0, 0, 0, l.in})
	}
	if l.out > 0 {
		add(5, []byte{0, 0, 0, l.out})
	}
	if l.in > 0 {
		from, to := []byte{2, 0, 0, 0, 0, 0x0a + l.in}, []byte{2, 0, 0, 0, 1, l.in}
		add(8, append(append([]byte{0, 6, 0, 0}, from...), 0, 0))
		add(15, []byte{0, 1})
		add(17, []byte{0, 14})
		add(16, be.AppendUint16(append(to, from...), ethertype))
	}
	if l.stamp {
		add(3, be.AppendUint64(be.AppendUint64(nil, uint64(at.Unix())), uint64(at.Nanosecond()/1000)))
	}
	if l.hook == hookOutput {
		add(11, be.AppendUint32(nil, l.uid))
		add(14, be.AppendUint32(nil, l.uid))
	}
	add(9, l.packet)
	return m
}

// ip puts an IP header before the segment, and the right checksum into the segment: where it stands there is one each.
func ip(src, dst string, ttl byte, id int, proto byte, segment []byte) []byte {
	from, to := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	be, at := binary.BigEndian, map[byte]int{1: 2, 6: 16, 17: 6, 58: 2}[proto]
	pseudo := slices.Concat(from.AsSlice(), to.AsSlice(), []byte{0, 0, byte(len(segment) >> 8), byte(len(segment)), 0, 0, 0, proto})
	if proto == 1 {
		pseudo = nil
	}
	be.PutUint16(segment[at:], checksum(append(pseudo, segment...)))
	if from.Is6() {
		h := be.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(segment)))
		return slices.Concat(h, []byte{proto, ttl}, from.AsSlice(), to.AsSlice(), segment)
	}
	h := be.AppendUint16([]byte{0x45, 0}, uint16(20+len(segment)))
	h = append(be.AppendUint16(h, uint16(id)), 0x40, 0, ttl, proto, 0, 0)
	h = slices.Concat(h, from.AsSlice(), to.AsSlice())
	be.PutUint16(h[10:], checksum(h))
	return append(h, segment...)
}

func tcpSYN(from, to uint16, seq uint32) []byte {
	be := binary.BigEndian
	s := be.AppendUint32(be.AppendUint16(be.AppendUint16(nil, from), to), seq)
	s = append(s, 0, 0, 0, 0, 0xa0, 2, 0xfa, 0xf0, 0, 0, 0, 0)                                          // ten words, SYN, window 64240
	return append(s, 2, 4, 5, 0xb4, 4, 2, 8, 10, byte(seq>>8), byte(seq), 0, 1, 0, 0, 0, 0, 1, 3, 3, 7) // MSS 1460, SACK, times, scale
}

func udp(from, to uint16, payload []byte) []byte {
	be := binary.BigEndian
	s := be.AppendUint16(be.AppendUint16(nil, from), to)
	return append(be.AppendUint32(s, uint32(8+len(payload))<<16), payload...)
}

func echo(kind byte, id uint16, seq int) []byte {
	s := binary.BigEndian.AppendUint16([]byte{kind, 0, 0, 0}, id)
	return append(binary.BigEndian.AppendUint16(s, uint16(seq)), "abcdefghijklmnopqrstuvwabcdefghi"...)
}

// dnsQuery asks for the addresses of example.org.
var dnsQuery = []byte("\x1c\x6e\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01")

func checksum(p []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(p); i += 2 {
		sum += uint32(p[i])<<8 | uint32(p[i+1])
	}
	if len(p)%2 == 1 {
		sum += uint32(p[len(p)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

package communityid

import (
	"net/netip"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

func flowEvent(proto uint8, src, dst string, a, b uint16) *event.Event {
	from, to := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	e := &event.Event{Proto: proto, Has: event.HasAddrs | event.HasProto}
	if from.Is6() {
		e.Src, e.Dst, e.Has = from.As16(), to.As16(), e.Has|event.IsIPv6
	} else {
		copy(e.Src[:], from.AsSlice())
		copy(e.Dst[:], to.AsSlice())
	}
	switch proto {
	case icmp, icmpv6:
		e.ICMPType, e.ICMPCode, e.Has = uint8(a), uint8(b), e.Has|event.HasICMP
	case tcp, udp, sctp:
		e.SrcPort, e.DstPort, e.Has = a, b, e.Has|event.HasPorts
	}
	return e
}

// TestSpecification holds the specification's baseline, and the packet of our documentation. For ICMP a and b are type and code.
func TestSpecification(t *testing.T) {
	for _, c := range []struct {
		name     string
		proto    uint8
		src, dst string
		a, b     uint16
		want     string
	}{
		{"documentation", 6, "203.0.113.7", "192.0.2.10", 51544, 22, "1:aLWg1BbHipc91pysec2apioepj0="},
		{"tcp", 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"tcp, the other direction", 6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"tcp6", 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{"udp", 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"sctp", 132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
		{"rsvp", 46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
		{"rsvp, the other direction", 46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
		{"echo", 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"echo reply", 1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"time exceeded", 1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
		{"echo v6", 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
		{"echo reply v6", 58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
		{"neighbour solicitation", 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
		{"neighbour advertisement", 58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
		{"router solicitation", 58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
		{"router advertisement", 58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
		{"unreachable v6", 58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
		{"time exceeded v6", 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
	} {
		got, ok := Append([]byte("x"), flowEvent(c.proto, c.src, c.dst, c.a, c.b))
		if !ok || string(got) != "x"+c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, ok, c.want)
		}
	}
}

func TestNone(t *testing.T) {
	for name, drop := range map[string]event.Has{"no addresses": event.HasAddrs, "no protocol": event.HasProto, "no ports": event.HasPorts} {
		e := flowEvent(6, "192.0.2.1", "192.0.2.2", 1, 2)
		e.Has &^= drop
		if got, ok := Append(nil, e); ok || len(got) > 0 {
			t.Errorf("%s: got %s", name, got)
		}
	}
	e := flowEvent(1, "192.0.2.1", "192.0.2.2", 8, 0)
	e.Has &^= event.HasICMP
	if got, ok := Append(nil, e); ok {
		t.Errorf("no icmp type: got %s", got)
	}
}

// TestBothDirections exchanges the ends of any flow of TCP, UDP and SCTP.
func TestBothDirections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := encodetest.Draw(t).Events[0]
		e.Has |= event.HasAddrs | event.HasProto | event.HasPorts
		e.Proto = rapid.SampledFrom([]uint8{tcp, udp, sctp}).Draw(t, "proto")
		there, _ := Append(nil, &e)
		e.Src, e.Dst, e.SrcPort, e.DstPort = e.Dst, e.Src, e.DstPort, e.SrcPort
		if back, _ := Append(nil, &e); string(back) != string(there) {
			t.Fatalf("%s one way, %s the other", there, back)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	e, buf := flowEvent(6, "192.0.2.1", "192.0.2.2", 1, 2), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { Append(buf, e) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	e, buf := flowEvent(6, "192.0.2.1", "192.0.2.2", 1, 2), make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		Append(buf, e)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
}

package event

import (
	"net/netip"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestAddressesAsNetipHasThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a [16]byte
		for i := range a {
			// Zeros often, so that runs of them of every length and place come up.
			if rapid.IntRange(0, 3).Draw(t, "zero") == 0 {
				a[i] = rapid.Byte().Draw(t, "byte")
			}
		}
		if got, want := string(AppendAddr(nil, &a, true)), netip.AddrFrom16(a).String(); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		if got, want := string(AppendAddr(nil, &a, false)), netip.AddrFrom4([4]byte(a[:4])).String(); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
	for _, text := range []string{"::", "::1", "2001:db8::1:0:0:1", "2001:0:0:1::1", "::ffff:192.0.2.1", "1:0:2:0:3:0:4:0", "fe80::"} {
		a := netip.MustParseAddr(text).As16()
		if got := string(AppendAddr(nil, &a, true)); got != text {
			t.Errorf("%s, want %s", got, text)
		}
	}
}

func TestNumbers(t *testing.T) {
	for v := range 256 {
		if got := string(AppendByte(nil, byte(v))); got != strconv.Itoa(v) {
			t.Errorf("%s, want %d", got, v)
		}
	}
	if got := string(AppendMAC(nil, [6]byte{2, 0, 0xfe, 0, 0, 10})); got != "02:00:fe:00:00:0a" {
		t.Errorf("MAC %s", got)
	}
	if got := string(AppendProto(AppendProto(nil, 6), 253)); got != "tcp253" {
		t.Errorf("protocols %s", got)
	}
}

func TestHookNames(t *testing.T) {
	for _, tt := range []struct {
		family Family
		hook   Hook
		want   string
	}{
		{FamilyIPv4, 1, "input"}, {FamilyIPv6, 4, "postrouting"}, {FamilyBridge, 2, "forward"}, {FamilyNetdev, 0, "ingress"},
		{FamilyNetdev, 1, "egress"}, {FamilyARP, 0, "input"}, {FamilyARP, 1, "output"}, {FamilyIPv4, 99, ""},
		{FamilyIPv4, 5, "ingress"}, {FamilyBridge, 5, "brouting"},
	} {
		if got := HookName(tt.family, tt.hook); got != tt.want {
			t.Errorf("%v hook %d is %q, want %q", tt.family, tt.hook, got, tt.want)
		}
	}
}

func BenchmarkAppendAddr(b *testing.B) {
	a := netip.MustParseAddr("2001:db8:12:34::1").As16()
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendAddr(dst[:0], &a, true)
	}
}

package decode

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"nflogship/event"
)

// udp6Packet is fd00::1:1000 -> fd00::2:53 without data.
var udp6Packet = join([]byte{0x60, 0, 0, 0, 0, 8, 17, 64}, make16(1), make16(2), b16(1000), b16(53), b16(8), b16(0))

func TestLinkTypes(t *testing.T) {
	padded := join(udpPacket, make([]byte, 14))
	sll := func(kind byte, length byte, protocol uint16) []byte {
		return join([]byte{0, kind, 0, 1, 0, length}, sourceMAC, []byte{0, 0}, b16(protocol))
	}
	sll2 := func(kind byte, protocol uint16) []byte {
		return join(b16(protocol), []byte{0, 0}, b32(9), []byte{0, 1, kind, 6}, sourceMAC, []byte{0, 0})
	}
	macs := event.HasMACSrc | event.HasMACDst
	for name, c := range map[string]struct {
		linkType uint32
		frame    []byte
		family   event.Family
		has      event.Has
		link     int
		packet   []byte
	}{
		"ethernet":           {1, join(ether(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | macs, 14, udpPacket},
		"ethernet, padded":   {1, join(ether(typeIPv4), padded), event.FamilyIPv4, event.HasUDP, 14, udpPacket},
		"ethernet, IPv6":     {1, join(ether(typeIPv6), udp6Packet), event.FamilyIPv6, event.HasUDP | event.IsIPv6, 14, udp6Packet},
		"VLAN":               {1, join(ether(typeVLAN), b16(7), b16(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasVLAN, 18, udpPacket},
		"QinQ":               {1, join(ether(typeQinQ), b16(7), b16(typeVLAN), b16(8), b16(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasVLAN | event.HasVLANInner, 22, udpPacket},
		"QinQ of old":        {1, join(ether(typeQinQOld), b16(7), b16(typeVLAN), b16(8), b16(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasVLANInner, 22, udpPacket},
		"three tags":         {1, join(ether(typeQinQ), b16(7), b16(typeVLAN), b16(9), b16(typeVLAN), b16(8), b16(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasVLANInner, 26, udpPacket},
		"802.3":              {1, join(ether(3), []byte{0x42, 0x42, 3}), event.FamilyUnknown, macs, 14, []byte{0x42, 0x42, 3}},
		"header alone":       {1, ether(0x88cc), event.FamilyUnknown, macs | event.HasHWType, 14, nil},
		"tag alone":          {1, join(ether(typeVLAN), b16(7), b16(0x88cc)), event.FamilyUnknown, macs | event.HasVLAN, 18, nil},
		"LLDP":               {1, join(ether(0x88cc), []byte{1}), event.FamilyUnknown, event.HasEtherType, 14, []byte{1}},
		"raw, IPv4":          {101, padded, event.FamilyIPv4, event.HasUDP, 0, udpPacket},
		"raw, IPv6":          {12, udp6Packet, event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"raw of OpenBSD":     {14, udpPacket, event.FamilyIPv4, event.HasUDP, 0, udpPacket},
		"IPv4":               {228, udpPacket, event.FamilyIPv4, event.HasUDP, 0, udpPacket},
		"IPv6":               {229, udp6Packet, event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"loopback, little":   {0, join([]byte{2, 0, 0, 0}, udpPacket), event.FamilyIPv4, event.HasUDP, 0, udpPacket},
		"loopback, big":      {108, join([]byte{0, 0, 0, 2}, udpPacket), event.FamilyIPv4, event.HasUDP, 0, udpPacket},
		"loopback, FreeBSD":  {0, join([]byte{28, 0, 0, 0}, udp6Packet), event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"loopback, macOS":    {0, join([]byte{0, 0, 0, 30}, udp6Packet), event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"loopback, OpenBSD":  {0, join([]byte{24, 0, 0, 0}, udp6Packet), event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"loopback, Linux":    {0, join([]byte{10, 0, 0, 0}, udp6Packet), event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"loopback, OSI":      {0, join([]byte{7, 0, 0, 0}, []byte{1}), event.FamilyUnknown, 0, 0, []byte{1}},
		"cooked":             {113, join(sll(0, 6, typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasMACSrc, 0, udpPacket},
		"cooked, VLAN":       {113, join(sll(4, 6, typeVLAN), b16(7), b16(typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasVLAN, 0, udpPacket},
		"cooked, no address": {113, join(sll(0, 0, typeIPv6), udp6Packet), event.FamilyIPv6, event.HasUDP, 0, udp6Packet},
		"cooked 2, in":       {276, join(sll2(0, typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasIn | event.HasMACSrc, 0, udpPacket},
		"cooked 2, out":      {276, join(sll2(4, typeIPv4), udpPacket), event.FamilyIPv4, event.HasUDP | event.HasOut, 0, udpPacket},
		"cooked 2, ARP":      {276, join(sll2(1, typeARP), arpPacket), event.FamilyARP, event.HasARP, 0, arpPacket},
		"NFLOG":              {239, message(2, attr(attrPayload, udpPacket...)), event.FamilyIPv4, event.HasUDP | event.HasGroup, 0, udpPacket},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeFrame(t, c.linkType, c.frame)
			if !e.Is(c.has) || e.Has&event.Truncated != 0 || e.Malformed != event.FaultNone || e.Family != c.family {
				t.Errorf("has %x, lacks %x; family %s; malformed %q", e.Has, c.has&^e.Has, e.Family, e.Malformed)
			}
			if !bytes.Equal(b.Bytes(e.Packet), c.packet) || int(e.Link.Len) != c.link {
				t.Errorf("packet % x, link header of %d bytes", b.Bytes(e.Packet), e.Link.Len)
			}
			if e.Is(event.HasVLAN) && e.VLAN != 7 || e.Is(event.HasVLANInner) && e.VLANInner != 8 {
				t.Errorf("tags %d, %d", e.VLAN, e.VLANInner)
			}
			if e.Is(event.HasUDP) && (e.SrcPort != 1000 || e.DstPort != 53) {
				t.Errorf("ports %d, %d", e.SrcPort, e.DstPort)
			}
			if e.Is(event.HasIn) && e.InIndex != 9 || e.Is(event.HasOut) && e.OutIndex != 9 || e.Is(event.HasIn|event.HasOut) {
				t.Errorf("in %d, out %d", e.InIndex, e.OutIndex)
			}
			if e.Is(event.HasMACSrc) && !bytes.Equal(e.MACSrc[:], sourceMAC) {
				t.Errorf("sender % x", e.MACSrc)
			}
		})
	}
}

// TestShortLinkHeaders has frames that end in their link header, cut by the snapshot length and as they were sent.
func TestShortLinkHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		linkType uint32
		frame    []byte
	}{
		"ethernet": {1, ether(typeIPv4)[:13]}, "tag": {1, join(ether(typeVLAN), []byte{0, 7, 8})}, "loopback": {0, []byte{2, 0, 0}},
		"cooked": {113, make([]byte, 15)}, "cooked 2": {276, make([]byte, 19)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, e := decodeFrame(t, c.linkType, c.frame); e.Malformed != event.FaultShortLink || e.Is(event.Truncated) {
				t.Errorf("as sent: malformed %q, has %x", e.Malformed, e.Has)
			}
			if _, e := decodeCut(t, c.linkType, c.frame, 60); e.Malformed != event.FaultNone || !e.Is(event.Truncated) {
				t.Errorf("cut: malformed %q, has %x", e.Malformed, e.Has)
			}
		})
	}
}

func TestUndecodableFrames(t *testing.T) {
	b := new(event.Pool).Get()
	d := &Decoder{}
	d.Begin(b)
	var unknown LinkTypeError
	err := d.Frame(&event.Event{}, Frame{LinkType: 9, Bytes: b.AppendBytes(udpPacket)})
	if !errors.As(err, &unknown) || unknown != 9 || !strings.Contains(err.Error(), "link type 9") {
		t.Errorf("PPP: %v", err)
	}
	for _, linkType := range []uint32{0, 1, 12, 101, 113, 228, 239, 276} {
		if err := d.Frame(&event.Event{}, Frame{LinkType: linkType}); err == nil {
			t.Errorf("link type %d: a frame without bytes is an event", linkType)
		}
	}
}

func TestNetlinkHeaderIsNoEtherType(t *testing.T) {
	frame := join([]byte{0, 4}, b16(arphrdNetlink), make([]byte, 10), b16(typeIPv4), udpPacket)
	if _, e := decodeFrame(t, linkCooked, frame); e.Is(event.HasEtherType) || e.Is(event.HasIP) {
		t.Errorf("has %x", e.Has)
	}
}

// TestCutMessage has NFLOG records that tcpdump cut (-s): the payload attribute then claims more than is there.
func TestCutMessage(t *testing.T) {
	whole := message(2, attr(attrPrefix, []byte("cut \x00")...), attr(attrMark, b32(1)...), attr(attrPayload, udpPacket...))
	payloadAt := len(whole) - len(udpPacket)
	for n := payloadAt - 8; n < len(whole); n++ {
		b, e := decodeCut(t, linkNFLOG, whole[:n], len(whole))
		if e.Malformed != event.FaultNone || !e.Is(event.HasPrefix) {
			t.Errorf("%d bytes: malformed %q, has %x", n, e.Malformed, e.Has)
		}
		if headers := n >= payloadAt+28; e.Is(event.Truncated) == headers || e.Is(event.HasUDP) != headers {
			t.Errorf("%d bytes: has %x", n, e.Has)
		}
		if want := whole[min(n, payloadAt):n]; !bytes.Equal(b.Bytes(e.Packet), want) {
			t.Errorf("%d bytes: packet % x", n, b.Bytes(e.Packet))
		}
	}
	if _, e := decodeFrame(t, linkNFLOG, whole[:len(whole)-1]); e.Malformed != event.FaultAttribute || e.Is(event.HasIP) {
		t.Errorf("not cut: malformed %q, has %x", e.Malformed, e.Has)
	}
}

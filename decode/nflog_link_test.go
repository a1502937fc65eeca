package decode

import (
	"bytes"
	"testing"

	"nflogship/event"
)

// TestPayloads decodes what families other than IPv4 and IPv6 copy, and where in it they begin.
func TestPayloads(t *testing.T) {
	header := func(kind uint16, hook byte) []byte { return attr(attrPacketHdr, byte(kind>>8), byte(kind), hook, 0) }
	payload := func(parts ...[]byte) []byte { return attr(attrPayload, join(parts...)...) }
	vlan := nest(attrVLAN, attr(2, 0xa0, 100), attr(1, 0x81, 0))
	l2 := func(kind uint16) []byte { return attr(attrL2Hdr, ether(kind)...) }
	hw := join(attr(attrHWType, 0, 1), attr(attrHWHeader, ether(0x0800)...))
	macs := event.HasMACSrc | event.HasMACDst
	for name, c := range map[string]struct {
		msg    []byte
		has    event.Has
		packet []byte
	}{
		"ARP input":                {message(3, header(typeARP, 0), hw, payload(arpPacket)), event.HasARP | macs, arpPacket},
		"ARP output":               {message(3, header(typeARP, 1), payload(ether(typeARP), arpPacket)), event.HasARP | macs, arpPacket},
		"ARP output, VLAN":         {message(3, header(typeARP, 1), payload(ether(typeVLAN), b16(200), b16(typeARP), arpPacket)), event.HasARP | event.HasVLAN, arpPacket},
		"ARP output, plain":        {message(3, header(typeARP, 1), payload(arpPacket)), event.HasARP, arpPacket},
		"ARP output, cut":          {message(3, header(typeARP, 1), payload(ether(typeARP)[:12])), event.Truncated, nil},
		"ARP output, no ARP":       {message(3, header(typeARP, 1), payload(udpPacket)), event.HasARP, udpPacket},
		"netdev ingress":           {message(5, header(typeIPv4, 0), hw, l2(typeIPv4), payload(udpPacket)), event.HasUDP | macs, udpPacket},
		"netdev egress":            {message(5, header(typeIPv4, 1), l2(typeIPv4), payload(ether(typeIPv4), udpPacket)), event.HasUDP | macs, udpPacket},
		"netdev egress, cut":       {message(5, header(typeIPv4, 1), l2(typeIPv4), payload(ether(typeIPv4)[:9])), event.Truncated | macs, nil},
		"netdev egress, no header": {message(5, header(typeIPv4, 1), payload(udpPacket)), event.HasUDP, udpPacket},
		"bridge":                   {message(7, header(typeIPv4, 2), l2(typeIPv4), payload(udpPacket)), event.HasUDP | macs, udpPacket},
		"bridge, VLAN":             {message(7, header(typeIPv4, 2), vlan, l2(typeIPv4), payload(udpPacket)), event.HasUDP | event.HasVLAN, udpPacket},
		"bridge, QinQ": {message(7, header(typeVLAN, 2), vlan, payload(b16(200), b16(typeIPv4), udpPacket)),
			event.HasUDP | event.HasVLAN | event.HasVLANInner, udpPacket},
		"bridge, tag in payload": {message(7, header(typeVLAN, 2), payload(b16(200), b16(typeIPv4), udpPacket)), event.HasUDP | event.HasVLAN, udpPacket},
		"bridge, tag cut":        {message(7, header(typeVLAN, 2), payload(b16(200))), event.Truncated, b16(200)},
		"bridge, ARP":            {message(7, header(typeARP, 2), payload(arpPacket)), event.HasARP, arpPacket},
		"bridge, RARP":           {message(7, header(typeRARP, 2), payload(arpPacket)), event.HasARP, arpPacket},
		"bridge, LLDP":           {message(7, header(0x88cc, 2), payload([]byte("lldp"))), event.HasEtherType, []byte("lldp")},
		"inet":                   {message(1, header(typeIPv4, 1), payload(udpPacket)), event.HasUDP, udpPacket},
		"inet, no protocol":      {message(1, header(0, 1), payload(udpPacket)), event.HasUDP, udpPacket},
		"family 0, no header":    {message(0, payload(udpPacket)), event.HasUDP, udpPacket},
		"family 0, not IP":       {message(0, payload([]byte{0xff})), event.HasGroup, []byte{0xff}},
		"IPv4, no protocol":      {message(2, header(0, 3), payload(udpPacket)), event.HasUDP, udpPacket},
		"no payload":             {message(2, header(typeIPv4, 3)), event.HasHook, nil},
		"empty payload":          {message(0, payload()), event.HasGroup, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeMessage(t, c.msg)
			if !e.Is(c.has) || e.Malformed != event.FaultNone {
				t.Errorf("has %x, lacks %x; malformed %q", e.Has, c.has&^e.Has, e.Malformed)
			}
			if !bytes.Equal(b.Bytes(e.Packet), c.packet) {
				t.Errorf("packet % x", b.Bytes(e.Packet))
			}
			if e.Is(event.HasUDP) && (e.EtherType != typeIPv4 && e.Is(event.HasEtherType) || e.DstPort != 53) {
				t.Errorf("ethertype %#x, destination port %d", e.EtherType, e.DstPort)
			}
			if e.Is(event.HasVLANInner) && (e.VLAN != 0xa064 || e.VLANInner != 200) {
				t.Errorf("tags %#x, %#x", e.VLAN, e.VLANInner)
			}
			if e.Is(event.HasMACDst) && (!bytes.Equal(e.MACDst[:], targetMAC) || !bytes.Equal(e.MACSrc[:], sourceMAC)) {
				t.Errorf("addresses % x, % x", e.MACSrc, e.MACDst)
			}
		})
	}
}

// TestLinkHeader takes addresses from Ethernet headers only, and keeps the bytes of any.
func TestLinkHeader(t *testing.T) {
	for name, c := range map[string]struct {
		attrs    [][]byte
		macs     bool
		ethertyp uint16
		link     []byte
	}{
		"ethernet":         {[][]byte{attr(attrHWType, 0, 1), attr(attrHWHeader, ether(0x0800)...)}, true, 0x0800, ether(0x0800)},
		"loopback":         {[][]byte{attr(attrHWType, 3, 4), attr(attrHWHeader, ether(0x0800)...)}, false, 0, ether(0x0800)},
		"ppp":              {[][]byte{attr(attrHWType, 2, 0), attr(attrHWHeader, 1, 2, 3, 4)}, false, 0, []byte{1, 2, 3, 4}},
		"ethernet, short":  {[][]byte{attr(attrHWType, 0, 1), attr(attrHWHeader, 1, 2, 3, 4)}, false, 0, []byte{1, 2, 3, 4}},
		"length of 802.3":  {[][]byte{attr(attrHWType, 0, 1), attr(attrHWHeader, ether(46)...)}, true, 0, ether(46)},
		"HWHEADER and L2":  {[][]byte{attr(attrL2Hdr, 9, 9), attr(attrHWHeader, ether(0x0800)...)}, true, 0x0800, ether(0x0800)},
		"header of a tun":  {[][]byte{attr(attrHWType, 0xff, 0xfe), attr(attrHWHeader)}, false, 0, nil},
		"L2HDR by itself":  {[][]byte{attr(attrL2Hdr, ether(0x86dd)...)}, true, 0x86dd, ether(0x86dd)},
		"hw_protocol wins": {[][]byte{attr(attrPacketHdr, 8, 0, 0, 0), attr(attrL2Hdr, ether(0x86dd)...)}, true, 0x0800, ether(0x86dd)},
		"tagged, no outer": {[][]byte{attr(attrL2Hdr, ether(0x8100)...)}, true, 0, ether(0x8100)},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeMessage(t, message(7, c.attrs...))
			if e.Is(event.HasMACSrc|event.HasMACDst) != c.macs || e.EtherType != c.ethertyp || e.Is(event.HasEtherType) != (c.ethertyp != 0) {
				t.Errorf("has %x, ethertype %#x", e.Has, e.EtherType)
			}
			if !bytes.Equal(b.Bytes(e.Link), c.link) {
				t.Errorf("link header % x", b.Bytes(e.Link))
			}
		})
	}
}

// TestARPSenderThatLooksLikeAType has a sender whose address ends like the type of an Ethernet header.
func TestARPSenderThatLooksLikeAType(t *testing.T) {
	for _, tail := range [][]byte{{0x08, 0x06}, {0x81, 0x00}} {
		p := bytes.Clone(arpPacket)
		copy(p[12:], tail)
		b, e := decodeMessage(t, message(3, attr(attrPacketHdr, 8, 6, 1, 0), attr(attrPayload, p...)))
		if !e.Is(event.HasARP) || !b.ARPs[e.Aux-1].Plain || e.Is(event.HasMACDst) {
			t.Errorf("sender ending in % x: %+v", tail, b.ARPs)
		}
	}
}

func TestARP(t *testing.T) {
	foreign := join(b16(6), b16(0x0800), []byte{8, 4}, b16(2), make([]byte, 24))
	for name, c := range map[string]struct {
		packet []byte
		want   event.ARP
		fault  event.Fault
		has    event.Has
	}{
		"request": {arpPacket, event.ARP{HWType: 1, ProtoType: 0x0800, Operation: 1, Plain: true, MACSrc: [6]byte(sourceMAC),
			Src: [4]byte{10, 0, 0, 1}, Dst: [4]byte{10, 0, 0, 2}}, event.FaultNone, event.HasARP},
		"addresses of 8 bytes": {foreign, event.ARP{HWType: 6, ProtoType: 0x0800, Operation: 2}, event.FaultNone, event.HasARP},
		"header alone":         {foreign[:8], event.ARP{HWType: 6, ProtoType: 0x0800, Operation: 2}, event.FaultNone, event.HasARP},
		"addresses missing":    {arpPacket[:27], event.ARP{HWType: 1, ProtoType: 0x0800, Operation: 1}, event.FaultShortARP, event.HasARP},
		"header short":         {arpPacket[:7], event.ARP{}, event.FaultShortARP, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeFrame(t, linkEthernet, join(ether(typeARP), c.packet))
			if e.Malformed != c.fault || !e.Is(c.has) || c.has != 0 && (b.ARPs[e.Aux-1] != c.want || e.Family != event.FamilyARP) {
				t.Errorf("malformed %q, %+v", e.Malformed, b.ARPs)
			}
			if _, e = decodeCut(t, linkEthernet, join(ether(typeARP), c.packet), 60); e.Is(event.Truncated) != (c.fault != event.FaultNone) {
				t.Errorf("of 60 bytes: has %x", e.Has)
			}
		})
	}
}

package decode

import (
	"testing"

	"nflogship/event"
)

// with is a copy of p with one byte changed.
func with(p []byte, at int, v byte) []byte {
	p = append([]byte(nil), p...)
	p[at] = v
	return p
}

// v4 is an IPv4 packet of a protocol whose total length says what is true.
func v4(proto byte, body ...byte) []byte {
	return join([]byte{0x45, 0}, b16(uint16(20+len(body))), []byte{0, 1, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, body)
}

// v6 is an IPv6 packet whose payload length says what is true.
func v6(next byte, body ...byte) []byte {
	return join([]byte{0x60, 0, 0, 0}, b16(uint16(len(body))), []byte{next, 64}, make16(1), make16(2), body)
}

var tcpHeaderBytes = join(b16(1000), b16(443), b32(1), b32(2), []byte{0x51, 0xff}, b16(3), b16(4), b16(5))

// TestFaults has packets that are wrong in themselves, and the same cut short on their way here.
func TestFaults(t *testing.T) {
	tcp := v4(protoTCP, tcpHeaderBytes...)
	for name, c := range map[string]struct {
		packet []byte
		fault  event.Fault
		has    event.Has // as far as it was decoded
		hasNot event.Has
	}{
		"IPv4 header short":    {tcp[:19], event.FaultShortIP, 0, event.HasIP},
		"version 5":            {with(tcp, 0, 0x55), event.FaultIPVersion, 0, event.HasIP},
		"IHL 4":                {with(tcp, 0, 0x44), event.FaultIPHeaderLength, event.HasAddrs | event.HasProto, event.HasPorts},
		"total length 19":      {with(tcp, 3, 19), event.FaultIPLength, event.HasAddrs, event.HasPorts},
		"IHL past total":       {with(tcp, 0, 0x4f), event.FaultIPLength, event.HasAddrs, event.HasPorts},
		"IPv6 header short":    {udp6Packet[:39], event.FaultShortIP, 0, event.HasIP},
		"TCP of 3 bytes":       {v4(protoTCP, tcpHeaderBytes[:3]...), event.FaultShortTCP, event.HasProto, event.HasPorts},
		"TCP of 19 bytes":      {v4(protoTCP, tcpHeaderBytes[:19]...), event.FaultShortTCP, event.HasPorts, event.HasTCP},
		"TCP offset 4":         {v4(protoTCP, with(tcpHeaderBytes, 12, 0x41)...), event.FaultTCPOffset, event.HasTCP, 0},
		"TCP options missing":  {v4(protoTCP, with(tcpHeaderBytes, 12, 0x61)...), event.FaultTCPOffset, event.HasTCP, 0},
		"UDP of 7 bytes":       {v4(protoUDP, 0, 1, 0, 2, 0, 8, 0), event.FaultShortUDP, event.HasPorts, event.HasUDP},
		"UDP-Lite of none":     {v4(136), event.FaultShortUDP, event.HasProto, event.HasPorts},
		"ICMP of 7 bytes":      {v4(protoICMP, 8, 0, 0, 0, 0, 1, 0), event.FaultShortICMP, event.HasICMP, event.HasEcho},
		"ICMP of 2 bytes":      {v4(protoICMP, 8, 0), event.FaultShortICMP, event.HasICMP, event.HasEcho},
		"ICMP of 1 byte":       {v4(protoICMP, 8), event.FaultShortICMP, event.HasProto, event.HasICMP},
		"ICMP error, no quote": {v4(protoICMP, 3, 4, 0, 0, 0, 0, 5, 0, 0x45), event.FaultShortICMP, event.HasICMP | event.HasMTU, event.HasInner},
		"ICMP quotes no IP":    {v4(protoICMP, join([]byte{3, 1, 0, 0, 0, 0, 0, 0}, make([]byte, 20))...), event.FaultShortICMP, event.HasICMP, event.HasInner},
		"timestamp short":      {v4(protoICMP, join([]byte{13, 0, 0, 0, 0, 1, 0, 2}, make([]byte, 11))...), event.FaultShortICMP, event.HasEcho, 0},
		"mask short":           {v4(protoICMP, 17, 0, 0, 0, 0, 1, 0, 2), event.FaultShortICMP, event.HasEcho, 0},
		"ICMPv6 of 7 bytes":    {v6(protoICMPv6, 128, 0, 0, 0, 0, 1, 0), event.FaultShortICMP, event.HasICMP, event.HasEcho},
		"ICMPv6, no quote":     {v6(protoICMPv6, 2, 0, 0, 0, 0, 0, 5, 0), event.FaultShortICMP, event.HasMTU, event.HasInner},
		"SCTP of 11 bytes":     {v4(132, make([]byte, 11)...), event.FaultShortSCTP, event.HasPorts, 0},
		"DCCP of 2 bytes":      {v4(33, 0, 1), event.FaultShortDCCP, event.HasProto, event.HasPorts},
		"AH of 11 bytes":       {v4(protoAH, make([]byte, 11)...), event.FaultShortAH, event.HasSPI, 0},
		"AH of 7 bytes":        {v4(protoAH, make([]byte, 7)...), event.FaultShortAH, event.HasProto, event.HasSPI},
		"ESP of 7 bytes":       {v4(protoESP, make([]byte, 7)...), event.FaultShortESP, event.HasSPI, 0},
		"IPv6 AH of 11 bytes":  {v6(protoAH, make([]byte, 11)...), event.FaultShortAH, event.HasSPI | event.HasProto, 0},
		"IPv6 AH of 3 bytes":   {v6(protoAH, 6, 1, 0), event.FaultShortAH, event.HasProto, event.HasSPI},
		"hop-by-hop of 1 byte": {v6(protoHopByHop, 6), event.FaultShortExtension, event.HasAddrs, event.HasProto},
		"options past the end": {v6(protoOptions, 6, 9, 0, 0, 0, 0, 0, 0), event.FaultShortExtension, event.HasAddrs, event.HasProto},
		"fragment of 7 bytes":  {v6(protoFragment, 6, 0, 0, 1, 0, 0, 0), event.FaultShortExtension, event.HasAddrs, event.HasProto | event.HasFrag},
	} {
		t.Run(name, func(t *testing.T) {
			linkType := uint32(linkIPv4)
			if c.packet[0]>>4 == 6 {
				linkType = linkIPv6
			}
			_, e := decodeFrame(t, linkType, c.packet)
			if e.Malformed != c.fault || e.Is(event.Truncated) {
				t.Errorf("malformed %q, want %q; has %x", e.Malformed, c.fault, e.Has)
			}
			if !e.Is(c.has) || e.Has&c.hasNot != 0 {
				t.Errorf("has %x: lacks %x, too much %x", e.Has, c.has&^e.Has, c.hasNot&e.Has)
			}
		})
	}
}

// TestTruncated cuts whole packets at every length: what is missing was on the wire, so nothing is malformed.
func TestTruncated(t *testing.T) {
	quote := v4(protoUDP, 0, 1, 0, 2, 0, 8, 0, 0)
	for name, c := range map[string]struct {
		packet  []byte
		headers int // how many bytes of it are headers
	}{
		"TCP with options": {v4(protoTCP, join(with(tcpHeaderBytes, 12, 0x61), make([]byte, 14))...), 44},
		"IP options":       {join(with(v4(protoUDP, make([]byte, 12)...), 0, 0x46)), 32},
		"UDP":              {udpPacket, 28},
		"ICMP error":       {v4(protoICMP, join([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quote)...), 48},
		"echo":             {v4(protoICMP, make([]byte, 40)...), 28},
		"SCTP":             {v4(132, make([]byte, 40)...), 32},
		"DCCP":             {v4(33, make([]byte, 40)...), 32},
		"AH":               {v4(protoAH, make([]byte, 40)...), 32},
		"ESP":              {v4(protoESP, make([]byte, 40)...), 28},
		"IPv6 options": {v6(protoHopByHop, join([]byte{protoFragment, 0, 1, 4, 0, 0, 0, 0}, []byte{protoAH, 0, 0, 1, 0, 0, 0, 9},
			[]byte{protoUDP, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0}, make([]byte, 20))...), 76},
	} {
		t.Run(name, func(t *testing.T) {
			family := event.FamilyIPv4
			if c.packet[0]>>4 == 6 {
				family = event.FamilyIPv6
			}
			for n := range c.packet {
				_, e := decodeMessage(t, message(family, attr(attrPayload, c.packet[:n]...)))
				if e.Is(event.Truncated) != (n < c.headers) || e.Malformed != event.FaultNone {
					t.Errorf("%d bytes: truncated %t, malformed %q", n, e.Is(event.Truncated), e.Malformed)
				}
			}
		})
	}
}

func TestIPv6Extensions(t *testing.T) {
	udp := []byte{0, 1, 0, 2, 0, 8, 0, 0}
	hop := func(next byte) []byte { return []byte{next, 0, 1, 4, 0, 0, 0, 0} }
	frag := func(next byte, offset uint16) []byte { return join([]byte{next, 0}, b16(offset), b32(0xcafe)) }
	ah := func(next byte) []byte { return join([]byte{next, 1, 0, 0}, b32(0x1111), b32(1)) }
	big := join([]byte{2, 0, 0, 0}, b32(1400), make([]byte, 40))
	copy(big[8:], v6(protoUDP))
	for name, c := range map[string]struct {
		packet []byte
		proto  int // -1: unknown
		has    event.Has
		hasNot event.Has
		word   uint32
	}{
		"none":                   {v6(protoUDP, udp...), protoUDP, event.HasPorts, event.HasSPI, 0},
		"each":                   {v6(protoHopByHop, join(hop(protoRouting), hop(protoOptions), hop(protoAH), ah(protoUDP), udp)...), protoUDP, event.HasPorts | event.HasSPI, 0, 0x1111},
		"first fragment":         {v6(protoFragment, join(frag(protoUDP, 1), udp)...), protoUDP, event.HasPorts | event.HasFrag | event.MoreFragments, 0, 0},
		"atomic fragment":        {v6(protoFragment, join(frag(protoUDP, 0), udp)...), protoUDP, event.HasPorts | event.HasFrag, event.MoreFragments, 0},
		"later fragment":         {v6(protoFragment, join(frag(protoUDP, 8), udp)...), protoUDP, event.HasFrag, event.HasPorts, 0},
		"later, options":         {v6(protoFragment, join(frag(protoOptions, 8), hop(protoUDP), udp)...), -1, event.HasFrag, event.HasPorts, 0},
		"later, AH":              {v6(protoFragment, join(frag(protoAH, 8), ah(protoUDP), udp)...), protoAH, event.HasFrag, event.HasPorts | event.HasSPI, 0},
		"later, ESP":             {v6(protoFragment, join(frag(protoESP, 8), ah(0))...), protoESP, event.HasFrag, event.HasSPI, 0},
		"later, fragment":        {v6(protoFragment, join(frag(protoFragment, 8), frag(protoUDP, 0), udp)...), -1, event.HasFrag, event.HasPorts, 0},
		"AH, then ESP":           {v6(protoAH, join(ah(protoESP), b32(0x2222), b32(1))...), protoESP, event.HasSPI, 0, 0x2222},
		"AH, then too big":       {v6(protoAH, join(ah(protoICMPv6), big)...), protoICMPv6, event.HasMTU | event.HasInner, event.HasSPI, 1400},
		"nothing":                {v6(protoNone), protoNone, 0, event.HasPorts, 0},
		"fragment of nothing":    {v6(protoFragment, frag(protoUDP, 8)...), protoUDP, event.HasFrag, event.HasPorts, 0},
		"options, nothing":       {v6(protoHopByHop, hop(protoNone)...), protoNone, 0, event.HasPorts, 0},
		"nothing, with a rest":   {v6(protoNone, 1, 2, 3), protoNone, 0, event.HasPorts, 0},
		"mobility is a protocol": {v6(135, hop(protoUDP)...), 135, 0, event.HasPorts, 0},
		"ICMP of IPv4":           {v6(protoICMP, 8, 0, 0, 0, 0, 1, 0, 1), protoICMP, 0, event.HasICMP, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := decodeFrame(t, linkRawIP, c.packet)
			if e.Is(event.HasProto) != (c.proto >= 0) || c.proto >= 0 && int(e.Proto) != c.proto {
				t.Errorf("proto %d (%t), want %d", e.Proto, e.Is(event.HasProto), c.proto)
			}
			if !e.Is(c.has) || e.Has&c.hasNot != 0 || e.Word != c.word || e.Malformed != event.FaultNone {
				t.Errorf("has %x: lacks %x, too much %x; word %#x; malformed %q", e.Has, c.has&^e.Has, c.hasNot&e.Has, e.Word, e.Malformed)
			}
			if e.Is(event.HasFrag) && e.IPID != 0xcafe {
				t.Errorf("fragment of %#x", e.IPID)
			}
		})
	}
}

// TestLengthsOfZero has what offloading to the network card leaves in a capture, and jumbograms.
func TestLengthsOfZero(t *testing.T) {
	tcp6 := v6(protoTCP, tcpHeaderBytes...)
	jumboOptions := join([]byte{protoTCP, 0, jumboOption, 4}, b32(70_000))
	for name, c := range map[string]struct {
		packet []byte
		length uint32
		tcp    bool
		fault  event.Fault
	}{
		"IPv4":                 {with(v4(protoTCP, tcpHeaderBytes...), 3, 0), 0, true, event.FaultNone},
		"IPv6":                 {with(tcp6, 5, 0), 40, true, event.FaultNone},
		"IPv6, only padding":   {with(tcp6, 5, 0)[:46], 40, false, event.FaultShortTCP},
		"IPv6, only a header":  {with(tcp6, 5, 0)[:40], 40, false, event.FaultShortTCP},
		"jumbogram":            {with(v6(protoHopByHop, join(jumboOptions, tcpHeaderBytes)...), 5, 0), 70_040, true, event.FaultNone},
		"jumbogram, padded":    {with(v6(protoHopByHop, join([]byte{protoTCP, 1, 0, 1, 2, 0, 0, 0, 0, 0, jumboOption, 4}, b32(70_000), tcpHeaderBytes)...), 5, 0), 70_040, true, event.FaultNone},
		"jumbogram, too small": {with(v6(protoHopByHop, join(with(jumboOptions, 5, 0), tcpHeaderBytes)...), 5, 0), 40, true, event.FaultNone},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeFrame(t, linkRawIP, c.packet)
			if e.Length != c.length || e.Is(event.HasTCP) != c.tcp || e.Malformed != c.fault || e.Is(event.Truncated) {
				t.Errorf("length %d, has %x, malformed %q", e.Length, e.Has, e.Malformed)
			}
			if c.fault == event.FaultNone && len(b.Bytes(e.Packet)) != len(c.packet) {
				t.Errorf("packet of %d bytes", e.Packet.Len)
			}
		})
	}
}

func TestIPv4Fragments(t *testing.T) {
	for name, c := range map[string]struct {
		flags  uint16
		want   event.Has
		offset uint16
	}{
		"whole": {0, event.HasPorts, 0}, "do not": {0x4000, event.HasPorts | event.DontFragment, 0},
		"first": {0x2000, event.HasPorts | event.HasFrag | event.MoreFragments, 0},
		"later": {0x2001, event.HasFrag | event.MoreFragments, 8}, "last": {0x1fff, event.HasFrag, 65528},
	} {
		p := v4(protoUDP, 0, 1, 0, 2, 0, 8, 0, 0)
		copy(p[6:], b16(c.flags))
		_, e := decodeFrame(t, linkRawIP, p)
		const all = event.HasPorts | event.DontFragment | event.HasFrag | event.MoreFragments
		if e.Has&all != c.want || e.FragOffset != c.offset || !e.Is(event.HasProto|event.HasID) {
			t.Errorf("%s: has %x, offset %d", name, e.Has&all, e.FragOffset)
		}
	}
}

func TestTCP(t *testing.T) {
	_, e := decodeFrame(t, linkRawIP, v4(protoTCP, tcpHeaderBytes...))
	if e.TCPFlags != 0x1ff || e.SrcPort != 1000 || e.DstPort != 443 || e.TCPSeq != 1 || e.TCPAck != 2 || e.Window != 3 || e.Urgent != 5 {
		t.Errorf("%+v", *e)
	}
}

func TestICMP(t *testing.T) {
	quote4, quote6 := v4(protoTCP, tcpHeaderBytes[:8]...), v6(protoUDP, 0, 1, 0, 2, 0, 8, 0, 0)
	icmp := func(kind, code byte, word uint32, quote ...byte) []byte {
		return v4(protoICMP, join([]byte{kind, code, 0, 0}, b32(word), quote)...)
	}
	icmp6 := func(kind, code byte, word uint32, quote ...byte) []byte {
		return v6(protoICMPv6, join([]byte{kind, code, 0, 0}, b32(word), quote)...)
	}
	const kinds = event.HasEcho | event.HasGateway | event.HasMTU | event.HasPointer | event.HasInner
	for name, c := range map[string]struct {
		packet []byte
		has    event.Has // of kinds
		word   uint32
	}{
		"echo":               {icmp(8, 0, 0x00050006), event.HasEcho, 0},
		"echo reply":         {icmp(0, 0, 0x00050006), event.HasEcho, 0},
		"timestamp":          {icmp(13, 0, 0x00050006, make([]byte, 12)...), event.HasEcho, 0},
		"information":        {icmp(15, 0, 0x00050006), event.HasEcho, 0},
		"mask reply":         {icmp(18, 0, 0x00050006, make([]byte, 4)...), event.HasEcho, 0},
		"unreachable":        {icmp(3, 1, 99, quote4...), event.HasInner, 0},
		"fragmentation":      {icmp(3, 4, 0xffff05dc, quote4...), event.HasInner | event.HasMTU, 1500},
		"fragmentation, RIP": {icmp(3, 4, 0, quote4...), event.HasInner | event.HasMTU, 0},
		"quench":             {icmp(4, 0, 0, quote4...), event.HasInner, 0},
		"redirect":           {icmp(5, 1, 0x0a000001, quote4...), event.HasInner | event.HasGateway, 0x0a000001},
		"time exceeded":      {icmp(11, 0, 0, quote4...), event.HasInner, 0},
		"parameter":          {icmp(12, 0, 0x14ffffff, quote4...), event.HasInner | event.HasPointer, 0x14},
		"advertisement":      {icmp(9, 0, 1), 0, 0},
		"type of tomorrow":   {icmp(200, 0, 1), 0, 0},
		"echo, 6":            {icmp6(128, 0, 0x00050006), event.HasEcho, 0},
		"echo reply, 6":      {icmp6(129, 0, 0x00050006), event.HasEcho, 0},
		"unreachable, 6":     {icmp6(1, 4, 0, quote6...), event.HasInner, 0},
		"too big, 6":         {icmp6(2, 0, 70_000, quote6...), event.HasInner | event.HasMTU, 70_000},
		"time exceeded, 6":   {icmp6(3, 0, 0, quote6...), event.HasInner, 0},
		"parameter, 6":       {icmp6(4, 1, 0x12345, quote6...), event.HasInner | event.HasPointer, 0x12345},
		"solicitation, 6":    {icmp6(135, 0, 0, make16(1)...), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := decodeFrame(t, linkRawIP, c.packet)
			if e.Has&kinds != c.has || !e.Is(event.HasICMP) || e.Word != c.word || e.Malformed != event.FaultNone {
				t.Errorf("has %x, want %x; word %#x; malformed %q", e.Has&kinds, c.has, e.Word, e.Malformed)
			}
			if e.Is(event.HasEcho) && (e.ICMPID != 5 || e.ICMPSeq != 6) {
				t.Errorf("id %d, seq %d", e.ICMPID, e.ICMPSeq)
			}
			if e.Is(event.HasInner) {
				in := b.Inners[e.Aux-1]
				wantPort := map[uint8]uint16{protoTCP: 443, protoUDP: 2}[in.Proto]
				if in.DstPort != wantPort || in.Has&event.HasPorts == 0 || (in.Has&event.IsIPv6 != 0) != e.Is(event.IsIPv6) {
					t.Errorf("quoted %+v", in)
				}
			}
		})
	}
}

// TestQuoteInQuote goes one packet deep, as the kernel's log does.
func TestQuoteInQuote(t *testing.T) {
	inner := v4(protoICMP, join([]byte{3, 1, 0, 0, 0, 0, 0, 0}, v4(protoUDP, 0, 1, 0, 2, 0, 8, 0, 0))...)
	b, e := decodeFrame(t, linkRawIP, v4(protoICMP, join([]byte{11, 0, 0, 0, 0, 0, 0, 0}, inner)...))
	if len(b.Inners) != 1 || b.Inners[e.Aux-1].Proto != protoICMP || b.Inners[0].Has&event.HasPorts != 0 {
		t.Errorf("%+v", b.Inners)
	}
}

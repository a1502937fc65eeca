package decode

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/florianl/go-nflog/v2"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// goNflog is go-nflog's parser, behind a netlink socket that gives it one message at a time.
type goNflog struct {
	messages chan []byte
	results  chan *nflog.Attribute // nil where it rejects the message
	last     *nflog.Attribute
	pending  bool
}

func newGoNflog(t testing.TB) *goNflog {
	t.Helper()
	o := &goNflog{messages: make(chan []byte), results: make(chan *nflog.Attribute)}
	nf, err := nflog.Open(&nflog.Config{Copymode: nflog.CopyPacket})
	if err != nil {
		testenv.Missing(t, "no netlink socket for go-nflog: %v", err)
	}
	nf.Con.Close()
	nf.Con = nltest.Dial(o.socket)
	hook := func(a nflog.Attribute) int { o.last = &a; return 0 }
	if err := nf.RegisterWithErrorFunc(context.Background(), hook, func(error) int { return 1 }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(o.messages) }) // ends go-nflog's goroutine
	return o
}

// socket acknowledges requests and receives what parse was given. Being asked for the next message, it knows what became of the last.
func (o *goNflog) socket(requests []netlink.Message) ([]netlink.Message, error) {
	if len(requests) > 0 {
		return nltest.Error(0, requests)
	}
	if o.pending {
		o.results <- o.last
	}
	msg, ok := <-o.messages
	if !ok {
		return nil, errors.New("closed")
	}
	o.last, o.pending = nil, true
	header := netlink.Header{Length: uint32(messageHeader + len(msg)), Type: TypePacket}
	return []netlink.Message{{Header: header, Data: msg}}, nil
}

func (o *goNflog) parse(msg []byte) *nflog.Attribute {
	o.messages <- msg
	return <-o.results
}

// FuzzGoNflog compares with go-nflog where its limits allow: families 2, 7 and 10, every attribute of its right length.
func FuzzGoNflog(f *testing.F) {
	f.Add(uint8(0), uint32(1<<attrKinds-1), bytes.Repeat([]byte("0123456789"), 40))
	f.Add(uint8(1), uint32(1<<attrPacketHdr|1<<attrPrefix|1<<attrTimestamp), make([]byte, 100))
	f.Add(uint8(2), uint32(0xaaaaaa), bytes.Repeat([]byte{1, 0, 0x45}, 100))
	oracle := newGoNflog(f)
	f.Fuzz(func(t *testing.T, family uint8, kinds uint32, data []byte) {
		msg := wellFormed([]event.Family{event.FamilyIPv4, event.FamilyBridge, event.FamilyIPv6}[family%3], kinds, data)
		want := oracle.parse(msg)
		if want == nil {
			t.Fatalf("go-nflog rejects % x", msg)
		}
		b, e := surrounded(t, 0, msg, func(d *Decoder, e *event.Event, at event.Span) error {
			d.NFLOG(e, at, Native)
			return nil
		})
		compareGoNflog(t, b, e, want)
	})
}

// wellFormed is a message with the attributes of kinds, their values from data.
func wellFormed(family event.Family, kinds uint32, data []byte) []byte {
	take := func(n int) []byte {
		v := make([]byte, n)
		data = data[copy(v, data):]
		return v
	}
	msg := message(family)
	for kind := uint16(1); kind < attrKinds; kind++ {
		if kinds>>kind&1 == 0 {
			continue
		}
		var v []byte
		switch kind {
		case attrPrefix:
			v = append(bytes.ReplaceAll(take(9), []byte{0}, []byte{'-'}), 0)
		case attrTimestamp:
			v = join(b32(0), take(4), make([]byte, 6), take(2))
		case attrHWAddr:
			v = join([]byte{0, 6, 0, 0}, take(6), []byte{0, 0})
		case attrVLAN:
			v = join(attr(2, take(2)...), attr(1, take(2)...))
		case attrHWType, attrHWLen:
			v = take(2)
		case attrPayload:
			v = take(60)
		case attrHWHeader, attrL2Hdr, attrCT:
			v = take(14)
		default:
			v = take(4)
		}
		msg = append(msg, attr(kind, v...)...)
	}
	return msg
}

func compareGoNflog(t *testing.T, b *event.Batch, e *event.Event, want *nflog.Attribute) {
	t.Helper()
	for _, c := range []struct {
		name string
		want *uint32
		has  event.Has
		got  uint32
	}{
		{"mark", want.Mark, event.HasMark, e.Mark}, {"uid", want.UID, event.HasUID, e.UID}, {"gid", want.GID, event.HasGID, e.GID},
		{"seq", want.Seq, event.HasSeq, e.Seq}, {"seq_global", want.SeqGlobal, event.HasSeqGlobal, e.SeqGlobal},
		{"in", want.InDev, event.HasIn, e.InIndex}, {"out", want.OutDev, event.HasOut, e.OutIndex},
		{"physin", want.PhysInDev, event.HasPhysIn, e.PhysInIndex}, {"physout", want.PhysOutDev, event.HasPhysOut, e.PhysOutIndex},
	} {
		if (c.want != nil) != e.Is(c.has) || c.want != nil && *c.want != c.got {
			t.Errorf("%s is %d (%t)", c.name, c.got, e.Is(c.has))
		}
	}
	if want.Hook != nil && event.Hook(*want.Hook) != e.Hook || (want.Hook != nil) != e.Is(event.HasHook) {
		t.Errorf("hook %d", e.Hook)
	}
	if want.HwType != nil && *want.HwType != e.HWType {
		t.Errorf("hardware type %d", e.HWType)
	}
	if want.HwProtocol != nil && *want.HwProtocol != 0 && !isTag(*want.HwProtocol) && *want.HwProtocol != e.EtherType {
		t.Errorf("ethertype %#x, not %#x", e.EtherType, *want.HwProtocol)
	}
	if want.Prefix != nil && *want.Prefix != string(b.Bytes(e.Prefix)) {
		t.Errorf("prefix %q, not %q", b.Bytes(e.Prefix), *want.Prefix)
	}
	if want.HwHeader != nil && !bytes.Equal(*want.HwHeader, b.Bytes(e.Link)) {
		t.Errorf("link header % x", b.Bytes(e.Link))
	}
	if want.HwAddr != nil && want.HwHeader == nil && want.Layer2Hdr == nil && !bytes.Equal(*want.HwAddr, e.MACSrc[:]) {
		t.Errorf("sender % x", e.MACSrc)
	}
	if want.Payload != nil && !bytes.HasSuffix(*want.Payload, b.Bytes(e.Packet)) { // VLAN tags may stand before it
		t.Errorf("packet % x", b.Bytes(e.Packet))
	}
	if want.CtInfo != nil && b.Conntracks[e.CT-1].Info != *want.CtInfo {
		t.Errorf("conntrack info %+v", b.Conntracks)
	}
	if want.Timestamp != nil && want.Timestamp.Unix() != 0 && !want.Timestamp.Equal(time.Unix(0, e.Time)) {
		t.Errorf("time %d, not %s", e.Time, want.Timestamp)
	}
}

// FuzzGopacket compares the headers of whole packets with gopacket's decoding of them, as far as both find nothing wrong.
func FuzzGopacket(f *testing.F) {
	for _, name := range []string{"corpus/pcpp__raw_ip.pcap", "golden/ulogd/ulogd-PCAP-raw101.pcap"} {
		for i, r := range readCapture(f, name) {
			if i%3 == 0 {
				f.Add(r.bytes)
			}
		}
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) == 0 || p[0]>>4 != 4 && p[0]>>4 != 6 {
			return
		}
		e := twice(t, p, func(d *Decoder, e *event.Event, at event.Span) error {
			return d.Frame(e, Frame{LinkType: linkRawIP, Bytes: at, Original: at.Len})
		})
		if e.Malformed == event.FaultNone && !e.Is(event.Truncated) {
			compareGopacket(t, e, p)
		}
	})
}

func compareGopacket(t *testing.T, e *event.Event, p []byte) {
	t.Helper()
	first := layers.LayerTypeIPv4
	if e.Is(event.IsIPv6) {
		first = layers.LayerTypeIPv6
	}
	decoded := gopacket.NewPacket(p, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true}).Layers()
	if len(decoded) == 0 {
		return
	}
	switch ip := decoded[0].(type) {
	case *layers.IPv4:
		if !ip.SrcIP.Equal(e.Src[:4]) || !ip.DstIP.Equal(e.Dst[:4]) || uint8(ip.Protocol) != e.Proto || ip.TTL != e.TTL || ip.TOS != e.TOS ||
			uint32(ip.Id) != e.IPID || ip.FragOffset*8 != e.FragOffset ||
			(ip.Flags&layers.IPv4MoreFragments != 0) != e.Is(event.MoreFragments) || (ip.Flags&layers.IPv4DontFragment != 0) != e.Is(event.DontFragment) {
			t.Errorf("IPv4: %+v\n%+v", ip, *e)
		}
	case *layers.IPv6:
		if !ip.SrcIP.Equal(e.Src[:]) || !ip.DstIP.Equal(e.Dst[:]) || ip.HopLimit != e.TTL || ip.TrafficClass != e.TOS || ip.FlowLabel != e.FlowLabel {
			t.Errorf("IPv6: %+v\n%+v", ip, *e)
		}
	}
	for _, layer := range decoded[1:] {
		switch l := layer.(type) {
		case *layers.IPv6HopByHop, *layers.IPv6Destination, *layers.IPv6Routing:
			continue
		case *layers.TCP:
			if e.Proto == protoTCP {
				compareTCP(t, e, l)
			}
		case *layers.UDP:
			if e.Proto == protoUDP && (uint16(l.SrcPort) != e.SrcPort || uint16(l.DstPort) != e.DstPort || l.Length != e.UDPLength) {
				t.Errorf("UDP: %+v\n%+v", l, *e)
			}
		case *layers.ICMPv4:
			if e.Is(event.HasICMP) && (l.TypeCode.Type() != e.ICMPType || l.TypeCode.Code() != e.ICMPCode) {
				t.Errorf("ICMP: %+v\n%+v", l, *e)
			}
		case *layers.ICMPv6:
			if e.Is(event.HasICMP) && (l.TypeCode.Type() != e.ICMPType || l.TypeCode.Code() != e.ICMPCode) {
				t.Errorf("ICMPv6: %+v\n%+v", l, *e)
			}
		case *layers.SCTP:
			if e.Proto == protoSCTP && (uint16(l.SrcPort) != e.SrcPort || uint16(l.DstPort) != e.DstPort) {
				t.Errorf("SCTP: %+v\n%+v", l, *e)
			}
		}
		return // what is behind it may be a tunnel's inside
	}
}

func compareTCP(t *testing.T, e *event.Event, l *layers.TCP) {
	t.Helper()
	var flags uint16
	for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR, l.NS} {
		if set {
			flags |= 1 << i
		}
	}
	if uint16(l.SrcPort) != e.SrcPort || uint16(l.DstPort) != e.DstPort || l.Seq != e.TCPSeq || l.Ack != e.TCPAck ||
		l.Window != e.Window || l.Urgent != e.Urgent || flags != e.TCPFlags {
		t.Errorf("TCP: %+v\n%+v", l, *e)
	}
}

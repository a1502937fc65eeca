package json

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/event"

	"pgregory.net/rapid"
)

// TestAnyEvent holds every line against encoding/json and a rendering that shares nothing with the encoder.
func TestAnyEvent(t *testing.T) {
	x := codec(t, DefaultConfig(), nil).New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			before := []byte("before ")
			line, ok := x.AppendEvent(before, b, e)
			if !ok {
				t.Fatalf("no place for %+v", *e)
			}
			line = bytes.TrimPrefix(line, before)
			encodetest.Ordered(t, line, format.Keys)
			if got, want := encodetest.Parse(t, line), expected(b, e); !reflect.DeepEqual(got, want) {
				t.Fatalf("line %s\n got %v\nwant %v", line, got, want)
			}
		}
	})
}

type object = map[string]any

func num[T ~uint8 | ~uint16 | ~uint32 | ~uint64](v T) stdjson.Number {
	return stdjson.Number(strconv.FormatUint(uint64(v), 10))
}

func when(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z") }

func addr(a [16]byte, v6 bool) string {
	if v6 {
		return netip.AddrFrom16(a).String()
	}
	return netip.AddrFrom4([4]byte(a[:4])).String()
}

func valid(p []byte) string { return string([]rune(string(p))) }

func mac(m [6]byte) string { return net.HardwareAddr(m[:]).String() }

func proto(p uint8) string {
	if name := event.ProtoName(p); name != "" {
		return name
	}
	return fmt.Sprint(p)
}

// expected is what the interface's table says of e.
func expected(b *event.Batch, e *event.Event) object {
	o := object{"time": when(e.Time)}
	origin := b.Origins[e.Origin]
	put(o, origin.Host != "", "host", valid([]byte(origin.Host)))
	put(o, origin.Source != "", "source", valid([]byte(origin.Source)))
	if e.Kind == event.Summarised {
		expectSummary(o, b, e)
		return o
	}
	put(o, e.Family.String() != "", "family", e.Family.String())
	put(o, e.Is(event.HasPrefix), "prefix", valid(b.Bytes(e.Prefix)))
	put(o, e.Action != 0 && !e.Is(event.ActionGuessed), "action", e.Action.String())
	put(o, e.Is(event.HasHook) && event.HookName(e.Family, e.Hook) != "", "hook", event.HookName(e.Family, e.Hook))
	for f := event.FieldIn; f <= event.FieldPhysOut; f++ {
		expectInterface(o, b, e, f)
	}
	put(o, e.Is(event.HasMACSrc), "mac_src", mac(e.MACSrc))
	put(o, e.Is(event.HasMACDst), "mac_dst", mac(e.MACDst))
	put(o, e.Is(event.HasAddrs), "src", addr(e.Src, e.Is(event.IsIPv6)))
	put(o, e.Is(event.HasAddrs), "dst", addr(e.Dst, e.Is(event.IsIPv6)))
	put(o, e.Is(event.HasProto), "proto", proto(e.Proto))
	for _, f := range []event.Field{event.FieldGroup, event.FieldSeq, event.FieldSeqGlobal, event.FieldMark, event.FieldUID,
		event.FieldGID, event.FieldEtherType, event.FieldVLAN, event.FieldVLANPriority, event.FieldVLANInner,
		event.FieldSrcPort, event.FieldDstPort, event.FieldLength, event.FieldTTL, event.FieldTOS, event.FieldID,
		event.FieldFlowLabel, event.FieldSPI} {
		n, has := e.Number(f)
		put(o, has, f.String(), num(n))
	}
	if !e.Is(event.HasID) {
		delete(o, "id")
	}
	if slices.Contains([]uint16{0x800, 0x806, 0x86dd}, e.EtherType) {
		delete(o, "ethertype")
	}
	put(o, e.Is(event.DontFragment), "df", true)
	put(o, e.Is(event.Truncated), "truncated", true)
	put(o, e.Malformed != 0, "malformed", e.Malformed.String())
	expectTransport(o, b, e)
	return o
}

func put(o object, has bool, key string, value any) {
	if has {
		o[key] = value
	}
}

func expectInterface(o object, b *event.Batch, e *event.Event, f event.Field) {
	i := int(f - event.FieldIn)
	name := []event.Span{e.In, e.Out, e.PhysIn, e.PhysOut}[i]
	switch {
	case !e.Is(event.HasIn << i):
	case name.Len > 0:
		o[f.String()] = valid(b.Bytes(name))
	default:
		o[f.String()+"_index"] = num([]uint32{e.InIndex, e.OutIndex, e.PhysInIndex, e.PhysOutIndex}[i])
	}
}

func expectTransport(o object, b *event.Batch, e *event.Event) {
	if e.Is(event.HasFrag) {
		frag := object{"offset": num(e.FragOffset)}
		put(frag, e.Is(event.MoreFragments), "more", true)
		put(frag, e.Is(event.IsIPv6), "id", num(e.IPID))
		o["frag"] = frag
	}
	if e.Is(event.HasTCP) {
		var flags []string
		for i, name := range strings.Fields("FIN SYN RST PSH ACK URG ECE CWR AE") {
			if e.TCPFlags>>i&1 == 1 {
				flags = append(flags, name)
			}
		}
		o["tcp"] = object{"flags": strings.Join(flags, ","), "seq": num(e.TCPSeq), "ack": num(e.TCPAck),
			"window": num(e.Window), "urgent": num(e.Urgent)}
	}
	put(o, e.Is(event.HasUDP), "udp", object{"length": num(e.UDPLength)})
	if e.Is(event.HasICMP) {
		o["icmp"] = expectICMP(b, e)
	}
	if e.Is(event.HasARP) {
		o["arp"] = expectARP(&b.ARPs[e.Aux-1])
	}
	if e.Is(event.HasCT) {
		o["conntrack"] = expectConntrack(&b.Conntracks[e.CT-1])
	}
}

func expectICMP(b *event.Batch, e *event.Event) object {
	o := object{"type": num(e.ICMPType), "code": num(e.ICMPCode)}
	put(o, e.Is(event.HasEcho), "id", num(e.ICMPID))
	put(o, e.Is(event.HasEcho), "seq", num(e.ICMPSeq))
	gateway := fmt.Sprintf("%d.%d.%d.%d", e.Word>>24, e.Word>>16&255, e.Word>>8&255, e.Word&255)
	put(o, e.Is(event.HasGateway), "gateway", gateway)
	put(o, e.Is(event.HasMTU), "mtu", num(e.Word))
	put(o, e.Is(event.HasPointer), "pointer", num(e.Word))
	if !e.Is(event.HasInner) {
		return o
	}
	in := b.Inners[e.Aux-1]
	inner := object{}
	put(inner, in.Has&event.HasAddrs != 0, "src", addr(in.Src, in.Has&event.IsIPv6 != 0))
	put(inner, in.Has&event.HasAddrs != 0, "dst", addr(in.Dst, in.Has&event.IsIPv6 != 0))
	put(inner, in.Has&event.HasProto != 0, "proto", proto(in.Proto))
	put(inner, in.Has&event.HasPorts != 0, "src_port", num(in.SrcPort))
	put(inner, in.Has&event.HasPorts != 0, "dst_port", num(in.DstPort))
	o["inner"] = inner
	return o
}

func expectARP(a *event.ARP) object {
	o := object{"operation": num(a.Operation)}
	put(o, a.Operation == 1, "operation", "request")
	put(o, a.Operation == 2, "operation", "reply")
	if a.Plain {
		o["mac_src"], o["mac_dst"] = mac(a.MACSrc), mac(a.MACDst)
		o["src"], o["dst"] = netip.AddrFrom4(a.Src).String(), netip.AddrFrom4(a.Dst).String()
	}
	return o
}

func expectConntrack(ct *event.Conntrack) object {
	o := object{}
	put(o, ct.Has&event.CTHasID != 0, "id", num(ct.ID))
	if ct.Has&event.CTHasInfo != 0 && ct.Info < 6 {
		o["state"] = []string{"established", "related", "new"}[ct.Info%3]
		o["direction"] = []string{"original", "reply"}[ct.Info/3]
	}
	put(o, ct.Has&event.CTHasInfo != 0 && ct.Info == 7, "state", "untracked")
	put(o, ct.Has&event.CTHasMark != 0, "mark", num(ct.Mark))
	put(o, ct.Has&event.CTHasNATSrc != 0, "nat_src", addr(ct.NATSrc, ct.NATIPv6))
	put(o, ct.Has&event.CTHasNATDst != 0, "nat_dst", addr(ct.NATDst, ct.NATIPv6))
	put(o, ct.Has&event.CTHasNATSrcPort != 0, "nat_src_port", num(ct.NATSrcPort))
	put(o, ct.Has&event.CTHasNATDstPort != 0, "nat_dst_port", num(ct.NATDstPort))
	return o
}

func expectSummary(o object, b *event.Batch, e *event.Event) {
	s := b.Summaries[e.Aux-1]
	o["kind"], o["reason"] = "summary", s.Reason
	put(o, s.Stage != "", "stage", valid([]byte(s.Stage)))
	o["suppressed"], o["bytes"] = num(s.Suppressed), num(s.Bytes)
	o["first"], o["last"] = when(s.First), when(s.Last)
	key := object{}
	for _, f := range s.Key[:s.Keys] {
		expectKey(key, b, e, f)
	}
	o["key"] = key
	put(o, s.Other, "key", object{"other": true})
}

func expectKey(key object, b *event.Batch, e *event.Event, f event.Field) {
	text, has := event.AppendField(nil, b, e, f)
	switch {
	case f >= event.FieldIn && f <= event.FieldPhysOut:
		expectInterface(key, b, e, f)
	case f == event.FieldPrefix:
		put(key, e.Is(event.HasPrefix), "prefix", valid(text))
	case f == event.FieldHost || f == event.FieldSource:
		key[f.String()] = valid(text)
	case f.IsNumber():
		put(key, has, f.String(), stdjson.Number(text))
	default:
		put(key, has, f.String(), string(text))
	}
}

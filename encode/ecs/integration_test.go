package ecs

import (
	"fmt"
	"slices"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/event"
)

// TestIntegrationsSample holds our document against the one that Elastic publishes as its iptables integration's sample:
// what it makes of the kernel's line
//
//	[wan-lan-default-D]IN=eth0 OUT= MAC=90:10:20:76:8d:20:90:10:65:29:b6:2a:08:00 SRC=67.43.156.15 DST=10.4.0.5 LEN=52
//	TOS=0x00 PREC=0x00 TTL=63 ID=0 DF PROTO=TCP SPT=38842 DPT=443 WINDOW=2853 RES=0x00 ACK URGP=0
func TestIntegrationsSample(t *testing.T) {
	b := encodetest.Example()
	e := &b.Events[0]
	e.Prefix = b.AppendString("[wan-lan-default-D]")
	e.Src, e.Dst = [16]byte{67, 43, 156, 15}, [16]byte{10, 4, 0, 5}
	e.SrcPort, e.DstPort, e.Length, e.TTL, e.IPID, e.Window, e.TCPFlags = 38842, 443, 52, 63, 0, 2853, 1<<4
	got := encodetest.Parse(t, []byte(encodetest.Line(t, codec(t, DefaultConfig(), nil), b)))
	for field, want := range map[string]any{
		"event.kind": "event", "event.category": "[network]", "event.action": "drop", "event.dataset": "iptables.log",
		"network.type": "ipv4", "network.transport": "tcp", "network.community_id": "1:jc/7ajWLmm0xdpLA7mOyvas9TyE=",
		"source.ip": "67.43.156.15", "source.port": "38842", "source.mac": "90-10-65-29-B6-2A",
		"destination.ip": "10.4.0.5", "destination.port": "443", "destination.mac": "90-10-20-76-8D-20",
		"observer.ingress.zone": "wan", "observer.egress.zone": "lan", "rule.id": "default", "rule.name": "wan-lan",
		"related.ip": "[67.43.156.15 10.4.0.5]", "iptables.ether_type": "2048", "iptables.fragment_flags": "[DF]",
		"iptables.id": "0", "iptables.input_device": "eth0", "iptables.output_device": "", "iptables.length": "52",
		"iptables.precedence_bits": "0", "iptables.tos": "0", "iptables.ttl": "63", "iptables.tcp.flags": "[ACK]",
		"iptables.tcp.reserved_bits": "0", "iptables.tcp.window": "2853", "iptables.ubiquiti.input_zone": "wan",
		"iptables.ubiquiti.output_zone": "lan", "iptables.ubiquiti.rule_number": "default", "iptables.ubiquiti.rule_set": "wan-lan",
	} {
		if value := at(got, field); fmt.Sprint(value) != want {
			t.Errorf("%s: got %v, want %v", field, value, want)
		}
	}
	for _, kind := range []any{"denied", "connection"} {
		if !slices.Contains(at(got, "event.type").([]any), kind) {
			t.Errorf("event.type lacks %v", kind)
		}
	}
}

// TestUnits holds the fields whose values are not simply the packet's to what the integration reads of the kernel's line.
func TestUnits(t *testing.T) {
	for _, c := range []struct {
		name, field, want string
		change            func(b *event.Batch, e *event.Event)
	}{
		{"offset in eights", "iptables.fragment_offset", "185", func(b *event.Batch, e *event.Event) {
			e.FragOffset, e.Has = 1480, e.Has|event.HasFrag
		}},
		{"offset in bytes over IPv6", "iptables.fragment_offset", "1480", func(b *event.Batch, e *event.Event) {
			e.FragOffset, e.Has = 1480, e.Has|event.HasFrag|event.IsIPv6
		}},
		{"tos without precedence", "iptables.tos", "16", func(b *event.Batch, e *event.Event) { e.TOS = 0xb1 }},
		{"precedence", "iptables.precedence_bits", "160", func(b *event.Batch, e *event.Event) { e.TOS = 0xb1 }},
		{"the reserved bit", "iptables.fragment_flags", "[CE DF]", func(b *event.Batch, e *event.Event) {
			b.Bytes(e.Packet)[6] |= 0x80
		}},
		{"reserved bits, without AE", "iptables.tcp.reserved_bits", "56", func(b *event.Batch, e *event.Event) {
			b.Bytes(e.Packet)[32] |= 0x0f
		}},
		{"icmpv6 by its keyword", "network.transport", "ipv6-icmp", func(b *event.Batch, e *event.Event) { e.Proto = 58 }},
	} {
		b := encodetest.Example()
		c.change(b, &b.Events[0])
		got := encodetest.Parse(t, []byte(encodetest.Line(t, codec(t, DefaultConfig(), nil), b)))
		if value := fmt.Sprint(at(got, c.field)); value != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, c.field, value, c.want)
		}
	}
}

// at finds a field by its dotted name, nil where there is none.
func at(o object, field string) any {
	for key, value := range o {
		if key == field {
			return value
		}
		if inner, is := value.(object); is && len(field) > len(key) && field[:len(key)+1] == key+"." {
			return at(inner, field[len(key)+1:])
		}
	}
	return nil
}

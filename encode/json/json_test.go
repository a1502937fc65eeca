package json

import (
	"bytes"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

var origin = &event.Origin{Host: "ams1-fw3", Source: "firewall", ID: "x"}

// stamp is 2026-11-22T10:00:00.123456789Z.
var stamp = time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC).UnixNano()

func v4(a, b, c, d byte) [16]byte { return [16]byte{a, b, c, d} }

// tcpBatch holds one typical packet: a SYN that a drop rule logged.
func tcpBatch() *event.Batch {
	b := &event.Batch{Origins: []*event.Origin{origin}}
	b.Events = append(b.Events, event.Event{
		Time: stamp, Group: 1, Seq: 81234567, Family: event.FamilyIPv4, Hook: 1, Action: event.ActionDrop,
		Prefix: b.AppendString("WAN_IN-42-DROP "), In: b.AppendString("eth0"), InIndex: 2,
		MACSrc: [6]byte{2, 0, 0, 0, 0, 11}, MACDst: [6]byte{2, 0, 0, 0, 0, 10},
		Src: v4(203, 0, 113, 7), Dst: v4(192, 0, 2, 10), Proto: 6, SrcPort: 51544, DstPort: 22,
		Length: 60, TTL: 52, IPID: 54321, TCPSeq: 3546750782, Window: 64240, TCPFlags: 2,
		Has: event.HasGroup | event.HasSeq | event.HasPrefix | event.HasHook | event.HasIn | event.HasMACSrc |
			event.HasMACDst | event.HasAddrs | event.HasProto | event.HasPorts | event.HasIP | event.HasID |
			event.DontFragment | event.HasTCP,
	})
	return b
}

func line(t testing.TB, b *event.Batch) string {
	t.Helper()
	out, ok := newEncoder([]byte("}")).AppendEvent(nil, b, &b.Events[0])
	if !ok {
		t.Fatal("the json format has a place for every event")
	}
	return string(out)
}

func TestTypicalPacket(t *testing.T) {
	want := `{"time":"2026-11-22T10:00:00.123456789Z","host":"ams1-fw3","source":"firewall","family":"ipv4","group":1,` +
		`"seq":81234567,"prefix":"WAN_IN-42-DROP ","action":"drop","hook":"input","in":"eth0",` +
		`"mac_src":"02:00:00:00:00:0b","mac_dst":"02:00:00:00:00:0a","src":"203.0.113.7","dst":"192.0.2.10","proto":"tcp",` +
		`"src_port":51544,"dst_port":22,"length":60,"ttl":52,"tos":0,"id":54321,"df":true,` +
		`"tcp":{"flags":"SYN","seq":3546750782,"ack":0,"window":64240,"urgent":0}}`
	if got := line(t, tcpBatch()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestGolden prints one event of each kind; the file is what users see.
func TestGolden(t *testing.T) {
	var out bytes.Buffer
	for _, b := range []*event.Batch{tcpBatch(), fragmentBatch(), icmpBatch(), arpBatch(), bridgeBatch(), conntrackBatch(), bareBatch()} {
		out.WriteString(line(t, b) + "\n")
	}
	const file = "testdata/events.jsonl"
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s differs; run with -update and read the difference.\ngot:\n%s", file, out.String())
	}
}

func one(e event.Event) *event.Batch {
	e.Time = stamp
	return &event.Batch{Origins: []*event.Origin{origin}, Events: []event.Event{e}}
}

func fragmentBatch() *event.Batch {
	return one(event.Event{Family: event.FamilyIPv6, Src: [16]byte{0x20, 1, 0x0d, 0xb8, 15: 9}, Dst: [16]byte{0xfd, 0x77, 15: 1},
		Proto: 17, Length: 72, TTL: 64, FlowLabel: 74565, FragOffset: 40, IPID: 0xcafebabe,
		Has: event.HasAddrs | event.IsIPv6 | event.HasProto | event.HasIP | event.HasFlowLabel | event.HasFrag | event.MoreFragments})
}

func icmpBatch() *event.Batch {
	b := one(event.Event{Family: event.FamilyIPv4, Src: v4(10, 99, 0, 2), Dst: v4(10, 99, 0, 1), Proto: 1, Length: 56, TTL: 64,
		ICMPType: 3, ICMPCode: 4, Word: 1400, Aux: 1, UID: 0, GID: 0,
		Has: event.HasAddrs | event.HasProto | event.HasIP | event.HasID | event.HasICMP | event.HasMTU | event.HasInner |
			event.HasUID | event.HasGID})
	b.Inners = []event.Inner{{Src: v4(10, 99, 0, 1), Dst: v4(192, 0, 2, 9), Proto: 17, SrcPort: 5555, DstPort: 53,
		Has: event.HasAddrs | event.HasProto | event.HasPorts}}
	return b
}

func arpBatch() *event.Batch {
	b := one(event.Event{Family: event.FamilyARP, Hook: 0, InIndex: 3, Aux: 1, Has: event.HasHook | event.HasIn | event.HasARP})
	b.ARPs = []event.ARP{{HWType: 1, ProtoType: 0x800, Operation: 2, Plain: true, MACSrc: [6]byte{2, 0, 0, 0, 2, 2}, Src: [4]byte{10, 98, 0, 2},
		MACDst: [6]byte{2, 0, 0, 0, 2, 1}, Dst: [4]byte{10, 98, 0, 1}}}
	return b
}

func bridgeBatch() *event.Batch {
	b := one(event.Event{Family: event.FamilyBridge, Hook: 2, EtherType: 0x88cc, VLAN: 0xa064, VLANInner: 200, PhysOutIndex: 6,
		Has: event.HasHook | event.HasIn | event.HasPhysIn | event.HasPhysOut | event.HasEtherType | event.HasVLAN | event.HasVLANInner})
	b.Events[0].In, b.Events[0].PhysIn = b.AppendString("br0"), b.AppendString("port1")
	return b
}

func conntrackBatch() *event.Batch {
	b := one(event.Event{Family: event.FamilyIPv4, Proto: 50, Word: 0xc0ffee01, CT: 1, Malformed: event.FaultShortESP,
		Has: event.HasProto | event.HasSPI | event.HasCT | event.Truncated})
	b.Conntracks = []event.Conntrack{{ID: 7, Mark: 42, Info: 4, NATSrc: v4(192, 0, 2, 1), NATSrcPort: 40000,
		Has: event.CTHasID | event.CTHasMark | event.CTHasInfo | event.CTHasNATSrc | event.CTHasNATSrcPort}}
	return b
}

// bareBatch is a message that held nothing but a hostile prefix.
func bareBatch() *event.Batch {
	b := one(event.Event{Has: event.HasPrefix})
	b.Events[0].Prefix = b.AppendString("a\"b\\c\nd\xffe\u2028f\x7f")
	return b
}

func TestSummaryAsInTheInterface(t *testing.T) {
	b := one(event.Event{Kind: event.Summarised, Src: v4(203, 0, 113, 9), DstPort: 22, Aux: 1, Has: event.HasAddrs | event.HasPorts})
	b.Summaries = []event.Summary{{Reason: "threshold", Stage: "quiet", Key: [8]event.Field{event.FieldSrc, event.FieldDstPort}, Keys: 2,
		Suppressed: 187, Bytes: 11220, First: stamp - 1e9, Last: stamp}}
	head := `{"kind":"summary","time":"2026-11-22T10:00:00.123456789Z","host":"ams1-fw3","source":"firewall","reason":`
	tail := `"suppressed":187,"bytes":11220,"first":"2026-11-22T09:59:59.123456789Z","last":"2026-11-22T10:00:00.123456789Z"}`
	want := head + `"threshold","stage":"quiet","key":{"src":"203.0.113.9","dst_port":22},` + tail
	if got := line(t, b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	b.Summaries[0].Reason, b.Summaries[0].Stage, b.Summaries[0].Other = "overload", "", true
	want = head + `"overload","key":{"other":true},` + tail
	if got := line(t, b); got != want {
		t.Errorf("the row for the rest: got  %s\nwant %s", got, want)
	}
}

func TestOwnFields(t *testing.T) {
	codec, err := New(map[string]string{"site": "ams\"1", "env": "prod"})
	if err != nil {
		t.Fatal(err)
	}
	b := bareBatch()
	got, _ := codec.New().AppendEvent(nil, b, &b.Events[0])
	if want := `,"env":"prod","site":"ams\"1"}`; !strings.HasSuffix(string(got), want) {
		t.Errorf("got %s, want it to end in %s", got, want)
	}
	for _, taken := range []string{"kind", "src", "key", "process"} {
		if _, err := New(map[string]string{taken: "x"}); err == nil || !strings.Contains(err.Error(), taken) {
			t.Errorf("own field %q: err = %v, want one that names the clash", taken, err)
		}
	}
}

func TestClock(t *testing.T) {
	times := []int64{0, -1, 1, 999999999, -1e9, -1e9 - 1, 951782399e9, 951782400e9, math.MaxInt64, math.MinInt64}
	for range 10000 {
		times = append(times, int64(rand.Uint64()))
	}
	var c clock
	c.set(0)
	for _, ns := range times {
		want := time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z")
		if got := string(c.append(nil, ns)); got != want {
			t.Fatalf("%d: got %s, want %s", ns, got, want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	for name, b := range map[string]*event.Batch{"tcp": tcpBatch(), "ipv6 fragment": fragmentBatch(), "icmp": icmpBatch(), "arp": arpBatch(),
		"bridge": bridgeBatch(), "conntrack": conntrackBatch(), "hostile prefix": bareBatch()} {
		x, buf := newEncoder([]byte("}")), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { x.AppendEvent(buf, b, &b.Events[0]) }); n != 0 {
			t.Errorf("%s: %v allocations an event, want 0", name, n)
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	v6 := tcpBatch()
	e := &v6.Events[0]
	e.Family, e.Has = event.FamilyIPv6, e.Has|event.IsIPv6&^event.HasID
	e.Src, e.Dst = [16]byte{0x20, 1, 0x0d, 0xb8, 4: 0x45, 0x31, 0xad, 0x9d, 15: 9}, [16]byte{0xfd, 0x77, 15: 1}
	for name, batch := range map[string]*event.Batch{"tcp4": tcpBatch(), "tcp6": v6} {
		b.Run(name, func(b *testing.B) {
			x, buf := newEncoder([]byte("}")), make([]byte, 0, 4096)
			b.ReportAllocs()
			for i := range b.N {
				batch.Events[0].Time = stamp + int64(i)*1000
				batch.Events[0].Seq++
				out, _ := x.AppendEvent(buf, batch, &batch.Events[0])
				b.SetBytes(int64(len(out)))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
		})
	}
}

func TestConfigIsEmpty(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{}", &cfg); err != nil {
		t.Error(err)
	}
	if err := config.Decode("pretty: true", &cfg); err == nil {
		t.Error("an unknown setting is accepted")
	}
}

package decode

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// TestCorpus compares captures from the wild with tshark's decoding of their outermost headers.
func TestCorpus(t *testing.T) {
	refs, err := filepath.Glob(filepath.Join(testenv.Shared(t, "corpus/ref"), "*.outer.tsv"))
	if err != nil || len(refs) == 0 {
		t.Fatal("no references", err)
	}
	for _, ref := range refs {
		name := strings.TrimSuffix(filepath.Base(ref), ".outer.tsv")
		t.Run(name, func(t *testing.T) {
			b := decodeCapture(t, "corpus/"+name)
			rows := readTable(t, ref)
			if len(rows) != len(b.Events) {
				t.Fatalf("%d rows, %d events", len(rows), len(b.Events))
			}
			for i, row := range rows {
				compareRow(t, b, &b.Events[i], row)
				if t.Failed() {
					t.Fatalf("frame %d: %v", i+1, row)
				}
			}
		})
	}
}

// readTable reads tab-separated values under the names in the first line; empty ones are left out.
func readTable(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(file), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			if v != "" {
				row[names[i]] = v
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func compareRow(t *testing.T, b *event.Batch, e *event.Event, row map[string]string) {
	t.Helper()
	check := func(column string, has bool, v any) {
		t.Helper()
		want, ok := row[column]
		if got := fmt.Sprint(v); ok != has || ok && !same(want, got) {
			t.Errorf("%s: %s (%t), tshark says %s (%t)", column, got, has, want, ok)
		}
	}
	v6, ip := e.Is(event.IsIPv6), e.Is(event.HasIP)
	v4 := ip && !v6
	check("eth.src", e.Is(event.HasMACSrc) && row["eth.src"] != "", net.HardwareAddr(e.MACSrc[:]))
	check("eth.dst", e.Is(event.HasMACDst) && row["eth.dst"] != "", net.HardwareAddr(e.MACDst[:]))
	check("ip.src", v4, long(e.Src, false))
	check("ip.dst", v4, long(e.Dst, false))
	check("ip.proto", v4, e.Proto)
	check("ip.len", v4, e.Length)
	check("ip.dsfield", v4, e.TOS)
	check("ip.ttl", v4, e.TTL)
	check("ip.id", v4, e.IPID)
	check("ip.flags.df", v4, bit(e.Is(event.DontFragment)))
	check("ip.flags.mf", v4, bit(e.Is(event.MoreFragments)))
	check("ip.frag_offset", v4, e.FragOffset)
	check("ipv6.src", v6, string(event.AppendAddr(nil, &e.Src, true)))
	check("ipv6.dst", v6, string(event.AppendAddr(nil, &e.Dst, true)))
	check("ipv6.hlim", v6, e.TTL)
	check("ipv6.plen", v6, e.Length-ipv6Header)
	check("ipv6.tclass", v6, e.TOS)
	check("ipv6.flow", v6, e.FlowLabel)
	tcp, udp := e.Is(event.HasTCP), e.Is(event.HasUDP)
	check("tcp.srcport", tcp, e.SrcPort)
	check("tcp.dstport", tcp, e.DstPort)
	check("tcp.flags", tcp, e.TCPFlags)
	check("tcp.seq_raw", tcp, e.TCPSeq)
	check("tcp.ack_raw", tcp, e.TCPAck)
	check("tcp.window_size_value", tcp, e.Window)
	check("tcp.urgent_pointer", tcp, e.Urgent)
	check("udp.srcport", udp, e.SrcPort)
	check("udp.dstport", udp, e.DstPort)
	check("udp.length", udp, e.UDPLength)
	check("icmp.type", e.Is(event.HasICMP) && v4, e.ICMPType)
	check("icmp.code", e.Is(event.HasICMP) && v4, e.ICMPCode)
	check("icmp.ident", e.Is(event.HasEcho) && v4, e.ICMPID)
	check("icmp.seq", e.Is(event.HasEcho) && v4, e.ICMPSeq)
	check("icmpv6.type", e.Is(event.HasICMP) && v6, e.ICMPType)
	check("arp.opcode", e.Is(event.HasARP), operation(b, e))
	compareNFLOG(t, b, e, row)
}

func compareNFLOG(t *testing.T, b *event.Batch, e *event.Event, row map[string]string) {
	t.Helper()
	for column, f := range map[string]event.Field{
		"nflog.prefix": event.FieldPrefix, "nflog.uid": event.FieldUID, "nflog.gid": event.FieldGID, "nflog.res_id": event.FieldGroup,
		"nflog.ifindex_indev": event.FieldIn, "nflog.ifindex_outdev": event.FieldOut,
	} {
		got, _ := event.AppendField(nil, b, e, f)
		if string(got) == "va" { // the name decodeCapture has for interface 2
			got = []byte("2")
		}
		if string(got) != row[column] {
			t.Errorf("%s: %q, tshark says %q", column, got, row[column])
		}
	}
	if row["nflog.family"] != "" && (row["nflog.family"] != fmt.Sprint(uint8(e.Family)) || row["nflog.hook"] != fmt.Sprint(uint8(e.Hook))) {
		t.Errorf("family %d, hook %d", e.Family, e.Hook)
	}
	if row["nflog.protocol"] != "" && !same(row["nflog.protocol"], fmt.Sprint(e.EtherType)) {
		t.Errorf("ethertype %#x, tshark says %s", e.EtherType, row["nflog.protocol"])
	}
}

func operation(b *event.Batch, e *event.Event) any {
	if !e.Is(event.HasARP) {
		return nil
	}
	return b.ARPs[e.Aux-1].Operation
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

// same compares as numbers what are numbers in any base.
func same(want, got string) bool {
	if want == got {
		return true
	}
	w, err1 := strconv.ParseUint(want, 0, 64)
	g, err2 := strconv.ParseUint(got, 0, 64)
	return err1 == nil && err2 == nil && w == g
}

// tsharkTime prints a time as tshark does: nine digits, days padded with a blank.
func tsharkTime(ns int64) string {
	return time.Unix(0, ns).UTC().Format("Jan _2, 2006 15:04:05.000000000 UTC")
}

// TestCorpusTimestamps compares with tshark's nflog.timestamp.
func TestCorpusTimestamps(t *testing.T) {
	seen := 0
	for _, name := range []string{"tcpdump-nflog.pcap", "arkime-nflog.pcap", "zeek-nflog-http.pcap"} {
		b := decodeCapture(t, "corpus/"+name)
		for i, row := range readTable(t, testenv.Shared(t, "corpus/ref/"+name+".tlv.tsv")) {
			e := &b.Events[i]
			if has := row["nflog.timestamp"] != ""; has != e.Is(event.HasTimeSeen) {
				t.Errorf("%s, frame %d: time seen %t", name, i+1, !has)
			}
			if row["nflog.timestamp"] != "" {
				seen++
				if got := tsharkTime(e.Time); got != row["nflog.timestamp"] {
					t.Errorf("%s, frame %d: %s, tshark says %s", name, i+1, got, row["nflog.timestamp"])
				}
			}
			if strings.Contains(row["nflog.tlv_type"], ",16,") != (e.Link.Len == etherHeader) {
				t.Errorf("%s, frame %d: link header of %d bytes", name, i+1, e.Link.Len)
			}
		}
	}
	if seen == 0 {
		t.Error("no timestamp in any of them")
	}
}

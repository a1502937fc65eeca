package decode

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// TestKernelLog compares the 400 packets of GA with what the kernel's own LOG target printed for each.
func TestKernelLog(t *testing.T) {
	lines := goldenLines(t, "golden/GA.kernel.log")
	for _, name := range []string{"golden/GA.nflog.pcap", "golden/GA.ether.pcap"} {
		t.Run(name, func(t *testing.T) {
			b := decodeCapture(t, name)
			if len(lines) != len(b.Events) {
				t.Fatalf("%d lines, %d events", len(lines), len(b.Events))
			}
			for i := range b.Events {
				e := &b.Events[i]
				line := takeApart(lines[i])
				if name == "golden/GA.nflog.pcap" {
					line.compare(t, "IN", e.Is(event.HasIn), string(b.Bytes(e.In)))
				}
				compareKernel(t, b, e, line)
				if t.Failed() {
					t.Fatalf("packet %d: %s", i+1, lines[i])
				}
			}
		})
	}
}

func goldenLines(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(file), "\n"), "\n")
}

// kernelLine is one of the kernel's lines: the packet, the packet it quotes, and whether a header was cut short.
type kernelLine struct {
	outer, inner string
	incomplete   bool
}

var (
	incomplete = regexp.MustCompile(`INCOMPLETE \[\d+ bytes\] `)
	quotedPart = regexp.MustCompile(`\[(SRC=.*)\] `)
	optionHex  = regexp.MustCompile(`OPT \([0-9A-F]+\) `)
)

func takeApart(line string) (k kernelLine) {
	line = optionHex.ReplaceAllString(line, "")
	if m := quotedPart.FindStringSubmatch(line); m != nil {
		k.inner = m[1]
	}
	k.outer = quotedPart.ReplaceAllString(line, "")
	k.incomplete = incomplete.MatchString(k.outer)
	return k
}

// field is the first KEY= or KEY: value in a part of a line.
func field(part, key string) (string, bool) {
	m := regexp.MustCompile(` ` + key + `[=:]([^ )]*)`).FindStringSubmatch(" " + part)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func (k kernelLine) compare(t *testing.T, key string, has bool, got string) {
	t.Helper()
	want, ok := field(k.outer, key)
	if ok != has || ok && want != got {
		t.Errorf("%s is %q (%t), the kernel says %q (%t)", key, got, has, want, ok)
	}
}

func compareKernel(t *testing.T, b *event.Batch, e *event.Event, k kernelLine) {
	t.Helper()
	check := func(key string, has bool, v any) { t.Helper(); k.compare(t, key, has, fmt.Sprint(v)) }
	v6 := e.Is(event.IsIPv6)
	check("MAC", e.Link.Len > 0, strings.ReplaceAll(fmt.Sprintf("% x", b.Bytes(e.Link)), " ", ":"))
	check("SRC", e.Is(event.HasAddrs), long(e.Src, v6))
	check("DST", e.Is(event.HasAddrs), long(e.Dst, v6))
	check("LEN", e.Is(event.HasIP), e.Length)
	if v6 {
		check("TC", e.Is(event.HasIP), e.TOS)
		check("HOPLIMIT", e.Is(event.HasIP), e.TTL)
		check("FLOWLBL", e.Is(event.HasFlowLabel), e.FlowLabel)
		check("FRAG", e.Is(event.HasFrag), e.FragOffset)
		if e.Is(event.HasFrag) {
			check("ID", true, fmt.Sprintf("%08x", e.IPID))
		}
	} else {
		check("TOS", e.Is(event.HasIP), fmt.Sprintf("0x%02X", e.TOS&0x1e))
		check("PREC", e.Is(event.HasIP), fmt.Sprintf("0x%02X", e.TOS&0xe0))
		check("TTL", e.Is(event.HasIP), e.TTL)
		check("ID", e.Is(event.HasID), e.IPID)
		check("FRAG", e.FragOffset > 0, e.FragOffset/8)
		if e.Is(event.DontFragment) != strings.Contains(k.outer, " DF ") || e.Is(event.MoreFragments) != strings.Contains(k.outer, " MF ") {
			t.Errorf("DF %t, MF %t", e.Is(event.DontFragment), e.Is(event.MoreFragments))
		}
	}
	compareTransport(t, e, k)
	if e.Is(event.HasInner) && e.ICMPType != icmpParameter { // the kernel prints no packet for that
		compareInner(t, &b.Inners[e.Aux-1], k)
	}
}

// compareTransport leaves out what the kernel's line does: the inside of SCTP and DCCP, all of a header that is cut short.
func compareTransport(t *testing.T, e *event.Event, k kernelLine) {
	t.Helper()
	v6 := e.Is(event.IsIPv6)
	check := func(key string, has bool, v any) { t.Helper(); k.compare(t, key, has, fmt.Sprint(v)) }
	silent := v6 && e.Proto == protoESP || !v6 && e.Proto == protoAH && e.FragOffset > 0
	if !silent {
		check("PROTO", e.Is(event.HasProto), kernelProto(e.Proto, v6))
	}
	unseen := e.Proto == protoSCTP || e.Proto == protoDCCP
	if k.incomplete != (e.Malformed != event.FaultNone && e.Malformed != event.FaultTCPOffset && !unseen) || e.Is(event.Truncated) {
		t.Errorf("malformed %q, truncated %t", e.Malformed, e.Is(event.Truncated))
	}
	if k.incomplete {
		return
	}
	if !unseen {
		check("SPT", e.Is(event.HasPorts), e.SrcPort)
		check("DPT", e.Is(event.HasPorts), e.DstPort)
	}
	if e.Proto == protoTCP {
		check("SEQ", e.Is(event.HasTCP), e.TCPSeq)
		check("ACK", e.Is(event.HasTCP), e.TCPAck)
		check("WINDOW", e.Is(event.HasTCP), e.Window)
		check("URGP", e.Is(event.HasTCP), e.Urgent)
		_, flags, _ := strings.Cut(k.outer, " RES=")
		for i, name := range []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
			if set := strings.Contains(flags, " "+name+" "); set != (e.TCPFlags>>i&1 != 0) {
				t.Errorf("flag %s: kernel %t, flags %#x", name, set, e.TCPFlags)
			}
		}
	}
	if _, behind, ok := strings.Cut(k.outer, " DPT="); ok && e.Proto != protoTCP {
		if n, _ := field(behind, "LEN"); !e.Is(event.HasUDP) || n != fmt.Sprint(e.UDPLength) {
			t.Errorf("UDP length is %d, the kernel says %s", e.UDPLength, n)
		}
	}
	check("TYPE", e.Is(event.HasICMP), e.ICMPType)
	check("CODE", e.Is(event.HasICMP), e.ICMPCode)
	if _, behind, ok := strings.Cut(k.outer, " CODE="); ok && e.Is(event.HasEcho) && !(e.ICMPType >= icmpTimestamp && e.ICMPType <= icmpMaskReply) {
		id, _ := field(behind, "ID")
		seq, _ := field(behind, "SEQ")
		if id != fmt.Sprint(e.ICMPID) || seq != fmt.Sprint(e.ICMPSeq) {
			t.Errorf("echo %d %d, the kernel says %s %s", e.ICMPID, e.ICMPSeq, id, seq)
		}
	}
	check("GATEWAY", e.Is(event.HasGateway), netip.AddrFrom4([4]byte(b32(e.Word))))
	check("MTU", e.Is(event.HasMTU), e.Word)
	check("PARAMETER", e.Is(event.HasPointer) && !v6, e.Word)
	check("POINTER", e.Is(event.HasPointer) && v6, fmt.Sprintf("%08x", e.Word))
	check("SPI", e.Is(event.HasSPI), fmt.Sprintf("%#x", e.Word))
}

func compareInner(t *testing.T, in *event.Inner, k kernelLine) {
	t.Helper()
	v6 := in.Has&event.IsIPv6 != 0
	inner := kernelLine{outer: k.inner}
	inner.compare(t, "SRC", true, long(in.Src, v6))
	inner.compare(t, "DST", true, long(in.Dst, v6))
	if !(v6 && in.Proto == protoESP) {
		inner.compare(t, "PROTO", in.Has&event.HasProto != 0, kernelProto(in.Proto, v6))
	}
	if in.Proto != protoSCTP && in.Proto != protoDCCP && !strings.Contains(k.inner, "INCOMPLETE") {
		inner.compare(t, "SPT", in.Has&event.HasPorts != 0, fmt.Sprint(in.SrcPort))
		inner.compare(t, "DPT", in.Has&event.HasPorts != 0, fmt.Sprint(in.DstPort))
	}
}

func kernelProto(p uint8, v6 bool) string {
	names := map[uint8]string{protoTCP: "TCP", protoUDP: "UDP", protoUDPLite: "UDPLITE", protoESP: "ESP"}
	if v6 {
		names[protoICMPv6] = "ICMPv6"
	} else {
		names[protoICMP], names[protoAH] = "ICMP", "AH"
	}
	if name, ok := names[p]; ok {
		return name
	}
	return fmt.Sprint(p)
}

// long is an address as the kernel prints it: IPv6 with every zero.
func long(a [16]byte, v6 bool) string {
	if v6 {
		return netip.AddrFrom16(a).StringExpanded()
	}
	return netip.AddrFrom4([4]byte(a[:4])).String()
}

package ecs

import (
	"nflogship/encode/internal/header"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/rule"
	"nflogship/event"
)

// appendIPTables appends what the integration reads of the kernel's line, in its units, and a few things more of the same
// kind: the prefix, the mark, the bridge's ports and the SPI.
func appendIPTables(dst []byte, b *event.Batch, e *event.Event, r rule.Rule) []byte {
	dst, o := jsontext.Open(dst, `,"iptables":`)
	dst = jsontext.AppendIf(dst, e.Is(event.HasEtherType), `,"ether_type":`, uint64(e.EtherType))
	dst = appendDevice(dst, `,"input_device":`, b, e.In, e.Is(event.HasIn))
	dst = appendDevice(dst, `,"output_device":`, b, e.Out, e.Is(event.HasOut))
	if e.PhysIn.Len > 0 {
		dst = jsontext.AppendText(dst, `,"physical_input_device":`, b.Bytes(e.PhysIn))
	}
	if e.PhysOut.Len > 0 {
		dst = jsontext.AppendText(dst, `,"physical_output_device":`, b.Bytes(e.PhysOut))
	}
	if e.Is(event.HasPrefix) {
		dst = jsontext.AppendText(dst, `,"prefix":`, b.Bytes(e.Prefix))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasMark), `,"mark":`, uint64(e.Mark))
	p := b.Bytes(e.Packet)
	if e.Is(event.HasIP) {
		dst = appendIP(dst, p, e)
	}
	dst = appendTransportHeader(dst, p, e)
	return appendUbiquiti(dst, r, o)
}

// appendDevice appends an interface as the kernel's line has it: "" where there is none.
func appendDevice(dst []byte, key string, b *event.Batch, name event.Span, has bool) []byte {
	if has && name.Len == 0 {
		return dst // only the index is known, and stands in observer
	}
	return jsontext.AppendText(dst, key, b.Bytes(name))
}

func appendIP(dst, p []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `,"length":`, uint64(e.Length))
	if e.Is(event.IsIPv6) {
		dst = jsontext.AppendNumber(dst, `,"tos":`, uint64(e.TOS))
	} else { // IPTOS_TOS_MASK, IPTOS_PREC_MASK
		dst = jsontext.AppendNumber(dst, `,"tos":`, uint64(e.TOS&0x1e))
		dst = jsontext.AppendNumber(dst, `,"precedence_bits":`, uint64(e.TOS&0xe0))
	}
	dst = jsontext.AppendNumber(dst, `,"ttl":`, uint64(e.TTL))
	dst = jsontext.AppendIf(dst, e.Has&(event.HasID|event.HasFrag) != 0, `,"id":`, uint64(e.IPID))
	dst = jsontext.AppendIf(dst, e.Is(event.HasFlowLabel), `,"flow_label":`, uint64(e.FlowLabel))
	dst = appendFragmentFlags(dst, p, e)
	if e.Is(event.HasFrag) {
		unit := uint64(8)
		if e.Is(event.IsIPv6) {
			unit = 1
		}
		dst = jsontext.AppendNumber(dst, `,"fragment_offset":`, uint64(e.FragOffset)/unit)
	}
	return dst
}

// appendFragmentFlags appends the flags by their names in the kernel's line; CE is the reserved bit.
func appendFragmentFlags(dst, p []byte, e *event.Event) []byte {
	dst, list := jsontext.Open(dst, `,"fragment_flags":`)
	if h := header.IPv4(p); h != nil && h[6]&0x80 != 0 {
		dst = append(dst, `,"CE"`...)
	}
	if e.Is(event.DontFragment) {
		dst = append(dst, `,"DF"`...)
	}
	if e.Is(event.MoreFragments) {
		dst = append(dst, `,"MF"`...)
	}
	return list.CloseArrayOrDrop(dst)
}

func appendTransportHeader(dst, p []byte, e *event.Event) []byte {
	switch {
	case e.Is(event.HasTCP):
		return appendTCP(dst, p, e)
	case e.Is(event.HasUDP):
		return append(jsontext.AppendNumber(dst, `,"udp":{"length":`, uint64(e.UDPLength)), '}')
	case e.Is(event.HasICMP):
		dst = appendICMP(dst, e)
	case e.Is(event.HasSPI):
		dst = jsontext.AppendNumber(dst, `,"spi":`, uint64(e.Word))
	}
	if isShort(e.Malformed) {
		if h := header.Upper(p); h != nil { // INCOMPLETE [n bytes] in the kernel's line
			dst = jsontext.AppendNumber(dst, `,"incomplete_bytes":`, uint64(len(h)))
		}
	}
	return dst
}

// isShort reports whether the packet ends within its upper-layer header.
func isShort(f event.Fault) bool {
	switch f {
	case event.FaultShortTCP, event.FaultShortUDP, event.FaultShortICMP, event.FaultShortSCTP, event.FaultShortDCCP,
		event.FaultShortAH, event.FaultShortESP:
		return true
	}
	return false
}

func appendTCP(dst, p []byte, e *event.Event) []byte {
	dst = append(dst, `,"tcp":{"flags":`...)
	dst = append(dst, flags[e.TCPFlags&0x1ff]...)
	dst = jsontext.AppendNumber(dst, `,"seq":`, uint64(e.TCPSeq))
	dst = jsontext.AppendNumber(dst, `,"ack":`, uint64(e.TCPAck))
	dst = jsontext.AppendNumber(dst, `,"window":`, uint64(e.Window))
	if h := header.Upper(p); len(h) > 12 { // RES= in the kernel's line: the three bits before AE, two places up
		dst = jsontext.AppendNumber(dst, `,"reserved_bits":`, uint64(h[12]&0x0e<<2))
	}
	return append(dst, '}')
}

// flags holds every combination of TCP flags as an array.
var flags = func() (lists [512]string) {
	for i := range lists {
		list, o := jsontext.Open(nil, "")
		for bit, name := range jsontext.FlagNames {
			if i>>bit&1 == 1 {
				list = append(list, `,"`+name+`"`...)
			}
		}
		lists[i] = string(o.CloseArray(list))
	}
	return lists
}()

func appendICMP(dst []byte, e *event.Event) []byte {
	dst = jsontext.AppendNumber(dst, `,"icmp":{"type":`, uint64(e.ICMPType))
	dst = jsontext.AppendNumber(dst, `,"code":`, uint64(e.ICMPCode))
	if e.Is(event.HasEcho) {
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(e.ICMPID))
		dst = jsontext.AppendNumber(dst, `,"seq":`, uint64(e.ICMPSeq))
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasPointer), `,"parameter":`, uint64(e.Word))
	dst = jsontext.AppendIf(dst, e.Is(event.HasMTU), `,"mtu":`, uint64(e.Word))
	if e.Is(event.HasGateway) {
		dst = jsontext.AppendWordAddr(dst, `,"redirect":"`, e.Word)
	}
	return append(dst, '}')
}

// appendUbiquiti ends the object with the rule set that the prefix of an EdgeOS or UniFi gateway names.
func appendUbiquiti(dst []byte, r rule.Rule, o jsontext.Object) []byte {
	if r.ID == nil {
		return o.Close(dst)
	}
	dst, u := jsontext.Open(dst, `,"ubiquiti":`)
	dst = jsontext.AppendText(dst, `,"rule_set":`, r.Name)
	dst = jsontext.AppendText(dst, `,"rule_number":`, r.ID)
	in, out := r.Zones()
	if in != nil {
		dst = jsontext.AppendText(dst, `,"input_zone":`, in)
	}
	if out != nil {
		dst = jsontext.AppendText(dst, `,"output_zone":`, out)
	}
	return o.Close(u.Close(dst))
}

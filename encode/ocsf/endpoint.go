package ocsf

import (
	"nflogship/encode/internal/communityid"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

func appendEndpoints(dst []byte, b *event.Batch, e *event.Event, src, to *view.End, f view.Fields) []byte {
	dst, o := jsontext.Open(dst, `,"src_endpoint":`)
	dst = appendEnd(dst, src)
	in := e.Is(event.HasIn) && f.Has(event.FieldIn)
	if in {
		dst = appendInterface(dst, b, e.In, e.InIndex)
	}
	if e.Is(event.HasVLAN) && f.Has(event.FieldVLAN) {
		dst = jsontext.AppendQuoted(dst, `,"vlan_uid":"`, uint64(e.VLAN&0xfff))
	}
	if !in && !src.Is(view.HasAddr) {
		dst = append(dst, unknown...)
	}
	dst = o.Close(dst)

	dst, o = jsontext.Open(dst, `,"dst_endpoint":`)
	dst = appendEnd(dst, to)
	out := e.Is(event.HasOut) && f.Has(event.FieldOut)
	if out {
		dst = appendInterface(dst, b, e.Out, e.OutIndex)
	}
	if !out && !to.Is(view.HasAddr) && !o.IsEmpty(dst) {
		dst = append(dst, unknown...)
	}
	return o.CloseOrDrop(dst)
}

// unknown is the name of an endpoint that nothing else identifies: the schema wants something that does, and an endpoint
// in every event.
const unknown = `,"name":"unknown"`

func appendEnd(dst []byte, x *view.End) []byte {
	if x.Is(view.HasAddr) {
		dst = jsontext.AppendAddr(dst, `,"ip":"`, &x.Addr, x.Is(view.IsIPv6))
	}
	dst = jsontext.AppendIf(dst, x.Is(view.HasPort), `,"port":`, uint64(x.Port))
	if x.Is(view.HasMAC) {
		dst = jsontext.AppendUpperMAC(dst, `,"mac":"`, x.MAC, ':')
	}
	return dst
}

func appendInterface(dst []byte, b *event.Batch, name event.Span, index uint32) []byte {
	if name.Len > 0 {
		return jsontext.AppendText(dst, `,"interface_name":`, b.Bytes(name))
	}
	return jsontext.AppendQuoted(dst, `,"interface_uid":"`, uint64(index))
}

func appendConnection(dst []byte, e *event.Event, f view.Fields) []byte {
	dst = append(dst, `,"connection_info":{`...)
	dst = append(dst, direction(e, f)...)
	if e.Is(event.HasProto) && f.Has(event.FieldProto) {
		dst = jsontext.AppendNumber(dst, `,"protocol_num":`, uint64(e.Proto))
		dst = jsontext.AppendName(dst, `,"protocol_name":"`, jsontext.Transport(e.Proto))
	}
	if f != view.All {
		return append(dst, '}')
	}
	if e.Is(event.HasAddrs) {
		dst = append(dst, `,"protocol_ver_id":4`...)
		if e.Is(event.IsIPv6) {
			dst[len(dst)-1] = '6'
		}
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasTCP), `,"tcp_flags":`, uint64(e.TCPFlags))
	start := len(dst)
	dst, known := communityid.Append(append(dst, `,"community_uid":"`...), e)
	if !known {
		return append(dst[:start], '}')
	}
	return append(dst, '"', '}')
}

// direction is the packet's as seen from the network behind the firewall. What it only forwards can go either way.
func direction(e *event.Event, f view.Fields) string {
	if e.Is(event.HasHook) && f.Has(event.FieldHook) {
		switch event.HookName(e.Family, e.Hook) {
		case "input":
			return `"direction_id":1,"direction":"Inbound"`
		case "output":
			return `"direction_id":2,"direction":"Outbound"`
		}
	}
	return `"direction_id":0,"direction":"Unknown"`
}

// appendObservables points at the addresses; type 2 is an IP address.
func appendObservables(dst []byte, src, to *view.End) []byte {
	dst, list := jsontext.Open(dst, `,"observables":`)
	if src.Is(view.HasAddr) {
		dst = append(dst, `,{"name":"src_endpoint.ip","type_id":2`...)
		dst = append(jsontext.AppendAddr(dst, `,"value":"`, &src.Addr, src.Is(view.IsIPv6)), '}')
	}
	if to.Is(view.HasAddr) {
		dst = append(dst, `,{"name":"dst_endpoint.ip","type_id":2`...)
		dst = append(jsontext.AppendAddr(dst, `,"value":"`, &to.Addr, to.Is(view.IsIPv6)), '}')
	}
	return list.CloseArrayOrDrop(dst)
}

package ecs

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

func appendEnd(dst []byte, key string, x *view.End) []byte {
	dst, o := jsontext.Open(dst, key)
	if x.Is(view.HasAddr) {
		dst = jsontext.AppendAddr(dst, `,"ip":"`, &x.Addr, x.Is(view.IsIPv6))
	}
	dst = jsontext.AppendIf(dst, x.Is(view.HasPort), `,"port":`, uint64(x.Port))
	if x.Is(view.HasMAC) {
		dst = jsontext.AppendUpperMAC(dst, `,"mac":"`, x.MAC, '-')
	}
	if x.Is(view.HasNAT) {
		dst = jsontext.AppendAddr(dst, `,"nat":{"ip":"`, &x.NAT, x.Is(view.NATIsIPv6))
		dst = jsontext.AppendIf(dst, x.Is(view.HasNATPort), `,"port":`, uint64(x.NATPort))
		dst = append(dst, '}')
	}
	return o.CloseOrDrop(dst)
}

// appendRelated appends every address and host name in the document, each once.
func appendRelated(dst []byte, b *event.Batch, e *event.Event, host []byte, src, dest *view.End) []byte {
	dst, o := jsontext.Open(dst, `,"related":`)
	dst, list := jsontext.Open(dst, `,"ip":`)
	var seen addrs
	for _, x := range [...]*view.End{src, dest} {
		if x.Is(view.HasAddr) {
			dst = seen.append(dst, &x.Addr, x.Is(view.IsIPv6))
		}
	}
	for _, x := range [...]*view.End{src, dest} {
		if x.Is(view.HasNAT) {
			dst = seen.append(dst, &x.NAT, x.Is(view.NATIsIPv6))
		}
	}
	if e.Kind == event.Packet && e.Is(event.HasInner) && b.Inners[e.Aux-1].Has&event.HasAddrs != 0 {
		in := &b.Inners[e.Aux-1]
		dst = seen.append(dst, &in.Src, in.Has&event.IsIPv6 != 0)
		dst = seen.append(dst, &in.Dst, in.Has&event.IsIPv6 != 0)
	}
	dst = list.CloseArrayOrDrop(dst)
	if len(host) > 0 {
		dst = append(dst, `,"hosts":[`...)
		dst = append(append(dst, host...), ']')
	}
	return o.CloseOrDrop(dst)
}

// addrs is what an array of addresses holds already.
type addrs struct {
	n    int
	list [6]struct {
		addr [16]byte
		v6   bool
	}
}

func (x *addrs) append(dst []byte, a *[16]byte, v6 bool) []byte {
	for i := range x.list[:x.n] {
		if known := &x.list[i]; known.addr == *a && known.v6 == v6 {
			return dst
		}
	}
	x.list[x.n].addr, x.list[x.n].v6 = *a, v6
	x.n++
	return jsontext.AppendAddr(dst, `,"`, a, v6)
}

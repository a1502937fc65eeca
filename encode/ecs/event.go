package ecs

import (
	"nflogship/encode/internal/communityid"
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// verdicts is what event.Action says in the words of ECS.
var verdicts = [...]struct{ kind, rest string }{
	event.ActionNone:   {``, `],"action":"logged"`},
	event.ActionAllow:  {`,"allowed"`, `],"action":"allow","outcome":"success"`},
	event.ActionDrop:   {`,"denied"`, `],"action":"drop","outcome":"failure"`},
	event.ActionReject: {`,"denied"`, `],"action":"reject","outcome":"failure"`},
}

func (x *encoder) appendEvent(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `,"event":{"kind":"event","category":["network"],"type":["`...)
	if e.Is(event.HasAddrs) {
		dst = append(dst, `connection"`...)
	} else {
		dst = append(dst, `info"`...)
	}
	dst = append(dst, verdicts[e.Action].kind...)
	dst = append(dst, verdicts[e.Action].rest...)
	dst = append(dst, `,"dataset":"iptables.log"`...)
	dst = jsontext.AppendIf(dst, e.Is(event.HasSeq), `,"sequence":`, uint64(e.Seq))
	if b.Received > 0 && b.Origins[e.Origin].Live {
		dst = append(dst, `,"created":"`...)
		dst = append(x.clock.AppendMicro(dst, b.Received), '"')
	}
	if e.Is(event.HasGroup) {
		dst = jsontext.AppendQuoted(dst, `,"provider":"nflog:`, uint64(e.Group))
	}
	return append(dst, '}')
}

func appendNetwork(dst []byte, e *event.Event) []byte {
	dst, o := jsontext.Open(dst, `,"network":`)
	dst = appendNetworkType(dst, e)
	if e.Is(event.HasProto) {
		dst = appendTransport(dst, e.Proto)
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasIP), `,"bytes":`, uint64(e.Length))
	dst = append(dst, `,"packets":1`...)
	if e.Is(event.HasHook) {
		dst = jsontext.AppendName(dst, `,"direction":"`, direction(e))
	}
	community := len(dst)
	dst, known := communityid.Append(append(dst, `,"community_id":"`...), e)
	if known {
		dst = append(dst, '"')
	} else {
		dst = dst[:community]
	}
	if e.Is(event.HasVLAN) {
		dst = append(jsontext.AppendQuoted(dst, `,"vlan":{"id":"`, uint64(e.VLAN&0xfff)), '}')
	}
	if e.Is(event.HasVLANInner) {
		dst = append(jsontext.AppendQuoted(dst, `,"inner":{"vlan":{"id":"`, uint64(e.VLANInner&0xfff)), '}', '}')
	}
	return o.Close(dst)
}

func appendNetworkType(dst []byte, e *event.Event) []byte {
	switch {
	case e.Is(event.HasAddrs | event.IsIPv6):
		return append(dst, `,"type":"ipv6"`...)
	case e.Is(event.HasAddrs):
		return append(dst, `,"type":"ipv4"`...)
	case e.Is(event.HasARP):
		return append(dst, `,"type":"arp"`...)
	}
	return dst
}

func appendTransport(dst []byte, proto uint8) []byte {
	dst = jsontext.AppendName(dst, `,"transport":"`, jsontext.Transport(proto))
	return jsontext.AppendQuoted(dst, `,"iana_number":"`, uint64(proto))
}

// direction is the packet's as seen from the network that the firewall stands before. What it only forwards can go either way.
func direction(e *event.Event) string {
	switch event.HookName(e.Family, e.Hook) {
	case "input":
		return "inbound"
	case "output":
		return "outbound"
	}
	return ""
}

package ulogd

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// label is raw.label, or the action that ulogd2 makes of it.
type label struct {
	boolean, given bool
	number         uint8
}

func newLabel(cfg Config) label {
	l := label{boolean: cfg.BooleanLabel, given: cfg.NumericLabel != nil}
	if l.given {
		l.number = *cfg.NumericLabel
	}
	return l
}

func (l label) append(dst []byte, e *event.Event) []byte {
	switch {
	case !l.boolean:
		return jsontext.AppendNumber(dst, `, "raw.label": `, uint64(l.number))
	case l.blocked(e):
		return append(dst, `, "action": "blocked"`...)
	}
	return append(dst, `, "action": "allowed"`...)
}

// blocked goes by the action that rules in the configuration tell, else by the label that it gives, else by what the prefix
// sounds like.
func (l label) blocked(e *event.Event) bool {
	action := e.SaidAction()
	if action == event.ActionNone && l.given {
		return l.number == 0
	}
	if action == event.ActionNone {
		action = e.Action
	}
	return action == event.ActionDrop || action == event.ActionReject
}

// arphrdVoid is what ulogd2 calls the link of a packet with a sender's address and no link header (ARPHRD_VOID).
const arphrdVoid = 0xffff

// appendMessage appends what ulogd2's NFLOG plugin reads beside the packet.
func (x *encoder) appendMessage(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Packet.Len > 0 {
		dst = jsontext.AppendNumber(dst, `, "raw.pktlen": `, uint64(e.Packet.Len))
	}
	dst = append(dst, `, "raw.pktcount": 1`...)
	if e.Is(event.HasPrefix) {
		dst = jsontext.AppendText(dst, `, "oob.prefix": `, b.Bytes(e.Prefix))
	}
	dst = appendTime(dst, e.Time)
	dst = append(dst, `, "oob.mark": `...)
	if e.Is(event.HasMark) {
		dst = jsontext.AppendNumber(dst, "", uint64(e.Mark))
	} else {
		dst = append(dst, '0')
	}
	dst = jsontext.AppendIf(dst, e.Is(event.HasIn) && e.InIndex > 0, `, "oob.ifindex_in": `, uint64(e.InIndex))
	dst = jsontext.AppendIf(dst, e.Is(event.HasOut) && e.OutIndex > 0, `, "oob.ifindex_out": `, uint64(e.OutIndex))
	dst = jsontext.AppendIf(dst, e.Is(event.HasHook), `, "oob.hook": `, uint64(e.Hook))
	dst = jsontext.AppendIf(dst, e.Link.Len > 0, `, "raw.mac_len": `, uint64(e.Link.Len))
	dst = jsontext.AppendIf(dst, e.Is(event.HasSeq), `, "oob.seq.local": `, uint64(e.Seq))
	dst = jsontext.AppendIf(dst, e.Is(event.HasSeqGlobal), `, "oob.seq.global": `, uint64(e.SeqGlobal))
	dst = jsontext.AppendNumber(dst, `, "oob.family": `, uint64(e.Family))
	dst = jsontext.AppendIf(dst, e.Is(event.HasEtherType), `, "oob.protocol": `, uint64(e.EtherType))
	dst = jsontext.AppendIf(dst, e.Is(event.HasUID), `, "oob.uid": `, uint64(e.UID))
	dst = jsontext.AppendIf(dst, e.Is(event.HasGID), `, "oob.gid": `, uint64(e.GID))
	dst = x.label.append(dst, e)
	switch {
	case e.Link.Len > 0:
		dst = jsontext.AppendIf(dst, e.Is(event.HasHWType), `, "raw.type": `, uint64(e.HWType))
	case e.Is(event.HasMACSrc):
		dst = jsontext.AppendNumber(dst, `, "raw.type": `, arphrdVoid)
	}
	return jsontext.AppendIf(dst, e.Is(event.HasMACSrc), `, "raw.mac.addrlen": `, uint64(len(e.MACSrc)))
}

// appendTime appends the time as ulogd2's two unsigned numbers of 32 bits.
func appendTime(dst []byte, ns int64) []byte {
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	dst = jsontext.AppendNumber(dst, `, "oob.time.sec": `, uint64(uint32(second)))
	return jsontext.AppendNumber(dst, `, "oob.time.usec": `, uint64(rest/1000))
}

// maxLink is the longest link header that ulogd2 prints.
const maxLink = 42

// appendNames appends what its plugins IFINDEX, IP2STR and HWHDR make text of. An interface that is not there, or without
// a known name, is "".
func appendNames(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = jsontext.AppendText(dst, `, "oob.in": `, b.Bytes(e.In))
	dst = jsontext.AppendText(dst, `, "oob.out": `, b.Bytes(e.Out))
	if e.Is(event.HasAddrs) {
		dst = jsontext.AppendAddr(dst, `, "src_ip": "`, &e.Src, e.Is(event.IsIPv6))
		dst = jsontext.AppendAddr(dst, `, "dest_ip": "`, &e.Dst, e.Is(event.IsIPv6))
	}
	if e.Is(event.HasARP) && b.ARPs[e.Aux-1].Plain {
		dst = jsontext.AppendIPv4(dst, `, "arp.saddr.str": "`, b.ARPs[e.Aux-1].Src)
		dst = jsontext.AppendIPv4(dst, `, "arp.daddr.str": "`, b.ARPs[e.Aux-1].Dst)
	}
	if e.Is(event.HasMACSrc) {
		dst = jsontext.AppendMAC(dst, `, "mac.saddr.str": "`, e.MACSrc)
	}
	if e.Is(event.HasMACDst) {
		dst = jsontext.AppendMAC(dst, `, "mac.daddr.str": "`, e.MACDst)
	}
	if e.Link.Len > 0 && e.Link.Len <= maxLink {
		dst = jsontext.AppendHex(dst, `, "mac.str": "`, b.Bytes(e.Link))
	}
	return dst
}

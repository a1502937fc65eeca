package gelf

import (
	"bytes"
	"strconv"

	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// appendShort appends short_message: the prefix, and who sent what to whom. It is never empty.
//
//	WAN_IN-42-DROP tcp 203.0.113.7:51544 -> 192.0.2.10:22
func appendShort(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `,"short_message":"`...)
	start := len(dst)
	if prefix := bytes.TrimSpace(b.Bytes(e.Prefix)); e.Is(event.HasPrefix) && len(prefix) > 0 {
		dst = append(jsontext.AppendInner(dst, prefix), ' ')
	}
	switch {
	case e.Is(event.HasProto):
		dst = append(event.AppendProto(dst, e.Proto), ' ')
	case e.Family.String() != "":
		dst = append(append(dst, e.Family.String()...), ' ')
	}
	if e.Is(event.HasAddrs) {
		dst = appendEnd(dst, &e.Src, e.SrcPort, e)
		dst = append(dst, ` -> `...)
		dst = append(appendEnd(dst, &e.Dst, e.DstPort, e), ' ')
	}
	if len(dst) == start {
		dst = append(dst, `packet `...)
	}
	dst[len(dst)-1] = '"' // instead of the last space
	return dst
}

func appendEnd(dst []byte, a *[16]byte, port uint16, e *event.Event) []byte {
	if !e.Is(event.HasPorts) {
		return event.AppendAddr(dst, a, e.Is(event.IsIPv6))
	}
	if e.Is(event.IsIPv6) {
		dst = append(event.AppendAddr(append(dst, '['), a, true), ']')
	} else {
		dst = event.AppendAddr(dst, a, false)
	}
	return strconv.AppendUint(append(dst, ':'), uint64(port), 10)
}

func appendSummary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = append(dst, `,"short_message":"`...)
	dst = strconv.AppendUint(dst, s.Suppressed, 10)
	dst = append(jsontext.AppendInner(append(dst, ` packets suppressed: `...), s.Reason), ' ')
	dst = jsontext.AppendInner(dst, s.Stage)
	dst = append(bytes.TrimRight(dst, " "), '"')

	dst = appendTime(dst, b, e, event.ActionNone)
	if !s.Other {
		for _, f := range s.Key[:s.Keys] {
			dst = appendField(dst, b, e, f)
		}
	}
	dst = jsontext.AppendText(dst, `,"_reason":`, s.Reason)
	if s.Stage != "" {
		dst = jsontext.AppendText(dst, `,"_stage":`, s.Stage)
	}
	dst = jsontext.AppendNumber(dst, `,"_suppressed":`, s.Suppressed)
	dst = jsontext.AppendNumber(dst, `,"_bytes":`, s.Bytes)
	dst = jsontext.AppendUnix(append(dst, `,"_first":`...), s.First)
	return jsontext.AppendUnix(append(dst, `,"_last":`...), s.Last)
}

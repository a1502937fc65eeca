// Package cef prints events in ArcSight's Common Event Format, version 0 of it, as Microsoft Sentinel, QRadar and ArcSight
// itself take it, with keys of its extension dictionary:
//
//	CEF:0|Netfilter|nflog|1.0|WAN_IN-42-DROP|Packet dropped|3|rt=1787393730123 dvchost=fw-edge-07 act=drop …
//	      vendor    product   signature id   name           severity, then the extension
//
// The signature is the rule's prefix. What the dictionary has no key for is in custom ones, each with its label: cs1 rule,
// cs2 prefix, cs3 TCP flags, cs4 ICMP type and code, cs5 and cs6 bridge ports, cn1 TTL, cn2 mark, cn3 VLAN, c6a2 and c6a3
// IPv6 addresses (src and dst hold IPv4 only). There is none left for the group's id, for TOS, IP id, fragments and sequence
// numbers of TCP, for conntrack's id and state, and for the packet that an ICMP error quotes: those who need them take
// another format.
//
// Spaces around a value are cut off, since parsers do not agree on them; a line end is \n or \r, any other control
// character comes out as the text \x1b.
package cef

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/encode/internal/rule"
	"nflogship/event"
)

// The header knows no escape for a line end: it becomes text, as other control characters do.
var (
	header    = pairs.NewEscapes(`\\`, `\`, `\\`, `|`, `\|`)
	extension = pairs.Style{Before: " ", Between: "=",
		Escapes: pairs.NewEscapes(`\\`, `\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`)}
)

// encoder belongs to one goroutine.
type encoder struct {
	head, tail []byte
	hosts      jsontext.Origins
	scratch    []byte
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	dst = append(dst, x.head...)
	if e.Kind == event.Summarised {
		dst = x.summary(dst, b, e)
	} else {
		dst = x.packet(dst, b, e)
	}
	return append(dst, x.tail...), true
}

// noSignature is for a rule without a prefix.
const noSignature = "nflog"

// names stand between the signature and the extension, by action.
var names = [...]string{
	event.ActionNone: "|Packet logged|", event.ActionAllow: "|Packet allowed|",
	event.ActionDrop: "|Packet dropped|", event.ActionReject: "|Packet rejected|",
}

func (x *encoder) packet(dst []byte, b *event.Batch, e *event.Event) []byte {
	prefix := trim(b.Bytes(e.Prefix))
	if len(prefix) > 0 {
		dst = pairs.Append(dst, header, prefix)
	} else {
		dst = append(dst, noSignature...)
	}
	dst = append(dst, names[e.Action]...)
	dst = x.begin(dst, b, e)
	dst = x.way(dst, b, e)
	dst = appendEnds(dst, b, e)
	if e.Is(event.HasIP) {
		dst = extension.Number(dst, " in=", uint64(e.Length))
	}
	dst = append(dst, " cnt=1"...)
	dst = appendPrefix(dst, prefix)
	dst = x.rest(dst, b, e)
	if e.Is(event.HasUID) {
		dst = extension.Number(dst, " suid=", uint64(e.UID))
	}
	if e.Is(event.HasSeq) {
		dst = extension.Number(dst, " externalId=", uint64(e.Seq))
	}
	return dst
}

// begin appends the severity and what every event's extension begins with.
func (x *encoder) begin(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = extension.Millis(append(dst, pairs.Severity(e.Action)), "|rt=", e.Time)
	dst = append(dst, x.hosts.Text(b.Origins[e.Origin])...)
	return extension.Name(dst, " act=", e.Action.String())
}

// text appends a value that may hold anything, or nothing where nothing is left of it.
func text(dst []byte, key string, v []byte) []byte {
	if v = trim(v); len(v) == 0 {
		return dst
	}
	return extension.Bytes(dst, key, v)
}

// trim cuts off space at both ends.
func trim(v []byte) []byte {
	for len(v) > 0 && isSpace(v[0]) {
		v = v[1:]
	}
	for len(v) > 0 && isSpace(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return v
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// appendPrefix appends the prefix and the rule that it speaks of.
func appendPrefix(dst, prefix []byte) []byte {
	dst = text(dst, " cs1Label=ruleName cs1=", rule.Parse(prefix).Name)
	return text(dst, " cs2Label=nflogPrefix cs2=", prefix)
}

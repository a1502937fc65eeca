package ecs

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/rule"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

// ruleOf reads the prefix, if it may be shown.
func ruleOf(b *event.Batch, e *event.Event, f view.Fields) rule.Rule {
	if !e.Is(event.HasPrefix) || !f.Has(event.FieldPrefix) {
		return rule.Rule{}
	}
	return rule.Parse(b.Bytes(e.Prefix))
}

func appendRule(dst []byte, r rule.Rule) []byte {
	if len(r.Name) == 0 {
		return dst
	}
	if r.ID == nil {
		return append(jsontext.AppendText(dst, `,"rule":{"name":`, r.Name), '}')
	}
	dst = jsontext.AppendText(dst, `,"rule":{"id":`, r.ID)
	dst = jsontext.AppendText(dst, `,"name":`, r.Name)
	return append(jsontext.AppendText(dst, `,"ruleset":`, r.Name), '}')
}

func appendObserver(dst []byte, b *event.Batch, e *event.Event, host []byte, r rule.Rule, f view.Fields) []byte {
	dst, o := jsontext.Open(dst, `,"observer":`)
	if len(host) > 0 {
		dst = append(dst, `,"name":`...)
		dst = append(dst, host...)
		dst = append(dst, `,"hostname":`...)
		dst = append(dst, host...)
	}
	dst = append(dst, `,"type":"firewall","vendor":"netfilter"`...)
	in, out := r.Zones()
	dst = appendSide(dst, `,"ingress":`, b, e.In, e.InIndex, e.Is(event.HasIn) && f.Has(event.FieldIn), in)
	dst = appendSide(dst, `,"egress":`, b, e.Out, e.OutIndex, e.Is(event.HasOut) && f.Has(event.FieldOut), out)
	return o.Close(dst)
}

func appendSide(dst []byte, key string, b *event.Batch, name event.Span, index uint32, has bool, zone []byte) []byte {
	dst, side := jsontext.Open(dst, key)
	if has {
		var o jsontext.Object
		dst, o = jsontext.Open(dst, `,"interface":`)
		if name.Len > 0 {
			dst = jsontext.AppendText(dst, `,"name":`, b.Bytes(name))
		}
		if index > 0 {
			dst = jsontext.AppendQuoted(dst, `,"id":"`, uint64(index))
		}
		dst = o.CloseOrDrop(dst)
	}
	if zone != nil {
		dst = jsontext.AppendLower(dst, `,"zone":"`, zone)
	}
	return side.CloseOrDrop(dst)
}

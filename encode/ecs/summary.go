package ecs

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	f := view.KeyFields(s)
	dst = append(dst, `,"event":{"kind":"metric","category":["network"],"type":["info"],"action":"summary"`...)
	dst = jsontext.AppendText(dst, `,"reason":`, s.Reason)
	dst = append(dst, `,"dataset":"nflogship.summary","start":"`...)
	dst = x.clock.AppendMicro(dst, s.First)
	dst = append(dst, `","end":"`...)
	dst = x.clock.AppendMicro(dst, s.Last)
	dst = append(dst, `"},"network":{`...)
	dst = jsontext.AppendNumber(dst, `"packets":`, s.Suppressed)
	dst = jsontext.AppendNumber(dst, `,"bytes":`, s.Bytes)
	if e.Is(event.HasProto) && f.Has(event.FieldProto) {
		dst = appendTransport(dst, e.Proto)
	}
	dst = append(dst, '}')
	dst = x.appendEnds(dst, b, e, ruleOf(b, e, f), f)
	dst, o := jsontext.Open(dst, `,"nflogship":`)
	if s.Stage != "" {
		dst = jsontext.AppendText(dst, `,"stage":`, s.Stage)
	}
	dst = jsontext.AppendNumber(dst, `,"suppressed":`, s.Suppressed)
	return o.Close(jsontext.AppendKey(dst, `,"key":`, b, e, s))
}

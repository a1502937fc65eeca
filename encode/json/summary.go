package json

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	dst = append(dst, `{"kind":"summary","time":"`...)
	dst = append(x.clock.AppendNano(dst, e.Time), '"')
	dst = append(dst, x.origins.Text(b.Origins[e.Origin])...)
	dst = jsontext.AppendText(dst, `,"reason":`, s.Reason)
	if s.Stage != "" { // overload strikes outside any stage
		dst = jsontext.AppendText(dst, `,"stage":`, s.Stage)
	}
	dst = jsontext.AppendKey(dst, `,"key":`, b, e, s)
	dst = jsontext.AppendNumber(dst, `,"suppressed":`, s.Suppressed)
	dst = jsontext.AppendNumber(dst, `,"bytes":`, s.Bytes)
	dst = append(dst, `,"first":"`...)
	dst = x.clock.AppendNano(dst, s.First)
	dst = append(dst, `","last":"`...)
	return append(x.clock.AppendNano(dst, s.Last), '"')
}

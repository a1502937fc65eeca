package ocsf

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

func (x *encoder) summary(dst []byte, b *event.Batch, e *event.Event) []byte {
	s := &b.Summaries[e.Aux-1]
	f := view.KeyFields(s)
	dst = appendMillis(dst, `,"start_time":`, s.First)
	dst = appendMillis(dst, `,"end_time":`, s.Last)
	dst = jsontext.AppendNumber(dst, `,"count":`, s.Suppressed)
	action := event.ActionNone
	if f.Has(event.FieldAction) {
		action = e.Action
	}
	dst = append(dst, verdicts[action]...)
	if e.Is(event.HasPrefix) && f.Has(event.FieldPrefix) {
		dst = appendRule(dst, b.Bytes(e.Prefix))
	}
	dst = append(dst, x.devices.Text(b.Origins[e.Origin])...)
	src, to := view.Ends(b, e, f)
	dst = appendEndpoints(dst, b, e, &src, &to, f)
	dst = appendConnection(dst, e, f)
	dst = jsontext.AppendNumber(dst, `,"traffic":{"bytes":`, s.Bytes)
	dst = append(jsontext.AppendNumber(dst, `,"packets":`, s.Suppressed), '}')
	dst = appendObservables(dst, &src, &to)
	dst = jsontext.AppendText(dst, `,"unmapped":{"summary.reason":`, s.Reason)
	if s.Stage != "" {
		dst = jsontext.AppendText(dst, `,"summary.stage":`, s.Stage)
	}
	dst = jsontext.AppendKey(dst, `,"summary.key":`, b, e, s)
	dst = append(dst, x.own...)
	return append(dst, '}')
}

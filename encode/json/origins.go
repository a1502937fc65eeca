package json

import "nflogship/event"

// origins keeps how the latest origins print. A daemon has a few: one for each group and capture that is open.
type origins struct {
	last int
	next int // the next to be replaced
	kept [16]printedOrigin
}

type printedOrigin struct {
	origin *event.Origin
	text   []byte // ,"host":"…","source":"…"
}

func (x *origins) append(dst []byte, o *event.Origin) []byte {
	if x.kept[x.last].origin != o {
		x.last = x.find(o)
	}
	return append(dst, x.kept[x.last].text...)
}

func (x *origins) find(o *event.Origin) int {
	for i := range x.kept {
		if x.kept[i].origin == o {
			return i
		}
	}
	i := x.next
	x.next = (x.next + 1) % len(x.kept)
	k := &x.kept[i]
	k.origin, k.text = o, k.text[:0]
	if o.Host != "" {
		k.text = appendString(append(k.text, `,"host":`...), o.Host)
	}
	if o.Source != "" {
		k.text = appendString(append(k.text, `,"source":`...), o.Source)
	}
	return i
}

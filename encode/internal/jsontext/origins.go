package jsontext

import "nflogship/event"

// Origins keeps how the latest origins print. A daemon has a few: one for each group and capture that is open.
// It belongs to one goroutine.
type Origins struct {
	print func(dst []byte, o *event.Origin) []byte
	last  int
	next  int // the next to be replaced
	kept  [16]printedOrigin
}

type printedOrigin struct {
	origin *event.Origin
	text   []byte
}

// NewOrigins returns an empty store for what print makes of an origin.
func NewOrigins(print func(dst []byte, o *event.Origin) []byte) Origins { return Origins{print: print} }

// Text is the origin as printed. It is valid until the next call.
func (x *Origins) Text(o *event.Origin) []byte {
	if x.kept[x.last].origin != o {
		x.last = x.find(o)
	}
	return x.kept[x.last].text
}

func (x *Origins) find(o *event.Origin) int {
	for i := range x.kept {
		if x.kept[i].origin == o {
			return i
		}
	}
	i := x.next
	x.next = (x.next + 1) % len(x.kept)
	k := &x.kept[i]
	k.origin, k.text = o, x.print(k.text[:0], o)
	return i
}

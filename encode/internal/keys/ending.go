package keys

import (
	"maps"
	"slices"

	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// Ending is what the options make of an object once its members are written. It is safe for many readers.
type Ending struct {
	packet    Bytes
	packetKey string // its separator, colon and opening quote included
	tail      []byte // own fields and the closing brace
	gap       int    // bytes of a separator: "," or ", "
	names     []name // nil: every key is printed as it is
}

// name is what becomes of a key.
type name struct {
	key     string
	fate    fate
	printed []byte // what it comes out as, in quotes
}

type fate uint8

const (
	stays fate = iota
	renamed
	dropped
)

func (f *Format) ending(o Options, own map[string]string) *Ending {
	c := f.choose(o)
	comma, colon := ",", ":"
	if f.Spaced {
		comma, colon = ", ", ": "
	}
	x := &Ending{packet: NewBytes(o.Packet), packetKey: comma + `"` + f.Prefix + PacketKey + `"` + colon + `"`, gap: len(comma)}
	x.tail = append(members(own, f.Prefix, comma, colon), '}')
	if len(o.Include)+len(o.Exclude)+len(o.Rename) == 0 {
		return x
	}
	for _, key := range c.keys {
		n := name{key: key, fate: renamed}
		switch printed := c.printed(key); printed {
		case "":
			n.fate = dropped
		case key:
			n.fate = stays
		default:
			n.printed = jsontext.AppendString(nil, printed)
		}
		x.names = append(x.names, n)
	}
	return x
}

// Members is own fields as members of an object, a comma before each: for a format that has a place for them within.
func Members(own map[string]string) []byte { return members(own, "", ",", ":") }

func members(own map[string]string, prefix, comma, colon string) (text []byte) {
	for _, key := range slices.Sorted(maps.Keys(own)) {
		text = jsontext.AppendString(append(text, comma...), prefix+key)
		text = jsontext.AppendString(append(text, colon...), own[key])
	}
	return text
}

// Append ends the object that begins at dst[start], all of whose members but own fields are written: at least one.
func (x *Ending) Append(dst []byte, start int, b *event.Batch, e *event.Event) []byte {
	dst = x.packet.Append(dst, x.packetKey, b.Bytes(e.Packet))
	if x.names != nil {
		dst = x.pick(append(dst, '}'), start)
		dst = dst[:len(dst)-1]
	}
	// Own fields come after the choice: it is about the event's keys, and one of these may bear the name of a key left out.
	if len(dst) == start+1 && len(x.tail) > 1 {
		return append(dst, x.tail[x.gap:]...)
	}
	return append(dst, x.tail...)
}

// pick makes of the object at dst[start:] the one the user chose. It writes that behind the object, then over it: a
// renamed object may be longer. The text is our own, so its form is known. Members are taken with the comma after them.
func (x *Ending) pick(dst []byte, start int) []byte {
	end, kept := len(dst), start+1 // from kept on all stays as it is, and is not copied yet
	dst = append(dst, '{')
	last, next := &foreign, 0
	for at := start + 1; at < end-1; {
		colon := skipString(dst, at)
		after := min(skipValue(dst, colon+x.gap)+x.gap, end-1)
		last, next = x.find(dst[at+1:colon-1], next)
		if last.fate != stays {
			dst = append(dst, dst[kept:at]...)
			kept = after
		}
		if last.fate == renamed {
			dst = append(dst, last.printed...)
			dst = append(dst, dst[colon:after]...)
		}
		at = after
	}
	dst = append(dst, dst[kept:end-1]...)
	if last.fate == dropped && len(dst) > end+1 {
		dst = dst[:len(dst)-x.gap]
	}
	dst = append(dst, '}')
	return dst[:start+copy(dst[start:], dst[end:])]
}

// foreign is a key that the choice is not about.
var foreign = name{fate: stays}

// find looks a key up, first from where the one before it was: keys come in the order of the format. It returns where to
// go on.
func (x *Ending) find(key []byte, from int) (*name, int) {
	for i := from; i < len(x.names); i++ {
		if x.names[i].key == string(key) {
			return &x.names[i], i + 1
		}
	}
	for i := range x.names[:from] {
		if x.names[i].key == string(key) {
			return &x.names[i], i + 1
		}
	}
	return &foreign, from
}

// Package route makes a record's topic, subject or path out of a template with fields in it. Whatever comes from a packet
// is made safe for the place it goes to, an absent value has a stand-in, and the number of distinct results is bounded.
package route

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"nflogship/event"
)

// The stand-ins for a field's value: it is absent or empty; the template has reached its bound of distinct results.
const (
	Empty = "none"
	Other = "other"
)

// maxValue bounds one field's part of a route, in bytes.
const maxValue = 64

// Safe says which characters a field's value may have in one kind of place; any other becomes "_".
type Safe func(c byte) bool

// Topic allows what a Kafka topic may hold. https://kafka.apache.org: [a-zA-Z0-9._-]; a dot from a packet would read as a separator.
func Topic(c byte) bool { return alphanumeric(c) || c == '_' || c == '-' }

// Subject allows what a NATS subject token may hold without being a wildcard or a separator.
func Subject(c byte) bool { return c > ' ' && c < 0x7f && c != '.' && c != '*' && c != '>' }

// Path allows what a file name may hold. A dot stays only between letters and digits: nothing hidden, and no way up.
func Path(c byte) bool {
	return alphanumeric(c) || c == '_' || c == '-' || c == ':' || c == '@' || c == '+' || c == '.'
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Template is a parsed template. It is read-only; the results it gives are bounded by a Table.
type Template struct {
	text  string
	parts []part
	safe  Safe
}

// part is either literal text, a field, or the event's time.
type part struct {
	literal string
	field   event.Field
	clock   clock
}

// Parse reads a template: text with {field}, {host}, {time:%Y-%m-%d} in it; "{{" and "}}" are literal braces.
func Parse(text string, safe Safe) (*Template, error) {
	t := &Template{text: text, safe: safe}
	for rest := text; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			t.literal(rest)
			break
		}
		t.literal(rest[:open])
		rest = rest[open:]
		if len(rest) > 1 && rest[1] == rest[0] {
			t.literal(rest[:1])
			rest = rest[2:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if rest[0] == '}' || end < 0 {
			return nil, fmt.Errorf("%q has a %q without its partner; write %q for a literal one", text, rest[:1], rest[:1]+rest[:1])
		}
		p, err := parsePart(rest[1:end])
		if err != nil {
			return nil, err
		}
		t.parts = append(t.parts, p)
		rest = rest[end+1:]
	}
	if len(t.parts) == 0 {
		return nil, errors.New("is empty")
	}
	return t, nil
}

func (t *Template) literal(s string) {
	if s == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].literal != "" {
		t.parts[n-1].literal += s
		return
	}
	t.parts = append(t.parts, part{literal: s})
}

func parsePart(name string) (part, error) {
	if layout, ok := strings.CutPrefix(name, "time:"); ok {
		c, err := parseClock(layout)
		return part{clock: c}, err
	}
	f, ok := event.ParseField(name)
	if !ok {
		return part{}, fmt.Errorf("{%s} is not a field of an event; there are %s and time:LAYOUT", name, strings.Join(event.FieldNames(), ", "))
	}
	return part{field: f}, nil
}

// Constant returns the whole route and true when no part of it comes from an event.
func (t *Template) Constant() (string, bool) {
	if len(t.parts) == 1 && t.parts[0].literal != "" {
		return t.parts[0].literal, true
	}
	return "", false
}

// Host returns a copy in which {host} is the given name: one host's templates are often constant then.
func (t *Template) Host(host string) *Template {
	out := &Template{text: t.text, safe: t.safe}
	for _, p := range t.parts {
		if p.field == event.FieldHost {
			out.literal(string(t.appendSafe(nil, []byte(host))))
		} else if p.literal != "" {
			out.literal(p.literal)
		} else {
			out.parts = append(out.parts, p)
		}
	}
	return out
}

// String is the template as written.
func (t *Template) String() string { return t.text }

// Literals calls f with each literal part, for checks of the far side's rules.
func (t *Template) Literals(f func(s string)) {
	for _, p := range t.parts {
		if p.literal != "" {
			f(p.literal)
		}
	}
}

// Append appends the event's route.
func (t *Template) Append(dst []byte, b *event.Batch, e *event.Event) []byte {
	var scratch [256]byte
	for _, p := range t.parts {
		switch {
		case p.literal != "":
			dst = append(dst, p.literal...)
		case p.clock != nil:
			dst = p.clock.append(dst, e.Time)
		default:
			value, _ := event.AppendField(scratch[:0], b, e, p.field)
			dst = t.appendSafe(dst, value)
		}
	}
	return dst
}

// AppendOther appends the route of whatever finds no place among the distinct ones.
func (t *Template) AppendOther(dst []byte) []byte {
	for _, p := range t.parts {
		if p.literal != "" {
			dst = append(dst, p.literal...)
		} else {
			dst = append(dst, Other...)
		}
	}
	return dst
}

// appendSafe appends a field's value: blanks around it cut off, every byte the place does not allow as "_".
func (t *Template) appendSafe(dst, value []byte) []byte {
	for len(value) > 0 && (value[len(value)-1] == ' ' || value[len(value)-1] == 0) {
		value = value[:len(value)-1]
	}
	for len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	if len(value) == 0 {
		return append(dst, Empty...)
	}
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	for i := 0; i < len(value); {
		c, n := value[i], 1
		if c >= utf8.RuneSelf {
			_, n = utf8.DecodeRune(value[i:])
		}
		if !t.safe(c) || c >= utf8.RuneSelf || c == '.' && !between(value, i) {
			c = '_'
		}
		dst = append(dst, c)
		i += n
	}
	return dst
}

// between reports whether a letter or digit stands on each side of value[i].
func between(value []byte, i int) bool {
	return i > 0 && i+1 < len(value) && alphanumeric(value[i-1]) && alphanumeric(value[i+1])
}

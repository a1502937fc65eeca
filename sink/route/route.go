// Package route makes a record's topic, subject or path out of a template with fields in it. Whatever comes from a packet
// is made safe for the place it goes to, an absent value has a stand-in, and the number of distinct results is bounded.
package route

import (
	"errors"
	"fmt"
	"strings"
	"time"
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

// Path allows what a file name may hold; neither a separator nor a name that starts with a dot can come of it.
func Path(c byte) bool {
	return alphanumeric(c) || c == '_' || c == '-' || c == ':' || c == '@' || c == '+'
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

// part is either literal text, a field, or the event's time in a layout.
type part struct {
	literal string
	field   event.Field
	layout  string
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
		goLayout, err := timeLayout(layout)
		return part{layout: goLayout}, err
	}
	f, ok := event.ParseField(name)
	if !ok {
		return part{}, fmt.Errorf("{%s} is not a field of an event; there are %s and time:LAYOUT", name, strings.Join(event.FieldNames(), ", "))
	}
	return part{field: f}, nil
}

// strftime are the conversions of strftime(3) that name a period, as Go's reference time has them.
var strftime = map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'j': "002", 'y': "06", '%': "%"}

func timeLayout(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			if s[i] >= '0' && s[i] <= '9' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' {
				return "", fmt.Errorf("{time:%s}: %q is neither a conversion (%%Y %%m %%d %%H %%M %%j %%y) nor a separator", s, s[i])
			}
			out.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) || strftime[s[i]] == "" {
			return "", fmt.Errorf("{time:%s} knows %%Y %%m %%d %%H %%M %%j %%y and %%%%", s)
		}
		out.WriteString(strftime[s[i]])
	}
	if out.Len() == 0 {
		return "", errors.New("{time:} needs a layout, such as {time:%Y-%m-%d}")
	}
	return out.String(), nil
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

// Literals calls f with each literal part and whether it is the first or the last part, for checks of the far side's rules.
func (t *Template) Literals(f func(s string, first, last bool)) {
	for i, p := range t.parts {
		if p.literal != "" {
			f(p.literal, i == 0, i == len(t.parts)-1)
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
		case p.layout != "":
			dst = time.Unix(0, e.Time).UTC().AppendFormat(dst, p.layout)
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
	for len(value) > 0 {
		c := value[0]
		n := 1
		if c >= utf8.RuneSelf {
			_, n = utf8.DecodeRune(value)
		}
		if n > 1 || c >= utf8.RuneSelf || !t.safe(c) {
			c = '_'
		}
		dst = append(dst, c)
		value = value[n:]
	}
	return dst
}

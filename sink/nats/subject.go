package nats

import (
	"errors"
	"fmt"
	"strings"
)

// A subject is tokens between dots. In a filter "*" is any one token and a last ">" is one or more.
// https://docs.nats.io/nats-concepts/subjects

// longestSubject keeps a message's first line well inside the server's max_control_line of 4096.
const (
	longestSubject = 2048
	longestField   = 64 // as package route cuts them
)

// field stands in a skeleton for whatever comes from an event.
const field = '\x00'

// skeleton is a template with its fields taken out. What is no template gives "".
func skeleton(template string) string {
	var out strings.Builder
	for rest := template; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			out.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '{':
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return ""
			}
			out.WriteString(placeholder(name))
			rest = after
		default:
			out.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	return out.String()
}

// placeholder stands for one field; a time's separators are literal text, dots among them.
func placeholder(name string) string {
	layout, isTime := strings.CutPrefix(name, "time:")
	if !isTime {
		return string(field)
	}
	var out strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] == '%' {
			out.WriteByte(field)
			i++
		} else {
			out.WriteByte(layout[i])
		}
	}
	return out.String()
}

// filterOf is the narrowest filter that takes every subject a template makes.
func filterOf(template string) string {
	tokens := strings.Split(skeleton(template), ".")
	for i, t := range tokens {
		if strings.IndexByte(t, field) >= 0 {
			tokens[i] = "*"
		}
	}
	return strings.Join(tokens, ".")
}

// checkSubject refuses a template whose literal text would not be part of a subject.
func checkSubject(template string) error {
	if strings.IndexByte(template, field) >= 0 {
		return errors.New("has a zero byte in it")
	}
	s := skeleton(template)
	if len(s)+longestField*strings.Count(s, string(field)) > longestSubject {
		return fmt.Errorf("could become longer than %d bytes", longestSubject)
	}
	if first, _, _ := strings.Cut(s, "."); first == "$JS" || first == "$SYS" || first == "_INBOX" {
		return fmt.Errorf("%s. is the server's own", first)
	}
	for token := range strings.SplitSeq(s, ".") {
		if token == "" {
			return errors.New("has an empty token: two dots in a row, or one at an end")
		}
		if i := strings.IndexAny(token, "*>"); i >= 0 {
			return fmt.Errorf("has the wildcard %q: an event has one subject", token[i])
		}
		if i := strings.IndexFunc(token, func(r rune) bool { return r != field && (r <= ' ' || r == 0x7f) }); i >= 0 {
			return fmt.Errorf("has %q in it: subjects have neither blanks nor control characters", token[i])
		}
	}
	return nil
}

// checkFilter refuses what a stream cannot listen on.
func checkFilter(filter string) error {
	tokens := strings.Split(filter, ".")
	for i, t := range tokens {
		switch {
		case t == "":
			return fmt.Errorf("%q has an empty token", filter)
		case t == ">" && i < len(tokens)-1:
			return fmt.Errorf("%q: > stands only at the end", filter)
		case len(t) > 1 && strings.ContainsAny(t, "*>"), strings.ContainsAny(t, " \t\r\n"):
			return fmt.Errorf("%q: a wildcard is a whole token, and there are no blanks", filter)
		}
	}
	return nil
}

// cover is how much of a filter others take.
type cover uint8

const (
	nothing cover = iota
	partly
	fully
)

// coverage tells how much of what filter matches is matched by a stream's subjects.
func coverage(stream []string, filter string) cover {
	best := nothing
	for _, s := range stream {
		best = max(best, covers(strings.Split(s, "."), strings.Split(filter, ".")))
	}
	return best
}

func covers(s, filter []string) cover {
	best := fully
	for i, t := range s {
		if t == ">" && i < len(filter) {
			return best
		}
		if i >= len(filter) {
			return nothing
		}
		switch {
		case t == "*" || t == filter[i]:
		case filter[i] == "*":
			best = partly
		default:
			return nothing
		}
	}
	if len(filter) > len(s) {
		return nothing
	}
	return best
}

package config

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// mask hides the characters from..to (to excluded), counted from 0; to -1 is the line's end.
type mask struct{ from, to int }

// userinfo finds the password in a URL, or the token that stands alone there.
var userinfo = regexp.MustCompile(`(://(?:[^/\s:@]*:)?)([^/\s@]+)@`)

func hideUserinfo(s string) string { return userinfo.ReplaceAllString(s, "${1}"+masked+"@") }

func (t *text) hideURLs() {
	for i, l := range t.lines {
		column, counted := 0, 0
		for _, m := range userinfo.FindAllStringSubmatchIndex(l, -1) {
			from := column + utf8.RuneCountInString(l[counted:m[4]])
			column, counted = from+utf8.RuneCountInString(l[m[4]:m[5]]), m[5]
			t.masks[i+1] = append(t.masks[i+1], mask{from, column})
		}
	}
}

// hide masks everything from one place up to another, or to the end of the file when that is the zero Pos.
func (t *text) hide(from, to Pos) {
	last := to.Line
	if last == 0 {
		last = len(t.lines)
	}
	for n := from.Line; n <= last; n++ {
		m := mask{0, -1}
		if n == from.Line {
			m.from = from.Col - 1
		}
		if n == to.Line {
			m.to = to.Col - 1
		}
		if m.to < 0 || m.to > m.from {
			t.masks[n] = append(t.masks[n], m)
		}
	}
}

// hideNode masks a secret value as it is written, unless it only says where the secret is. A comment behind it goes
// too: whoever leaves out the quotes turns a part of the password into one.
func (t *text) hideNode(n *yaml.Node) {
	if t.hidden[n] || n.Kind == yaml.ScalarNode && refersOnly(n.Value) {
		return
	}
	t.hidden[n] = true
	if width, whole := t.end(n); whole && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		after := Pos{n.Line, n.Column + width}
		if !strings.HasPrefix(strings.TrimLeft(t.from(after), " \t"), "#") {
			t.hide(posOf(n), after)
			return
		}
	}
	from := posOf(n)
	if n.Tag == "!!null" {
		from.Col += len(t.from(from)) - len(strings.TrimLeft(t.from(from), " "))
	}
	t.hide(from, t.ends[n])
}

// hideByName masks what follows a name that sounds secret, in a file that cannot be parsed: up to the end of the line,
// all lines that are indented deeper, and as far as a quote is open.
func (t *text) hideByName(isSecret func(name string) bool) {
	for i := 0; i < len(t.lines); i++ {
		at := secretValue(t.lines[i], isSecret)
		if at < 0 {
			continue
		}
		t.hide(Pos{i + 1, utf8.RuneCountInString(t.lines[i][:at]) + 1}, Pos{i + 2, 1})
		depth, quote := indent(t.lines[i]), openQuote(t.lines[i][at:])
		for i+1 < len(t.lines) && (quote != 0 || strings.TrimSpace(t.lines[i+1]) == "" || indent(t.lines[i+1]) > depth) {
			i++
			t.hide(Pos{i + 1, 1}, Pos{i + 2, 1})
			if quote != 0 && strings.IndexByte(t.lines[i], quote) >= 0 {
				quote = 0
			}
		}
	}
}

var keyColon = regexp.MustCompile(`([A-Za-z0-9_.-]+)["']?\s*:`)

// secretValue returns where in a line the value of a secret begins, or -1.
func secretValue(line string, isSecret func(name string) bool) int {
	for _, m := range keyColon.FindAllStringSubmatchIndex(line, -1) {
		if isSecret(line[m[2]:m[3]]) {
			return m[1]
		}
	}
	return -1
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t-")) }

// openQuote returns the quote that a value opens and does not close in its line, or 0.
func openQuote(value string) byte {
	value = strings.TrimLeft(value, " \t")
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return 0
	}
	if _, closed := quotedWidth(value); closed {
		return 0
	}
	return value[0]
}

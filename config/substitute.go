package config

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fill replaces ${NAME} and file:/path in the text at a place.
func (d *decoder) fill(at place, secret bool) (w word, ok bool) {
	raw := at.node.Value
	text, fromEnv, err := d.expand(raw)
	if err != nil {
		return word{hidden: true}, d.fail(at, "%v", err)
	}
	if !strings.HasPrefix(raw, "file:") {
		return word{text, fromEnv}, true
	}
	path := strings.TrimPrefix(text, "file:")
	if !strings.HasPrefix(path, "/") {
		if secret {
			return word{hidden: true}, d.fail(at, "file: takes an absolute path, such as file:/etc/nflogship/password")
		}
		return word{text, fromEnv}, true
	}
	data, mode, err := d.readFile(path)
	if err != nil {
		return word{hidden: true}, d.fail(at, "read %s: %v", quote(raw), cause(err))
	}
	if secret {
		d.warnOpen(at, mode, raw)
	}
	return word{strings.TrimRight(string(data), "\r\n"), true}, true
}

func (d *decoder) warnOpen(at place, mode fs.FileMode, raw string) {
	if isOpen(mode) {
		d.warn(at, "everyone may read %s (mode %04o); chmod o-r it", quote(raw), mode.Perm())
	}
}

// warnLiteral warns about a secret that stands in a file that everyone may read.
func (d *decoder) warnLiteral(at place) {
	if isOpen(d.mode) {
		d.warn(at, "a secret in a file that everyone may read (mode %04o); write file:/path or ${NAME}, or chmod o-r this file", d.mode.Perm())
	}
}

func isOpen(mode fs.FileMode) bool { return mode.Perm()&0o004 != 0 }

var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand fills ${NAME} in from the environment and turns $${ into ${.
func (d *decoder) expand(raw string) (text string, fromEnv bool, err error) {
	var b strings.Builder
	for {
		i := strings.Index(raw, "${")
		if i < 0 {
			b.WriteString(raw)
			return b.String(), fromEnv, nil
		}
		if i > 0 && raw[i-1] == '$' {
			b.WriteString(raw[:i-1] + "${")
			raw = raw[i+2:]
			continue
		}
		b.WriteString(raw[:i])
		m := variable.FindStringSubmatch(raw[i:])
		if m == nil {
			return "", false, errors.New("${ must be followed by a variable's name and }; a literal ${ is written $${")
		}
		value, set := d.env(m[1])
		if !set {
			return "", false, fmt.Errorf("the environment variable %s is not set", quote(m[1]))
		}
		d.revealed = append(d.revealed, value)
		b.WriteString(value)
		raw, fromEnv = raw[i+len(m[0]):], true
	}
}

// shortest is the length from which what came from outside is masked even inside a longer word.
const shortest = 4

// scrub masks what must not be shown in a text that others wrote.
func (d *decoder) scrub(s string) string {
	for _, secret := range d.revealed {
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, quoted[1 : len(quoted)-1]} {
			switch {
			case form == "":
			case len(form) >= shortest:
				s = strings.ReplaceAll(s, form, masked)
			default:
				s = replaceWord(s, form)
			}
		}
	}
	return hideUserinfo(s)
}

// replaceWord masks word where it stands alone: a "1" must not take apart every number.
func replaceWord(s, word string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, word)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(word):])
		if isWordRune(before) || isWordRune(after) {
			b.WriteString(s[:i+len(word)])
		} else {
			b.WriteString(s[:i] + masked)
		}
		s = s[i+len(word):]
	}
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

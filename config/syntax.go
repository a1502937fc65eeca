package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// yamlError takes apart what yaml.v3 says; it knows no columns.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxRules turn yaml.v3's words into ours, and find the column in the line it names.
var syntaxRules = []struct {
	theirs string
	ours   string
	column func(line string) int // a byte offset, -1 if it is a line further up; nil: the first character that is no space
}{
	{"mapping values are not allowed", misfit, nil},
	{"did not find expected key", "this line does not fit those above it; look at its indentation", nil},
	{"did not find expected <document start>", "this line does not fit those above it; look at its indentation", nil},
	{"did not find expected '-' indicator", "this line does not fit the list above it; an element starts with - in the same column", nil},
	{"did not find expected ',' or ']'", "this list is not closed with ], or a comma is missing", lastOpen('[', ']')},
	{"did not find expected ',' or '}'", "this mapping is not closed with }, or a comma is missing", lastOpen('{', '}')},
	{"did not find expected node content", "a value is missing here, or a bracket is not closed", nil},
	{"found unexpected end of stream", "this quote is never closed", lastOf(`"'`)},
	{"found unexpected document indicator", "this quote is never closed", lastOf(`"'`)},
	{"could not find expected ':'", "this is not key: value; is a colon missing, or the space after it?", nil},
	{"found unknown escape character", `unknown escape in a text in double quotes; write \\ for a backslash, or use single quotes`, lastOf(`\`)},
	{"found character that cannot start any token", "a text cannot start with this character; quote it", oddStart},
	{"exceeded max depth", fmt.Sprintf("nested deeper than %d", maxDepth), nil},
}

const (
	misfit   = "this line does not fit the one above; it is indented too far, or that one lacks a space after its colon"
	twoPairs = `": " is not allowed in a text without quotes`
)

// syntaxError makes a finding of an error of yaml.v3.
func (t *text) syntaxError(err error) finding {
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		return finding{Pos{1, 1}, 1, err.Error()}
	}
	number, _ := strconv.Atoi(m[1])
	if strings.HasPrefix(m[2], "did not find expected") {
		// Errors of its parser, unlike those of its scanner, count lines from 0 and name the line where the block starts.
		number = t.firstBadLine(number+1, m[2])
	}
	if name, ok := strings.CutPrefix(m[2], "unknown anchor '"); ok {
		return t.unknownAnchor(strings.TrimSuffix(name, "' referenced"))
	}
	number = min(max(number, 1), len(t.lines))
	line := t.line(number)
	if i := strings.IndexByte(line, '\t'); i >= 0 && strings.TrimSpace(line[:i]) == "" {
		return t.bytesAt(number, i, 1, "a tab in the indentation; YAML indents with spaces only")
	}
	for _, r := range syntaxRules {
		switch {
		case !strings.HasPrefix(m[2], r.theirs):
		case r.ours == misfit && strings.Count(line+" ", ": ") > 1:
			return t.bytesAt(number, strings.LastIndex(line+" ", ": "), 1, twoPairs)
		case r.column == nil:
			return t.bytesAt(number, -1, 1, r.ours)
		default:
			at := r.column(line)
			for ; at < 0 && number > 1; at = r.column(t.line(number)) {
				number--
			}
			return t.bytesAt(number, at, 1, r.ours)
		}
	}
	return t.bytesAt(number, -1, 1, m[2])
}

// bytesAt makes a finding at a byte of a line, or at its first character that is no space when at is negative.
func (t *text) bytesAt(number, at, width int, message string) finding {
	line := t.line(number)
	if at < 0 || at > len(line) {
		at = len(line) - len(strings.TrimLeft(line, " \t"))
	}
	return finding{Pos{number, len([]rune(line[:at])) + 1}, width, message}
}

// firstBadLine finds by halves the shortest beginning of the file, from line least on, that has the same error.
func (t *text) firstBadLine(least int, message string) int {
	low, high := max(least, 1), len(t.lines)
	for low < high {
		middle := (low + high) / 2
		if t.failsWith(middle, message) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

func (t *text) failsWith(lines int, message string) bool {
	var n yaml.Node
	err := decodeNode(yaml.NewDecoder(strings.NewReader(strings.Join(t.lines[:lines], "\n")+"\n")), &n)
	return err != nil && strings.HasSuffix(err.Error(), message)
}

// unknownAnchor finds *name. The message leaves the name out: it may be a password that starts with *.
func (t *text) unknownAnchor(name string) finding {
	const message = "there is no anchor of this name above; put a text that starts with * in quotes"
	for i, line := range t.lines {
		if at := strings.Index(line, "*"+name); at >= 0 {
			return t.bytesAt(i+1, at, len([]rune(name))+1, message)
		}
	}
	return finding{Pos{1, 1}, 1, message}
}

// lastOpen finds the last bracket that is not closed in its line.
func lastOpen(open, closing byte) func(string) int {
	return func(line string) int {
		depth := 0
		for i := len(line) - 1; i >= 0; i-- {
			switch {
			case line[i] == closing:
				depth++
			case line[i] == open && depth == 0:
				return i
			case line[i] == open:
				depth--
			}
		}
		return strings.LastIndexByte(line, open)
	}
}

func lastOf(chars string) func(string) int {
	return func(line string) int { return strings.LastIndexAny(line, chars) }
}

var oddCharacter = regexp.MustCompile("(?:^|[ \\[{,])([@`%])")

func oddStart(line string) int {
	if m := oddCharacter.FindStringSubmatchIndex(line); m != nil {
		return m[2]
	}
	return -1
}

package config

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxColumns is how much of a long line a snippet shows.
const maxColumns = 100

// text is the file as it was written, and which parts of it must not be shown.
type text struct {
	name    string
	lines   []string
	offsets [][]int        // by line: offsetsOf
	masks   map[int][]mask // by line, from 1

	ends    map[*yaml.Node]Pos // where what follows a node begins; absent: the end of the file
	left    []*yaml.Node       // left, and not known yet what follows
	secrets []*yaml.Node       // secret by their names
	hidden  map[*yaml.Node]bool
}

func newText(name string, data []byte) *text {
	t := &text{name: name, lines: strings.Split(string(data), "\n"), masks: map[int][]mask{}, ends: map[*yaml.Node]Pos{}, hidden: map[*yaml.Node]bool{}}
	t.offsets = make([][]int, len(t.lines))
	for i, l := range t.lines {
		t.lines[i] = strings.TrimSuffix(l, "\r")
		t.offsets[i] = offsetsOf(t.lines[i])
	}
	t.hideURLs()
	return t
}

// offsetsOf returns where each character of a line begins, nil for one of ASCII alone.
func offsetsOf(line string) (offsets []int) {
	if utf8.RuneCountInString(line) == len(line) {
		return nil
	}
	for i := range line {
		offsets = append(offsets, i)
	}
	return offsets
}

// visit and leave are called around a node's children: what is visited next after a node was left is where it ends.
func (t *text) visit(n *yaml.Node) {
	for _, left := range t.left {
		t.ends[left] = posOf(n)
	}
	t.left = t.left[:0]
}

func (t *text) leave(n *yaml.Node) { t.left = append(t.left, n) }

func (t *text) line(n int) string {
	if n < 1 || n > len(t.lines) {
		return ""
	}
	return t.lines[n-1]
}

// from returns what stands in a line from the column on.
func (t *text) from(p Pos) string {
	line, i := t.line(p.Line), p.Col-1
	if line == "" || i < 0 {
		return ""
	}
	if offsets := t.offsets[p.Line-1]; offsets != nil && i < len(offsets) {
		i = offsets[i]
	} else if offsets != nil {
		return ""
	}
	return line[min(i, len(line)):]
}

// width is how many characters of its line to underline for a node.
func (t *text) width(n *yaml.Node) int {
	if n.Kind != yaml.ScalarNode {
		return 1
	}
	width, _ := t.end(n)
	return width
}

// end returns how many characters of its line a scalar takes, and whether it ends in that line.
func (t *text) end(n *yaml.Node) (width int, whole bool) {
	rest := t.from(posOf(n))
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quotedWidth(rest)
	case n.Value != "" && strings.HasPrefix(rest, n.Value) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return utf8.RuneCountInString(n.Value), true
	case n.Value == "" && n.Style == 0:
		return 1, true
	}
	return shownWidth(rest), false
}

// quotedWidth is the width of the quoted text that s starts with.
func quotedWidth(s string) (width int, whole bool) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return shownWidth(s), false // an anchor stands before it
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[0] == '"' && s[i] == '\\':
			i++
		case s[0] == '\'' && s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == s[0]:
			return utf8.RuneCountInString(s[:i+1]), true
		}
	}
	return shownWidth(s), false
}

// shownWidth is the width of a line's rest, as far as a snippet shows it.
func shownWidth(s string) int {
	s = s[:min(len(s), maxColumns*utf8.UTFMax)]
	return min(utf8.RuneCountInString(strings.TrimRight(s, " \t")), maxColumns)
}

// snippet draws the line and a caret under the place that is meant.
func (t *text) snippet(at finding) string {
	line := []rune(t.line(at.Line))
	shown, columns := maskLine(line, t.masks[at.Line])
	first := min(at.Col-1, len(line))
	start, end := columns[first], columns[min(first+at.width, len(line))]
	if end == start && first < len(line) {
		end = start + len(masked) // the place is inside a mask
	}
	shown, start, end = clip(shown, start, end)
	caret := "^" + strings.Repeat("~", max(end-start-1, 0))
	return fmt.Sprintf("%5d | %s\n      | %s%s", at.Line, string(shown), strings.Repeat(" ", start), caret)
}

// maskLine returns a line with its secrets masked, and at which column each of its characters went, the end included.
func maskLine(line []rune, masks []mask) (shown []rune, columns []int) {
	open := make([]int, len(line)+1) // how many more masks are open from a character on
	for _, m := range masks {
		if m.from < len(line) {
			open[m.from]++
			if m.to >= 0 && m.to < len(line) {
				open[m.to]--
			}
		}
	}
	depth := 0
	for i, r := range line {
		was := depth
		depth += open[i]
		if was > 0 && depth == 0 {
			shown = append(shown, []rune(masked)...)
		}
		columns = append(columns, len(shown))
		if depth == 0 {
			shown = append(shown, printable(r))
		}
	}
	if depth > 0 {
		shown = append(shown, []rune(masked)...)
	}
	return shown, append(columns, len(shown))
}

// clip cuts a long line to the part around start, and moves start and end with it.
func clip(line []rune, start, end int) ([]rune, int, int) {
	if len(line) <= maxColumns {
		return line, start, max(end, start+1)
	}
	from := max(0, min(start-maxColumns/3, len(line)-maxColumns))
	to := min(len(line), from+maxColumns)
	out := append([]rune(nil), line[from:to]...)
	if from > 0 {
		out[0] = '…'
	}
	if to < len(line) {
		out[len(out)-1] = '…'
	}
	return out, start - from, max(min(end, to), start+1) - from
}

func posOf(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

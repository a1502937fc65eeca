package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxColumns is how much of a long line a snippet shows.
const maxColumns = 100

// text is the file as it was written, and which parts of it must not be shown.
type text struct {
	name  string
	lines []string
	masks map[int][]mask // by line, from 1

	ends    map[*yaml.Node]Pos // where what follows a node begins; absent: the end of the file
	left    []*yaml.Node       // left, and not known yet what follows
	secrets []*yaml.Node       // secret by their names
}

func newText(name string, data []byte) *text {
	lines := strings.Split(string(data), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\r")
	}
	t := &text{name: name, lines: lines, masks: map[int][]mask{}, ends: map[*yaml.Node]Pos{}}
	t.hideURLs()
	return t
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
	rest := t.line(p.Line)
	for i := range rest {
		if p.Col <= 1 {
			return rest[i:]
		}
		p.Col--
	}
	return ""
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
		return len([]rune(n.Value)), true
	case n.Value == "" && n.Style == 0:
		return 1, true
	}
	return len([]rune(strings.TrimRight(rest, " \t"))), false
}

// quotedWidth is the width of the quoted text that s starts with.
func quotedWidth(s string) (width int, whole bool) {
	r := []rune(s)
	if len(r) == 0 || r[0] != '"' && r[0] != '\'' {
		return len(r), false // an anchor stands before it
	}
	for i := 1; i < len(r); i++ {
		switch {
		case r[0] == '"' && r[i] == '\\':
			i++
		case r[0] == '\'' && r[i] == '\'' && i+1 < len(r) && r[i+1] == '\'':
			i++
		case r[i] == r[0]:
			return i + 1, true
		}
	}
	return len(r), false
}

// snippet draws the line and a caret under the place that is meant.
func (t *text) snippet(at finding) string {
	if at.Line < 1 || at.Line > len(t.lines) {
		return ""
	}
	shown, columns := t.shownLine(at.Line)
	start := columns[min(at.Col-1, len(columns)-1)]
	end := columns[min(at.Col-1+at.width, len(columns)-1)]
	if t.isMasked(at.Line, at.Col-1) {
		end = max(end, start+len(masked))
	}
	shown, start, end = clip(shown, start, end)
	caret := "^" + strings.Repeat("~", max(end-start-1, 0))
	return fmt.Sprintf("%5d | %s\n      | %s%s", at.Line, string(shown), strings.Repeat(" ", start), caret)
}

// shownLine is the line with its secrets masked, and at which column each of its characters went, the end included.
func (t *text) shownLine(n int) (shown []rune, columns []int) {
	inside := false
	for i, r := range []rune(t.line(n)) {
		was := inside
		inside = t.isMasked(n, i)
		if was && !inside {
			shown = append(shown, []rune(masked)...)
		}
		columns = append(columns, len(shown))
		if !inside {
			shown = append(shown, printable(r))
		}
	}
	if inside {
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

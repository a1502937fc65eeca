package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	maxShown    = 50   // problems printed
	maxKept     = 1000 // problems kept to sort; more are only counted
	maxTextSize = 400  // bytes of one problem's text
)

// Pos is a place in the file: line and column from 1, columns in characters.
type Pos struct{ Line, Col int }

// Problem is one mistake in the file, or one warning about it.
type Problem struct {
	File string
	Pos
	Text    string
	Snippet string // the line and a caret below it, secrets masked
	Warning bool   // nothing that keeps the file from being used
}

// Error is file:line:col: text, then the snippet.
func (p Problem) Error() string {
	warning := ""
	if p.Warning {
		warning = "warning: "
	}
	head := fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Col, warning, p.Text)
	if p.Snippet == "" {
		return head
	}
	return head + "\n" + p.Snippet
}

// Errors is everything wrong with the file, in file order.
type Errors struct {
	Problems []Problem
	More     int // further problems that are not in the list
}

// Error prints all problems.
func (e *Errors) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Error())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\nand %d more", e.More)
	}
	return b.String()
}

// finding is a Problem before the masks are known that its snippet needs.
type finding struct {
	Pos
	width int
	text  string
}

// findings collects what is found in one file.
type findings struct {
	list []finding
	more int
}

func (f *findings) add(at finding) {
	if len(f.list) >= maxKept {
		f.more++
		return
	}
	at.text = oneLine(at.text)
	f.list = append(f.list, at)
}

func (f *findings) count() int { return len(f.list) + f.more }

// problems sorts and renders what was found.
func (f *findings) problems(t *text, warnings bool) (list []Problem, more int) {
	slices.SortStableFunc(f.list, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	f.list = slices.Compact(f.list)
	for _, at := range f.list[:min(len(f.list), maxShown)] {
		p := t.problem(at)
		p.Warning = warnings
		list = append(list, p)
	}
	return list, f.more + len(f.list) - len(list)
}

func (t *text) problem(at finding) Problem {
	if at.Line > len(t.lines) { // yaml.v3 may place what is missing behind the end
		at = finding{Pos{len(t.lines), 1}, 1, at.text}
	}
	return Problem{File: t.name, Pos: at.Pos, Text: at.text, Snippet: t.snippet(at)}
}

// oneLine bounds a message and makes it safe for a terminal.
func oneLine(s string) string {
	cut := len(s) > maxTextSize
	if cut {
		s = strings.ToValidUTF8(s[:maxTextSize], "")
	}
	s = strings.Map(printable, s)
	if cut {
		s += "…"
	}
	return s
}

// printable replaces what could move a terminal's cursor or turn its writing direction.
func printable(r rune) rune {
	switch {
	case r == '\t':
		return '→'
	case unicode.IsPrint(r):
		return r
	}
	return '·'
}

package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("0123456789", 20)
	for _, c := range []struct {
		name, line string
		masks      []mask
		col, width int
		want       string
	}{
		{"in the middle", "host: abc", nil, 7, 3, "    1 | host: abc\n      |       ^~~"},
		{"characters, not bytes", "höst: äöü x", nil, 7, 3, "    1 | höst: äöü x\n      |       ^~~"},
		{"behind the end", "host:", nil, 9, 1, "    1 | host:\n      |      ^"},
		{"wider than the line", "host: a", nil, 7, 9, "    1 | host: a\n      |       ^"},
		{"an empty line", "", nil, 1, 1, "    1 | \n      | ^"},
		{"tabs and escapes", "a\t\x1b[31m\u202eb", nil, 3, 1, "    1 | a→·[31m·b\n      |   ^"},
		{"masked before it", "{pw: hunter2, a: b}", []mask{{5, 12}}, 15, 1, "    1 | {pw: ***, a: b}\n      |           ^"},
		{"masked itself", "{pw: hunter2, a: b}", []mask{{5, 12}}, 6, 7, "    1 | {pw: ***, a: b}\n      |      ^~~"},
		{"masked, shorter than the mask", "{pw: x, a: b}", []mask{{5, 6}}, 6, 1, "    1 | {pw: ***, a: b}\n      |      ^~~"},
		{"inside the mask", "{pw: hunter2, a: b}", []mask{{5, 12}}, 9, 1, "    1 | {pw: ***, a: b}\n      |      ^~~"},
		{"masked to the end", "pw: hunter2 x", []mask{{4, -1}}, 1, 2, "    1 | pw: ***\n      | ^~"},
		{"masks that overlap", "pw: hunter2 x", []mask{{4, 9}, {6, 11}}, 13, 1, "    1 | pw: *** x\n      |         ^"},
		{"the password of a URL", "u: nats://me:pw@h, x", nil, 20, 1, "    1 | u: nats://me:***@h, x\n      |                     ^"},
		{"long, at its start", long, nil, 2, 3, "    1 | " + long[:99] + "…\n      |  ^~~"},
		{"long, in the middle", long, nil, 101, 3, "    1 | …" + long[68:166] + "…\n      | " + strings.Repeat(" ", 33) + "^~~"},
		{"long, at its end", long, nil, 200, 1, "    1 | …" + long[101:] + "\n      | " + strings.Repeat(" ", 99) + "^"},
		{"long, wider than what is shown", long, nil, 2, 150, "    1 | " + long[:99] + "…\n      |  ^" + strings.Repeat("~", 98)},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := newText("f", []byte(c.line))
			text.masks[1] = append(text.masks[1], c.masks...)
			if got := text.snippet(finding{Pos{1, c.col}, c.width, ""}); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestPositions points at each value and key of a file, by a mistake in each.
func TestPositions(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"plain", "log: {level:   nope }", "1:16+4"},
		{"double quotes", `log: {level: "no\"pe" , format: json}`, "1:14+8"},
		{"single quotes", `log: {level: 'no''pe', format: json}`, "1:14+8"},
		{"behind characters of several bytes", `{"höst€": {}, log: {level: nope}}`, "1:2+7 1:28+4"},
		{"an anchor", "log: {level: &l nope}", "1:14+8"},
		{"several lines", "log:\n  level: no\n    pe\n", "2:10+2"},
		{"a block", "log:\n  level: |\n    nope\n", "2:10+1"},
		{"an alias", "host: &h nope\nlog: {level: *h}\n", "1:7+7"},
		{"a key in quotes", "\"hots\": 1\n", "1:1+6"},
		{"windows line ends", "data_dir: /a\r\nlog:\r\n  level: nope\r\n", "3:10+4"},
		{"a mapping", "log: [a]\n", "1:1+3"},
		{"nothing", "log:\n  level:\n", "2:3+5"},
		{"an indented list", "log:\n  - level\n", "1:1+3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := testSchema()
			d := newDecoder("f", []byte(c.file), schema, []Option{WithHostname("h"), WithEnv(noEnv)})
			at, ok := d.document([]byte(c.file))
			if !ok {
				t.Fatal(d.errors())
			}
			d.file(at, &File{})
			var got []string
			for _, f := range d.found.list {
				if !strings.Contains(f.text, "is missing") {
					got = append(got, fmt.Sprintf("%d:%d+%d", f.Line, f.Col, f.width))
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %s, want %s: %+v", s, c.want, d.found.list)
			}
		})
	}
}

func TestErrorsAreSortedAndBounded(t *testing.T) {
	for _, c := range []struct {
		keys       int
		last, ends string
	}{
		{10, "10:1: ", `^~~~`},
		{500, "48:1: ", "\nand 452 more"}, // two are missing on line 1
		{2000, "50:1: ", "\nand 1952 more"},
	} {
		var b strings.Builder
		for i := range c.keys {
			fmt.Fprintf(&b, "key%d: x\n", i)
		}
		_, err := parse(b.String())
		list := texts(err)
		if len(list) > maxShown || !strings.HasPrefix(list[len(list)-1], c.last) || !strings.HasSuffix(err.Error(), c.ends) {
			t.Errorf("%d keys: %d problems, the last %q, at the end %q", c.keys, len(list), list[len(list)-1], err.Error()[len(err.Error())-40:])
		}
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine("a\nb\x1b[0m\u202e"); got != "a·b·[0m·" {
		t.Errorf("got %q", got)
	}
	if got := oneLine(strings.Repeat("ü", 1000)); got != strings.Repeat("ü", maxTextSize/2)+"…" {
		t.Errorf("got %q", got)
	}
	if got := oneLine("a" + strings.Repeat("ü", 1000)); got != "a"+strings.Repeat("ü", maxTextSize/2-1)+"…" {
		t.Errorf("got %q", got)
	}
}

package config

import (
	"strings"
	"testing"
)

var syntaxCases = []struct{ name, file string }{
	{"empty", ""},
	{"comments only", "# nothing\n"},
	{"null", "~\n"},
	{"a list", "- a\n"},
	{"a tab", "sources:\n\tfirewall: {}\n"},
	{"a tab after spaces", "sources:\n  \tfirewall: {}\n"},
	{"two colons", "data_dir: a\nhost: b: c\n"},
	{"two colons in the first line", "host: b: c\n"},
	{"dedented too far", "sinks:\n    a:\n      file: {}\n   b:\n      file: {}\n"},
	{"dedented, long after the block began", "log:\n    level: info\n    format: text\nhost: a\nsinks:\n  a:\n    file:\n      path: x\n      sync: true\n     mode: 0640\n"},
	{"indented too far", "log:\n  level: info\n    format: text\n"},
	{"a list dedented", "files:\n  - a\n - b\n"},
	{"a list mixed with keys", "files:\n  - a\n  b: c\n"},
	{"an open list", "host: a\nfiles: [a, b\nlog: {}\n"},
	{"an open mapping", "host: a\nlog: {level: info\nsinks: {}\n"},
	{"an open mapping, last", "host: a\nlog: {level: info"},
	{"an open mapping behind one over several lines", "host: a\nb: c\nlog: {x: 1\n  , y: 2\n  , z: 3}\nadmin: {q: 1\nm: n\n"},
	{"a missing comma", "log: {level: info format: text}\n"},
	{"a missing comma between quotes", "files: [\"a\" \"b\"]\n"},
	{"an open quote", "host: a\ndata_dir: \"/var/lib\nlog: {}\n"},
	{"an open single quote", "data_dir: '/var/lib\n"},
	{"a missing colon", "host: a\nlog\nsinks: {}\n"},
	{"a missing space", "host:a\n"},
	{"a missing space in a block", "log:\n  level:info\n  format: text\n"},
	{"a bad escape", "host: a\ndata_dir: \"C:\\data\"\n"},
	{"an at sign", "host: a\ndata_dir: @x\n"},
	{"a percent sign", "log: {level: %x}\n"},
	{"an unknown anchor", "host: a\ndata_dir: *dir\n"},
	{"a second document", "host: a\n---\nhost: b\n"},
	{"an empty second document", "host: a\n---\n"},
	{"a broken second document", "host: a\n---\n[\n"},
	{"not UTF-8", "host: a\ndata_dir: /\xff\n"},
	{"a control character", "host: a\ndata_dir: \"\x1b[31m\"\n"},
	{"a line separator", "host: \"a\u2028b\"\n"},
	{"a carriage return", "host: a\rdata_dir: b\n"},
	{"a byte order mark", "\ufeffhots: a\n"},
	{"windows line ends", "hots: a\r\ndata_dir: b\r\n"},
	{"merge keys", "log: &l {level: info}\nadmin:\n  <<: *l\n"},
	{"a list as a key", "[a, b]: c\n"},
	{"a mapping as a key", "? {a: b}\n: c\n"},
	{"an alias as a key", "host: &h fw\n*h : c\n"},
	{"an empty key", ": c\n"},
	{"the same key twice", "host: a\nlog: {}\nhost: b\n"},
	{"the same key twice, otherwise quoted", "log: {level: info, \"level\": warn}\n"},
	{"a long key", strings.Repeat("k", 300) + ": a\n"},
	{"a tag", "host: !!binary aGk=\n"},
	{"an alias that holds itself", "sources: &s\n  a: *s\n"},
	{"too deep", "host: " + strings.Repeat("[", 80) + strings.Repeat("]", 80) + "\n"},
	{"far too deep", strings.Repeat("[", 20000)},
}

func TestSyntax(t *testing.T) {
	var b strings.Builder
	for _, c := range syntaxCases {
		_, err := parse(c.file)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		b.WriteString("# " + c.name + "\n" + err.Error() + "\n\n")
	}
	golden(t, "syntax.golden", b.String())
}

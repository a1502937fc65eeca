package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const emptyFile = "the file is empty; it needs sources and sinks"

// parseYAML reads the one document of a file. If that cannot be done it is reported, and the node is nil.
func (d *decoder) parseYAML(data []byte) *yaml.Node {
	if len(data) > maxFileSize {
		d.found.add(finding{Pos{1, 1}, 1, fmt.Sprintf("the file is larger than %s", Size(maxFileSize))})
		return nil
	}
	if bad := badCharacter(string(data)); bad != nil {
		d.found.add(*bad)
		return nil
	}
	root, err := d.decodeDocuments(data)
	switch {
	case err != nil:
		d.found.add(d.text.syntaxError(err))
		return nil
	case root != nil && root.Tag == "!!null":
		d.found.add(finding{Pos{1, 1}, 1, emptyFile})
		return nil
	}
	return root
}

// decodeDocuments returns the root of the first document and reports a second one.
func (d *decoder) decodeDocuments(data []byte) (root *yaml.Node, err error) {
	var first, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decodeNode(dec, &first); {
	case errors.Is(err, io.EOF):
		d.found.add(finding{Pos{1, 1}, 1, emptyFile})
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := decodeNode(dec, &second); {
	case errors.Is(err, io.EOF):
		return first.Content[0], nil
	case err != nil:
		return nil, err
	}
	d.found.add(d.text.secondDocument(second.Content[0].Line))
	return nil, nil
}

// decodeNode turns panics into errors: yaml.v3 does so with its own only, and this is input from anywhere.
func decodeNode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(n)
}

// secondDocument points at the line that begins the document before a line.
func (t *text) secondDocument(before int) finding {
	line := min(before, len(t.lines))
	for line > 1 && !strings.HasPrefix(t.line(line), "---") {
		line--
	}
	return finding{Pos{line, 1}, 3, "a second YAML document begins here; the configuration is one document, remove the line ---"}
}

// badCharacter finds what YAML does not allow, and the line ends that editors and yaml.v3 count differently.
func badCharacter(s string) *finding {
	at := Pos{1, 1}
	for i, r := range s {
		what := ""
		switch {
		case r == utf8.RuneError && !utf8.FullRuneInString(s[i:]), r == utf8.RuneError && s[i] != 0xEF:
			what = "a byte that is not UTF-8"
		case r == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			what = "a carriage return without a line feed"
		case r == 0x85 || r == 0x2028 || r == 0x2029:
			what = fmt.Sprintf("the line separator U+%04X", r)
		case r == '\t' || r == '\n' || r == '\r':
		case r < 0x20 || r >= 0x7F && r < 0xA0 || r >= 0xFFFE && r <= 0xFFFF:
			what = fmt.Sprintf("the control character U+%04X", r)
		}
		if what != "" {
			return &finding{at, 1, what + " is not allowed here"}
		}
		at.Col++
		if r == '\n' {
			at = Pos{at.Line + 1, 1}
		}
	}
	return nil
}

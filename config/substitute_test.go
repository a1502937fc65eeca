package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// outside is the environment and the files of these tests.
func outside(c *every, settings string) error {
	env := map[string]string{"NAME": "fw", "N": "7", "EMPTY": "", "YAML": "{a: b}\n# x", "DIR": "/run/credentials", "FILE": "file:/etc/shadow", "BAD": "x99x", "YES": "yes", "NESTED": "${NAME}"}
	files := map[string]string{"/etc/fw": "fw\n", "/etc/n": "7\r\n\n", "/etc/two": "a\nb\n", "/run/credentials/pw": "hunter2\n"}
	return Decode(settings, c,
		WithEnv(func(name string) (string, bool) { v, set := env[name]; return v, set }),
		WithReadFile(func(path string) ([]byte, fs.FileMode, error) {
			if data, ok := files[path]; ok {
				return []byte(data), 0o600, nil
			}
			return nil, 0, &fs.PathError{Op: "open", Path: path, Err: errors.New("no such file")}
		}))
}

func TestSubstitute(t *testing.T) {
	for _, c := range []struct {
		name, settings string
		got            func(every) any
		want           any
	}{
		{"a variable", "text: ${NAME}", func(e every) any { return e.Text }, "fw"},
		{"in quotes", `text: "${NAME}"`, func(e every) any { return e.Text }, "fw"},
		{"in a longer text", "list: ['x-${NAME}-${N}']", func(e every) any { return e.List[0] }, "x-fw-7"},
		{"empty", "list: ['${EMPTY}']", func(e every) any { return e.List[0] }, ""},
		{"literal", "list: ['$${NAME} $NAME $$ ${NAME}']", func(e every) any { return e.List[0] }, "${NAME} $NAME $$ fw"},
		{"not twice", "list: ['${NESTED}']", func(e every) any { return e.List[0] }, "${NAME}"},
		{"YAML stays a text", "list: ['${YAML}']", func(e every) any { return e.List[0] }, "{a: b}\n# x"},
		{"as a number", "count: ${N}", func(e every) any { return e.Count }, uint32(7)},
		{"as a part of a size", "size: ${N}KiB", func(e every) any { return e.Size }, 7 * KiB},
		{"a variable that begins with file:", "list: ['${FILE}']", func(e every) any { return e.List[0] }, "file:/etc/shadow"},
		{"a file", "text: file:/etc/fw", func(e every) any { return e.Text }, "fw"},
		{"a file as a number", `count: "file:/etc/n"`, func(e every) any { return e.Count }, uint32(7)},
		{"only line ends at its end are cut", "list: ['file:/etc/two']", func(e every) any { return e.List[0] }, "a\nb"},
		{"a variable in the path", "secret: 'file:${DIR}/pw'", func(e every) any { return e.Secret.Reveal() }, "hunter2"},
		{"file: without a path is a text", "list: ['file:x', 'a file:/b']", func(e every) any { return strings.Join(e.List, ",") }, "file:x,a file:/b"},
		{"not in a key", "names: {1: '${NAME}'}", func(e every) any { return e.Names[1] }, "fw"},
		{"a dollar in a secret", "secret: pa$$word$", func(e every) any { return e.Secret.Reveal() }, "pa$$word$"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e every
			if err := outside(&e, c.settings); err != nil {
				t.Fatal(err)
			}
			if got := c.got(e); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSubstituteMistakes(t *testing.T) {
	for _, c := range []struct{ name, settings, want string }{
		{"not set", "text: ${NO_SUCH}", `1:7: text: the environment variable "NO_SUCH" is not set`},
		{"no name", "text: a${}", "1:7: text: ${ must be followed by a variable's name and }; a literal ${ is written $${"},
		{"not closed", "text: ${NAME", "1:7: text: ${ must be followed by a variable's name and }; a literal ${ is written $${"},
		{"a default", "text: ${NAME:-x}", "1:7: text: ${ must be followed by a variable's name and }; a literal ${ is written $${"},
		{"no such file", "text: file:/etc/none", `1:7: text: read "file:/etc/none": no such file`},
		{"no such file, by a variable", "text: file:${DIR}/none", `1:7: text: read "file:${DIR}/none": no such file`},
		{"a relative file for a secret", "secret: file:pw", "1:9: secret: file: takes an absolute path, such as file:/etc/nflogship/password"},
		{"not a number", "count: ${BAD}", "1:8: count: *** is not a whole number"},
		{"not a size", "size: ${BAD}", "1:7: size: *** is not a size such as 64KiB, 16MiB or 1GiB"},
		{"not a time", "wait: file:/etc/fw", "1:7: wait: *** is not a time such as 500ms, 10s, 2h or 30d"},
		{"not a prefix", "prefix: ${BAD}", "1:9: prefix: *** is not a value"},
		{"not a flag", "flag: ${BAD}", "1:7: flag: *** is not true or false"},
		{"no guess", "flag: ${YES}", "1:7: flag: *** is not true or false"},
		{"too small", "factor: 0.0${N}", "1:9: factor: must be at least 0.5, is ***"},
		{"not a word", "words: ['${BAD}']", "1:9: words[0]: *** is not one of a, bcd, e"},
		{"twice", "list: ['${BAD}', '${BAD}']", "1:18: list[1]: *** stands in the list twice"},
		{"in what decodes itself", "track: ${NO_SUCH}", `1:8: track: the environment variable "NO_SUCH" is not set`},
		{"in what decodes itself, twice read", "speed: ${NO_SUCH}", `1:8: speed: the environment variable "NO_SUCH" is not set`},
		{"too long", "text: ${BAD}${BAD}", "1:7: text: must be at most 4 characters, is ***"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := outside(&every{}, c.settings)
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestScrub(t *testing.T) {
	d := &decoder{revealed: []string{"hunter2", "7", "", "a\"b\\c", "fw"}}
	for _, c := range []struct{ name, text, want string }{
		{"in a word", "cannot use xhunter2x", "cannot use x***x"},
		{"quoted again", `cannot use "a\"b\\c"`, `cannot use "***"`},
		{"a short one alone", "7 is not 17, 7:7", "*** is not 17, ***:***"},
		{"a short one at the end", "want fwd, not fw", "want fwd, not ***"},
		{"the password of a URL", "dial nats://me:pw@host and nats://you:pw2@host", "dial nats://me:***@host and nats://you:***@host"},
		{"nothing", "port 514", "port 514"},
	} {
		if got := d.scrub(c.text); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

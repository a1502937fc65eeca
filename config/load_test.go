package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "nflogship.yaml")
	secret := filepath.Join(dir, "token")
	write(t, secret, "hunter2\n", 0o640)
	file := oneSource + "sinks: {bus: {nats: {servers: [n], subject: s, token: 'file:" + secret + "'}}}\n"
	for _, c := range []struct {
		name, file       string
		mode, secretMode fs.FileMode
		want             string // warnings
	}{
		{"closed to others", file, 0o640, 0o640, ""},
		{"a secret's file that everyone may read", file, 0o644, 0o644, "everyone may read \"file:" + secret + "\" (mode 0644); chmod o-r it"},
		{"a literal secret that everyone may read", strings.Replace(file, "file:"+secret, "hunter2", 1), 0o644, 0o640, "a secret in a file that everyone may read (mode 0644)"},
		{"a literal secret closed to others", strings.Replace(file, "file:"+secret, "hunter2", 1), 0o600, 0o640, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, path, c.file, c.mode)
			write(t, secret, "hunter2\n", c.secretMode)
			f, err := Load(path, testSchema())
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Sinks[0].Config.(*natsConfig).Token.Reveal(); got != "hunter2" {
				t.Errorf("the token is %q", got)
			}
			var warned []string
			for _, w := range f.Warnings {
				warned = append(warned, w.Text)
			}
			if got := strings.Join(warned, "|"); got == "" != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got warnings %q, want %q", got, c.want)
			}
		})
	}
}

func write(t *testing.T, path, data string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask, and if it was there
		t.Fatal(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large")
	write(t, large, strings.Repeat("#", maxFileSize+1), 0o600)
	for _, c := range []struct{ name, path, want string }{
		{"what is not there", filepath.Join(dir, "none"), "no such file or directory"},
		{"a directory", dir, "not a regular file"},
		{"a FIFO, without waiting for a writer", fifo, "not a regular file"},
		{"a device without end", "/dev/zero", "not a regular file"},
		{"too much", large, "larger than 1MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.path, testSchema())
			if want := "read configuration " + c.path + ": " + c.want; errText(err) != want {
				t.Errorf("got %q, want %q", errText(err), want)
			}
		})
	}
}

func TestParseRefusesTooMuch(t *testing.T) {
	_, err := parse(strings.Repeat("#", maxFileSize+1))
	if !strings.Contains(errText(err), "the file is larger than 1MiB") {
		t.Errorf("got %.100q", errText(err))
	}
}

// TestHugeInputEnds holds what could take quadratic time: an eighth of a megabyte each, over in moments.
func TestHugeInputEnds(t *testing.T) {
	const size = maxFileSize / 8
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	for _, c := range []struct{ name, file string }{
		{"a deep list", fill("[")},
		{"deep keys", strings.Repeat("{a: ", 9000)},
		{"deep questions", strings.Repeat("? ", 9000)},
		{"one key again and again", fill("a: b\n")},
		{"a long line", "a: " + fill("x")},
		{"URLs in a line", "a: '" + fill("://a:b@") + "'\nb: '" + fill("://a:") + "'"},
		{"secrets in a line", "sinks: {a: {nats: {" + fill("token: x, ") + "}}}"},
		{"secrets in a secret", "token:\n" + fill("  token: x\n")},
		{"secrets in a secret, deep", "token: " + strings.Repeat("{token: ", 50) + "[" + fill("x,\n") + "]" + strings.Repeat("}", 50)},
		{"one secret by many aliases", "sinks: {a: {nats: {token: &t \"" + strings.Repeat("x\n", 20000) + "\", x: [" + strings.Repeat("*t, ", 50000) + "]}}}"},
		{"a wrong line far down", fill("a: b\n") + "  c: d\n"},
		{"a wrong line far down a block", "a:\n" + fill("  a: b\n") + " c: d\n"},
		{"an open quote", "a: \"" + fill("x\n")},
		{"components", "sinks:\n" + fill("  a: {b: c}\n")},
		{"comments", "a: b\n" + fill("# x\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parse(c.file); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestValueFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, strings.Repeat("x", maxValueSize+1), 0o600)
	err := Decode("secret: file:"+path, &every{})
	if !strings.Contains(errText(err), "larger than 64KiB") {
		t.Errorf("got %.200q", errText(err))
	}
}

func TestHostname(t *testing.T) {
	unknown := func(o *options) { o.hostname = func() (string, error) { return "", errors.New("no such thing") } }
	_, err := parse(oneSource+oneSink, unknown)
	if got := strings.Join(texts(err), "|"); got != "1:1: the host's name is not known (no such thing); set host" {
		t.Errorf("got %s", got)
	}
	if f, err := parse("host: a\n"+oneSource+oneSink, unknown); err != nil || f.Host != "a" {
		t.Errorf("got %v", err)
	}
	_, err = parse("host: ''\n" + oneSource + oneSink)
	if got := strings.Join(texts(err), "|"); got != "1:7: host: must not be empty; leave it out for the host's own name" {
		t.Errorf("got %s", got)
	}
}

func TestAdmin(t *testing.T) {
	for _, c := range []struct{ listen, err, warning string }{
		{"127.0.0.1:9111", "", ""},
		{"'[::1]:9111'", "", ""},
		{"localhost:9111", "", ""},
		{"0.0.0.0:9111", "", `1:9: listen: "0.0.0.0:9111" can be reached from other hosts, and answers everyone`},
		{"':9111'", "", `1:9: listen: ":9111" can be reached from other hosts, and answers everyone`},
		{"fw.example:9111", "", `1:9: listen: "fw.example:9111" can be reached from other hosts, and answers everyone`},
		{"9111", `1:9: listen: "9111" is not host:port, such as 127.0.0.1:9111`, ""},
	} {
		settings := "listen: " + c.listen
		d := newDecoder("f", []byte(settings), Schema{}, nil)
		at, _ := d.document([]byte(settings))
		d.value(at, reflect.ValueOf(&Admin{}).Elem())
		if got := strings.Join(texts(d.errors()), "|"); got != c.err {
			t.Errorf("%s: got %s, want %s", c.listen, got, c.err)
		}
		d.found = d.warned
		if got := strings.Join(texts(d.errors()), "|"); got != c.warning {
			t.Errorf("%s: got the warning %s, want %s", c.listen, got, c.warning)
		}
	}
}

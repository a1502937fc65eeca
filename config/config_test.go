package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nflogship/internal/testenv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

func noEnv(string) (string, bool) { return "", false }

func noFiles(string) ([]byte, fs.FileMode, error) { return nil, 0, fs.ErrNotExist }

func parse(data string, opts ...Option) (*File, error) {
	base := []Option{WithEnv(noEnv), WithReadFile(noFiles), WithHostname("fw1")}
	return Parse("f.yaml", []byte(data), testSchema(), append(base, opts...)...)
}

// texts lists what is wrong as line:col: text.
func texts(err error) []string {
	var e *Errors
	if !errors.As(err, &e) {
		return nil
	}
	var list []string
	for _, p := range e.Problems {
		head, _, _ := strings.Cut(strings.TrimPrefix(p.Error(), p.File+":"), "\n")
		list = append(list, head)
	}
	return list
}

func TestEveryMistakeAtOnce(t *testing.T) {
	data, err := os.ReadFile("testdata/mistakes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("mistakes.yaml", data, testSchema(), WithEnv(noEnv), WithReadFile(noFiles))
	if err == nil {
		t.Fatal("no error")
	}
	golden(t, "mistakes.golden", err.Error()+"\n")
}

func TestExampleOfEverything(t *testing.T) {
	data, err := os.ReadFile(testenv.Shared(t, "reference/config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	password := func(string) ([]byte, fs.FileMode, error) { return []byte("hunter2\n"), 0o600, nil }
	_, err = Parse("config.example.yaml", data, testSchema(), WithEnv(noEnv), WithReadFile(password))
	golden(t, "example.golden", strings.Join(texts(err), "\n")+"\n")
}

func TestRender(t *testing.T) {
	data, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) {
		return map[string]string{"KAFKA": "k7.example", "PORT": "5140"}[name], true
	}
	password := func(string) ([]byte, fs.FileMode, error) { return []byte("hunter2\n"), 0o640, nil }
	f, err := Parse("good.yaml", data, testSchema(), WithEnv(env), WithReadFile(password), WithHostname("fw1"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "good.golden", string(f.Render()))
}

package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"gopkg.in/yaml.v3"
)

// canary is what every variable and every file holds while fuzzing. It must not come out.
const canary = "cAnArY7f3a9"

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, c := range syntaxCases {
		f.Add([]byte(c.file))
	}
	for _, s := range secretPlaces {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(string(data),
			WithEnv(func(string) (string, bool) { return canary, true }),
			WithReadFile(func(string) ([]byte, fs.FileMode, error) { return []byte(canary), 0o600, nil }))
		shown := ""
		if err != nil {
			shown = err.Error()
			checkErrors(t, err, strings.Count(string(data), "\n")+1)
		} else {
			shown = checkRender(t, file)
		}
		if strings.Contains(shown, canary) && !strings.Contains(string(data), canary) {
			t.Fatalf("what came from outside shows in\n%s", shown)
		}
	})
}

func checkErrors(t *testing.T, err error, lines int) {
	t.Helper()
	var e *Errors
	if !errors.As(err, &e) {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	if len(e.Problems) == 0 || len(e.Problems) > maxShown {
		t.Fatalf("%d problems", len(e.Problems))
	}
	for _, p := range e.Problems {
		if p.Line < 1 || p.Line > lines || p.Col < 1 || p.Text == "" || p.Snippet == "" {
			t.Fatalf("problem %+v in a file of %d lines", p, lines)
		}
		if i := strings.IndexFunc(p.Text+strings.ReplaceAll(p.Snippet, "\n", ""), unicode.IsControl); i >= 0 {
			t.Fatalf("control character in %q", p.Error())
		}
	}
}

func checkRender(t *testing.T, f *File) string {
	t.Helper()
	out := f.Render()
	var n yaml.Node
	if err := yaml.Unmarshal(out, &n); err != nil {
		t.Fatalf("%v in what was rendered:\n%s", err, out)
	}
	return string(out)
}

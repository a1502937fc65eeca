// Package rooms holds the test that dependencies between the project's folders point one way.
package rooms

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nflogship/internal/testenv"
)

// may lists what the code of a folder, and of those below it, may import of this project; the longest folder that fits
// counts. Its own folder is always allowed. A name that ends in a slash allows everything below it too.
var may = map[string][]string{
	"event":               {},
	"decode":              {"event"},
	"config":              {},
	"encode":              {"event", "config", "encode", "encode/internal/"},
	"encode/encodetest":   {"event", "encode", "decode", "internal/testenv"},
	"source":              {"event"},
	"source/action":       {"event"},
	"source/nflog":        {"event", "decode", "config", "source"},
	"source/pcap":         {"event", "decode", "config", "source"},
	"source/pcap/capture": {},
	"sink":                {"event", "encode", "sink/route"},
	"sink/route":          {"event"},
	"sink/sinktest":       {"event", "encode", "sink"},
	"sink/file":           {"event", "encode", "config", "sink", "sink/route"},
	"sink/kafka":          {"event", "encode", "config", "sink", "sink/route", "internal/tlsconf"},
	"sink/nats":           {"event", "encode", "config", "sink", "sink/route", "internal/tlsconf"},
	"sink/syslog":         {"event", "encode", "config", "sink", "sink/route", "internal/tlsconf"},
	"pipeline":            {"event", "encode", "source", "source/action", "sink", "sink/route", "pipeline/"},
	"pipeline/stage":      {"event"},
	"pipeline/queue":      {"event", "encode", "sink"},
	"pipeline/batch":      {"event", "config", "pipeline/stage"},
	"pipeline/threshold":  {"event", "config", "pipeline/stage"},
	"internal":            {"internal/testenv"},
	"encode/internal":     {"event", "config", "encode/"},
	"cmd":                 {"event", "encode/", "config", "source/", "sink/", "pipeline/"},
	"examples":            {},
}

func TestDependenciesPointOneWay(t *testing.T) {
	root := testenv.Root()
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		files++
		for _, imported := range imports(t, path) {
			if !allowed(folder, imported) {
				t.Errorf("%s imports %s: %s may not", path[len(root)+1:], imported, folder)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were looked at", files)
	}
}

// imports lists the folders of this project that a file imports.
func imports(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if folder, ours := strings.CutPrefix(name, "nflogship/"); ours {
			folders = append(folders, folder)
		}
	}
	return folders
}

func allowed(folder, imported string) bool {
	if imported == folder || strings.HasPrefix(imported, folder+"/internal") {
		return true
	}
	rules, known := rulesOf(folder)
	if !known {
		return false
	}
	for _, r := range rules {
		if imported == strings.TrimSuffix(r, "/") || strings.HasSuffix(r, "/") && strings.HasPrefix(imported, r) {
			return true
		}
	}
	// A kind's own subfolders are its own business.
	return strings.Count(folder, "/") >= 1 && strings.HasPrefix(imported, folder+"/")
}

func rulesOf(folder string) ([]string, bool) {
	for f := folder; f != "."; f = filepath.Dir(f) {
		if rules, ok := may[f]; ok {
			return rules, true
		}
	}
	return nil, false
}

func TestTheRulesRefuse(t *testing.T) {
	for folder, imported := range map[string]string{
		"event": "encode", "decode": "encode", "config": "sink/kafka", "sink/file": "sink/kafka", "sink/nats": "pipeline",
		"pipeline": "sink/kafka", "source/nflog": "source/pcap", "encode/json": "decode", "nowhere": "event",
	} {
		if allowed(folder, imported) {
			t.Errorf("%s may import %s", folder, imported)
		}
	}
}

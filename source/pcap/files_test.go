package pcap

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	plain := golden(t, "GA.nflog.pcap")
	squeezed := gzipped(plain)
	r := newRig(t, Config{Files: []string{write(t, "a.pcap", plain), write(t, "b.pcap.gz", squeezed)}})
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := int64(len(plain) + len(squeezed))
	if read, total := r.Progress(); read != 0 || total != all {
		t.Errorf("before: %d of %d, want 0 of %d", read, total, all)
	}
	if err := r.Run(t.Context(), r.emit); err != nil {
		t.Fatal(err)
	}
	if read, total := r.Progress(); read != all || total != all {
		t.Errorf("after: %d of %d, want %d", read, total, all)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.pcap", "a.pcap", "c.log", "[x].pcap"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		files []string
		want  string // names, or the error
		fails bool
	}{
		{"as given", []string{"b.pcap", "a.pcap"}, "b.pcap a.pcap", false},
		{"pattern, sorted", []string{"c.log", "?.pcap"}, "c.log a.pcap b.pcap", false},
		{"a file whose name looks like a pattern", []string{"[x].pcap"}, "[x].pcap", false},
		{"twice is twice", []string{"a.pcap", "a.pcap"}, "a.pcap a.pcap", false},
		{"pattern without a match", []string{"a.pcap", "*.cap"}, "no file matches", true},
		{"pattern that is none", []string{"[a"}, "not a pattern", true},
		{"missing", []string{"z.pcap"}, "no such file", true},
		{"directory", []string{"sub"}, "sub is a directory", true},
		{"directory matched by a pattern", []string{"s*"}, "sub is a directory", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, f := range c.files {
				names = append(names, filepath.Join(dir, f))
			}
			found, missing := findFiles(names)
			err := errors.Join(missing...)
			if c.fails {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("%v, want %q", err, c.want)
				}
				return
			}
			var got []string
			for _, f := range found {
				got = append(got, filepath.Base(f.name))
			}
			if strings.Join(got, " ") != c.want || err != nil {
				t.Errorf("%q, %v, want %s", got, err, c.want)
			}
		})
	}
	if _, missing := findFiles([]string{"-", "-"}); missing == nil {
		t.Error("standard input twice")
	}
	if os.Getuid() != 0 {
		closed := write(t, "closed.pcap", nil)
		if err := os.Chmod(closed, 0); err != nil {
			t.Fatal(err)
		}
		if _, missing := findFiles([]string{closed}); !errors.Is(errors.Join(missing...), os.ErrPermission) {
			t.Errorf("a file that may not be read: %v", missing)
		}
	}
}

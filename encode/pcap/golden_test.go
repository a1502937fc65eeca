package pcap

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// TestCaptures writes what every capture there is holds: it comes back the same.
func TestCaptures(t *testing.T) {
	var captures []string
	for _, dir := range []string{testenv.Shared(t, "golden"), testenv.Shared(t, "corpus"), filepath.Join(testenv.Root(), "decode/testdata"), filepath.Join(testenv.Root(), "examples")} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); ext == ".pcap" || ext == ".pcapng" {
				captures = append(captures, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(captures) < 20 {
		t.Errorf("only %d captures", len(captures))
	}
	for _, path := range captures {
		t.Run(filepath.Base(path), func(t *testing.T) {
			before := replay(t, path)
			if len(before.Events) == 0 {
				t.Fatal("it holds no events")
			}
			after := again(t, t.TempDir(), before)
			if strings.Contains(path, "nflog") || strings.Contains(path, "examples") {
				same(t, before, after, nothing)
			} else {
				same(t, before, after, elsewhere)
			}
		})
	}
}

func nothing(*event.Event) {}

// elsewhere is for packets that were not logged by NFLOG: they have no group, perhaps no time, and interfaces of ULOG have
// no index.
func elsewhere(e *event.Event) {
	e.Has |= event.HasGroup | event.HasTimeSeen
	if e.InIndex == 0 {
		e.In, e.Has = event.Span{}, e.Has&^event.HasIn
	}
	if e.OutIndex == 0 {
		e.Out, e.Has = event.Span{}, e.Has&^event.HasOut
	}
}

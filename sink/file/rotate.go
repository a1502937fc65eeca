package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An old file's name is its path, a dot and the time at which it was set aside (UTC, so that names sort by age), a number
// where two were set aside in the same millisecond, and .gz or .zst once it is compressed:
//
//	events.json.20261122T100000.000Z
//	events.json.20261122T100000.000Z-1.zst
const stamp = "20060102T150405.000Z"

// due reports whether the file must be set aside before more is written, n bytes at least.
func (r *Rotate) due(o *output, n int64, now time.Time) bool {
	if !o.regular || o.size <= int64(len(o.codec.Header)) {
		return false
	}
	if r.MaxSize > 0 && o.size+n > int64(r.MaxSize) {
		return true
	}
	return r.Every > 0 && period(o.began, time.Duration(r.Every)) != period(now, time.Duration(r.Every))
}

// period numbers the intervals of a length, counted so that one begins at local midnight.
func period(t time.Time, every time.Duration) int64 {
	_, offset := t.Zone()
	local := t.UnixNano() + int64(offset)*int64(time.Second)
	return local / int64(every)
}

// setAside renames a file to the name of an old one.
func setAside(path string, now time.Time) error {
	old := path + "." + now.UTC().Format(stamp)
	name := old
	for n := 1; exists(name); n++ {
		name = fmt.Sprintf("%s-%d", old, n)
	}
	return os.Rename(path, name)
}

func exists(old string) bool {
	for _, name := range []string{old, old + ".gz", old + ".zst"} {
		if _, err := os.Lstat(name); err == nil {
			return true
		}
	}
	return false
}

// oldFile is a file that was set aside.
type oldFile struct {
	path       string
	at         time.Time
	compressed bool
}

// oldFiles lists what was set aside of path, oldest first.
func oldFiles(path string) ([]oldFile, error) {
	entries, err := os.ReadDir(filepath.Dir(path)) // sorted by name, and so by time
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	var old []oldFile
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if !ok || !e.Type().IsRegular() || len(rest) < len(stamp) {
			continue
		}
		at, err := time.Parse(stamp, rest[:len(stamp)])
		compressed := strings.HasSuffix(rest, ".gz") || strings.HasSuffix(rest, ".zst")
		if err == nil && isSuffix(rest[len(stamp):]) {
			old = append(old, oldFile{filepath.Join(filepath.Dir(path), e.Name()), at, compressed})
		}
	}
	return old, nil
}

// isSuffix reports whether s is what may follow the time in an old file's name.
func isSuffix(s string) bool {
	s = strings.TrimSuffix(strings.TrimSuffix(s, ".gz"), ".zst")
	return s == "" || s[0] == '-' && strings.Trim(s[1:], "0123456789") == ""
}

package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/event"
	"nflogship/internal/testenv"
	"nflogship/sink"
	"nflogship/sink/route"
	"nflogship/sink/sinktest"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(inSmallDisk) != "" {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

var jsonLines = &encode.Codec{Name: "json", Framing: encode.Line}

func newSink(t *testing.T, settings string) *sink.Sink {
	t.Helper()
	c := DefaultConfig()
	if err := config.Decode(settings, &c); err != nil {
		t.Fatal(err)
	}
	s, err := New(c, sink.Deps{Name: "archive", Host: "ams1", Format: "json", Codec: jsonLines, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func records(name string, n int) []sinktest.Record {
	out := make([]sinktest.Record, n)
	for i := range out {
		out[i].Text = fmt.Sprintf("%s-%04d", name, i)
	}
	return out
}

func TestConformance(t *testing.T) {
	for _, sync := range []bool{false, true} {
		t.Run(fmt.Sprint("sync=", sync), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a/b/events.json")
			sinktest.Run(t, sinktest.Subject{
				New:     func(t *testing.T) *sink.Sink { return newSink(t, fmt.Sprintf("{path: %s, sync: %v}", path, sync)) },
				Read:    func(t *testing.T) []string { return read(t, path) },
				Promise: sinktest.Promise{Keeps: true, Once: true, Ordered: true},
			})
		})
	}
}

func TestModeWhateverTheUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	path := filepath.Join(t.TempDir(), "new/events.json")
	s := newSink(t, "{path: "+path+", mode: 0644}")
	if err := s.Sender.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Sender.Close(t.Context())
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Fatalf("mode %v (%v), want 0644", info.Mode(), err)
	}
}

func TestATornLastLineIsClosedOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(path, []byte("whole\ntor"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSink(t, "{path: "+path+"}")
	sinktest.Ship(t, s, sinktest.Load(records("new", 1)))
	s.Sender.Close(t.Context())
	if got := strings.Join(read(t, path), "|"); got != "whole|tor|new-0000" {
		t.Errorf("the file holds %s", got)
	}
}

func TestAMovedFileIsMadeAnew(t *testing.T) {
	for name, how := range map[string]func(s *Sender){
		"after SIGHUP": func(s *Sender) { s.Reopen() },
		"by itself":    func(s *Sender) { s.now = func() time.Time { return time.Now().Add(lookAgain) } },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.json")
			s := newSink(t, "{path: "+path+"}")
			sinktest.Ship(t, s, sinktest.Load(records("a", 2)))
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			how(s.Sender.(*Sender))
			sinktest.Ship(t, s, sinktest.Load(records("b", 2)))
			s.Sender.Close(t.Context())
			if a, b := read(t, path+".1"), read(t, path); len(a) != 2 || len(b) != 2 || b[0] != "b-0000" {
				t.Errorf("moved file %v, new file %v", a, b)
			}
		})
	}
}

// What is cut from outside while we write, as logrotate's copytruncate does, leaves no hole where we go on.
func TestAFileCutFromOutsideGetsNoHole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.json")
	s := newSink(t, "{path: "+path+", sync: true}")
	sinktest.Ship(t, s, sinktest.Load(records("a", 500)))
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	o := s.Sender.(*Sender).open[path]
	if _, err := o.append([]byte("torn rec")); err != nil {
		t.Fatal(err)
	}
	o.cut(len("torn rec"))
	o.takeBack()
	sinktest.Ship(t, s, sinktest.Load(records("b", 2)))
	s.Sender.Close(t.Context())
	if got := strings.Join(read(t, path), " "); got != "b-0000 b-0001" {
		t.Errorf("the file holds %.100q", got)
	}
}

func TestALowLimitOnOpenFiles(t *testing.T) {
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	low := was
	low.Cur = 24
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was)
	dir := t.TempDir()
	s := newSink(t, fmt.Sprintf("{path: %q}", dir+"/{group}.json"))
	var list []sinktest.Record
	for i := range maxOpen {
		list = append(list, sinktest.Record{Text: fmt.Sprint(i), Route: fmt.Sprintf("%s/%d.json", dir, i)})
	}
	sinktest.Ship(t, s, sinktest.Load(list))
	s.Sender.Close(t.Context())
	for _, r := range list {
		if got := read(t, r.Route); len(got) != 1 {
			t.Fatalf("%s holds %v", r.Route, got)
		}
	}
}

func TestARemovedDirectoryIsMadeAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	s := newSink(t, "{path: "+dir+"/events.json}")
	sinktest.Ship(t, s, sinktest.Load(records("a", 2)))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.Sender.(*Sender).Reopen()
	sinktest.Ship(t, s, sinktest.Load(records("b", 2)))
	s.Sender.Close(t.Context())
	if got := read(t, dir+"/events.json"); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// Rotated by size: no file is larger than max_size, no record is torn or lost, and the old ones are compressed.
func TestRotationBySizeLosesNothing(t *testing.T) {
	for _, compress := range []string{"none", "gzip", "zstd"} {
		t.Run(compress, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.json")
			s := newSink(t, fmt.Sprintf("{path: %s, rotate: {max_size: 4KiB, compress: %s}}", path, compress))
			var want []string
			for k := range 20 {
				batch := records(fmt.Sprintf("batch%02d", k), 97)
				for _, r := range batch {
					want = append(want, r.Text)
				}
				sinktest.Ship(t, s, sinktest.Load(batch))
			}
			if err := s.Sender.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			names, _ := filepath.Glob(path + ".*")
			sort.Strings(names)
			var got []string
			for _, name := range append(names, path) {
				text := string(decompressed(t, name))
				if len(text) > 4096 || len(text) < 3000 && name != path {
					t.Errorf("%s has %d bytes", name, len(text))
				}
				got = append(got, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
			}
			sort.Strings(got) // names of the same millisecond need not sort by age
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%d records in %d files, want %d", len(got), len(names)+1, len(want))
			}
			if len(names) < 5 {
				t.Errorf("only %d old files", len(names))
			}
		})
	}
}

func decompressed(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(data)
	switch filepath.Ext(name) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		var z *zstd.Decoder
		z, err = zstd.NewReader(r)
		defer func() { z.Close() }()
		r = z
	}
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRotationByTimeAndRetention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.json")
	s := newSink(t, "{path: "+path+", rotate: {every: 24h, keep: 3}}")
	sender := s.Sender.(*Sender)
	day := time.Now()
	for k := range 6 {
		sender.now = func() time.Time { return day.AddDate(0, 0, k) }
		sinktest.Ship(t, s, sinktest.Load(records(fmt.Sprint("day", k), 1)))
		sinktest.Ship(t, s, sinktest.Load(records(fmt.Sprint("day", k), 1)))
	}
	if err := s.Sender.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	old, err := oldFiles(path)
	if err != nil || len(old) != 3 {
		t.Fatalf("%d old files (%v), want 3", len(old), err)
	}
	if got := read(t, old[0].path); got[0] != "day2-0000" || len(got) != 2 {
		t.Errorf("the oldest that is kept holds %v, want day 2", got)
	}
}

func TestRetentionByAgeLeavesOtherFilesAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.json")
	now := time.Now()
	stay := []string{path + ".1", path + ".20261122T100000.000Zx", filepath.Join(dir, "other.json."+now.AddDate(-1, 0, 0).UTC().Format(stamp)),
		path + "." + now.Add(-time.Hour).UTC().Format(stamp)}
	goes := []string{path + "." + now.AddDate(0, 0, -3).UTC().Format(stamp), path + "." + now.AddDate(0, 0, -4).UTC().Format(stamp) + "-1.gz"}
	for _, name := range append(append([]string{}, stay...), goes...) {
		if err := os.WriteFile(name, []byte("x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newSink(t, "{path: "+path+", rotate: {every: 24h, max_age: 2d}}")
	sinktest.Ship(t, s, sinktest.Load(records("a", 1)))
	if err := s.Sender.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, name := range stay {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s is gone", filepath.Base(name))
		}
	}
	for _, name := range goes {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is still there", filepath.Base(name))
		}
	}
}

func TestCompressedFilesKeepTheirMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.json")
	s := newSink(t, "{path: "+path+", mode: 0604, rotate: {max_size: 4KiB, compress: gzip}}")
	sinktest.Ship(t, s, sinktest.Load(records("a", 900)))
	if err := s.Sender.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(path + ".*.gz")
	if len(names) == 0 {
		t.Fatal("nothing was compressed")
	}
	if info, _ := os.Stat(names[0]); info.Mode().Perm() != 0o604 {
		t.Errorf("mode %v, want 0604", info.Mode())
	}
}

// What a packet holds can't leave the directory, nor make more than max_routes files.
func TestPathsFromPackets(t *testing.T) {
	dir := t.TempDir()
	s := newSink(t, fmt.Sprintf("{path: %q}", dir+"/{host}/{prefix}-{time:%Y-%m-%d}.json"))
	pool := &event.Pool{}
	b := pool.Get()
	at := b.AddOrigin(&event.Origin{Host: "ams1"})
	var list []sinktest.Record
	for _, prefix := range []string{"../../etc/passwd", "a/b", "", "..", "x\x00y\n", "WAN-DROP "} {
		e := event.Event{Origin: at, Time: 1795341600e9, Has: event.HasPrefix, Prefix: b.AppendString(prefix)}
		b.Events = append(b.Events, e)
		list = append(list, sinktest.Record{Text: "r", Route: string(s.Route.Append(nil, b, &e))})
	}
	sinktest.Ship(t, s, sinktest.Load(list))
	s.Sender.Close(t.Context())
	var got []string
	filepath.Walk(dir, func(path string, info os.FileInfo, _ error) error {
		if info.Mode().IsRegular() {
			got = append(got, strings.TrimPrefix(path, dir))
		}
		return nil
	})
	want := []string{"/ams1/______etc_passwd-2026-11-22.json", "/ams1/WAN-DROP-2026-11-22.json", "/ams1/__-2026-11-22.json",
		"/ams1/a_b-2026-11-22.json", "/ams1/none-2026-11-22.json", "/ams1/x_y_-2026-11-22.json"}
	sort.Strings(want)
	sort.Strings(got)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestManyPathsHoldFewFilesOpen(t *testing.T) {
	dir := t.TempDir()
	s := newSink(t, fmt.Sprintf("{path: %q, sync: true}", dir+"/{group}.json"))
	var list []sinktest.Record
	for i := range 3 * maxOpen {
		list = append(list, sinktest.Record{Text: fmt.Sprint(i), Route: fmt.Sprintf("%s/%d.json", dir, i)})
	}
	sinktest.Ship(t, s, sinktest.Load(list, list))
	if n := len(s.Sender.(*Sender).open); n > maxOpen {
		t.Errorf("%d files are open", n)
	}
	s.Sender.Close(t.Context())
	for _, r := range list {
		if got := read(t, r.Route); len(got) != 2 {
			t.Fatalf("%s holds %v", r.Route, got)
		}
	}
}

const inSmallDisk = "NFLOGSHIP_TEST_SMALL_DISK"

// A full disk: what was written is whole records, the rest follows once there is room.
func TestFullDisk(t *testing.T) { onSmallDisk(t, fillDisk) }

// onSmallDisk runs the rest of a test in a mount namespace of its own, with a directory that holds 24 KiB more.
func onSmallDisk(t *testing.T, rest func(t *testing.T, dir string)) {
	t.Helper()
	if dir := os.Getenv(inSmallDisk); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
			t.Fatalf("SKIP-MOUNT %v", err)
		}
		if err := os.WriteFile(filepath.Join(dir, ballast), make([]byte, 40<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		rest(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inSmallDisk+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "SKIP-MOUNT") || err != nil && len(out) == 0 {
		testenv.Missing(t, "no file system of its own can be mounted here: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// ballast is the file that leaves no room for others.
const ballast = "ballast"

func fillDisk(t *testing.T, dir string) {
	path := filepath.Join(dir, "events.json")
	s := newSink(t, "{path: "+path+"}")
	if err := s.Sender.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := sinktest.Load(records("a-record-of-some-length", 1000))
	err := s.Sender.Send(t.Context(), l)
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("send to a full disk: %v", err)
	}
	if l.Open() == l.Len() || l.Open() == 0 {
		t.Errorf("%d of %d records undecided: want those that did not fit", l.Open(), l.Len())
	}
	if got := read(t, path); len(got) != l.Len()-l.Open() {
		t.Errorf("the file holds %d lines, %d records are decided", len(got), l.Len()-l.Open())
	}
	if err := os.Remove(filepath.Join(dir, ballast)); err != nil {
		t.Fatal(err)
	}
	sinktest.Ship(t, s, l)
	for i, line := range read(t, path) {
		if want := fmt.Sprintf("a-record-of-some-length-%04d", i); line != want {
			t.Fatalf("line %d is %q, want %q", i, line, want)
		}
	}
	s.Sender.Close(t.Context())
}

func TestAFifoWithoutAReaderIsNotWaitedForInOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSink(t, "{path: "+path+"}")
	if err := s.Sender.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing reads") {
		t.Fatalf("open: %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	for settings, want := range map[string]string{
		"{}":                                 `"path" is missing`,
		"{path: /var/log/}":                  "is a directory",
		"{path: /tmp}":                       "is a directory",
		"{path: ~/x.json}":                   "not a home directory",
		"{path: '{prefix}.json'}":            "must be absolute",
		"{path: '/a/{nonsense}'}":            "is not a field",
		"{path: '-', sync: true}":            "standard output has no sync",
		"{path: /a, rotate: {keep: 3}}":      "nothing says when",
		"{path: /a, owner: nosuchuser}":      "there is no user",
		"{path: /a, mode: 0999}":             "octal",
		"{path: /a, rotate: {max_size: 10}}": "4KiB",
	} {
		c := DefaultConfig()
		if err := config.Decode(settings, &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s…", settings, err, want)
		}
	}
}

func TestRouteTableForgetsIdlePaths(t *testing.T) {
	tmpl, err := route.Parse("/x/{time:%Y-%m-%dT%H}", route.Path)
	if err != nil {
		t.Fatal(err)
	}
	table := route.NewTable(tmpl, 3)
	pool := &event.Pool{}
	for hour := range int64(100) {
		b := pool.Get()
		b.Received = hour * int64(2*time.Hour)
		e := event.Event{Time: b.Received}
		if path, ok := table.Route(b, &e); !ok {
			t.Fatalf("hour %d goes to %s: an hourly path must not run out of places", hour, path)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	c := DefaultConfig()
	c.Path = filepath.Join(b.TempDir(), "events.json")
	s, err := New(c, sink.Deps{Codec: jsonLines, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	list := make([]sinktest.Record, 400)
	for i := range list {
		list[i].Text = strings.Repeat("x", 399)
	}
	l := sinktest.Load(list)
	b.ReportAllocs()
	for b.Loop() {
		l.Reset(l.Payloads)
		if err := s.Sender.Send(b.Context(), l); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*400), "ns/record")
}

package file

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/encode"
)

// TestWhatIsThere appends to what is whole, and sets aside what is not: nothing of it is lost or hidden behind a torn record.
func TestWhatIsThere(t *testing.T) {
	for _, c := range []*encode.Codec{sized, prefixed} {
		whole := framed(c, "one", "two")
		for name, x := range map[string]struct {
			there string
			stays bool
		}{
			"nothing":                     {"", true},
			"whole records":               {whole, true},
			"a header alone":              {string(c.Header), true},
			"a torn record":               {whole[:len(whole)-1], false},
			"what a crash left of a page": {whole + strings.Repeat("\x00", 4096), false},
			"another format":              {"{\"kind\": \"json\"}\n", false},
		} {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "events")
				if err := os.WriteFile(path, []byte(x.there), 0o600); err != nil {
					t.Fatal(err)
				}
				s := sinkOf(t, c, "{path: "+path+", sync: true}")
				if err := s.Sender.Open(t.Context()); err != nil {
					t.Fatal(err)
				}
				ship(t, s, c, "three")
				s.Sender.Close(t.Context())
				got := strings.Join(texts(t, c, content(t, path)), " ")
				old := aside(t, path)
				if !x.stays {
					if got != "three" || len(old) != 1 || string(content(t, old[0])) != x.there {
						t.Errorf("the file holds %s, set aside are %v", got, old)
					}
					return
				}
				if want := strings.TrimSpace(map[bool]string{true: "one two "}[x.there == whole] + "three"); got != want || len(old) > 0 {
					t.Errorf("the file holds %s, want %s; set aside are %v", got, want, old)
				}
			})
		}
	}
}

// TestEveryFileBegins rotates: each file is one by itself, and no record is lost.
func TestEveryFileBegins(t *testing.T) {
	for _, c := range []*encode.Codec{sized, prefixed} {
		path := filepath.Join(t.TempDir(), "events")
		s := sinkOf(t, c, "{path: "+path+", rotate: {max_size: 4KiB}}")
		giant := []string{strings.Repeat("g", 5000), strings.Repeat("h", 5000)} // larger than a file may be
		ship(t, s, c, giant...)
		want := append([]string(nil), giant...)
		for k := range 20 {
			var list []string
			for i := range 50 {
				list = append(list, fmt.Sprintf("record-%02d-%02d-%s", k, i, strings.Repeat("x", i)))
			}
			want = append(want, list...)
			ship(t, s, c, list...)
		}
		ship(t, s, c, giant...)
		want = append(want, giant...)
		s.Sender.Close(context.Background())
		var got []string
		for _, name := range append(aside(t, path), path) {
			records := texts(t, c, content(t, name))
			if len(records) == 0 {
				t.Errorf("%s: %s has no record", c.Name, name)
			}
			got = append(got, records...)
		}
		sort.Strings(got) // names of the same millisecond need not sort by age
		sort.Strings(want)
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %d records, want %d", c.Name, len(got), len(want))
		}
	}
}

// TestFilesBeginOnce opens files again and again: because they are many, on SIGHUP, and because they were moved away.
func TestFilesBeginOnce(t *testing.T) {
	dir := t.TempDir()
	s := sinkOf(t, sized, "{path: "+dir+"/one}")
	sender := s.Sender.(*Sender)
	sender.path = ""
	routed := func(path, text string) {
		t.Helper()
		sender.path = path // as a route would say
		ship(t, s, sized, text)
	}
	const files = maxOpen + 10
	for round := range 3 {
		for i := range files {
			routed(fmt.Sprintf("%s/%d", dir, i), fmt.Sprint("round", round))
		}
		sender.Reopen()
	}
	if err := os.Rename(dir+"/0", dir+"/moved"); err != nil {
		t.Fatal(err)
	}
	sender.now = func() time.Time { return time.Now().Add(lookAgain) }
	routed(dir+"/0", "round3")
	s.Sender.Close(t.Context())
	if len(sender.whole) != files {
		t.Errorf("%d files are known to be whole: the others would be read through again", len(sender.whole))
	}
	for i := range files {
		want := "round0 round1 round2"
		if i == 0 {
			want = "round3"
		}
		if got := strings.Join(texts(t, sized, content(t, fmt.Sprintf("%s/%d", dir, i))), " "); got != want {
			t.Errorf("file %d holds %s", i, got)
		}
	}
	if got := texts(t, sized, content(t, dir+"/moved")); len(got) != 3 {
		t.Errorf("the moved file holds %v", got)
	}
}

// TestACutFileBeginsAnew cuts a file from outside, as copytruncate does: to nothing, and in the middle of a record.
func TestACutFileBeginsAnew(t *testing.T) {
	for _, size := range []int64{0, 3, 12} {
		path := filepath.Join(t.TempDir(), "events")
		s := sinkOf(t, sized, "{path: "+path+"}")
		ship(t, s, sized, "first", "second")
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		s.Sender.(*Sender).now = func() time.Time { return time.Now().Add(lookAgain) }
		ship(t, s, sized, "third")
		s.Sender.Close(t.Context())
		if got := strings.Join(texts(t, sized, content(t, path)), " "); got != "third" {
			t.Errorf("cut to %d bytes, then: %s", size, got)
		}
	}
}

// TestStandardOutputBeginsOnce, whatever is reopened; where it is a file, before there is a record.
func TestStandardOutputBeginsOnce(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	was := os.Stdout
	os.Stdout = out
	defer func() { os.Stdout = was }()
	s := sinkOf(t, sized, `{path: "-"}`)
	if err := s.Sender.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := string(content(t, out.Name())); got != string(sized.Header) {
		t.Errorf("before the first record it holds %q", got)
	}
	ship(t, s, sized, "one")
	s.Sender.(*Sender).Reopen()
	ship(t, s, sized, "two")
	s.Sender.Close(t.Context())
	if got := strings.Join(texts(t, sized, content(t, out.Name())), " "); got != "one two" {
		t.Errorf("it holds %s", got)
	}
}

// TestEveryReaderOfAFifoGetsTheBeginning has one leave and another come.
func TestEveryReaderOfAFifoGetsTheBeginning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s := sinkOf(t, sized, "{path: "+path+"}")
	defer s.Sender.Close(t.Context())
	for _, text := range []string{"first", "second"} {
		r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		ship(t, s, sized, text)
		p := make([]byte, 100)
		n, err := r.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(texts(t, sized, p[:n]), " "); got != text {
			t.Errorf("the reader of %s gets %s", text, got)
		}
		r.Close()
		if err := s.Sender.Send(t.Context(), loadOf(sized, "nobody reads this")); err == nil {
			t.Error("sent without a reader")
		}
	}
}

// TestFullDiskOfRecords: what was written is whole records, the rest follows once there is room.
func TestFullDiskOfRecords(t *testing.T) { onSmallDisk(t, fillDiskWithRecords) }

func fillDiskWithRecords(t *testing.T, dir string) {
	path := filepath.Join(dir, "events")
	s := sinkOf(t, sized, "{path: "+path+"}")
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf("a-record-of-some-length-%04d", i))
	}
	l := loadOf(sized, list...)
	if err := s.Sender.Send(t.Context(), l); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("send to a full disk: %v", err)
	}
	if got := texts(t, sized, content(t, path)); len(got) != l.Len()-l.Open() || len(got) == 0 {
		t.Errorf("the file holds %d records, %d are decided", len(got), l.Len()-l.Open())
	}
	if err := os.Remove(filepath.Join(dir, ballast)); err != nil {
		t.Fatal(err)
	}
	if err := s.Sender.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	s.Sender.Close(t.Context())
	if got := texts(t, sized, content(t, path)); strings.Join(got, " ") != strings.Join(list, " ") {
		t.Errorf("the file holds %d records", len(got))
	}
}

// TestARecordThatCannotBeTakenBack spoils a stream: nothing may follow it.
func TestARecordThatCannotBeTakenBack(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	o := &output{path: Stdout, f: w, codec: sized}
	if _, err := o.append([]byte("torn")); err != nil {
		t.Fatal(err)
	}
	o.cut(2)
	if _, err := o.append([]byte("next")); err == nil || !strings.Contains(err.Error(), "in part") {
		t.Errorf("%v", err)
	}
	w.Close()
	if got, _ := io.ReadAll(r); string(got) != "HEADER\ntorn" {
		t.Errorf("%q", got)
	}
}

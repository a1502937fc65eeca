package pcap

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"
)

// stdin replaces standard input by a pipe, and returns its writing end.
func stdin(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stdin
	os.Stdin = r
	t.Cleanup(func() {
		os.Stdin = was
		r.Close()
		w.Close()
	})
	return w
}

// start runs the source in the background; the channel gives what Run returns.
func (r *rig) start(ctx context.Context) <-chan error {
	r.t.Helper()
	if err := r.Open(ctx); err != nil {
		r.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, r.emit) }() // until its input ends or it is stopped
	return done
}

// until waits for what another goroutine does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("ten seconds without %s", what)
		}
	}
}

func ended(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not return")
	}
	return nil
}

func TestStdin(t *testing.T) {
	plain := golden(t, "GA.nflog.pcap")
	for name, data := range map[string][]byte{"plain": plain, "gzip": gzipped(plain), "zstd": zstandard(plain), "damaged": plain[:1000]} {
		t.Run(name, func(t *testing.T) {
			w := stdin(t)
			r := newRig(t, Config{Files: []string{"-"}})
			done := r.start(t.Context())
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			w.Close()
			if err := ended(t, done); err != nil {
				t.Fatal(err)
			}
			if name == "damaged" {
				if len(r.damage) != 1 {
					t.Errorf("damage %q", r.damage)
				}
				return
			}
			if len(r.events) != 400 || len(r.damage) != 0 {
				t.Errorf("%d events, damage %q", len(r.events), r.damage)
			}
			if read, total := r.Progress(); read != int64(len(data)) || total != 0 {
				t.Errorf("progress %d of %d", read, total)
			}
		})
	}
}

func TestStdinFromAFile(t *testing.T) {
	data := golden(t, "GA.nflog.pcap")
	f, err := os.Open(write(t, "a.pcap", data))
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stdin
	os.Stdin = f
	defer func() { os.Stdin = was; f.Close() }()
	r := newRig(t, Config{Files: []string{"-"}}).sound()
	if _, total := r.Progress(); len(r.events) != 400 || total != int64(len(data)) {
		t.Errorf("%d events, %d bytes", len(r.events), total)
	}
}

// TestNothingWaitsForMore: a slow writer's packets go on as soon as they are whole.
func TestNothingWaitsForMore(t *testing.T) {
	w := stdin(t)
	r := newRig(t, Config{Files: []string{"-"}})
	done := r.start(t.Context())
	all := pcapHeader(101)
	for i := range 3 {
		all = append(all, record(uint32(i), 0, datagram(100, i))...)
	}
	from := 0
	for i, end := range []int{24, 24 + 116, 24 + 116 + 50, 24 + 2*116, 24 + 2*116 + 8, len(all)} {
		if _, err := w.Write(all[from:end]); err != nil {
			t.Fatal(err)
		}
		from = end
		until(t, fmt.Sprintf("event after piece %d", i), func() bool { return r.count() == (end-24)/116 })
	}
	w.Close()
	if err := ended(t, done); err != nil || len(r.damage) != 0 {
		t.Error(err, r.damage)
	}
}

func TestStopWhileWaiting(t *testing.T) {
	half := func(data []byte) []byte { return data[:len(data)/2] }
	plain := golden(t, "GA.nflog.pcap")
	for _, c := range []struct {
		name  string
		data  []byte
		least int // events that must have come
	}{
		{"for the first byte", nil, 0}, {"for a header", plain[:10], 0}, {"for a record", half(plain), 150}, {"for gzip's header", gzipped(plain)[:5], 0},
		{"for gzip", half(gzipped(plain)), 0}, {"for zstd", half(zstandard(plain)), 0},
	} {
		for _, cancelled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, cancelled %v", c.name, cancelled), func(t *testing.T) {
				w := stdin(t)
				r := newRig(t, Config{Files: []string{"-"}})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := r.start(ctx)
				if _, err := w.Write(c.data); err != nil {
					t.Fatal(err)
				}
				until(t, "reading", func() bool { n, _ := r.Progress(); return n == int64(len(c.data)) && r.count() >= c.least })
				if cancelled {
					cancel()
				} else {
					r.Stop()
				}
				if err := ended(t, done); (err != nil) != cancelled {
					t.Error(err)
				}
				if len(r.damage) != 0 || r.counts.Undecodable.Load() != 0 {
					t.Errorf("stopping is no damage: %q", r.damage)
				}
			})
		}
	}
}

func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("stopped before anyone writes", func(t *testing.T) {
		r := newRig(t, Config{Files: []string{path}})
		done := r.start(t.Context())
		until(t, "opening", func() bool { r.Source.mu.Lock(); defer r.Source.mu.Unlock(); return r.current != nil })
		r.Stop()
		if err := ended(t, done); err != nil || len(r.damage) != 0 {
			t.Error(err, r.damage)
		}
	})
	t.Run("stopped before it is opened", func(t *testing.T) {
		r := newRig(t, Config{Files: []string{path}})
		if err := r.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Stop()
		done := make(chan error, 1)
		go func() { done <- r.replay(t.Context(), r.emit, 0, r.files[0]) }() // as when Stop comes between Run's look and the opening
		if err := ended(t, done); err != nil || len(r.damage) != 0 {
			t.Error(err, r.damage)
		}
	})
	t.Run("written to late", func(t *testing.T) {
		data := golden(t, "GA.nflog.pcap")
		r := newRig(t, Config{Files: []string{path}})
		done := r.start(t.Context())
		until(t, "opening", func() bool { r.Source.mu.Lock(); defer r.Source.mu.Unlock(); return r.current != nil })
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if err := ended(t, done); err != nil || len(r.events) != 400 {
			t.Error(err, len(r.events))
		}
	})
}

// TestDamageDoesNotWaitForTheWriter: what follows damage is not read, though its writer still holds the pipe.
func TestDamageDoesNotWaitForTheWriter(t *testing.T) {
	var flushed bytes.Buffer // and not ended: the reader looks for another member before it passes a member's last bytes on
	z := gzip.NewWriter(&flushed)
	z.Write([]byte("no capture at all"))
	z.Flush()
	for name, data := range map[string][]byte{"plain": []byte("no capture at all"), "gzip": flushed.Bytes()} {
		t.Run(name, func(t *testing.T) {
			w := stdin(t)
			r := newRig(t, Config{Files: []string{"-"}})
			done := r.start(t.Context())
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := ended(t, done); err != nil || len(r.damage) != 1 {
				t.Error(err, r.damage)
			}
		})
	}
}

func TestReadAheadIsClosedWithoutBeingRead(t *testing.T) {
	released := false
	a := startReadAhead(endless{}, func() { released = true }, true)
	if _, err := io.ReadFull(a, make([]byte, 3*aheadSize+1)); err != nil {
		t.Fatal(err)
	}
	a.close()
	if !released {
		t.Error("the reader is not released")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

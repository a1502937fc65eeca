package syslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// longest is how long a test waits for what must happen.
const longest = 20 * time.Second

// at is 2026-11-22T10:00:00.123456789Z.
const at = 1795341600_123456789

func decode(t testing.TB, settings string) Config {
	t.Helper()
	c := DefaultConfig()
	if err := config.Decode(settings, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func deps() sink.Deps {
	return sink.Deps{Name: "collector", Host: "ams1-fw3", Format: "json", Log: slog.New(slog.DiscardHandler)}
}

func build(t testing.TB, settings string) (*sink.Sink, *Sender) {
	t.Helper()
	s, err := New(decode(t, settings), deps())
	if err != nil {
		t.Fatal(err)
	}
	return s, s.Sender.(*Sender)
}

// opened is a sender that is connected, and closed at the end of the test.
func opened(t testing.TB, settings string) *Sender {
	t.Helper()
	_, s := build(t, settings)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func numbered(name string, n int) []sinktest.Record {
	records := make([]sinktest.Record, n)
	for i := range records {
		records[i] = sinktest.Record{Text: fmt.Sprintf(`{"n":"%s-%06d"}`, name, i), Time: at + int64(i)}
	}
	return records
}

func textsOf(records []sinktest.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.Text)
	}
	return out
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longest); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", longest, what)
		}
	}
}

// mustReconnect checks that a send has failed in the way that makes the pipeline open the sink again.
func mustReconnect(t testing.TB, err error, l *sink.Load, open int) {
	t.Helper()
	if !errors.Is(err, sink.ErrNotConnected) {
		t.Errorf("send returned %v, which does not ask for Open", err)
	}
	if l.Open() != open {
		t.Errorf("%d records are open, want %d", l.Open(), open)
	}
}

// lines collects a log.
type lines struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// shortDir is a temporary folder whose path fits into a socket's address and has no marks that mean something elsewhere.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "syslog")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func says(t testing.TB, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want %q in it", err, words)
	}
}

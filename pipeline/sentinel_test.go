package pipeline

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nflogship/pipeline/queue"
	"nflogship/sink"
)

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A sink that hangs without an error, and sheds: the log tells of both, once a minute at most.
func TestSentinelTellsOfLossesAndOfSinksThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(10)
		said := &journal{}
		h.Log = slog.New(slog.NewTextHandler(said, nil))
		h.source.every = 10 * time.Millisecond
		release := make(chan struct{})
		hung := &far{script: func(context.Context, int, *sink.Load) error { <-release; return nil }}
		h.lane(nil, h.sink(hung, "x", queue.Config{MaxBytes: 1 << 20, MaxEvents: 25, WhenFull: queue.DropNewest}))
		stop := make(chan struct{})
		time.AfterFunc(150*time.Second, func() { close(release); close(stop) })
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(said.String(), "events are shed"); n != 3 {
			t.Errorf("the loss is told %d times in 150 s, want 3", n)
		}
		if n := strings.Count(said.String(), "answers nothing"); n != 1 {
			t.Errorf("the hanging sink is told of %d times, want once", n)
		}
		if t.Failed() {
			t.Log(said.String())
		}
	})
}

func TestTheLogsLastWordIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(1)
		said := &journal{}
		h.Log = slog.New(slog.NewTextHandler(said, nil))
		h.source.every = 100 * time.Millisecond
		f := &far{}
		began := time.Now()
		f.script = func(context.Context, int, *sink.Load) error {
			if now := time.Since(began); now < time.Second || now > 5*time.Second && now < 20*time.Second {
				return context.DeadlineExceeded
			}
			return nil
		}
		h.lane(nil, h.sink(f, "x", roomy))
		stop := make(chan struct{})
		time.AfterFunc(18*time.Second, func() {
			if lines := strings.Split(strings.TrimSpace(said.String()), "\n"); !strings.Contains(lines[len(lines)-1], "does not get on") {
				t.Errorf("the sink is down, and the log's last word is %s", lines[len(lines)-1])
			}
		})
		time.AfterFunc(30*time.Second, func() { close(stop) })
		if err := h.run(t, t.Context(), stop); err != nil {
			t.Fatal(err)
		}
	})
}

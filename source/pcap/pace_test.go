package pcap

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nflogship/event"
)

func TestPace(t *testing.T) {
	file := func(times ...float64) []byte {
		data := pcapHeader(101)
		for i, at := range times {
			sec := uint32(at)
			data = append(data, record(sec, uint32((at-float64(sec))*1e6), datagram(60, i))...)
		}
		return data
	}
	cases := []struct {
		name  string
		speed Speed
		files [][]byte
		want  string // seconds after the start, and events: one pair for each batch
	}{
		{"as recorded", 1, [][]byte{file(100, 100, 101, 103.5, 103.5)}, "0:2 1:1 3.5:2"},
		{"twice as fast", 2, [][]byte{file(100, 101, 103.5)}, "0:1 0.5:1 1.75:1"},
		{"half as fast", 0.5, [][]byte{file(100, 101, 103.5)}, "0:1 2:1 7:1"},
		{"max", 0, [][]byte{file(100, 101, 103.5)}, "0:3"},
		{"a clock that went back", 1, [][]byte{file(100, 102, 101, 103)}, "0:1 2:2 3:1"},
		{"the time between files is not waited for", 1, [][]byte{file(100, 101), file(5000, 5002)}, "0:1 1:1 1:1 3:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var paths []string
			for _, f := range c.files {
				paths = append(paths, write(t, "a.pcap", f))
			}
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Config{Files: paths, Speed: c.speed})
				if err := r.Open(t.Context()); err != nil {
					t.Fatal(err)
				}
				start, got := time.Now(), ""
				err := r.Run(t.Context(), func(ctx context.Context, b *event.Batch) error {
					got += fmt.Sprintf(" %v:%d", time.Since(start).Seconds(), len(b.Events))
					return r.emit(ctx, b)
				})
				if err != nil || got[1:] != c.want {
					t.Errorf("%v, emitted at%s, want %s", err, got, c.want)
				}
			})
		})
	}
}

// TestPaceKeepsEverything: a chunk's rest is carried over every wait.
func TestPaceKeepsEverything(t *testing.T) {
	data := golden(t, "GA.nflog.pcap")
	for i, at := 0, 24; at < len(data); i++ { // a millisecond from each to the next
		copy(data[at:], le32(uint32(i/1000), uint32(i%1000*1000)))
		at += 16 + int(data[at+8]) + int(data[at+9])<<8
	}
	path := write(t, "a.pcap", data)
	fast := newRig(t, Config{Files: []string{path}}).sound().packets()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, Config{Files: []string{path}, Speed: 1}).sound()
		if took := time.Since(start); !slices.Equal(fast, r.packets()) || r.batches != 400 || took != 399*time.Millisecond {
			t.Errorf("%d events in %d batches took %v", len(r.events), r.batches, took)
		}
	})
}

func TestStopWhileARecordWaits(t *testing.T) {
	path := write(t, "a.pcap", slices.Concat(pcapHeader(101), record(1, 0, datagram(60, 0)), record(1e6, 0, datagram(60, 1))))
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Files: []string{path}, Speed: 1})
		start := time.Now()
		done := r.start(t.Context())
		synctest.Wait()
		r.Stop()
		if err := <-done; err != nil || len(r.events) != 1 || len(r.damage) != 0 || time.Since(start) != 0 {
			t.Error(err, len(r.events), r.damage, time.Since(start))
		}
	})
}

func TestFarFutureIsNotNow(t *testing.T) {
	p := pace{speed: 1e-6}
	if d := p.untilDue(0); d > 0 {
		t.Errorf("the first record waits %v", d)
	}
	if d := p.untilDue(1 << 62); d <= 0 {
		t.Errorf("an overflow makes it %v", d)
	}
}

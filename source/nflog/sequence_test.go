package nflog

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSequenceTake(t *testing.T) {
	for _, c := range []struct {
		name         string
		next         uint64
		seq          uint32
		record, lost uint64
	}{
		{"the first", 0, 0, 0, 0},
		{"the first was lost", 0, 3, 3, 3},
		{"the next", 7, 7, 7, 0},
		{"a gap", 7, 10, 10, 3},
		{"the last before the wrap", math.MaxUint32, math.MaxUint32, math.MaxUint32, 0},
		{"the first after the wrap", 1 << 32, 0, 1 << 32, 0},
		{"a gap over the wrap", math.MaxUint32 - 1, 2, 1<<32 + 2, 4},
		{"a gap of more than half the numbers", 5, 4, 1<<32 + 4, math.MaxUint32},
		{"the third time round", 3<<32 - 1, 0, 3 << 32, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sequence{next: c.next}
			record, lost := s.take(c.seq)
			if record != c.record || lost != c.lost {
				t.Errorf("take(%d) after %d: record %d, lost %d; want %d, %d", c.seq, c.next, record, lost, c.record, c.lost)
			}
			if s.next != c.record+1 {
				t.Errorf("next is %d, want %d", s.next, c.record+1)
			}
		})
	}
}

// Whatever is delivered, shed or lost, everything is counted once, and records are those of a 64-bit counter.
func TestSequenceAgainstCounter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]uint64{0, math.MaxUint32 - 20, math.MaxUint32 << 1}).Draw(t, "start")
		lane, shed := sequence{next: start}, skipped{}
		var lost, wantLost, skips uint64
		var pending uint64 // lost, and not yet visible
		fates := rapid.SliceOf(rapid.SampledFrom([]string{"deliver", "deliver", "shed", "lose"})).Draw(t, "fates")
		for i, fate := range fates {
			number := start + uint64(i)
			switch fate {
			case "lose":
				pending++
				continue
			case "shed":
				shed.add(uint32(number))
				skips++
			case "deliver":
				lost += lane.skip(&shed)
				shed = skipped{}
				record, more := lane.take(uint32(number))
				lost += more
				if record != number {
					t.Fatalf("record %d, want %d", record, number)
				}
			}
			wantLost, pending = wantLost+pending, 0
		}
		lost += lane.skip(&shed)
		if lost != wantLost {
			t.Fatalf("lost %d, want %d", lost, wantLost)
		}
	})
}

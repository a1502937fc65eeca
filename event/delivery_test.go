package event

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

type told struct {
	mu       sync.Mutex
	outcomes []Outcome
}

func (o *told) Finished(_ *Delivery, worst Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcomes = append(o.outcomes, worst)
}

// However many branches there are, and whoever finishes them: the owner is told once, of the worst.
func TestDeliveryTellsOnceOfTheWorst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner := &told{}
		d := NewDelivery(owner, 0)
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]Outcome{Delivered, Filtered, Folded, Rejected, Shed, Aborted}), 1, 20).Draw(t, "outcomes")
		d.Branch(len(outcomes) - 1)
		worst := Delivered
		var all sync.WaitGroup
		for _, o := range outcomes {
			worst = max(worst, o)
			all.Go(func() { d.Finish(o) })
		}
		all.Wait()
		if len(owner.outcomes) != 1 || owner.outcomes[0] != worst {
			t.Fatalf("told %v, want %v once", owner.outcomes, worst)
		}
	})
}

func TestDeliveryNotFinishedTellsNothing(t *testing.T) {
	owner := &told{}
	d := NewDelivery(owner, 0)
	d.Branch(1)
	d.Finish(Delivered)
	if len(owner.outcomes) != 0 {
		t.Error("told while a branch is open")
	}
}

func TestDeliveryMisusedPanics(t *testing.T) {
	for name, misuse := range map[string]func(d *Delivery){
		"finished twice":           func(d *Delivery) { d.Finish(Delivered); d.Finish(Delivered) },
		"a branch after the end":   func(d *Delivery) { d.Finish(Delivered); d.Branch(1) },
		"a reset while it is open": func(d *Delivery) { d.Reset(nil, 0) },
		"a batch released twice":   func(*Delivery) { b := (&Pool{}).Get(); b.Release(); b.Release() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse(NewDelivery(nil, 0))
		})
	}
}

func TestNilDelivery(t *testing.T) {
	var d *Delivery
	d.Branch(3)
	d.Worsen(Shed)
	d.Finish(Delivered)
}

func TestJointPassesItsFateOn(t *testing.T) {
	a, b := &told{}, &told{}
	d := NewDelivery(&Joint{Parents: []*Delivery{NewDelivery(a, 0), NewDelivery(b, 0)}}, 0)
	d.Finish(Rejected)
	if len(a.outcomes) != 1 || a.outcomes[0] != Rejected || len(b.outcomes) != 1 {
		t.Errorf("told %v and %v", a.outcomes, b.outcomes)
	}
}

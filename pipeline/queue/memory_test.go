package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"nflogship/encode"
	"nflogship/event"
	"nflogship/sink"

	"pgregory.net/rapid"
)

var codec = &encode.Codec{Name: "test", Framing: encode.Line}

// payload makes a payload of n records of the given size, newline included.
func payload(first, n, size int, d *event.Delivery) *encode.Payload {
	body := encode.NewBody()
	defer body.Release()
	body.Codec = codec
	for i := range n {
		text := fmt.Sprintf("%d", first+i)
		body.Bytes = append(body.Bytes, text+strings.Repeat(" ", max(0, size-1-len(text)))+"\n"...)
		body.Records = append(body.Records, encode.Record{End: uint32(len(body.Bytes)), Event: uint32(i)})
	}
	p := encode.View(body, 0, n)
	p.Delivery = d
	return p
}

type tally map[event.Outcome]int

func (t tally) Finished(d *event.Delivery, o event.Outcome) { t[o] += int(d.Tag) }

// Whatever is done to a queue: nothing is lost or out of order, its bounds hold, and its account adds up.
func TestQueueKeepsOrderBoundsAndAccount(t *testing.T) {
	for policy, name := range []string{"block", "drop_newest", "drop_oldest"} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				ledger := &event.Ledger{}
				counts := ledger.Sink("s")
				cfg := Config{MaxBytes: 1000, MaxEvents: 20, WhenFull: Policy(policy)}
				q := NewMemory(cfg, counts)
				q.record = 10 // the true size: the bound in bytes is exact then
				outcomes := tally{}
				var brought, took, next, finished int
				var taken [][]*encode.Payload
				t.Repeat(map[string]func(*rapid.T){
					"bring": func(t *rapid.T) {
						n := rapid.IntRange(1, 30).Draw(t, "n")
						if policy == 0 && q.roomLocked() == 0 {
							return // it would wait
						}
						counts.In.Add(uint64(n))
						room, err := q.Reserve(t.Context(), n)
						if err != nil {
							t.Fatal(err)
						}
						if policy == 0 {
							counts.In.Add(uint64(room.Events - n)) // the rest would be brought later
						} else {
							finished += n - room.Events
						}
						if room.Events == 0 {
							q.Append(nil, room)
							return
						}
						q.Append(payload(next, room.Events, 10, event.NewDelivery(outcomes, uint64(room.Events))), room)
						brought += room.Events
						next += room.Events
					},
					"take": func(t *rapid.T) {
						if len(q.waiting) == 0 {
							return
						}
						got, err := q.Next(t.Context(), sink.Limits{Records: 15, Bytes: 1 << 20}, nil)
						if err != nil || len(got) == 0 {
							t.Fatalf("%d payloads, %v", len(got), err)
						}
						taken = append(taken, got)
						for _, p := range got {
							var first int
							if _, err := fmt.Sscan(string(p.Record(0)), &first); err != nil || first < took {
								t.Fatalf("record %q after %d", p.Record(0), took)
							}
							took = first + p.Len()
						}
					},
					"done": func(t *rapid.T) {
						if len(taken) == 0 {
							return
						}
						q.Done(taken[0])
						for _, p := range taken[0] {
							counts.Delivered.Add(uint64(p.Len()))
							end(p, event.Delivered)
						}
						taken = taken[1:]
					},
					"": func(t *rapid.T) {
						if err := ledger.Check(); err != nil {
							t.Fatal(err)
						}
						if q.events > cfg.MaxEvents || q.bytes > cfg.MaxBytes || q.events < 0 || q.bytes < 0 {
							t.Fatalf("%d events, %d bytes: beyond the bounds", q.events, q.bytes)
						}
						if policy != int(DropOldest) && outcomes[event.Shed] > 0 {
							t.Fatal("what had been taken in was shed")
						}
					},
				})
				q.Abort()
				for _, got := range taken {
					q.Done(got)
					for _, p := range got {
						counts.Delivered.Add(uint64(p.Len()))
						end(p, event.Delivered)
					}
				}
				if sum := outcomes[event.Delivered] + outcomes[event.Shed] + outcomes[event.Aborted]; sum != brought {
					t.Fatalf("outcomes %v for %d events brought", outcomes, brought)
				}
				if q.events != 0 || q.bytes != 0 || counts.Queued.Load() != 0 || counts.InFlight.Load() != 0 || counts.QueueBytes.Load() != 0 {
					t.Fatalf("at the end: %d events, %d bytes, %d queued, %d in flight", q.events, q.bytes, counts.Queued.Load(), counts.InFlight.Load())
				}
				if got := counts.Shed.Load(); int(got) != finished+outcomes[event.Shed] {
					t.Fatalf("%d shed, want %d", got, finished+outcomes[event.Shed])
				}
			})
		})
	}
}

func TestBlockWaitsForRoomAndForAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewMemory(Config{MaxBytes: 1 << 20, MaxEvents: 4, WhenFull: Block}, (&event.Ledger{}).Sink("s"))
		ctx, cancel := context.WithCancel(t.Context())
		room, _ := q.Reserve(ctx, 9)
		if room.Events != 4 {
			t.Fatalf("room for %d, want 4", room.Events)
		}
		q.Append(payload(0, 4, 10, nil), room)
		var mu sync.Mutex
		var granted int
		var failed error
		go func() {
			for {
				r, err := q.Reserve(ctx, 5)
				mu.Lock()
				granted += r.Events
				failed = err
				mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if granted != 0 {
			t.Fatal("a full queue gave room")
		}
		got, _ := q.Next(ctx, sink.DefaultLimits(), nil)
		synctest.Wait()
		if granted != 0 {
			t.Fatal("what the sender has in hand still takes room")
		}
		q.Done(got)
		synctest.Wait()
		if granted != 4 {
			t.Fatalf("granted %d after room was made, want 4", granted)
		}
		cancel()
		synctest.Wait()
		if !errors.Is(failed, context.Canceled) {
			t.Fatalf("a waiting Reserve ended with %v", failed)
		}
	})
}

func TestNextEndsOnceClosedAndEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewMemory(Config{MaxBytes: 1 << 20, MaxEvents: 4, WhenFull: Block}, (&event.Ledger{}).Sink("s"))
		room, _ := q.Reserve(t.Context(), 1)
		q.Append(payload(0, 1, 10, nil), room)
		q.CloseWrite()
		if got, err := q.Next(t.Context(), sink.DefaultLimits(), nil); len(got) != 1 || err != nil {
			t.Fatalf("%d payloads, %v: what waits is still given", len(got), err)
		}
		if _, err := q.Next(t.Context(), sink.DefaultLimits(), nil); err != io.EOF {
			t.Fatalf("%v, want EOF", err)
		}
	})
}

func TestOneRecordLargerThanTheQueuePasses(t *testing.T) {
	q := NewMemory(Config{MaxBytes: 10, MaxEvents: 4, WhenFull: DropNewest}, (&event.Ledger{}).Sink("s"))
	room, err := q.Reserve(t.Context(), 3)
	if err != nil || room.Events != 1 {
		t.Fatalf("room for %d (%v), want 1: an empty queue takes one record however large", room.Events, err)
	}
}

package mqtt

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/testkit"
)

func TestBudgetIsFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		b.take(t.Context(), 6)
		order := make(chan int, 4)
		claim := func(ctx context.Context, n int) {
			go func() {
				if _, ok := b.take(ctx, n); ok {
					order <- n
				}
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		claim(ctx, 9)
		claim(t.Context(), 5)
		claim(t.Context(), 3) // would fit, and would keep the others waiting for ever
		if len(order) > 0 {
			t.Errorf("%d was served before those that came first", <-order)
		}
		cancel() // who goes lets the others through
		b.give(4)
		synctest.Wait()
		close(order)
		var got []int
		for n := range order {
			got = append(got, n)
		}
		if slices.Sort(got); !slices.Equal(got, []int{3, 5}) {
			t.Errorf("served %v, want 5 and 3", got)
		}
		b.give(8)
		if b.free != 8 {
			t.Errorf("%d bytes are free, want 8", b.free)
		}
	})
}

var budgetRuns atomic.Uint64

// However claims come and go, no more is taken than there is, and all comes back.
func TestBudgetKeepsItsBound(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &budgetRuns, 5) {
		synctest.Test(t, func(t *testing.T) {
			const total = 100
			b := newBudget(total)
			var mu sync.Mutex
			taken := 0
			var all sync.WaitGroup
			for i := range 20 {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				all.Go(func() {
					for range 200 {
						n := 1 + r.IntN(total)
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+r.IntN(40))*time.Millisecond)
						if _, ok := b.take(ctx, n); ok {
							mu.Lock()
							if taken += n; taken > total {
								t.Errorf("seed %d: %d of %d bytes are taken", seed, taken, total)
							}
							mu.Unlock()
							time.Sleep(time.Duration(r.IntN(5)) * time.Millisecond)
							mu.Lock()
							taken -= n
							mu.Unlock()
							b.give(n)
						}
						cancel()
					}
				})
			}
			all.Wait()
			if b.free != total || len(b.waiting) > 0 {
				t.Errorf("seed %d: %d of %d bytes are free in the end, and %d wait", seed, b.free, total, len(b.waiting))
			}
		})
	}
}

// Items come out once and in order, however the two goroutines run.
func TestQueueKeepsOrder(t *testing.T) {
	t.Parallel()
	q := newQueue(7, 1000)
	const n = 20_000
	go func() {
		for i := range n {
			q.put(context.Background(), &item{publish: publish{id: uint16(i)}, cost: 1 + i%400})
		}
		q.close()
	}()
	var scratch []item
	next := 0
	for {
		items := q.take(scratch)
		if len(items) == 0 {
			break
		}
		if len(items) > 7 {
			t.Fatalf("%d items at once, want at most 7", len(items))
		}
		for i := range items {
			if items[i].id != uint16(next) {
				t.Fatalf("item %d, want %d", items[i].id, uint16(next))
			}
			next++
		}
		scratch = items
	}
	if next != n {
		t.Errorf("%d items came out, want %d", next, n)
	}
	if _, ok := q.put(t.Context(), &item{}); ok {
		t.Error("a closed queue takes items")
	}
}

package push

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hutong/internal/telemetry"
)

// RateError says that a source has as many requests as it may: under way at once, or in a second.
type RateError struct {
	// Wait is when to send again.
	Wait time.Duration
	// Limit says which bound it is.
	Limit string
}

// Error says so.
func (e *RateError) Error() string {
	return fmt.Sprintf("push: the source takes %s; send again in %s", e.Limit, e.Wait)
}

// door admits requests: slots at once, and one every so often after a burst (GCRA).
type door struct {
	slots int
	every time.Duration
	burst int

	mu    sync.Mutex
	used  int
	whole time.Time // when the burst is whole again
}

// enter admits a request that comes now, or says why not.
func (d *door) enter(now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.used >= d.slots {
		return &RateError{time.Second, fmt.Sprintf("%d requests at once", d.slots)}
	}
	whole := d.whole
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(d.every)
	if wait := whole.Sub(now) - time.Duration(d.burst)*d.every; wait > 0 {
		return &RateError{wait, fmt.Sprintf("%d requests a second", d.burst)}
	}
	d.whole = whole
	d.used++
	return nil
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used--
}

// DefaultBudget is the most memory of bodies, of what atomic requests are made into and of what is refused, at
// once.
const DefaultBudget = 256 << 20

// Budget bounds what all feeds together hold of requests under way. It may be used from any goroutine.
type Budget struct {
	limit int64
	used  atomic.Int64
	full  telemetry.Count
}

// NewBudget returns a budget of so many bytes; 0 means [DefaultBudget].
func NewBudget(limit int64, m *telemetry.Metrics) *Budget {
	if limit == 0 {
		limit = DefaultBudget
	}
	b := &Budget{limit: limit, full: m.Counter("hutong_push_budget_full_total",
		"Requests that were turned away because too much of others was held in memory.").With()}
	m.Sample("hutong_push_held_bytes", "Memory that is held of requests under way.", nil,
		func(emit func(float64, ...string)) { emit(float64(b.used.Load())) })
	return b
}

// take takes n bytes; ok is false when there are not so many.
func (b *Budget) take(n int) (ok bool) {
	if b.used.Add(int64(n)) <= b.limit {
		return true
	}
	b.used.Add(-int64(n))
	b.full.Add(1)
	return false
}

// share is what one request has of a budget. It belongs to one goroutine.
type share struct {
	budget *Budget
	held   int
}

func (s *share) take(n int) bool {
	if !s.budget.take(n) {
		return false
	}
	s.held += n
	return true
}

func (s *share) give(n int) {
	s.budget.used.Add(-int64(n))
	s.held -= n
}

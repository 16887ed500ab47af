package view

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

var boundRuns atomic.Uint64

// TestPublishAsFromScratch publishes random tables, and again with all intervals found anew after each step: what is
// published is the same, and so are all intervals.
func TestPublishAsFromScratch(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &boundRuns, 4) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := countSpec(2 + r.IntN(8))
		monday := Week(time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC), time.UTC)
		var days []*Table
		for day := range 7 {
			d := anyTable(t, r, s, Period{monday.first + day, 1}, anySets["crossing"])
			s.Publish(d, nil)
			days = append(days, d)
		}
		got, want := Sum(monday, days, time.Time{}), Sum(monday, days, time.Time{})
		s.Publish(got, days)
		steps := fromScratch(t, s, want, days)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Period{})); diff != "" {
			t.Fatalf("seed %d: after %d steps (-from scratch +got):\n%s", seed, steps, diff)
		}
		t.Logf("seed %d: %d steps", seed, steps)
	}
}

// fromScratch is Publish in its plain form, which checks after each step that intervals found from those before are the same.
// It returns how many steps that took.
func fromScratch(t *testing.T, s *CountSpec, table *Table, days []*Table) int {
	t.Helper()
	for i := range table.Cells {
		table.Cells[i].Published = table.Cells[i].Count >= s.K
	}
	f, other := newSafety(s, table, days), newSafety(s, table, days)
	var back []int
	for steps := 0; ; steps++ {
		all, ok := f.propagate(nil)
		_, alsoOK := other.propagate(back)
		if !ok || !alsoOK {
			t.Fatal("it took too long")
		}
		for i := range f.cells {
			if a, b := f.cells[i], other.cells[i]; a.low != b.low || a.high != b.high {
				t.Fatalf("step %d: cell %d is from %d to %d, and from what was before %d to %d", steps, i, a.low, a.high, b.low, b.high)
			}
		}
		back, ok = f.unsafe(all)
		if !ok {
			f.withdraw(table)
			return steps
		}
		if len(back) == 0 {
			return steps
		}
		for _, i := range back {
			f.cells[i].published, other.cells[i].published = false, false
			table.Cells[f.cells[i].at].Published = false
		}
	}
}

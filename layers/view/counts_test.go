package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// countSpec is of two sets beside all, by day.
func countSpec(k int) *CountSpec {
	return &CountSpec{
		K: k, Resolutions: []hexgrid.Resolution{6, 7, 9}, By: ByDay, Zone: time.UTC, Weeks: 2,
		Sets: []CountSet{{Name: AllSet}, {Name: "open"}, {Name: "night"}},
	}
}

// anyTable has features in some cells around Beijing, as [CountSpec.Count] would count them, in some of the sets.
func anyTable(t *testing.T, r *rand.Rand, s *CountSpec, p Period, sets func(*rand.Rand) uint8) *Table {
	t.Helper()
	counts := map[CountPart]int{}
	for range r.IntN(120) {
		cell, err := hexgrid.At(116.3+r.Float64()*0.15, 39.9+r.Float64()*0.1, 9)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(1+r.IntN(12)) {
			in := sets(r)
			for _, resolution := range s.Resolutions {
				counts[CountPart{Cell: cell.Parent(resolution), In: in}]++
			}
		}
	}
	out := &Table{Period: p}
	out.take(counts, len(s.Sets))
	return out
}

// bounds are what naive sweeps over all that a reader knows leave of each cell, in exact words of the promise:
// [safety] is not used. Complements of a set have negative numbers, parts those from 100 on.
type bounds struct {
	spec  *CountSpec
	low   map[boundKey]int
	high  map[boundKey]int
	truth map[boundKey]int
}

type boundKey struct {
	period Period
	set    int
	cell   hexgrid.Cell
}

func boundsOf(s *CountSpec, tables []*Table) *bounds {
	b := &bounds{s, map[boundKey]int{}, map[boundKey]int{}, map[boundKey]int{}}
	for _, t := range tables {
		for _, c := range t.Cells {
			k := boundKey{t.Period, c.Set, c.Cell}
			b.truth[k], b.high[k] = c.Count, 1<<40
			if c.Published {
				b.low[k], b.high[k] = c.Count, c.Count
			}
			if c.Set == 0 {
				for set := 1; set < len(s.Sets); set++ {
					k := boundKey{t.Period, -set, c.Cell}
					b.truth[k] += c.Count
					b.high[k] = 1 << 40
				}
			} else {
				b.truth[boundKey{t.Period, -c.Set, c.Cell}] -= c.Count
			}
		}
	}
	for _, t := range tables {
		for _, p := range t.Parts {
			k := boundKey{t.Period, 100 + int(p.In), p.Cell}
			b.truth[k], b.high[k] = p.Count, 1<<40
		}
	}
	for k, n := range b.truth {
		if n == 0 { // that there can be none is known
			b.high[k] = 0
		}
	}
	return b
}

// groups returns all sums: a total and its parts.
func (b *bounds) groups() [][]boundKey {
	byParent := map[boundKey][]boundKey{}
	byWeek := map[boundKey][]boundKey{}
	var out [][]boundKey
	for k := range b.truth {
		if i := slices.Index(b.spec.Resolutions, k.cell.Resolution()); i > 0 {
			parent := boundKey{k.period, k.set, k.cell.Parent(b.spec.Resolutions[i-1])}
			byParent[parent] = append(byParent[parent], k)
		}
		if k.period.days == 1 {
			week := boundKey{Period{mondayOf(k.period.first), 7}, k.set, k.cell}
			if _, ok := b.truth[week]; ok {
				byWeek[week] = append(byWeek[week], k)
			}
		}
		if k.set > 0 && k.set < 100 {
			out = append(out, []boundKey{{k.period, 0, k.cell}, k, {k.period, -k.set, k.cell}})
		}
		if k.set < 100 {
			group := []boundKey{k}
			for in := range 1 << (len(b.spec.Sets) - 1) {
				part := boundKey{k.period, 100 + in, k.cell}
				if _, ok := b.truth[part]; ok && (k.set == 0 || k.set > 0 && in>>(k.set-1)&1 == 1 || k.set < 0 && in>>(-k.set-1)&1 == 0) {
					group = append(group, part)
				}
			}
			if len(b.spec.Sets) > 2 && len(group) > 1 {
				out = append(out, group)
			}
		}
	}
	for _, m := range []map[boundKey][]boundKey{byParent, byWeek} {
		for total, parts := range m {
			out = append(out, append([]boundKey{total}, parts...))
		}
	}
	return out
}

// sweep narrows all bounds until none moves.
func (b *bounds) sweep() {
	groups := b.groups()
	set := func(k boundKey, low, high int) bool {
		moved := low > b.low[k] || high < b.high[k]
		b.low[k], b.high[k] = max(low, b.low[k]), min(high, b.high[k])
		return moved
	}
	for moved := true; moved; {
		moved = false
		for _, g := range groups {
			low, high := 0, 0
			for _, k := range g[1:] {
				low, high = low+b.low[k], high+b.high[k]
			}
			moved = set(g[0], low, high) || moved
			for _, k := range g[1:] {
				moved = set(k, b.low[g[0]]-(high-b.high[k]), b.high[g[0]]-(low-b.low[k])) || moved
				low, high = 0, 0 // they may have moved
				for _, k := range g[1:] {
					low, high = low+b.low[k], high+b.high[k]
				}
			}
		}
	}
}

var countRuns atomic.Uint64

// anySets are ways in which features are in the two sets of a [countSpec].
var anySets = map[string]func(*rand.Rand) uint8{
	"crossing":  func(r *rand.Rand) uint8 { return uint8(min(r.IntN(4), 1) | min(r.IntN(3), 1)<<1 ^ 2) },
	"exclusive": func(r *rand.Rand) uint8 { return uint8(r.IntN(10) % 3) }, // and few are in none
	"nested":    func(r *rand.Rand) uint8 { return []uint8{0, 1, 3, 3, 3, 3}[r.IntN(6)] },
}

// TestNoSmallCountFollows publishes random weeks, day by day, and bounds each count by what is published.
func TestNoSmallCountFollows(t *testing.T) {
	t.Parallel()
	for name, sets := range anySets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, seed := range testkit.Seeds(t, &countRuns, 5) {
				wantNoneFollows(t, seed, sets)
			}
		})
	}
}

func wantNoneFollows(t *testing.T, seed uint64, sets func(*rand.Rand) uint8) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 6))
	s := countSpec(2 + r.IntN(8))
	var days, all []*Table
	monday := Week(time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC), time.UTC)
	for day := range 7 {
		d := anyTable(t, r, s, Period{monday.first + day, 1}, sets)
		s.Publish(d, nil)
		days, all = append(days, d), append(all, d)
	}
	week := Sum(monday, days, time.Time{})
	s.Publish(week, days)
	all = append(all, week)
	published, could := 0, 0
	for _, one := range all {
		for _, c := range one.Cells {
			if c.Published {
				published++
			}
			if c.Count >= s.K {
				could++
			} else if c.Published {
				t.Fatalf("seed %d: %+v is published", seed, c)
			}
		}
	}
	t.Logf("seed %d: k %d: %d of %d published", seed, s.K, published, could)
	b := boundsOf(s, all)
	b.sweep()
	for k, n := range b.truth {
		if n > 0 && n < s.K && b.high[k]-b.low[k] < s.K {
			t.Fatalf("seed %d: k %d: the %d of %s set %d in %s follow to be %d to %d", seed, s.K, n, k.period, k.set, k.cell, b.low[k], b.high[k])
		}
		if n < b.low[k] || n > b.high[k] {
			t.Fatalf("seed %d: %d of %v are not in %d to %d", seed, n, k, b.low[k], b.high[k])
		}
	}
}

// TestPeriods writes and reads periods, and says when days of a zone that changes its clocks are over.
func TestPeriods(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zones: %v", err)
	}
	at := time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC) // half past midnight of the 29th in Berlin, when summer begins
	for name, c := range map[string]struct {
		p         Period
		text, end string
	}{
		"day":             {Day(at, berlin), "2026-03-29", "2026-03-29T22:00:00Z"},
		"week":            {Week(at, berlin), "2026-W13", "2026-03-29T22:00:00Z"},
		"first week":      {Week(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC), berlin), "2026-W53", "2027-01-03T23:00:00Z"},
		"before the days": {Day(time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC), time.UTC), "1969-12-31", "1970-01-01T00:00:00Z"},
		"all":             {Period{}, "all", "0001-01-01T00:00:00Z"},
	} {
		zone := berlin
		if name == "before the days" {
			zone = time.UTC
		}
		if got, end := c.p.String(), c.p.End(zone).UTC().Format(time.RFC3339); got != c.text || end != c.end {
			t.Errorf("%s: got %s, over %s, want %s, %s", name, got, end, c.text, c.end)
		}
		if got, err := ParsePeriod(c.text); got != c.p || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "2026", "2026-W54", "2026-W1", "2025-W53", "2026-02-30", "2026-8-3", "2026-W32x", "ALL"} {
		if p, err := ParsePeriod(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, p)
		}
	}
}

// TestDue lists what is to be counted.
func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 11, 5, 0, 0, 0, time.UTC) // a Tuesday
	texts := func(s *CountSpec, tables []*Table, now time.Time) (list []string) {
		for _, p := range s.Due(tables, now) {
			list = append(list, p.String())
		}
		return list
	}
	s := countSpec(5)
	s.Weeks = 1
	week := []string{"2026-08-03", "2026-08-04", "2026-08-05", "2026-08-06", "2026-08-07", "2026-08-08", "2026-08-09", "2026-W32", "2026-08-10"}
	if got := texts(s, nil, now); !slices.Equal(got, week) {
		t.Errorf("by day: got %v", got)
	}
	s.Settle = 6 * time.Hour
	if got := texts(s, nil, now); !slices.Equal(got, week[:8]) {
		t.Errorf("before it has settled: got %v", got)
	}
	s.Settle = 0
	if got := texts(s, []*Table{{Period: Day(now.AddDate(0, 0, -3), time.UTC)}}, now); !slices.Equal(got, week[6:]) {
		t.Errorf("behind others: got %v", got)
	}
	if got := texts(s, []*Table{{Period: Day(now.AddDate(0, 0, -1), time.UTC)}}, now); got != nil {
		t.Errorf("behind all: got %v", got)
	}
	s.Until = time.Date(2026, 8, 5, 12, 0, 0, 0, time.UTC)
	want := []string{"2026-07-27", "2026-07-28", "2026-07-29", "2026-07-30", "2026-07-31", "2026-08-01", "2026-08-02", "2026-W31", "2026-08-03", "2026-08-04"}
	if got := texts(s, nil, now); !slices.Equal(got, want) {
		t.Errorf("with a clock that stopped: got %v", got)
	}
	if got := texts(s, []*Table{{Period: Day(now, time.UTC)}}, now); got != nil {
		t.Errorf("with a clock that stopped before what was counted: got %v", got)
	}
	if old := []*Table{{Period: Day(time.Date(2026, 7, 27, 0, 0, 0, 0, time.UTC), time.UTC)}}; len(s.Kept(old, now)) != 1 || len(s.Kept(old, now.AddDate(1, 0, 0))) != 1 {
		t.Error("with a clock that stopped, what was counted is too old")
	}
	s.Until = time.Time{}
	s.From = time.Date(2026, 8, 4, 9, 0, 0, 0, time.UTC)
	if got := texts(s, nil, now); len(got) == 0 || slices.Contains(got, "2026-08-04") || !slices.Contains(got, "2026-08-05") || slices.Contains(got, "2026-W32") {
		t.Errorf("behind a time: got %v", got)
	}
	s.From = time.Time{}
	s.By = ByWeek
	if got := texts(s, nil, now); !slices.Equal(got, week[7:8]) {
		t.Errorf("by week: got %v", got)
	}
	s.By, s.Every = ByNone, 24*time.Hour
	if got := texts(s, nil, now); !slices.Equal(got, []string{"all"}) {
		t.Errorf("by none: got %v", got)
	}
	if got := texts(s, []*Table{{At: now.Add(-23 * time.Hour)}}, now); got != nil {
		t.Errorf("by none, too early: got %v", got)
	}
}

// TestAdvance counts a layer as time passes: what was counted stays, weeks leave as a whole, and all time is counted
// again when it is due.
func TestAdvance(t *testing.T) {
	t.Parallel()
	live, err := layers.New(&layers.Schema{Name: "a", TimeField: "at", Fields: []layers.Field{{Name: "at", Kind: column.Time}, {Name: "open", Kind: column.Bool}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	put := func(prefix string, n int, at time.Time) {
		t.Helper()
		b := layers.Batch{Layer: "a"}
		for i := range n {
			id := layers.FeatureID(prefix + strconv.Itoa(i))
			b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: id, Geometry: orb.Point{116.4, 39.9}, Values: []column.Value{column.TimeOf(at), column.BoolOf(true)}}})
		}
		if _, err := live.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	said := func(tables []*Table) (list []string) {
		for _, one := range tables {
			text := []string{one.Period.String()}
			for _, c := range one.Cells {
				if c.Published {
					text = append(text, fmt.Sprintf("%s/%d=%d", []string{"all", "open"}[c.Set], c.Cell.Resolution(), c.Count))
				}
			}
			list = append(list, strings.Join(text, " "))
		}
		return list
	}
	zone := time.FixedZone("", 8*60*60)
	s := &CountSpec{K: 3, Resolutions: []hexgrid.Resolution{7}, By: ByWeek, Zone: zone, Weeks: 1, Every: 24 * time.Hour, Sets: []CountSet{
		{Name: AllSet}, {Name: "open", Where: Matching(column.Where(1, column.Equal, column.BoolOf(true)))},
	}}
	monday := time.Date(2026, 8, 10, 0, 0, 0, 0, zone)
	put("last", 4, monday.Add(-time.Minute))
	put("first", 2, monday)
	put("never", 9, monday.AddDate(0, 0, 70))
	var tables []*Table
	step := func(now time.Time, want ...string) {
		t.Helper()
		var err error
		if tables, err = s.Advance(t.Context(), tables, now, func() layers.Reader { return live.Snapshot() }); err != nil {
			t.Fatal(err)
		}
		if got := said(tables); !slices.Equal(got, want) {
			t.Errorf("at %s: got %q, want %q", now, got, want)
		}
	}
	step(monday.Add(time.Hour), "2026-W32 all/7=4 open/7=4")
	put("late", 3, monday.Add(-time.Minute))
	put("more", 3, monday.Add(time.Minute))
	step(monday.AddDate(0, 0, 6), "2026-W32 all/7=4 open/7=4")
	step(monday.AddDate(0, 0, 7), "2026-W33 all/7=5 open/7=5")
	s.By, tables = ByNone, nil
	step(monday, "all all/7=21 open/7=21")
	put("new", 1, monday)
	step(monday.Add(23*time.Hour), "all all/7=21 open/7=21")
	step(monday.Add(24*time.Hour), "all all/7=22 open/7=22")
}

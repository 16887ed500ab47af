package view

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// How counts are published in place of features.
//
// A count view is a closed lattice of tables: one for each period (a whole day or week of the city, or all time), each
// set (all features, and those that one of some filters selects) and each resolution of H3, with the number of features in
// each cell. Coarser cells are parents of the finest.
//
//  1. A period is counted once, when it is over, and never again ([CountSpec.Due]): who sees two counts of one period
//     sees the features that came between. A week is the sum of its days as these were counted.
//  2. A cell with fewer than K features is not published ([CountSpec.Publish]), nor are others from which such a cell
//     would follow (countsafe.go). Nothing tells it from an empty cell.
//  3. A view that is changed goes on behind what was published before ([CountSpec.From]), since one period that is published
//     in two ways is two views, and what the one hides follows from the other.
//  4. Periods are published in the order of their ends, and what is published stays (until all of it is too old), so that
//     the tables are the same whether they were made day by day or at once.

// Bounds of a count view.
const (
	// MaxCountCells is the most cells with features, and parts of them, in all tables of a view.
	MaxCountCells = 200_000
	// MaxCountSets is the most sets beside all.
	MaxCountSets = 8
	// MaxCountResolutions is the most resolutions.
	MaxCountResolutions = 4
	// MaxCountWeeks is the most weeks that are kept.
	MaxCountWeeks = 520
	// AllSet names the set of all features.
	AllSet = "all"
)

// CountBy is how time is divided.
type CountBy uint8

// The ways.
const (
	ByNone CountBy = iota // not at all
	ByDay                 // days, and the weeks that they make
	ByWeek                // weeks
)

// String returns how configs and clients call it: none, day or week.
func (b CountBy) String() string {
	switch b {
	case ByDay:
		return "day"
	case ByWeek:
		return "week"
	default:
		return "none"
	}
}

// CountSet is a set of features that has tables of its own.
type CountSet struct {
	// Name stands in queries.
	Name string
	// Where selects the features, by what they truly are; nil selects all.
	Where layers.Selector
}

// CountSpec says what is counted. It never changes.
type CountSpec struct {
	// K is the least count that is published, at least 2.
	K int
	// Resolutions are rising; the last is that at which places are looked up.
	Resolutions []hexgrid.Resolution
	// By divides time.
	By CountBy
	// Time is the position of the field of event times in the layer's schema; nothing without [CountBy].
	Time int
	// Zone is where days begin and end.
	Zone *time.Location
	// Settle is how long after its end a period is counted, for reports that come late.
	Settle time.Duration
	// Until is when the clock stops, for data that is not live: periods that end later are not counted, and weeks are
	// counted back from it. The zero time is never. What was published before stays, whatever it was then.
	Until time.Time
	// From is when something was published last in another way: periods that begin before are not counted, since who has both
	// could tell what each hides. All time is counted again when Every has passed since. The zero time is never.
	From time.Time
	// Weeks is how many weeks are kept, beside the one that is not over.
	Weeks int
	// Every is how often all time is counted, if that is what is counted.
	Every time.Duration
	// Where selects what is counted at all; nil is everything.
	Where layers.Selector
	// Sets are the sets; the first is [AllSet] and selects all.
	Sets []CountSet
}

// Table is what was counted in one period.
type Table struct {
	Period Period `json:"period"`
	// At is when it was counted.
	At time.Time `json:"at"`
	// Cells are those with features, in ascending order by set, resolution and cell.
	Cells []CountCell `json:"cells"`
	// Parts are the features of a cell that are in the same sets, in ascending order by these, resolution and cell, where there
	// are several sets. They are never published: what follows for them from those that are must be known.
	Parts []CountPart `json:"parts,omitempty"`
}

// CountCell is the count of a set in a cell, at least 1.
type CountCell struct {
	Cell      hexgrid.Cell `json:"c"`
	Set       int          `json:"s"`
	Count     int          `json:"n"`
	Published bool         `json:"p,omitempty"`
}

func compareCells(a, b CountCell) int {
	return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Cell.Resolution(), b.Cell.Resolution()), cmp.Compare(a.Cell, b.Cell))
}

// CountPart is how many features of a cell are in exactly some sets, at least 1.
type CountPart struct {
	Cell  hexgrid.Cell `json:"c"`
	In    uint8        `json:"s"` // bit i is set i+1
	Count int          `json:"n"`
}

// in reports whether the features of a part are in a set.
func (p *CountPart) in(set int) bool { return set == 0 || p.In&(1<<(set-1)) != 0 }

func compareParts(a, b CountPart) int {
	return cmp.Or(cmp.Compare(a.In, b.In), cmp.Compare(a.Cell.Resolution(), b.Cell.Resolution()), cmp.Compare(a.Cell, b.Cell))
}

// ErrCountCells says that tables would have too many cells.
var ErrCountCells = errors.New("view: the tables of counts have too many cells")

// Count counts the features of r in periods that are days, or weeks that are not made of days, or all time. It keeps
// nothing of r. The error is ctx's or [ErrCountCells].
func (s *CountSpec) Count(ctx context.Context, r layers.Reader, periods []Period, at time.Time) ([]*Table, error) {
	tables := make([]*Table, len(periods))
	counts := make([]map[CountPart]int, len(periods)) // by part without its count
	of := map[int]int{}                               // by day: which of periods
	for i, p := range periods {
		tables[i], counts[i] = &Table{Period: p, At: at}, map[CountPart]int{}
		for day := p.first; day < p.first+p.days; day++ {
			of[day] = i
		}
	}
	for b := range r.All() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !b.Box().Empty() { // features without a place are in no cell
			s.countBlock(b, of, counts)
		}
		n := 0
		for i := range counts {
			n += len(counts[i])
		}
		if n > MaxCountCells {
			return nil, fmt.Errorf("%w: more than %d", ErrCountCells, MaxCountCells)
		}
	}
	for i := range tables {
		tables[i].take(counts[i], len(s.Sets))
	}
	return tables, nil
}

// countBlock counts the rows of a block.
func (s *CountSpec) countBlock(b *layers.Block, of map[int]int, counts []map[CountPart]int) {
	rows, some := selected(s.Where, b)
	if !some {
		return
	}
	in := make([]column.Bits, len(s.Sets))
	for set := 1; set < len(s.Sets); set++ {
		in[set], _ = selected(s.Sets[set].Where, b)
	}
	finest := s.Resolutions[len(s.Resolutions)-1]
	for row := range b.Len() {
		if !rows.Has(row) {
			continue
		}
		period, ok := s.periodOf(b, row, of)
		if !ok {
			continue
		}
		lon, lat := b.Point(row).LonLat()
		cell, err := hexgrid.At(lon, lat, finest)
		if err != nil {
			continue // no place of the grid, which the store has none of
		}
		part := CountPart{}
		for set := 1; set < len(s.Sets); set++ {
			if in[set].Has(row) {
				part.In |= 1 << (set - 1)
			}
		}
		for _, r := range s.Resolutions {
			part.Cell = cell.Parent(r)
			counts[period][part]++
		}
	}
}

// periodOf returns in which of the periods that are counted a row is.
func (s *CountSpec) periodOf(b *layers.Block, row int, of map[int]int) (period int, ok bool) {
	if s.By == ByNone {
		return 0, true
	}
	v := b.Column(s.Time).Value(row)
	if v.IsNull() {
		return 0, false
	}
	period, ok = of[dayOf(v.Time(), s.Zone)]
	return period, ok
}

// selected returns the rows of b that where selects.
func selected(where layers.Selector, b *layers.Block) (rows column.Bits, some bool) {
	rows = column.NewBits(b.Len())
	if where != nil && where.Skips(b) {
		return rows, false
	}
	setAll(rows, b.Len())
	if where != nil {
		where.Filter(b, rows)
	}
	return rows, true
}

// take makes counts of parts those of t, which has so many sets.
func (t *Table) take(counts map[CountPart]int, sets int) {
	cells := map[CountCell]int{}
	for p, n := range counts {
		for set := range sets {
			if p.in(set) {
				cells[CountCell{Cell: p.Cell, Set: set}] += n
			}
		}
		if p.Count = n; sets > 2 { // else they are a set and what is not in it
			t.Parts = append(t.Parts, p)
		}
	}
	t.Cells = make([]CountCell, 0, len(cells))
	for c, n := range cells {
		c.Count = n
		t.Cells = append(t.Cells, c)
	}
	t.sort()
}

func (t *Table) sort() {
	slices.SortFunc(t.Cells, compareCells)
	slices.SortFunc(t.Parts, compareParts)
}

// Sum returns the table of a week, of those of its seven days; nothing of it is published yet.
func Sum(week Period, days []*Table, at time.Time) *Table {
	cells, parts := map[CountCell]int{}, map[CountPart]int{}
	for _, d := range days {
		for _, c := range d.Cells {
			cells[CountCell{Cell: c.Cell, Set: c.Set}] += c.Count
		}
		for _, p := range d.Parts {
			parts[CountPart{Cell: p.Cell, In: p.In}] += p.Count
		}
	}
	t := &Table{Period: week, At: at, Cells: make([]CountCell, 0, len(cells))}
	for c, n := range cells {
		c.Count = n
		t.Cells = append(t.Cells, c)
	}
	for p, n := range parts {
		p.Count = n
		t.Parts = append(t.Parts, p)
	}
	t.sort()
	return t
}

// Advance returns the tables there are at a time, given those before, oldest end first. More are counted in what state
// returns, which is not called when there are none. Tables of periods that are too old are left out. The error is ctx's or
// [ErrCountCells].
func (s *CountSpec) Advance(ctx context.Context, before []*Table, now time.Time, state func() layers.Reader) ([]*Table, error) {
	tables := s.Kept(before, now)
	due := s.Due(tables, now)
	if len(due) == 0 {
		return tables, nil
	}
	var counted []Period
	for _, p := range due {
		if !s.summed(p) {
			counted = append(counted, p)
		}
	}
	fresh, err := s.Count(ctx, state(), counted, now)
	if err != nil {
		return nil, err
	}
	next := slices.Clone(tables)
	if s.By == ByNone {
		next = nil // one publication takes the place of the other
	}
	for _, p := range due {
		var t *Table
		parts := s.parts(p, next)
		switch {
		case !s.summed(p):
			t, fresh = fresh[0], fresh[1:]
		case len(parts) == 7:
			t = Sum(p, parts, now)
		default:
			continue // some of its days were not counted
		}
		s.Publish(t, parts)
		next = append(next, t)
		if n := cellsIn(next); n > MaxCountCells {
			return nil, fmt.Errorf("%w: with those of %s they have %d, more than %d", ErrCountCells, p, n, MaxCountCells)
		}
	}
	return next, nil
}

// summed reports whether the table of a period is the sum of others.
func (s *CountSpec) summed(p Period) bool { return s.By == ByDay && p.days == 7 }

// parts returns the tables of the days of a week, if it is made of them.
func (s *CountSpec) parts(p Period, tables []*Table) (list []*Table) {
	if !s.summed(p) {
		return nil
	}
	for _, t := range tables {
		if t.Period.days == 1 && t.Period.first >= p.first && t.Period.first < p.first+p.days {
			list = append(list, t)
		}
	}
	return list
}

func cellsIn(tables []*Table) (n int) {
	for _, t := range tables {
		n += len(t.Cells) + len(t.Parts)
	}
	return n
}

package view

import (
	"cmp"
	"math"
	"slices"

	"hutong/layers/hexgrid"
)

// Complementary suppression.
//
// Who reads all tables knows that a cell is the sum of its children, a week of its days, all features of a cell those
// in a set and those that are not, and each of these the parts that are in the same sets. From that follows for each cell that is not published an interval which its count is
// in: it is propagated along these sums to a fixed point. For a cell with 1 to K−1 features that interval must be at
// least K wide. While one is not, the smallest published cell of the sum that bounds it best is taken back. Only cells of the new
// table are: those of older ones are known already, and were safe without it. So it ends, at the latest when nothing of
// the table is published, and the order in which cells are looked at is theirs in the table.
//
// The reader is taken to know where there can be no feature, which is where there is none: a map of lakes tells that of cells,
// and common sense of sets that exclude each other. Who does not know that knows less. Nobody is taken to know where there is one.
// Features that are not in a set, and parts, are looked after as those of sets are, although no table has them.

// unbounded is the upper bound of what nothing bounds.
const unbounded = math.MaxInt / 4

// maxLooks bounds the propagation, in looks at a sum for each that there is. A real table needs some ten; where it
// is not enough nothing of the table is published.
const maxLooks = 2000

// safety finds what follows from published counts.
type safety struct {
	k     int
	cells []safeCell
	index map[safeKey]int
	sums  []sum
}

// safeKey names a cell: of which table, and of which set; the complement of set s is −s, and a part is said by partSet.
type safeKey struct {
	table, set int
	cell       hexgrid.Cell
}

// safeCell is one count.
type safeCell struct {
	count     int
	published bool
	at        int // position in the new table; −1 where the cell cannot be taken back
	low, high int // what it follows to be
	sums      []int
}

// sum says that one cell is the sum of others.
type sum struct {
	total int
	parts []int
	queue bool
}

// Publish decides which cells of t are published, given the tables of the days that it is the sum of, if it is.
func (s *CountSpec) Publish(t *Table, days []*Table) {
	for i := range t.Cells {
		t.Cells[i].Published = t.Cells[i].Count >= s.K
	}
	f := newSafety(s, t, days)
	for {
		if !f.propagate() {
			f.withdraw(t)
			return
		}
		back, ok := f.unsafe()
		if !ok {
			f.withdraw(t)
			return
		}
		if len(back) == 0 {
			return
		}
		for _, i := range back {
			f.cells[i].published = false
			t.Cells[f.cells[i].at].Published = false
		}
	}
}

// withdraw publishes nothing of a table.
func (f *safety) withdraw(t *Table) {
	for i := range t.Cells {
		t.Cells[i].Published = false
	}
}

// newSafety puts up the sums of a table, and of its days.
func newSafety(s *CountSpec, t *Table, days []*Table) *safety {
	f := &safety{k: s.K, index: map[safeKey]int{}}
	for table, one := range slices.Concat([]*Table{t}, days) {
		f.add(s, table, one)
	}
	if len(days) > 0 {
		f.addWeek()
	}
	for i := range f.sums {
		f.cells[f.sums[i].total].sums = append(f.cells[f.sums[i].total].sums, i)
		for _, p := range f.sums[i].parts {
			f.cells[p].sums = append(f.cells[p].sums, i)
		}
	}
	return f
}

// partSet stands for the set of a part in a safeKey.
func partSet(p *CountPart) int { return MaxCountSets + 1 + int(p.In) }

// add puts up the cells and sums of one table; number 0 is the new one.
func (f *safety) add(s *CountSpec, number int, t *Table) {
	from := len(f.cells)
	var keys []safeKey // of cells[from:]
	put := func(k safeKey, c safeCell) {
		f.index[k] = len(f.cells)
		keys = append(keys, k)
		f.cells = append(f.cells, c)
	}
	for i, c := range t.Cells {
		at := -1
		if number == 0 {
			at = i
		}
		put(safeKey{number, c.Set, c.Cell}, safeCell{count: c.Count, published: c.Published, at: at})
	}
	for _, c := range t.Cells { // what is not in a set
		if c.Set != 0 {
			continue
		}
		whole := f.index[safeKey{number, 0, c.Cell}]
		for set := 1; set < len(s.Sets); set++ {
			var parts []int
			in := 0
			if i, ok := f.index[safeKey{number, set, c.Cell}]; ok {
				parts, in = append(parts, i), f.cells[i].count
			}
			if in < c.Count {
				parts = append(parts, len(f.cells))
				put(safeKey{number, -set, c.Cell}, safeCell{count: c.Count - in, at: -1})
			}
			f.sums = append(f.sums, sum{total: whole, parts: parts})
		}
	}
	for i := range t.Parts {
		p := &t.Parts[i]
		put(safeKey{number, partSet(p), p.Cell}, safeCell{count: p.Count, at: -1})
	}
	f.addParts(s, number, t)
	parents := map[int]int{} // by cell: its position among sums
	for i, k := range keys {
		at := slices.Index(s.Resolutions, k.cell.Resolution())
		if at <= 0 {
			continue
		}
		parent := f.index[safeKey{number, k.set, k.cell.Parent(s.Resolutions[at-1])}]
		n, ok := parents[parent]
		if !ok {
			n = len(f.sums)
			parents[parent] = n
			f.sums = append(f.sums, sum{total: parent})
		}
		f.sums[n].parts = append(f.sums[n].parts, from+i)
	}
}

// addParts puts up that the cells of a table, and what is not in a set, are the sums of its parts.
func (f *safety) addParts(s *CountSpec, number int, t *Table) {
	of := map[int][]int{} // by cell: its parts
	for i := range t.Parts {
		p := &t.Parts[i]
		part := f.index[safeKey{number, partSet(p), p.Cell}]
		for set := range s.Sets {
			key := safeKey{number, set, p.Cell}
			if !p.in(set) {
				key.set = -set
			}
			whole := f.index[key]
			of[whole] = append(of[whole], part)
		}
	}
	for whole := range f.cells {
		if len(of[whole]) > 0 {
			f.sums = append(f.sums, sum{total: whole, parts: of[whole]})
		}
	}
}

// addWeek puts up that the cells of the new table are the sums of those of the others.
func (f *safety) addWeek() {
	of := map[int][]int{}
	for k, i := range f.index {
		if k.table != 0 {
			week := f.index[safeKey{0, k.set, k.cell}]
			of[week] = append(of[week], i)
		}
	}
	for week := range f.cells {
		if parts := of[week]; parts != nil {
			slices.Sort(parts)
			f.sums = append(f.sums, sum{total: week, parts: parts})
		}
	}
}

// propagate finds for each cell what follows for it. It returns false when that took too long.
func (f *safety) propagate() bool {
	queue := make([]int, 0, len(f.sums))
	for i := range f.cells {
		c := &f.cells[i]
		c.low, c.high = 0, unbounded
		if c.published {
			c.low, c.high = c.count, c.count
		}
	}
	for i := range f.sums {
		f.sums[i].queue = true
		queue = append(queue, i)
	}
	for looks := maxLooks * len(f.sums); len(queue) > 0; looks-- {
		if looks == 0 {
			return false
		}
		i := queue[0]
		queue = queue[1:]
		f.sums[i].queue = false
		f.look(&f.sums[i], func(cell int) {
			for _, other := range f.cells[cell].sums {
				if !f.sums[other].queue {
					f.sums[other].queue = true
					queue = append(queue, other)
				}
			}
		})
	}
	return true
}

// look narrows the cells of a sum by each other, and calls moved with those that became narrower.
func (f *safety) look(s *sum, moved func(cell int)) {
	low, high, open := 0, 0, 0 // open are those that nothing bounds
	for _, p := range s.parts {
		low += f.cells[p].low
		if f.cells[p].high == unbounded {
			open++
		} else {
			high += f.cells[p].high
		}
	}
	narrow := func(i, low, high int) {
		if c := &f.cells[i]; low > c.low || high < c.high {
			c.low, c.high = max(c.low, low), min(c.high, high)
			moved(i)
		}
	}
	upper := high
	if open > 0 {
		upper = unbounded
	}
	narrow(s.total, low, upper)
	total := f.cells[s.total] // a copy
	for _, p := range s.parts {
		c := f.cells[p] // a copy: sums above are of before
		least, most := 0, unbounded
		if total.high < unbounded {
			most = total.high - (low - c.low)
		}
		switch {
		case c.high == unbounded && open == 1:
			least = total.low - high
		case c.high < unbounded && open == 0:
			least = total.low - (high - c.high)
		}
		narrow(p, least, most)
	}
}

// unsafe returns the cells that must be taken back, none when all is safe. ok is false when a cell is known too well and
// nothing can be taken back that would help.
func (f *safety) unsafe() (back []int, ok bool) {
	touched := map[int]bool{} // sums of which one is taken back already
	for i := range f.cells {
		c := &f.cells[i]
		if c.count >= f.k || c.high-c.low >= f.k {
			continue
		}
		sum, cell := f.helps(i)
		switch {
		case cell < 0:
			return nil, false
		case touched[sum]:
			continue
		}
		touched[sum] = true
		if !slices.Contains(back, cell) {
			back = append(back, cell)
		}
	}
	return back, true
}

// helps returns the published cell to take back so that less is known of one, and the sum that it is of: the smallest in
// the sum that bounds the cell best; where none of these can be taken back, in those that bound its other cells.
func (f *safety) helps(cell int) (sum, best int) {
	seen := map[int]bool{cell: true}
	for edge := []int{cell}; len(edge) > 0; {
		var next []int
		for _, c := range edge {
			sums := slices.Clone(f.cells[c].sums)
			slices.SortStableFunc(sums, func(a, b int) int { return cmp.Compare(f.bound(a, c), f.bound(b, c)) })
			for _, s := range sums {
				if f.bound(s, c) == unbounded {
					break
				}
				if best := f.smallest(s); best >= 0 {
					return s, best
				}
				for _, other := range append(slices.Clone(f.sums[s].parts), f.sums[s].total) {
					if !seen[other] && !f.cells[other].published {
						seen[other] = true
						next = append(next, other)
					}
				}
			}
		}
		edge = next
	}
	return -1, -1
}

// bound returns the most that a cell can be by a sum that it is in.
func (f *safety) bound(s, cell int) int {
	one := &f.sums[s]
	if one.total == cell {
		most := 0
		for _, p := range one.parts {
			if f.cells[p].high == unbounded {
				return unbounded
			}
			most += f.cells[p].high
		}
		return most
	}
	most := f.cells[one.total].high
	if most == unbounded {
		return unbounded
	}
	for _, p := range one.parts {
		if p != cell {
			most -= f.cells[p].low
		}
	}
	return most
}

// smallest returns the published cell of a sum with the smallest count that can be taken back, or −1.
func (f *safety) smallest(s int) int {
	best := -1
	for _, i := range append([]int{f.sums[s].total}, f.sums[s].parts...) {
		c := &f.cells[i]
		if c.published && c.at >= 0 && (best < 0 || c.count < f.cells[best].count) {
			best = i
		}
	}
	return best
}

package view

import (
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
// the table is published, and the order in which cells are looked at is theirs in the table. What is taken back moves only
// intervals of cells that hang together with it by sums and cells that are not published (countbound.go): of all others
// what was found before holds.
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

	stamp int     // of the search that is under way, see safeCell.seen
	queue []int   // a ring of the sums that wait to be looked at; each waits once at most
	near  []bound // scratch of helps
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
	seen      int // the last search that met it
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
	var back []int
	for {
		narrowed, ok := f.propagate(back)
		if !ok {
			f.withdraw(t)
			return
		}
		back, ok = f.unsafe(narrowed)
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
	n := 0
	for _, one := range days {
		n += len(one.Cells)
	}
	f := &safety{k: s.K, index: make(map[safeKey]int, 2*(n+len(t.Cells)))}
	for table, one := range slices.Concat([]*Table{t}, days) {
		f.add(s, table, one)
	}
	if len(days) > 0 {
		f.addWeek()
	}
	f.index = nil // only sums need it
	f.link()
	f.queue = make([]int, len(f.sums))
	return f
}

// link tells each cell of the sums that it is in.
func (f *safety) link() {
	in, all := make([]int, len(f.cells)), 0
	each := func(do func(cell, sum int)) {
		for i := range f.sums {
			do(f.sums[i].total, i)
			for _, p := range f.sums[i].parts {
				do(p, i)
			}
		}
	}
	each(func(cell, _ int) { in[cell]++; all++ })
	slab := make([]int, 0, all)
	for i, n := range in {
		f.cells[i].sums = slab[len(slab) : len(slab) : len(slab)+n]
		slab = slab[:len(slab)+n]
	}
	each(func(cell, sum int) { f.cells[cell].sums = append(f.cells[cell].sums, sum) })
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

package derive

import (
	"sort"
	"unsafe"

	"hutong/layers"
	"hutong/layers/hexgrid"
)

// Cells are the aggregates of all cells that have features of one snapshot, at all levels. They never change
// (S2); all methods may be called from any goroutine.
type Cells struct {
	index      *Index
	generation uint64
	bases      []base
	counts     [hexgrid.MaxResolution + 1]int
	bytes      int
}

var _ layers.Derived = (*Cells)(nil)

// editor returns an editor that begins with c.
func (c *Cells) editor() *editor {
	return &editor{
		layout: &c.index.layout, finest: c.index.spec.Max, generation: c.generation + 1,
		bases: c.bases, counts: c.counts, bytes: c.bytes, share: c.index.share,
	}
}

// cells returns what e made.
func (e *editor) cells(ix *Index) *Cells {
	return &Cells{index: ix, generation: e.generation, bases: e.bases, counts: e.counts, bytes: e.bytes}
}

// Bytes returns the heap that c takes, parts shared with other states included.
func (c *Cells) Bytes() int {
	return c.bytes + len(c.bases)*int(unsafe.Sizeof(base{}))
}

// Len returns the number of cells at a level that have features; 0 beyond the finest level.
func (c *Cells) Len(r hexgrid.Resolution) int {
	if r > c.index.spec.Max {
		return 0
	}
	return c.counts[r]
}

// Get returns the aggregate of a cell; ok is false when it has no feature, and beyond the finest level.
func (c *Cells) Get(cell hexgrid.Cell) (a Aggregate, ok bool) {
	l, r := &c.index.layout, cell.Resolution()
	root := cell.Parent(0)
	i := sort.Search(len(c.bases), func(i int) bool { return c.bases[i].cell >= root })
	if i == len(c.bases) || c.bases[i].cell != root || r > c.index.spec.Max {
		return Aggregate{}, false
	}
	n := c.bases[i].node
	record := n.record(l)
	for at := range r {
		digit := cell.Digit(at + 1)
		if digit == hexgrid.MaxChildren || !n.has(digit) {
			return Aggregate{}, false
		}
		record, n = n.child(l, n.position(digit))
	}
	return Aggregate{l, cell, record}, true
}

package derive

import (
	"runtime"
	"slices"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// rebuildBlocks are as many blocks as one goroutine takes at once: some 30,000 features.
const rebuildBlocks = 64

// rebuilt returns the cells of s from all its features. It takes half a microsecond of a processor a feature, and
// more with many aggregates; goroutines share it but for what puts the tree together.
func (ix *Index) rebuilt(s *layers.Snapshot) *Cells {
	e := editor{layout: &ix.layout, finest: ix.spec.Max, generation: 1, share: ix.share} // nothing goes, so nothing is made again
	var blocks []*layers.Block
	for b := range s.All() {
		if (layers.Row{Block: b}).Located() {
			blocks = append(blocks, b)
		}
	}
	chunks := (len(blocks) + rebuildBlocks - 1) / rebuildBlocks
	if chunks <= 1 {
		e.run(ix.editsOf(blocks, nil))
		return e.cells(ix)
	}
	todo, done := make(chan []*layers.Block), make(chan edits)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), chunks) {
		wait.Go(func() {
			for chunk := range todo {
				done <- ix.editsOf(chunk, nil)
			}
		})
	}
	go func() {
		for len(blocks) > 0 {
			n := min(rebuildBlocks, len(blocks))
			todo <- blocks[:n]
			blocks = blocks[n:]
		}
		close(todo)
		wait.Wait()
		close(done)
	}()
	for ops := range done { // in any order: the tree is the same
		e.run(ops)
	}
	return e.cells(ix)
}

// editsOf returns edits that make the features of blocks come, or of a single block those of some rows.
func (ix *Index) editsOf(blocks []*layers.Block, rows column.Bits) edits {
	l := &ix.layout
	out := edits{layout: l}
	var places []world.Point
	var records []uint64
	var last world.Point
	var cell hexgrid.Cell
	for _, b := range blocks {
		n := b.Len()
		places, records = slices.Grow(places[:0], n)[:n], slices.Grow(records[:0], n*l.stride)[:n*l.stride]
		for row := range places {
			places[row] = b.Point(row)
		}
		l.fill(records, places, func(row, field int) column.Value { return b.Column(field).Value(row) })
		for row, p := range places {
			if rows != nil && !rows.Has(row) {
				continue
			}
			if cell == 0 || p != last {
				last = p
				if c := cellAt(p, ix.spec.Max); c != cell {
					cell = c
					out.extend() // which rows that follow share: they are near each other
					out.list[len(out.list)-1].cell = c
				}
			}
			out.come(out.change(&out.list[len(out.list)-1]), records[row*l.stride:(row+1)*l.stride])
		}
	}
	out.settle()
	return out
}

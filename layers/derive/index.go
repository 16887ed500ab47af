package derive

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// edit is what changes in one finest cell.
type edit struct {
	cell hexgrid.Cell
	at   int // of its change in edits.words
}

// edits are what a batch changes. The change of a cell is a record of what comes less what goes, with the maxima
// of what comes, and behind it the maxima of what goes.
type edits struct {
	layout *layout
	list   []edit
	words  []uint64
}

func (e *edits) size() int { return e.layout.stride + e.layout.maxima() }

func (e *edits) change(op *edit) []uint64 { return e.words[op.at : op.at+e.size()] }

// extend appends an edit to be filled in and returns its change.
func (e *edits) extend() []uint64 {
	from := len(e.words)
	e.list = append(e.list, edit{at: from})
	e.words = slices.Grow(e.words, e.size())[:from+e.size()]
	change := e.words[from:]
	e.layout.clear(change)
	for i := e.layout.stride; i < len(change); i++ {
		change[i] = none
	}
	return change
}

// settle sorts the edits by cell and puts those of one cell together.
func (e *edits) settle() {
	slices.SortFunc(e.list, func(a, b edit) int { return cmp.Compare(a.cell, b.cell) })
	kept := e.list[:0]
	for _, op := range e.list {
		if n := len(kept); n > 0 && kept[n-1].cell == op.cell {
			e.layout.join(e.change(&kept[n-1]), e.change(&op))
			continue
		}
		kept = append(kept, op)
	}
	e.list = kept
}

// come adds the record of a feature that comes to a change.
func (e *edits) come(change, record []uint64) { e.layout.add(change[:e.layout.stride], record) }

// leave takes the record of a feature that goes out of a change.
func (e *edits) leave(change, record []uint64) {
	e.layout.subtractSums(change, record)
	gone := change[e.layout.stride:]
	for i, m := range record[e.layout.wides:] {
		gone[i] = uint64(max(int64(gone[i]), int64(m)))
	}
}

// Derive returns the cells of s. See [layers.Deriver].
func (ix *Index) Derive(from layers.Derived, list []layers.Edit, s *layers.Snapshot) layers.Derived {
	before, ok := from.(*Cells)
	if !ok || before.index != ix {
		return ix.rebuilt(s)
	}
	b := ix.batch()
	defer ix.batches.Put(b)
	for i := range list {
		b.take(&list[i])
	}
	if len(b.edits.list) == 0 {
		return before
	}
	b.lookUp(ix.spec.Max, ix.share)
	b.edits.settle()
	e := before.editor()
	e.remaker = remaker{layout: &ix.layout, snapshot: s}
	e.run(b.edits)
	return e.cells(ix)
}

// batch turns the edits of features into edits of cells.
type batch struct {
	edits    edits
	places   []world.Point // by edit
	old, new []uint64      // scratch
}

// batch returns an empty batch, with the room of one before it.
func (ix *Index) batch() *batch {
	b, ok := ix.batches.Get().(*batch)
	if !ok {
		b = &batch{edits: edits{layout: &ix.layout}}
	}
	b.places, b.edits.list, b.edits.words = b.places[:0], b.edits.list[:0], b.edits.words[:0]
	return b
}

// take notes an edit, unless nothing that counts changed.
func (b *batch) take(e *layers.Edit) {
	l := b.edits.layout
	was := e.Old.Block != nil && e.Old.Located()
	is := !e.Gone && e.Located
	var place world.Point
	if was {
		place = e.Old.Block.Point(e.Old.Index)
		b.old = slices.Grow(b.old[:0], l.stride)[:l.stride]
		l.of(b.old, place, func(field int) column.Value { return e.Old.Block.Column(field).Value(e.Old.Index) })
	}
	if is {
		b.new = slices.Grow(b.new[:0], l.stride)[:l.stride]
		l.of(b.new, e.Place, e.Value)
	}
	switch {
	case was && is && place == e.Place: // of one cell, which is looked up once, if at all
		if slices.Equal(b.old, b.new) {
			return
		}
		change := b.extend(place)
		b.edits.come(change, b.new)
		b.edits.leave(change, b.old)
		return
	case was:
		b.edits.leave(b.extend(place), b.old)
	}
	if is {
		b.edits.come(b.extend(e.Place), b.new)
	}
}

// extend appends an edit of the cell that a place lies in.
func (b *batch) extend(place world.Point) []uint64 {
	b.places = append(b.places, place)
	return b.edits.extend()
}

// lookUp finds the cells of all edits. Lookups are most of the work, so several goroutines share those of a large
// batch, each of them share at least.
func (b *batch) lookUp(finest hexgrid.Resolution, share int) {
	look := func(from, to int) {
		for i := from; i < to; i++ {
			if i > from && b.places[i] == b.places[i-1] {
				b.edits.list[i].cell = b.edits.list[i-1].cell
				continue
			}
			b.edits.list[i].cell = cellAt(b.places[i], finest)
		}
	}
	n := len(b.places)
	parts := min(runtime.GOMAXPROCS(0), n/share)
	if parts < 2 {
		look(0, n)
		return
	}
	var wait sync.WaitGroup
	for part := range parts {
		wait.Go(func() { look(n*part/parts, n*(part+1)/parts) })
	}
	wait.Wait()
}

// cellAt returns the cell that a place lies in.
func cellAt(p world.Point, r hexgrid.Resolution) hexgrid.Cell {
	lon, lat := p.LonLat()
	c, err := hexgrid.At(lon, lat, r)
	if err != nil {
		panic(err) // a place in world units has degrees that are in range
	}
	return c
}

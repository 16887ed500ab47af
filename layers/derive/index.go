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

// append appends edits that are not settled.
func (e *edits) append(o *edits) {
	from, n := len(e.words), len(e.list)
	e.words = append(e.words, o.words...)
	e.list = append(e.list, o.list...)
	for i := range e.list[n:] {
		e.list[n+i].at += from
	}
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
	ix.take(b, list)
	if len(b.edits.list) == 0 {
		return before
	}
	b.edits.settle()
	e := before.editor()
	e.remaker = remaker{layout: &ix.layout, snapshot: s}
	e.run(b.edits)
	return e.cells(ix)
}

// batch turns the edits of features into edits of cells.
type batch struct {
	edits  edits
	places []world.Point // by edit
	// What some edits were and are.
	old, new some
}

// some are features with places.
type some struct {
	places  []world.Point
	records []uint64
	of      []*layers.Edit
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

// take fills a batch with what edits change, and looks up in which cells. Several goroutines share a long list, each of
// them ix.share edits at least.
func (ix *Index) take(b *batch, list []layers.Edit) {
	n := len(list)
	parts := min(runtime.GOMAXPROCS(0), n/ix.share)
	if parts < 2 {
		b.take(list, ix.spec.Max)
		return
	}
	others := make([]*batch, parts-1)
	var wait sync.WaitGroup
	for i := range others {
		others[i] = ix.batch()
		wait.Go(func() { others[i].take(list[n*(i+1)/parts:n*(i+2)/parts], ix.spec.Max) })
	}
	b.take(list[:n/parts], ix.spec.Max)
	wait.Wait()
	for _, o := range others {
		b.edits.append(&o.edits)
		ix.batches.Put(o)
	}
}

// together is how many edits are read side by side: as many as their records stay in the fastest cache.
const together = 32

// take notes what edits change in which cells of a resolution.
func (b *batch) take(list []layers.Edit, finest hexgrid.Resolution) {
	for len(list) > 0 {
		n := min(together, len(list))
		b.read(list[:n])
		b.note(list[:n])
		list = list[n:]
	}
	clear(b.old.of[:cap(b.old.of)]) // keep nothing of the batch
	clear(b.new.of[:cap(b.new.of)])
	for i, p := range b.places {
		if i > 0 && p == b.places[i-1] {
			b.edits.list[i].cell = b.edits.list[i-1].cell
			continue
		}
		b.edits.list[i].cell = cellAt(p, finest)
	}
}

// read reads what edits were and are.
func (b *batch) read(list []layers.Edit) {
	b.old.clear()
	b.new.clear()
	for i := range list {
		e := &list[i]
		if e.Old.Block != nil && e.Old.Located() {
			b.old.add(e, e.Old.Block.Point(e.Old.Index))
		}
		if !e.Gone && e.Located {
			b.new.add(e, e.Place)
		}
	}
	b.old.fill(b.edits.layout, func(i, field int) column.Value {
		row := &b.old.of[i].Old
		return row.Block.Column(field).Value(row.Index)
	})
	b.new.fill(b.edits.layout, func(i, field int) column.Value { return b.new.of[i].Value(field) })
}

func (s *some) clear() { s.places, s.of = s.places[:0], s.of[:0] }

func (s *some) add(e *layers.Edit, p world.Point) {
	s.places, s.of = append(s.places, p), append(s.of, e)
}

func (s *some) fill(l *layout, value func(i, field int) column.Value) {
	n := len(s.places) * l.stride
	s.records = slices.Grow(s.records[:0], n)[:n]
	l.fill(s.records, s.places, value)
}

// next takes the first of s if it is that of an edit.
func (s *some) next(e *layers.Edit, l *layout) (place world.Point, record []uint64, ok bool) {
	if len(s.of) == 0 || s.of[0] != e {
		return place, nil, false
	}
	place, record = s.places[0], s.records[:l.stride]
	s.places, s.of, s.records = s.places[1:], s.of[1:], s.records[l.stride:]
	return place, record, true
}

// note notes what edits that were read change, unless it is nothing that counts.
func (b *batch) note(list []layers.Edit) {
	l := b.edits.layout
	old, now := b.old, b.new
	for i := range list {
		from, before, was := old.next(&list[i], l)
		to, after, is := now.next(&list[i], l)
		switch {
		case was && is && from == to: // of one cell, which is looked up once, if at all
			if slices.Equal(before, after) {
				continue
			}
			change := b.extend(from)
			b.edits.come(change, after)
			b.edits.leave(change, before)
			continue
		case was:
			b.edits.leave(b.extend(from), before)
		}
		if is {
			b.edits.come(b.extend(to), after)
		}
	}
}

// extend appends an edit of the cell that a place lies in.
func (b *batch) extend(place world.Point) []uint64 {
	b.places = append(b.places, place)
	return b.edits.extend()
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

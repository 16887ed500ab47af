package layers

import (
	"cmp"
	"slices"

	"hutong/layers/world"
)

// A coverage keeps the borders that its members share: a vertex that several rings have is kept at
// the lowest detail that any of them needs, so all of them show it or none (design §3). What a ring
// needs by itself depends on the ring only, so the state depends on the members and not on the order
// in which they came.

// place of a row in the store.
type rowRef struct {
	block uint32
	row   int
}

// settleCoverage brings the details of all members near a geometry that came or went up to date.
func (w *writer) settleCoverage() {
	if len(w.moved) == 0 {
		return
	}
	near := w.shapesNear(w.moved)
	w.moved = w.moved[:0]
	boxes := make([]world.Box, len(near))
	for i, r := range near {
		boxes[i] = w.table.table.block(r.block).shapes.Box(r.row)
	}
	w.settleDetails(near, w.shapesNear(boxes), true)
}

// settleWholeCoverage is settleCoverage after a bulk load.
func (w *writer) settleWholeCoverage() {
	if !w.schema.Coverage {
		return
	}
	var all []rowRef
	for c := smallShape; c < classes; c++ {
		for _, l := range w.sequences[c] {
			for row := range w.table.table.block(l.block).Len() {
				all = append(all, rowRef{l.block, row})
			}
		}
	}
	w.settleDetails(all, all, false)
}

// shapesNear returns the rows whose boxes meet one of boxes, each once.
func (w *writer) shapesNear(boxes []world.Box) []rowRef {
	var out []rowRef
	for _, box := range boxes {
		w.freeze().Search(treeBox(box), func(n uint32) bool {
			b := w.table.table.block(n)
			for row := range b.Len() {
				if b.class.isShape() && b.shapes.Box(row).Intersects(box) {
					out = append(out, rowRef{n, row})
				}
			}
			return true
		})
	}
	slices.SortFunc(out, func(a, b rowRef) int { return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.row, b.row)) })
	return slices.Compact(out)
}

// settleDetails sets the details of rows, which are sorted by block, to the least that any of the
// neighbours needs at the vertex. Rows are among the neighbours.
func (w *writer) settleDetails(rows, neighbours []rowRef, note bool) {
	needs := make(map[world.Point]uint8)
	for _, r := range neighbours {
		s := w.table.table.block(r.block).shapes
		from, to := s.Vertices(r.row)
		for i := from; i < to; i++ {
			p := world.Point{X: s.X[i], Y: s.Y[i]}
			if need, ok := needs[p]; !ok || s.own[i] < need {
				needs[p] = s.own[i]
			}
		}
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].block == rows[0].block {
			n++
		}
		w.settleBlock(rows[:n], needs, note)
		rows = rows[n:]
	}
}

// settleBlock is settleDetails for rows of one block. It copies the details when one differs.
func (w *writer) settleBlock(rows []rowRef, needs map[world.Point]uint8, note bool) {
	old := w.table.table.block(rows[0].block)
	var next *Shapes
	for _, r := range rows {
		differs := false
		from, to := old.shapes.Vertices(r.row)
		for i := from; i < to; i++ {
			need := needs[world.Point{X: old.shapes.X[i], Y: old.shapes.Y[i]}]
			if need == old.shapes.Details[i] {
				continue
			}
			if next == nil {
				copied := *old.shapes
				next = &copied
				next.Details, next.Clean = slices.Clone(old.shapes.Details), slices.Clone(old.shapes.Clean)
			}
			next.Details[i] = need
			differs = true
		}
		if differs {
			next.Clean[r.row] = next.clean(r.row)
			if note {
				w.delta.Boxes = append(w.delta.Boxes, old.shapes.Box(r.row))
			}
		}
	}
	if next != nil {
		block := *old
		block.shapes = next
		w.table.set(rows[0].block, &block)
	}
}

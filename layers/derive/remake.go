package derive

import (
	"math"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// remaker finds the maxima of finest cells again after one went: from the features that lie there now.
type remaker struct {
	layout   *layout
	snapshot *layers.Snapshot
	row      []uint64 // scratch
}

// fork returns a remaker for another goroutine.
func (m *remaker) fork() remaker { return remaker{layout: m.layout, snapshot: m.snapshot} }

// remake writes the maxima of a cell. Its cost is a look at the features in the rectangle around the cell, and a lookup
// of those that would raise a maximum and are not well inside or outside of the cell.
func (m *remaker) remake(cell hexgrid.Cell, maxima []uint64) {
	for i := range maxima {
		maxima[i] = none
	}
	inside := newInsider(cell)
	for _, box := range inside.boxes() {
		m.snapshot.EachBlock(box, func(b *layers.Block) { m.block(b, box, inside, maxima) })
	}
}

func (m *remaker) block(b *layers.Block, box world.Box, inside *insider, maxima []uint64) {
	if m.row == nil {
		m.row = make([]uint64, m.layout.maxima())
	}
	if b.Shapes() != nil {
		for row := range b.Len() {
			if p := b.Point(row); box.Contains(p) {
				m.raise(b, row, p, inside, maxima)
			}
		}
		return
	}
	width, height, ys := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y, b.Y()
	for row, x := range b.X() {
		if y := ys[row]; x-box.Min.X <= width && y-box.Min.Y <= height { // what is less wraps around
			m.raise(b, row, world.Point{X: x, Y: y}, inside, maxima)
		}
	}
}

// raise makes the maxima those with a row, if it is inside.
func (m *remaker) raise(b *layers.Block, row int, p world.Point, inside *insider, maxima []uint64) {
	m.layout.maximaOf(m.row, func(field int) column.Value { return b.Column(field).Value(row) })
	raises := false
	for i, v := range m.row {
		raises = raises || int64(v) > int64(maxima[i])
	}
	if raises && inside.has(p) {
		for i, v := range m.row {
			maxima[i] = uint64(max(int64(v), int64(maxima[i])))
		}
	}
}

// insider tells which places a cell looks up to.
type insider struct {
	cell hexgrid.Cell
	// ring is the outline of a cell whose edges are straight on the map. Within margin of it, in world
	// units, only a lookup tells. Without vertices it is a cell of which only lookups tell.
	ring   ring
	margin float64
	last   world.Point
	lastIn bool
	any    bool
}

// Cells that are coarser, or nearer to a pole, have edges that are not straight on the map; those with more vertices
// than a hexagon, where an edge of the icosahedron crosses them, need not be convex.
const (
	straightFrom     = hexgrid.Resolution(5)
	straightLatitude = 75 // degrees
)

func newInsider(cell hexgrid.Cell) *insider {
	in := &insider{cell: cell}
	if cell.Resolution() < straightFrom {
		return in
	}
	vertices := cell.Boundary()
	if len(vertices) != 6 || vertices[0].Lat > straightLatitude || vertices[0].Lat < -straightLatitude {
		return in
	}
	if parts := cut(unroll(vertices)); len(parts) == 1 {
		in.ring = newRing(parts[0])
		// A hundredth of the cell is more than its edges are bent; and vertices are rounded.
		in.margin = float64(in.ring.box.Max.X-in.ring.box.Min.X)/100 + 2
	}
	return in
}

// boxes returns boxes that hold all features of the cell.
func (in *insider) boxes() []world.Box {
	if len(in.ring.x) > 0 {
		m, box := uint32(in.margin)+1, in.ring.box
		box.Min.X, box.Min.Y = box.Min.X-min(m, box.Min.X), box.Min.Y-min(m, box.Min.Y)
		box.Max.X, box.Max.Y = box.Max.X+min(m, math.MaxUint32-box.Max.X), box.Max.Y+min(m, math.MaxUint32-box.Max.Y)
		return []world.Box{box}
	}
	boxes, n := newOutline(in.cell).reach.boxes()
	return boxes[:n]
}

// has reports whether the cell is the one of a place.
func (in *insider) has(p world.Point) bool {
	if in.any && p == in.last {
		return in.lastIn
	}
	in.any, in.last = true, p
	in.lastIn = in.look(p)
	return in.lastIn
}

func (in *insider) look(p world.Point) bool {
	if len(in.ring.x) > 0 {
		switch d := in.ring.depth(p); {
		case d > in.margin:
			return true
		case d < -in.margin:
			return false
		}
	}
	return cellAt(p, in.cell.Resolution()) == in.cell
}

package derive

import (
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// remaker finds the maxima of finest cells again after one went: from the features that lie there now.
type remaker struct {
	index    *Index
	snapshot *layers.Snapshot
	row      []uint64 // scratch
}

// remake writes the maxima of a cell. Its cost is a look at the features in the rectangle around the cell, and a lookup
// of those that would raise a maximum and are not well inside or outside of the cell.
func (m *remaker) remake(cell hexgrid.Cell, maxima []uint64) {
	for i := range maxima {
		maxima[i] = none
	}
	inside := newInsider(cell)
	boxes, n := inside.outline.reach.boxes()
	for _, box := range boxes[:n] {
		m.snapshot.EachBlock(box, func(b *layers.Block) { m.block(b, box, inside, maxima) })
	}
}

func (m *remaker) block(b *layers.Block, box world.Box, inside *insider, maxima []uint64) {
	l := &m.index.layout
	if m.row == nil {
		m.row = make([]uint64, l.maxima())
	}
	for row := range b.Len() {
		p := b.Point(row)
		if !box.Contains(p) {
			continue
		}
		l.maximaOf(m.row, func(field int) column.Value { return b.Column(field).Value(row) })
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
}

// insider tells which places a cell looks up to.
type insider struct {
	outline *outline
	margin  float64 // world units from an edge within which only a lookup tells; negative when it always does
	last    world.Point
	lastIn  bool
	any     bool
}

// Cells as coarse, or as near to a pole, have edges that are not straight on the map.
const (
	straightFrom     = hexgrid.Resolution(5)
	straightLatitude = 75 // degrees
)

func newInsider(cell hexgrid.Cell) *insider {
	o := newOutline(cell)
	in := &insider{outline: o, margin: -1}
	if cell.Resolution() >= straightFrom && o.lat < straightLatitude && o.lat > -straightLatitude && len(o.rings) == 1 {
		box := o.rings[0].box
		// A hundredth of the cell is more than its edges are bent; and vertices are rounded.
		in.margin = float64(box.Max.X-box.Min.X)/100 + 2
	}
	return in
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
	if in.margin >= 0 {
		switch d := in.outline.rings[0].depth(p); {
		case d > in.margin:
			return true
		case d < -in.margin:
			return false
		}
	}
	return cellAt(p, in.outline.cell.Resolution()) == in.outline.cell
}

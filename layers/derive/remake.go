package derive

import (
	"math"
	"math/bits"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// remaker finds the maxima of finest cells again after some went: from the features that lie there now.
type remaker struct {
	layout   *layout
	snapshot *layers.Snapshot
	// Scratch.
	row  []uint64
	near []nearRow
}

// nearRow is a feature that may lie in a cell.
type nearRow struct {
	block *layers.Block
	row   int
	place world.Point
}

// few are as many features of a cell, or near it, as are looked at one by one.
const few = 64

// fork returns a remaker for another goroutine.
func (m *remaker) fork() remaker { return remaker{layout: m.layout, snapshot: m.snapshot} }

// remake writes those maxima of a cell that are stale, a bit each; the sums of its record are right. Its cost is a
// look at the places in the rectangle around the cell, and at the values of those in the cell. Which ones that are mostly
// follows from the record, which has their number and the sums of their places; the others are looked up. Of a cell with
// many features, or many near it, only those that would raise a maximum are looked at any further, and the
// outline of the cell saves most lookups.
func (m *remaker) remake(cell hexgrid.Cell, record []uint64, stale uint64) {
	maxima := record[m.layout.wides:]
	for left := stale; left != 0; left &= left - 1 {
		maxima[bits.TrailingZeros64(left)] = none
	}
	if m.row == nil {
		m.row = make([]uint64, m.layout.maxima())
	}
	if m.remakeFew(cell, record, maxima, stale) {
		return
	}
	inside := newInsider(cell)
	for _, box := range inside.boxes() {
		m.snapshot.EachBlock(box, func(b *layers.Block) {
			eachIn(b, box, func(row int, p world.Point) bool {
				if m.raises(b, row, maxima, stale) && inside.has(p) {
					m.raise(maxima, stale)
				}
				return true
			})
		})
	}
}

// remakeFew is remake of a cell without many features; ok is false of another one, and where a circle around the cell is no
// rectangle on the map.
func (m *remaker) remakeFew(cell hexgrid.Cell, record, maxima []uint64, stale uint64) (ok bool) {
	n := int(count(record))
	if n > few {
		return false
	}
	box := world.Box{Min: world.Point{X: uint32(record[wordX]), Y: uint32(record[wordY])}}
	if box.Max = box.Min; n > 1 {
		if box, ok = circleBox(cell); !ok {
			return false
		}
	}
	m.near = m.near[:0]
	m.snapshot.EachBlock(box, func(b *layers.Block) {
		eachIn(b, box, func(row int, p world.Point) bool {
			m.near = append(m.near, nearRow{b, row, p})
			return len(m.near) <= 2*few
		})
	})
	if len(m.near) > 2*few {
		return false
	}
	// All places of the cell are among those that are near. If there is one more, it is what the sum of these has
	// more than that of the cell.
	var other world.Point
	if len(m.near) == n+1 {
		var x, y uint64
		for i := range m.near {
			x, y = x+uint64(m.near[i].place.X), y+uint64(m.near[i].place.Y)
		}
		other = world.Point{X: uint32(x - record[wordX]), Y: uint32(y - record[wordY])}
	}
	inside := looker{cell: cell}
	for i := range m.near {
		f := &m.near[i]
		switch len(m.near) - n {
		case 0:
			m.raises(f.block, f.row, maxima, stale)
		case 1:
			if f.place == other || !m.raises(f.block, f.row, maxima, stale) {
				continue
			}
		default:
			if !m.raises(f.block, f.row, maxima, stale) || !inside.has(f.place) {
				continue
			}
		}
		m.raise(maxima, stale)
	}
	return true
}

// looker tells which places a cell looks up to, and makes the outline only for many.
type looker struct {
	cell    hexgrid.Cell
	lookups int
	inside  *insider
}

// outlined is how many lookups take as long as an outline does.
const outlined = 6

// has reports whether the cell is the one of a place.
func (l *looker) has(p world.Point) bool {
	if l.lookups++; l.lookups <= outlined {
		return cellAt(p, l.cell.Resolution()) == l.cell
	}
	if l.inside == nil {
		l.inside = newInsider(l.cell)
	}
	return l.inside.has(p)
}

// eachIn calls fn with the rows of a block whose places lie in a box, until it returns false.
func eachIn(b *layers.Block, box world.Box, fn func(row int, p world.Point) bool) {
	if b.Shapes() != nil {
		for row := range b.Len() {
			if p := b.Point(row); box.Contains(p) && !fn(row, p) {
				return
			}
		}
		return
	}
	west, width, ys := box.Min.X, box.Max.X-box.Min.X, b.Y()
	for row, x := range b.X() {
		if x-west > width { // what is less wraps around
			continue
		}
		if p := (world.Point{X: x, Y: ys[row]}); box.Contains(p) && !fn(row, p) {
			return
		}
	}
}

// raises reads what is stale of a row, and reports whether a maximum is less.
func (m *remaker) raises(b *layers.Block, row int, maxima []uint64, stale uint64) bool {
	m.layout.maximaOf(m.row, stale, func(field int) column.Value { return b.Column(field).Value(row) })
	for left := stale; left != 0; left &= left - 1 {
		if i := bits.TrailingZeros64(left); int64(m.row[i]) > int64(maxima[i]) {
			return true
		}
	}
	return false
}

// raise makes the stale maxima those with the row that was read last.
func (m *remaker) raise(maxima []uint64, stale uint64) {
	for left := stale; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		maxima[i] = uint64(max(int64(m.row[i]), int64(maxima[i])))
	}
}

// circleBox returns a box that holds all places of a cell; ok is false near the ends of the map, and for cells so
// large that a circle around them is not about one on the map.
func circleBox(cell hexgrid.Cell) (box world.Box, ok bool) {
	if cell.Resolution() < straightFrom {
		return box, false
	}
	c := cell.Circle()
	if !(math.Abs(c.Lat) < straightLatitude) {
		return box, false
	}
	// Up to that latitude the map's scale grows by less than a hundredth across such a cell.
	reach := 1.02*c.Radius*(worldSide/(2*math.Pi))/math.Cos(c.Lat*(math.Pi/180)) + 2
	x, y := world.X(c.Lon), world.Y(c.Lat)
	if x < reach || x > worldSide-1-reach {
		return box, false
	}
	return world.Box{
		Min: world.Point{X: uint32(x - reach), Y: uint32(y - reach)},
		Max: world.Point{X: uint32(x + reach), Y: uint32(y + reach)},
	}, true
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

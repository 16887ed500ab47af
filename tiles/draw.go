package tiles

import (
	"math/bits"

	"hutong/layers"
	"hutong/layers/shape"
	"hutong/tiles/grid"
	"hutong/tiles/mvt"
)

// drawing is the geometries of a tile's shapes, as the bytes that stand in their features.
type drawing struct {
	bytes []byte
	rows  []drawn // by position in the selection; those of points are not used
	empty int     // shapes that have nothing to show
	tiny  int     // of these, polygons below a pixel
	// coarse counts polygons whose edges meet so often that only their outline was drawn.
	coarse int
}

// drawn is the geometry of one row: nothing when from is to.
type drawn struct {
	from, to int // in drawing.bytes
	kind     mvt.Type
}

// painter draws shapes into one tile.
type painter struct {
	s     *scratch
	frame grid.Frame
	zoom  int
	// grid is the detail whose units are the tile's; it may be negative. full is the one whose vertices
	// the zoom shows: that of the grid, but never less than with 4,096 units, so that small parts of a
	// shape are there by their pixels whatever the extent. detail is that or a lower one, to save bytes.
	grid, full, detail int
	// asBoxes is set when shapes are drawn as their boxes, the last resort.
	asBoxes bool
	pen     mvt.Pen // of the row under way
}

func (s *scratch) newPainter(t grid.Tile) painter {
	o := &s.b.opts
	d := int(t.Z) + bits.Len32(o.Extent) - bits.Len32(4096)
	full := max(d, int(t.Z))
	return painter{s: s, frame: t.Frame(o.Extent, o.Buffer), zoom: int(t.Z), grid: d, full: full, detail: full}
}

// drawShapes draws the shapes among the rows, takes those out of the selection that have nothing to
// show, and leaves out vertices until the tile with its kept fields fits the budget.
func (s *scratch) drawShapes(t grid.Tile, p *plan, stats *Stats) {
	paint := s.newPainter(t)
	paint.draw()
	if d := &s.drawing; d.empty > 0 {
		stats.Tiny, stats.Outside = d.tiny, d.empty-d.tiny
		s.dropEmpty()
		s.makeRoom(p.columns())
		s.addKept(p)
	}
	for s.rows.n > 0 && s.size() > s.b.opts.Budget && paint.simplify() {
		stats.Simplified++
		paint.draw()
	}
	stats.Coarse = s.drawing.coarse
}

// simplify lowers the detail by as much as the tile is too large, or goes over to boxes; it returns false
// when nothing is left to be saved.
func (p *painter) simplify() bool {
	switch excess := p.s.size() / p.s.b.opts.Budget; {
	case p.asBoxes:
		return false
	case p.detail <= 0:
		p.asBoxes = true
	default:
		p.detail = max(0, min(p.detail, shape.MaxDetail)-bits.Len(uint(excess)))
	}
	return true
}

// draw draws the shapes of the selection.
func (p *painter) draw() {
	d := &p.s.drawing
	d.bytes, d.empty, d.tiny, d.coarse = d.bytes[:0], 0, 0, 0
	d.rows = grown(d.rows[:0], p.s.rows.n)[:p.s.rows.n]
	for i := range p.s.rows.runs {
		r := &p.s.rows.runs[i]
		shapes := r.block.Shapes()
		if shapes == nil {
			continue
		}
		numbers := r.block.Numbers()
		for k, row := range r.rows {
			from := len(d.bytes)
			p.pen = mvt.Pen{}
			kind := p.row(shapes, int(row), numbers[row])
			if len(d.bytes) == from {
				d.empty++
			}
			d.rows[r.first+k] = drawn{from, len(d.bytes), kind}
		}
	}
}

// row draws one row and returns the type of its geometry.
func (p *painter) row(sh *layers.Shapes, row int, number uint64) mvt.Type {
	from := len(p.s.drawing.bytes)
	kind := mvt.Polygons
	switch k := sh.Kinds[row]; {
	case k == shape.MultiPoint:
		kind = mvt.Points
	case k.IsLine():
		kind = mvt.Lines
	case p.isTiny(sh, row):
		p.tiny(sh, row, number)
		return kind
	}
	switch {
	case p.asBoxes:
		p.boxOf(sh, row, kind)
		return kind
	case kind == mvt.Points:
		p.points(sh, row)
	case kind == mvt.Lines:
		p.eachWorld(sh, row, p.lines)
	default:
		p.eachWorld(sh, row, p.polygons)
		if len(p.s.drawing.bytes) == from {
			p.eachWorld(sh, row, p.thin)
		}
	}
	if len(p.s.drawing.bytes) == from && p.detail < p.full {
		p.boxOf(sh, row, kind) // it was in the tile at full detail
	}
	return kind
}

// eachWorld calls draw for each world in which the box of a row meets the window. inside says that all
// of the box is in it.
func (p *painter) eachWorld(sh *layers.Shapes, row int, draw func(sh *layers.Shapes, row int, world int64, inside bool)) {
	for _, world := range p.frame.Worlds {
		if box := p.unitBox(sh, row, world); meets(box, p.frame.Cut) {
			draw(sh, row, world, contains(p.frame.Cut, box))
		}
	}
}

// dropEmpty takes the shapes that have nothing to show out of the selection and of the drawing.
func (s *scratch) dropEmpty() {
	s.marks = grown(s.marks[:0], s.rows.n)[:s.rows.n]
	kept := s.drawing.rows[:0]
	for i := range s.rows.runs {
		r := &s.rows.runs[i]
		for k := range r.rows {
			d := s.drawing.rows[r.first+k]
			empty := r.block.Shapes() != nil && d.from == d.to
			s.marks[r.first+k] = empty
			if !empty {
				kept = append(kept, d)
			}
		}
	}
	s.drawing.rows = kept
	s.other.copyUnmarked(&s.rows, s.marks)
	s.rows, s.other = s.other, s.rows
}

// unitBox returns the box of a row in tile units, in the world that lies an offset away.
func (p *painter) unitBox(sh *layers.Shapes, row int, world int64) grid.Reach {
	f := &p.frame
	return grid.Reach{
		MinX: f.X(int64(sh.MinX[row]) + world), MinY: f.Y(int64(sh.MinY[row])),
		MaxX: f.X(int64(sh.MaxX[row]) + world), MaxY: f.Y(int64(sh.MaxY[row])),
	}
}

func meets(a, b grid.Reach) bool {
	return a.MinX <= b.MaxX && b.MinX <= a.MaxX && a.MinY <= b.MaxY && b.MinY <= a.MaxY
}

// contains reports whether all of b lies in a.
func contains(a, b grid.Reach) bool {
	return b.MinX >= a.MinX && b.MaxX <= a.MaxX && b.MinY >= a.MinY && b.MaxY <= a.MaxY
}

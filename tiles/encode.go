package tiles

import (
	"math"
	"slices"

	"hutong/layers/world"
	"hutong/tiles/grid"
	"hutong/tiles/mvt"
)

// tally counts what the resolved fields bring to the tile. A field that does not fit leaves it as it
// was before.
type tally struct {
	used       int    // columns of tags that are in the tile; as many keys
	next       uint32 // index of the next value
	valueBytes int    // of the value table, as of the last field that fits
	keyBytes   int
	tagBytes   int // of all rows
	rowTags    int // the most of one row
}

// makeRoom prepares tags for the rows of the tile with this many columns at most.
func (s *scratch) makeRoom(columns int) {
	n := s.rows.n * columns
	s.tags = grown(s.tags[:0], n)[:n]
}

// mark returns the state to go back to if the next field does not fit.
func (s *scratch) mark() tally {
	s.valueBytes = len(s.values)
	return s.tally
}

// back takes out the fields resolved since t was marked.
func (s *scratch) back(t tally) {
	s.tally = t
	s.values = s.values[:t.valueBytes]
	s.keys = s.keys[:t.used]
}

// addKept resolves the kept fields of the plan and reports whether the features' cost over all kept
// fields, those of deeper zooms included, is within the budget. That does not depend on the zoom, so
// if it holds for a tile's rows it holds for those of them that its children show.
func (s *scratch) addKept(p *plan) bool {
	s.back(tally{})
	room := s.b.opts.Budget - s.b.cost.features(s.rows.n, s.rows.shapes(), 0)
	if s.b.schema.Coverage {
		room = math.MaxInt // its members stay, whatever they cost
	}
	if room < 0 {
		return false
	}
	for i := range p.fields[:p.kept] {
		if !s.resolve(&p.fields[i], room) {
			return false
		}
	}
	shown := s.mark()
	for i := range p.hidden {
		if !s.resolve(&p.hidden[i], room) {
			return false
		}
	}
	s.back(shown)
	return true
}

// addOthers resolves fields in tile order until one does not fit the budget, and returns how many
// fields of the plan the tile has, kept ones included.
func (s *scratch) addOthers(p *plan) int {
	for i := p.kept; i < len(p.fields); i++ {
		before := s.mark()
		if !s.resolve(&p.fields[i], s.b.opts.Budget) || s.size() > s.b.opts.Budget {
			s.back(before)
			return i
		}
	}
	return len(p.fields)
}

// size returns the most bytes that the tile takes with the fields and geometries it has.
func (s *scratch) size() int {
	point := mvt.SizePoint(idBits, s.rowTags, reach(&s.b.opts)) - s.rowTags
	n := s.b.frame + s.keyBytes + len(s.values) + s.tagBytes + s.rows.n*point
	if s.shaped {
		drawn := len(s.drawing.bytes)
		n += drawn + s.rows.shapes()*(mvt.SizeFeature(idBits, s.rowTags, drawn)-s.rowTags-drawn-point)
	}
	return n
}

// encode appends the tile.
func (s *scratch) encode(dst []byte, w *grid.Window) []byte {
	size := s.size()
	dst = slices.Grow(dst, size+max(mvt.Spare, mvt.MaxPoint(s.used)))
	dst, layer := mvt.BeginLayer(dst, string(s.b.schema.Name), size)
	dst = s.appendFeatures(dst, w)
	for _, name := range s.keys {
		dst = mvt.AppendKey(dst, name)
	}
	dst = append(dst, s.values...)
	return layer.End(dst, s.b.opts.Extent)
}

// appendFeatures appends the features, in canonical order.
func (s *scratch) appendFeatures(dst []byte, w *grid.Window) []byte {
	tags := s.tags[:s.used*s.rows.n]
	for i := range s.rows.runs {
		r := &s.rows.runs[i]
		if ahead := s.rows.touched(i); ahead != nil {
			s.sum += touchPlaces(ahead)
		}
		if r.block.Shapes() != nil {
			dst = s.appendShapes(dst, r, tags)
			continue
		}
		dst = mvt.AppendPoints(dst, s.place(r, w), tags[min(r.first, len(tags)):], s.rows.n)
	}
	return dst
}

// appendShapes appends the features of a run of shapes, as they were drawn.
func (s *scratch) appendShapes(dst []byte, r *run, tags []mvt.Tag) []byte {
	numbers := r.block.Numbers()
	for i, row := range r.rows {
		id := numbers[row]
		if !r.block.Shown(int(row)) {
			id = mvt.NoID
		}
		at := r.first + i
		d := s.drawing.rows[at]
		dst = mvt.AppendFeature(dst, id, tags[min(at, len(tags)):], s.rows.n, d.kind, s.drawing.bytes[d.from:d.to])
	}
	return dst
}

// place returns the points of a run, valid until the next call. Gathered first, they are encoded by a
// loop that has little else to keep at hand.
func (s *scratch) place(r *run, w *grid.Window) []mvt.Point {
	s.points = grown(s.points[:0], len(r.rows))[:len(r.rows)]
	points, numbers, xs, ys := s.points, r.block.Numbers(), r.block.X(), r.block.Y()
	xs, ys = xs[:len(numbers)], ys[:len(numbers)] // one check of a row is enough for all three
	for i, row := range r.rows {
		id := numbers[row]
		x, y := w.Units(world.Point{X: xs[row], Y: ys[row]})
		points[i] = mvt.Point{ID: id, X: x, Y: y}
	}
	if !r.block.AllShown() {
		for i, row := range r.rows {
			if !r.block.Shown(int(row)) {
				points[i].ID = mvt.NoID
			}
		}
	}
	return points
}

package derive

import (
	"iter"
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// Hexes returns the cells of one level as polygons, for a schema by [Index.HexSchema], which it keeps. A polygon that
// the antimeridian cuts has two parts, and all end where Mercator does. There are no cells at a level that the index
// does not keep, and when the index is no deriver of the layer.
func (ix *Index) Hexes(schema *layers.Schema, s *layers.Snapshot, r hexgrid.Resolution) layers.Reader {
	return ix.reader(schema, s, r, false)
}

// Clusters returns the cells of one level as points at the mean places of their features, for a schema by
// [Index.ClusterSchema], which it keeps. Otherwise it is as [Index.Hexes].
func (ix *Index) Clusters(schema *layers.Schema, s *layers.Snapshot, r hexgrid.Resolution) layers.Reader {
	return ix.reader(schema, s, r, true)
}

func (ix *Index) reader(schema *layers.Schema, s *layers.Snapshot, r hexgrid.Resolution, clusters bool) *reader {
	cells, ok := ix.Of(s)
	if !ok || r < ix.spec.Min || r > ix.spec.Max {
		cells = &Cells{index: ix}
	}
	return &reader{cells: cells, schema: schema, seq: s.Seq(), level: r, clusters: clusters}
}

// reader is the cells of one level as features, which are made when somebody looks.
type reader struct {
	cells    *Cells
	schema   *layers.Schema
	seq      layers.Seq
	level    hexgrid.Resolution
	clusters bool
}

var _ layers.Reader = (*reader)(nil)

// Seq returns the number of the snapshot that the cells are of.
func (r *reader) Seq() layers.Seq { return r.seq }

// Count returns the number of cells.
func (r *reader) Count() int { return r.cells.Len(r.level) }

// Located returns the number of cells.
func (r *reader) Located() int { return r.Count() }

// Points returns the number of clusters.
func (r *reader) Points() int {
	if r.clusters {
		return r.Count()
	}
	return 0
}

// Kinds returns how many polygons there are. Its cost is a look at those along the antimeridian.
func (r *reader) Kinds() (counts [shape.MultiPolygon + 1]int) {
	if r.clusters {
		return counts
	}
	west := world.Box{Max: world.Point{Y: world.EmptyBox.Min.Y}} // what the antimeridian cuts is there
	r.cells.eachIn(r.level, west, func(cell hexgrid.Cell, _ []uint64, _ bool) bool {
		if len(r.outline(cell).rings) > 1 {
			counts[shape.MultiPolygon]++
		}
		return true
	})
	counts[shape.Polygon] = r.Count() - counts[shape.MultiPolygon]
	return counts
}

// Bytes returns the heap that the index takes, all levels together: there is nothing else.
func (r *reader) Bytes() int { return r.cells.Bytes() }

// Extent returns the bound of all cells. Its cost is a look at those around the border.
func (r *reader) Extent() (bound orb.Bound, ok bool) {
	box := world.EmptyBox
	r.cells.visit(r.level, func(cell hexgrid.Cell, record []uint64) bool {
		o := r.outline(cell)
		if o.reach.in(box) {
			return false
		}
		if cell.Resolution() < r.level {
			return true
		}
		if r.clusters {
			a := Aggregate{&r.cells.index.layout, cell, record}
			box = box.Extend(a.Mean())
		} else {
			box = box.Union(o.shape.Box())
		}
		return false
	})
	if box.Empty() {
		return orb.Bound{}, false
	}
	west, north := box.Min.LonLat()
	east, south := box.Max.LonLat()
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, true
}

func (r *reader) outline(cell hexgrid.Cell) *outline { return r.cells.index.outlines.of(cell) }

// rows are cells on their way into blocks.
type rows struct {
	reader *reader
	list   []layers.Made
	cells  []Aggregate
}

// add adds a cell.
func (w *rows) add(cell hexgrid.Cell, record []uint64) {
	r := w.reader
	a := Aggregate{&r.cells.index.layout, cell, record}
	m := layers.Made{Number: number(cell)}
	if r.clusters {
		m.Point = a.Mean()
	} else {
		m.Shape = r.outline(cell).shape
	}
	w.list, w.cells = append(w.list, m), append(w.cells, a)
}

// number returns the bits of a cell that tell it from others of its level.
func number(cell hexgrid.Cell) uint64 { return uint64(cell) & (1<<52 - 1) }

// blocks yields the rows in canonical order.
func (w *rows) blocks() iter.Seq[*layers.Block] {
	return layers.MakeBlocks(w.reader.schema, w.list, func(i int, values []column.Value) layers.FeatureID {
		a := &w.cells[i]
		w.reader.fill(values, a)
		return layers.FeatureID(a.cell.String())
	})
}

// each calls fn with the cells whose polygons' boxes, or mean places, meet box, until it returns false.
func (r *reader) each(box world.Box, fn func(cell hexgrid.Cell, record []uint64) bool) {
	r.cells.eachIn(r.level, box, func(cell hexgrid.Cell, record []uint64, whole bool) bool {
		switch {
		case whole:
		case r.clusters:
			if a := (Aggregate{&r.cells.index.layout, cell, record}); !box.Contains(a.Mean()) {
				return true
			}
		case !r.outline(cell).meets(box):
			return true
		}
		return fn(cell, record)
	})
}

// gather returns the cells whose polygons' boxes, or mean places, meet box.
func (r *reader) gather(box world.Box) *rows {
	w := &rows{reader: r}
	r.each(box, func(cell hexgrid.Cell, record []uint64) bool {
		w.add(cell, record)
		return true
	})
	return w
}

// MoreThan reports whether [reader.EachBlock] has more than a number of cells for box, without making them.
func (r *reader) MoreThan(box world.Box, most int) bool {
	n := 0
	r.each(box, func(hexgrid.Cell, []uint64) bool {
		n++
		return n <= most
	})
	return n > most
}

// everywhere is the box of the world.
var everywhere = world.Box{Max: world.EmptyBox.Min}

// EachBlock calls fn with blocks of the cells whose polygons' boxes, or mean places, meet box, in canonical order, and
// of no others. A cell that the antimeridian cuts is looked for at both ends.
func (r *reader) EachBlock(box world.Box, fn func(*layers.Block)) {
	for b := range r.gather(box).blocks() {
		fn(b)
	}
}

// All yields all cells as blocks, in canonical order.
func (r *reader) All() iter.Seq[*layers.Block] { return r.gather(everywhere).blocks() }

// Search calls fn with the cells that [reader.EachBlock] has, until it returns false.
func (r *reader) Search(box world.Box, fn func(layers.Row) bool) layers.ScanStats {
	return scan(r.gather(box).blocks(), nil, fn)
}

// Scan calls fn with the cells that p selects, in canonical order, until it returns false.
func (r *reader) Scan(p column.Predicate, fn func(layers.Row) bool) layers.ScanStats {
	return scan(r.All(), p, fn)
}

func scan(blocks iter.Seq[*layers.Block], p column.Predicate, fn func(layers.Row) bool) (stats layers.ScanStats) {
	for b := range blocks {
		stats.Blocks++
		if p != nil && p.Skips(b.Columns()) {
			stats.Skipped++
			continue
		}
		selected := column.NewBits(b.Len())
		for i := range b.Len() {
			selected.Set(i)
		}
		if p != nil {
			p.Filter(b.Columns(), selected)
		}
		for i := range b.Len() {
			if !selected.Has(i) {
				continue
			}
			stats.Selected++
			if !fn(layers.Row{Block: b, Index: i}) {
				return stats
			}
		}
	}
	return stats
}

// Find returns the cell with an id, as H3 prints it.
func (r *reader) Find(id layers.FeatureID) (layers.Row, bool) {
	cell, err := hexgrid.Parse(string(id))
	if err != nil || cell.String() != string(id) || cell.Resolution() != r.level {
		return layers.Row{}, false
	}
	a, ok := r.cells.Get(cell)
	if !ok {
		return layers.Row{}, false
	}
	return r.row(cell, a.words), true
}

// row returns a cell as a row of a block of its own.
func (r *reader) row(cell hexgrid.Cell, record []uint64) (row layers.Row) {
	w := rows{reader: r}
	w.add(cell, record)
	for b := range w.blocks() {
		row.Block = b
	}
	return row
}

// FindNumber finds nothing: cells show no numbers.
func (r *reader) FindNumber(uint64) (layers.Row, bool) { return layers.Row{}, false }

// fill writes the values of a cell in the order of the schema's fields.
func (r *reader) fill(values []column.Value, a *Aggregate) {
	ix := r.cells.index
	to := 0
	put := func(v column.Value) {
		values[to] = v
		to++
	}
	resolution, count := column.IntOf(int64(r.level)), column.IntOf(int64(a.Count()))
	if r.clusters {
		put(column.BoolOf(true))
		put(count)
		put(column.StringOf(abbreviated(a.Count())))
		put(resolution)
	} else {
		put(resolution)
		put(count)
	}
	if ix.layout.time >= 0 {
		if at, ok := a.Newest(); ok {
			values[to] = column.MicrosOf(at)
		}
		to++
	}
	for i := range ix.layout.numbers {
		n := a.Number(i)
		values[to] = n.sum(ix.layout.numbers[i].float)
		values[to+1], values[to+2] = n.Min, n.Max
		if mean, ok := n.Mean(); ok {
			values[to+3] = column.FloatOf(mean)
		}
		to += 4
	}
	for i := range ix.layout.counts {
		for k := range ix.layout.counts[i].values + 1 {
			put(column.IntOf(int64(a.Category(i, k))))
		}
	}
}

// sum returns the sum as a value of the field's kind, null when it is not known or there is no value.
func (n *Number) sum(float bool) column.Value {
	switch whole, ok := n.Int(); {
	case n.Count == 0 || !n.Known || !float && !ok:
		return column.Value{}
	case float:
		return column.FloatOf(n.Sum)
	default:
		return column.IntOf(whole)
	}
}

// compactNeighbours keeps the best k.
func compactNeighbours(best []layers.Neighbour, next layers.Neighbour, k int) []layers.Neighbour {
	at, _ := slices.BinarySearchFunc(best, next, layers.CompareNeighbours)
	best = slices.Insert(best, at, next)
	return best[:min(k, len(best))]
}

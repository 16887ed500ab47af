package live

import (
	"strconv"

	"hutong/layers"
	"hutong/layers/world"
)

const (
	// topZoom is the zoom of the cells of a layer that has tiles of this zoom; of others it is that of their
	// deepest tiles. A cell is 611 metres wide on the equator, a city of 40 by 40 km has some 7,000. The
	// versions of tiles (tiles/cache) tell no finer ones apart.
	topZoom = 16
	// maxCells is the most cells of a layer in an event; more become one box.
	maxCells = 1000
	// maxWork is how many cells are looked at before a layer's cells become a box too: what a batch costs
	// ends there, however large its lines and polygons are.
	maxWork = 1 << 16
)

// cell is the address of a cell at its layer's zoom.
type cell struct{ x, y uint32 }

// span is a rectangle of cells, edges included.
type span struct{ min, max cell }

// dirty is where a layer changed: cells, or one box of cells, or everywhere.
type dirty struct {
	everywhere bool
	boxed      bool
	box        span // around all that there is once boxed
	cells      map[cell]struct{}
	order      []cell // the cells as they came
	work       uint64 // cells that were looked at
}

// note adds what a delta changed.
func (d *dirty) note(zoom uint8, delta *layers.Delta) {
	if delta.Everywhere {
		d.all()
		return
	}
	shift := world.Bits - zoom
	for _, p := range delta.Places {
		c := cellAt(p, shift)
		d.add(span{c, c})
	}
	for _, b := range delta.Boxes {
		if !b.Empty() {
			d.add(span{cellAt(b.Min, shift), cellAt(b.Max, shift)})
		}
	}
}

func cellAt(p world.Point, shift uint8) cell {
	return cell{uint32(uint64(p.X) >> shift), uint32(uint64(p.Y) >> shift)}
}

// all makes d everywhere.
func (d *dirty) all() { *d = dirty{everywhere: true} }

// add adds all cells of s, or grows the box by it.
func (d *dirty) add(s span) {
	if d.everywhere {
		return
	}
	wide, high := uint64(s.max.x-s.min.x)+1, uint64(s.max.y-s.min.y)+1
	d.work += wide * high
	if !d.boxed && (wide*high > maxCells || d.work > maxWork) {
		d.intoBox(s)
	}
	if d.boxed {
		d.box = d.box.union(s)
		return
	}
	for y := s.min.y; ; y++ {
		for x := s.min.x; ; x++ {
			d.addCell(cell{x, y})
			if d.boxed {
				d.box = d.box.union(s)
				return
			}
			if x == s.max.x {
				break
			}
		}
		if y == s.max.y {
			return
		}
	}
}

func (d *dirty) addCell(c cell) {
	if _, there := d.cells[c]; there {
		return
	}
	if len(d.order) == maxCells {
		d.intoBox(span{c, c})
		return
	}
	if d.cells == nil {
		d.cells = map[cell]struct{}{}
	}
	d.cells[c] = struct{}{}
	d.order = append(d.order, c)
}

// intoBox turns the cells into a box that holds s too.
func (d *dirty) intoBox(s span) {
	for _, c := range d.order {
		s = s.union(span{c, c})
	}
	*d = dirty{boxed: true, box: s}
}

func (s span) union(o span) span {
	return span{
		cell{min(s.min.x, o.min.x), min(s.min.y, o.min.y)},
		cell{max(s.max.x, o.max.x), max(s.max.y, o.max.y)},
	}
}

// merge adds all of o.
func (d *dirty) merge(o *dirty) {
	switch {
	case o.everywhere:
		d.all()
	case o.boxed:
		if !d.everywhere && !d.boxed {
			d.intoBox(o.box)
		}
		d.add(o.box)
	default:
		for _, c := range o.order {
			d.add(span{c, c})
		}
	}
}

// seal gives up what only adding needs.
func (d *dirty) seal() { d.cells = nil }

// append appends the member of an event about a layer: its name and what is dirty.
func (d *dirty) append(to []byte, l *layer) []byte {
	o := l.Tiles.Options()
	to = strconv.AppendQuote(to, string(l.name)) // names are letters, digits and -_
	to = append(to, `:{"zoom":`...)
	to = strconv.AppendUint(to, uint64(l.zoom), 10)
	to = append(to, `,"extent":`...)
	to = strconv.AppendUint(to, uint64(o.Extent), 10)
	to = append(to, `,"buffer":`...)
	to = strconv.AppendUint(to, uint64(o.Buffer+l.Overview.Units(o.Extent)), 10)
	switch {
	case d.everywhere:
		return append(to, `,"all":true}`...)
	case d.boxed:
		to = append(to, `,"box":[`...)
		to = appendCell(to, d.box.min)
		to = append(to, ',')
		to = appendCell(to, d.box.max)
		return append(to, `]}`...)
	default:
		to = append(to, `,"cells":[`...)
		for i, c := range d.order {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(to, '[')
			to = appendCell(to, c)
			to = append(to, ']')
		}
		return append(to, `]}`...)
	}
}

func appendCell(to []byte, c cell) []byte {
	to = strconv.AppendUint(to, uint64(c.x), 10)
	to = append(to, ',')
	return strconv.AppendUint(to, uint64(c.y), 10)
}

package tiles

import (
	"math"
	"math/bits"
	"sort"

	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles/grid"
)

// run is rows of one block that are in a tile, in order.
type run struct {
	block view.Block
	rows  []uint16
	first int // position of rows[0] among all rows of the tile
}

// selection is rows of many blocks in canonical order (S5).
type selection struct {
	runs []run
	slab []uint16 // what the runs' rows are cut from, when they are not whole blocks
	n    int      // rows in all
}

// shapes returns how many rows are shapes.
func (s *selection) shapes() int {
	n := 0
	for i := range s.runs {
		if s.runs[i].block.Shapes() != nil {
			n += len(s.runs[i].rows)
		}
	}
	return n
}

// reset empties s and makes room for n rows, so that runs cut from the slab stay valid.
func (s *selection) reset(n int) {
	clear(s.runs) // blocks of old snapshots must not stay alive in the pool
	s.runs, s.slab, s.n = s.runs[:0], grown(s.slab, n)[:0], 0
}

// add appends rows of a block, if any.
func (s *selection) add(b view.Block, rows []uint16) {
	if len(rows) > 0 {
		s.runs = append(s.runs, run{b, rows, s.n})
		s.n += len(rows)
	}
}

// cut appends the rows that were put into the slab from its position from on.
func (s *selection) cut(b view.Block, from int) {
	s.add(b, s.slab[from:len(s.slab):len(s.slab)])
}

// copyUnmarked makes s the rows of from without those whose positions are marked.
func (s *selection) copyUnmarked(from *selection, marks []bool) {
	s.reset(from.n)
	for i := range from.runs {
		r := &from.runs[i]
		start := len(s.slab)
		for k, row := range r.rows {
			if !marks[r.first+k] {
				s.slab = append(s.slab, row)
			}
		}
		s.cut(r.block, start)
	}
}

// appendID appends the id of the i-th row of the selection to dst.
func (s *selection) appendID(dst []byte, i int) []byte {
	r := &s.runs[sort.Search(len(s.runs), func(k int) bool { return s.runs[k].first > i })-1]
	return r.block.AppendID(dst, int(r.rows[i-r.first]))
}

// findCandidates selects the rows of v whose boxes meet the window: points that are in it, and shapes
// that may reach into it.
func (s *scratch) findCandidates(v *view.View, w *grid.Window) {
	boxes, n := w.Boxes()
	box := boxes[0]
	if n > 1 {
		// The two ends of the world are asked for at once, as the strip around it that holds both:
		// that keeps the blocks in one order and each of them once.
		box.Min.X, box.Max.X = 0, math.MaxUint32
	}
	s.blocks = v.Blocks(box, s.blocks[:0])
	partial, longest := 0, 0
	for _, b := range s.blocks {
		longest = max(longest, b.Len())
		if !w.ContainsBox(b.Box()) && b.Rows() == nil {
			partial += b.Len()
		}
	}
	s.countUp(longest)
	s.rows.reset(partial)
	s.shaped = false
	for _, b := range s.blocks {
		around := b.Box()
		from := len(s.rows.slab)
		s.shaped = s.shaped || b.Shapes() != nil
		switch {
		case b.Rows() != nil:
			s.rows.slab = appendSelected(s.rows.slab, b, w)
			s.rows.cut(b, from)
		case w.ContainsBox(around):
			s.rows.add(b, s.upward[:b.Len()])
		case n > 1 && !around.Intersects(boxes[0]) && !around.Intersects(boxes[1]):
		case b.Shapes() != nil:
			s.rows.slab = appendMeeting(s.rows.slab, b.Shapes(), w)
			s.rows.cut(b, from)
		default:
			s.rows.slab = appendInside(s.rows.slab, b.X(), b.Y(), w)
			s.rows.cut(b, from)
		}
	}
}

// appendMeeting appends the rows whose boxes meet w.
func appendMeeting(rows []uint16, sh *layers.Shapes, w *grid.Window) []uint16 {
	for row := range sh.Len() {
		if w.Meets(sh.Box(row)) {
			rows = append(rows, uint16(row))
		}
	}
	return rows
}

// appendSelected appends the rows that the view selects of b and that meet w. There are few of them, so
// that the slab may grow meanwhile: runs that were cut from it keep what they have.
func appendSelected(rows []uint16, b view.Block, w *grid.Window) []uint16 {
	inside, shapes, xs, ys := w.ContainsBox(b.Box()), b.Shapes(), b.X(), b.Y()
	for i, word := range b.Rows() {
		for ; word != 0; word &= word - 1 {
			row := i<<6 + bits.TrailingZeros64(word)
			switch {
			case inside:
			case shapes != nil:
				if !w.Meets(shapes.Box(row)) {
					continue
				}
			case uint64(xs[row]-w.West) >= w.Width || uint64(ys[row]-w.North) >= w.Height:
				continue
			}
			rows = append(rows, uint16(row))
		}
	}
	return rows
}

// countUp makes upward hold 0…n−1 at least.
func (s *scratch) countUp(n int) {
	for i := len(s.upward); i < n; i++ {
		s.upward = append(s.upward, uint16(i))
	}
}

// appendInside appends the rows whose places are in w. rows has room for all. Each row is written and
// then counted or not, because whether a row is in can hardly be foretold.
func appendInside(rows []uint16, xs, ys []uint32, w *grid.Window) []uint16 {
	west, width, north, height := w.West, w.Width, w.North, w.Height
	out := rows[len(rows) : len(rows)+len(xs)]
	ys = ys[:len(xs)]
	n := 0
	for i, x := range xs {
		out[n] = uint16(i)
		// A difference is below its limit iff subtracting that borrows from the top bit.
		in := (uint64(x-west) - width) & (uint64(ys[i]-north) - height)
		n += int(in >> 63)
	}
	return rows[:len(rows)+n]
}

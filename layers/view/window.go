package view

import (
	"cmp"
	"context"
	"slices"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// WindowQuery asks for the features in a part of the world.
type WindowQuery struct {
	// Boxes are the window in world units, edges included: two when it crosses the antimeridian.
	Boxes []world.Box
	// Where selects among them by the positions of fields in the view's schema; nil takes all.
	Where column.Predicate
	// Limit is the most features to return; not negative.
	Limit int
}

// Window is what a [WindowQuery] found.
type Window struct {
	// Rows are the features whose boxes meet the window, nearest to its middle first, at most as many
	// as were asked for.
	Rows []Row
	// Matched is how many there are.
	Matched int
	// Whole says that all of the window was looked at; else Rows and Matched are of a part of it.
	Whole bool
}

// Window returns the features in a window. Distances are between the middles of boxes, in world
// units; of features as far away as each other the first in canonical order comes first. When ctx is
// done it returns what it has found by then.
func (v *View) Window(ctx context.Context, q WindowQuery) Window {
	p := q.Where
	if p != nil {
		p = column.Renumber(p, v.layer.columns)
	}
	near := nearest[struct{}]{limit: q.Limit}
	middle := middleOf(q.Boxes)
	shown := v.selecting()
	out := Window{Whole: true}
	for _, b := range v.blocksIn(q.Boxes) {
		if ctx.Err() != nil {
			out.Whole = false
			break
		}
		if p != nil && p.Skips(b.Columns()) || shown.skips(b) {
			continue
		}
		rows := rowsIn(b, q.Boxes)
		if p != nil {
			p.Filter(b.Columns(), rows)
		}
		shown.filter(b, rows)
		for row := range b.Len() {
			if rows.Has(row) {
				out.Matched++
				near.add(found[struct{}]{Row: layers.Row{Block: b, Index: row}, far: squaredWorld(middle, b.Point(row))})
			}
		}
	}
	out.Rows = make([]Row, len(near.best))
	for i, f := range near.best {
		out.Rows[i] = Row{f.Row, v.layer}
	}
	return out
}

// blocksIn returns the blocks that meet any of boxes, each once, in canonical order.
func (v *View) blocksIn(boxes []world.Box) []*layers.Block {
	var blocks []*layers.Block
	for _, box := range boxes {
		v.snapshot.EachBlock(box, func(b *layers.Block) { blocks = append(blocks, b) })
	}
	slices.SortFunc(blocks, layers.CompareBlocks)
	return slices.CompactFunc(blocks, func(a, b *layers.Block) bool { return layers.CompareBlocks(a, b) == 0 })
}

// rowsIn returns the rows of b that meet any of boxes.
func rowsIn(b *layers.Block, boxes []world.Box) column.Bits {
	rows := column.NewBits(b.Len())
	for row := range b.Len() {
		if slices.ContainsFunc(boxes, func(box world.Box) bool { return box.Intersects(b.RowBox(row)) }) {
			rows.Set(row)
		}
	}
	return rows
}

// middleOf returns the middle of a window as x and y in world units. Of two boxes the second goes on
// where the world ends.
func middleOf(boxes []world.Box) [2]float64 {
	if len(boxes) == 0 {
		return [2]float64{}
	}
	first, last := boxes[0], boxes[len(boxes)-1]
	east := float64(last.Max.X)
	if len(boxes) > 1 {
		east += worldSize
	}
	return [2]float64{(float64(first.Min.X) + east) / 2, (float64(first.Min.Y) + float64(first.Max.Y)) / 2}
}

const worldSize = 1 << world.Bits

// squaredWorld returns the square of the distance of p from the middle of a window in world units, the
// short way around the world. Only from a middle that is far east of p that is another way: what meets a
// window has its own middle at most half a world east of the window's.
func squaredWorld(from [2]float64, p world.Point) float64 {
	dx, dy := float64(p.X)-from[0], float64(p.Y)-from[1]
	if dx < -worldSize/2 {
		dx += worldSize
	}
	return dx*dx + dy*dy
}

// found is a row that a query found: how well it fits (0 is best), how far away it is, and what else
// the query has to say.
type found[T any] struct {
	layers.Row
	fit  Fit
	far  float64
	more T
}

// nearest keeps the best of what is found. Rows must be added in canonical order.
type nearest[T any] struct {
	limit int
	best  []found[T] // the best first, at most limit
}

// add takes one more. Of equals the one that was added first stays first.
func (n *nearest[T]) add(f found[T]) {
	before := func(a, b found[T]) int { return cmp.Or(cmp.Compare(a.fit, b.fit), cmp.Compare(a.far, b.far)) }
	if len(n.best) == n.limit && (n.limit == 0 || before(f, n.best[n.limit-1]) >= 0) {
		return
	}
	at, _ := slices.BinarySearchFunc(n.best, f, func(have, f found[T]) int {
		if before(have, f) <= 0 {
			return -1
		}
		return 1
	})
	n.best = slices.Insert(n.best, at, f)
	n.best = n.best[:min(n.limit, len(n.best))]
}

package derive

import (
	"math/bits"

	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// visitor is called for a cell of the tree with its record; it returns whether to look at its children.
type visitor func(cell hexgrid.Cell, record []uint64) (deeper bool)

// visit calls fn for the cells of the tree down to level r, parents before children and in ascending order, below
// those for which it returns true.
func (c *Cells) visit(r hexgrid.Resolution, fn visitor) {
	for i := range c.bases {
		b := &c.bases[i]
		if fn(b.cell, b.node.record(&c.index.layout)) && r > 0 {
			c.visitNode(b.cell, b.node, r, fn)
		}
	}
}

func (c *Cells) visitNode(parent hexgrid.Cell, n node, r hexgrid.Resolution, fn visitor) {
	c.children(parent, n, func(cell hexgrid.Cell, record []uint64, kid node) {
		if fn(cell, record) && cell.Resolution() < r {
			c.visitNode(cell, kid, r, fn)
		}
	})
}

// children calls fn with the children of a cell that have features, in ascending order.
func (c *Cells) children(parent hexgrid.Cell, n node, fn func(cell hexgrid.Cell, record []uint64, kid node)) {
	i := 0
	for left := n.digits(); left != 0; left &= left - 1 {
		cell, _ := parent.Child(bits.TrailingZeros8(left))
		record, kid := n.child(&c.index.layout, i)
		fn(cell, record, kid)
		i++
	}
}

// each calls fn with all cells of level r, in ascending order, until it returns false.
func (c *Cells) each(r hexgrid.Resolution, fn func(cell hexgrid.Cell, record []uint64) bool) {
	on := true
	c.visit(r, func(cell hexgrid.Cell, record []uint64) bool {
		if on && cell.Resolution() == r {
			on = fn(cell, record)
		}
		return on
	})
}

// Each calls fn with the cells of level r whose outlines' boxes meet box, edges included, in ascending order, until fn
// returns false.
func (c *Cells) Each(r hexgrid.Resolution, box world.Box, fn func(hexgrid.Cell, *Aggregate) bool) {
	c.eachIn(r, box, func(cell hexgrid.Cell, record []uint64, whole bool) bool {
		if !whole && !c.index.outlines.of(cell).meets(box) {
			return true
		}
		return fn(cell, &Aggregate{&c.index.layout, cell, record})
	})
}

// eachIn calls fn with the cells of level r of which something may lie in box, a feature or a part of the
// outline, in ascending order, until it returns false. whole says that all of it does.
func (c *Cells) eachIn(r hexgrid.Resolution, box world.Box, fn func(cell hexgrid.Cell, record []uint64, whole bool) bool) {
	on := true
	// All descendants of the last cell that lies in box as a whole do, too.
	var inside hexgrid.Cell
	insideAt := hexgrid.MaxResolution + 1
	c.visit(r, func(cell hexgrid.Cell, record []uint64) bool {
		if !on {
			return false
		}
		at := cell.Resolution()
		whole := at > insideAt && cell.Parent(insideAt) == inside
		if !whole {
			reach := &c.index.outlines.of(cell).reach
			if !reach.meets(box) {
				return false
			}
			if whole = reach.in(box); whole {
				inside, insideAt = cell, at
			}
		}
		if at == r {
			on = fn(cell, record, whole)
		}
		return on
	})
}

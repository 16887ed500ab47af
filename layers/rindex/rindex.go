// Package rindex is an R-tree over the boxes of a layer's blocks. It holds a few thousand block
// numbers per million features and is written only when a block's box changes.
//
// A [Tree] belongs to the layer's writer; [Tree.Freeze] gives readers an immutable [Frozen] that
// shares its nodes. The tree underneath is tidwall/rtree, with float64 boxes: with integer boxes its
// area arithmetic overflows without an error, and it then answers right from a bad tree, slowly.
package rindex

import (
	"fmt"

	"github.com/tidwall/rtree"
)

// Box is a closed rectangle in world units, [x, y].
type Box struct{ Min, Max [2]uint32 }

func (b Box) floats() (lo, hi [2]float64) {
	return [2]float64{float64(b.Min[0]), float64(b.Min[1])}, [2]float64{float64(b.Max[0]), float64(b.Max[1])}
}

// Tree is the writer's R-tree. The zero Tree is empty.
type Tree struct{ tree rtree.RTreeG[uint32] }

// Frozen is an R-tree as it was at one moment; it may be read from any goroutine.
type Frozen struct{ tree *rtree.RTreeG[uint32] }

// Insert adds a block under its box.
func (t *Tree) Insert(box Box, block uint32) {
	lo, hi := box.floats()
	t.tree.Insert(lo, hi, block)
}

// Delete removes a block that is there under exactly this box. The error says that it was not,
// which the tree underneath would not: the tree is then unchanged.
func (t *Tree) Delete(box Box, block uint32) error {
	before := t.tree.Len()
	lo, hi := box.floats()
	t.tree.Delete(lo, hi, block)
	if t.tree.Len() == before {
		return fmt.Errorf("rindex: block %d is not in the tree under %v", block, box)
	}
	return nil
}

// Len returns the number of blocks.
func (t *Tree) Len() int { return t.tree.Len() }

// Freeze returns the tree as it is now. It writes to t, so only t's owner may call it.
func (t *Tree) Freeze() *Frozen { return &Frozen{t.tree.Copy()} }

// Len returns the number of blocks.
func (f *Frozen) Len() int { return f.tree.Len() }

// Search calls fn with each block whose box meets box, in no stated order, until fn returns false.
func (f *Frozen) Search(box Box, fn func(block uint32) bool) {
	lo, hi := box.floats()
	f.tree.Search(lo, hi, func(_, _ [2]float64, block uint32) bool { return fn(block) })
}

// Nearby calls fn with blocks in ascending order of distance until fn returns false. distance gets
// the box of a node or block and must return no more for a node than for what is inside it.
func (f *Frozen) Nearby(distance func(box Box) float64, fn func(block uint32, distance float64) bool) {
	f.tree.Nearby(
		func(lo, hi [2]float64, _ uint32, _ bool) float64 {
			return distance(Box{
				Min: [2]uint32{uint32(lo[0]), uint32(lo[1])},
				Max: [2]uint32{uint32(hi[0]), uint32(hi[1])},
			})
		},
		func(_, _ [2]float64, block uint32, d float64) bool { return fn(block, d) },
	)
}

package layers

import (
	"slices"

	"hutong/layers/column"
)

// Narrow makes dst the block b with some of its fields only: field i is the one at columns[i]. A view
// that shows some of a layer's fields shows a [Selector] such blocks, so that it can ask about no other.
// The memory of dst is used again; what b holds is shared. A column that b does not have panics.
func (b *Block) Narrow(dst *Block, columns []int) {
	narrowed := dst.columns[:0]
	for _, c := range columns {
		narrowed = append(narrowed, b.columns[c])
	}
	*dst = *b
	dst.columns = narrowed
}

// With returns b with one more field behind the others: c, a column of b.Len() rows that nobody stores, such as one
// that depends on the clock. What b holds is shared.
func (b *Block) With(c column.Column) *Block {
	out := *b
	out.serial = 0 // that of b stands for what b holds, and c may be another one next time
	out.columns = append(slices.Clip(b.columns), c)
	return &out
}

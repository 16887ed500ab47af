package layers

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

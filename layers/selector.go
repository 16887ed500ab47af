package layers

import "hutong/layers/column"

// Selector selects features by their columns and places. Fields are named by their positions in the
// layer's schema. It never changes.
type Selector interface {
	// Skips reports whether zone maps and the box of b alone show that none of its rows is selected.
	Skips(b *Block) bool
	// Filter clears the rows of b that are not selected; rows has a bit for each.
	Filter(b *Block, rows column.Bits)
}

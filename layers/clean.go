package layers

import (
	"hutong/layers/shape"
)

// clean returns for a row at which details its polygon is valid, by bit; 0 for other kinds. Cost is
// about that of a few tests at the highest detail, because lower ones have fewer vertices.
func (b *Shapes) clean(row int) uint32 {
	if !b.Kinds[row].IsPolygon() {
		return 0
	}
	var out uint32
	for detail := range shape.MaxDetail + 1 {
		if b.isValid(row, uint8(detail)) {
			out |= 1 << detail
		}
	}
	return out
}
func (b *Shapes) isValid(row int, detail uint8) bool { return false }

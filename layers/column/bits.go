package column

import "math/bits"

// Bits is a set of rows, one bit each. A nil Bits is the empty set of any length.
type Bits []uint64

// NewBits returns an empty set for rows rows.
func NewBits(rows int) Bits { return make(Bits, (rows+63)/64) }

// Has reports whether row is in the set.
func (b Bits) Has(row int) bool {
	return row>>6 < len(b) && b[row>>6]>>(row&63)&1 != 0
}

// Set adds row, which must be below the length the set was made for.
func (b Bits) Set(row int) { b[row>>6] |= 1 << (row & 63) }

// Clear removes row, which must be below the length the set was made for.
func (b Bits) Clear(row int) { b[row>>6] &^= 1 << (row & 63) }

// Count returns the number of rows in the set.
func (b Bits) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Bytes returns the heap the set takes.
func (b Bits) Bytes() int { return 8 * len(b) }

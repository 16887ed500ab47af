package layers

import "sort"

// leaf is a place in a class's ordered sequence of blocks: the block that owns the keys from lower
// up to the next leaf's.
type leaf struct {
	lower key
	block uint32
}

// sequence is a class's blocks in order. It is immutable: a batch that splits, merges or removes
// blocks makes a new one. The first leaf owns everything below the second, whatever its lower says.
type sequence []leaf

// find returns the position of the leaf that owns k; the sequence must not be empty.
func (s sequence) find(k key) int {
	i := sort.Search(len(s)-1, func(i int) bool {
		lower := &s[i+1].lower
		if lower.hilbert != k.hilbert {
			return lower.hilbert > k.hilbert
		}
		return lower.compare(k) > 0
	})
	return i
}

package layers

import "iter"

// All yields every block, of features with and without a place. Its cost is a look at each block.
func (s *Snapshot) All() iter.Seq[*Block] {
	return func(yield func(*Block) bool) {
		for _, seq := range s.sequences {
			for _, l := range seq {
				if !yield(s.table.block(l.block)) {
					return
				}
			}
		}
	}
}

package layers

// AllBlocks calls fn with every block of the snapshot: features without a place first, each kind in
// canonical order.
func (s *Snapshot) AllBlocks(fn func(*Block)) {
	for _, seq := range s.sequences {
		for _, l := range seq {
			fn(s.table.block(l.block))
		}
	}
}

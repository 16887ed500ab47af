package layers

import (
	"slices"

	"hutong/layers/column"
	"hutong/layers/world"
)

// ScanStats says how much of a layer a query looked at.
type ScanStats struct {
	Blocks   int // blocks that there were
	Skipped  int // of these, blocks that zone maps or boxes ruled out
	Selected int // rows given to the caller
}

// Search calls fn with the features whose boxes meet box, edges included, in canonical order, until fn
// returns false: points that lie in it, and shapes that may reach into it. A place across the
// antimeridian is two boxes.
func (s *Snapshot) Search(box world.Box, fn func(Row) bool) ScanStats {
	var blocks []*Block
	s.EachBlock(box, func(b *Block) { blocks = append(blocks, b) })
	slices.SortFunc(blocks, CompareBlocks)
	var stats ScanStats
	for c := onePoint; c < classes; c++ {
		stats.Blocks += len(s.sequences[c])
	}
	stats.Skipped = stats.Blocks - len(blocks)
	for _, b := range blocks {
		inside := box.ContainsBox(b.box)
		for row := range b.Len() {
			if !inside && !box.Intersects(b.RowBox(row)) {
				continue
			}
			stats.Selected++
			if !fn(Row{b, row}) {
				return stats
			}
		}
	}
	return stats
}

// Scan calls fn with the features that p selects, those without a place first and each kind in
// canonical order, until fn returns false. p may be nil for all features.
func (s *Snapshot) Scan(p column.Predicate, fn func(Row) bool) ScanStats {
	var stats ScanStats
	for _, seq := range s.sequences {
		stats.Blocks += len(seq)
	}
	for _, seq := range s.sequences {
		for _, l := range seq {
			b := s.table.block(l.block)
			if p != nil && p.Skips(b.columns) {
				stats.Skipped++
				continue
			}
			if !b.scan(p, &stats, fn) {
				return stats
			}
		}
	}
	return stats
}

// scan calls fn with the block's rows that p selects; it returns false when fn did.
func (b *Block) scan(p column.Predicate, stats *ScanStats, fn func(Row) bool) bool {
	rows := column.NewBits(b.Len())
	for row := range b.Len() {
		rows.Set(row)
	}
	if p != nil {
		p.Filter(b.columns, rows)
	}
	for row := range b.Len() {
		if !rows.Has(row) {
			continue
		}
		stats.Selected++
		if !fn(Row{b, row}) {
			return false
		}
	}
	return true
}

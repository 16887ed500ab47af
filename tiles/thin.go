package tiles

import (
	"bytes"
	"cmp"
	"slices"

	"hutong/layers"
)

// rankBits is how many top bits of a rank the first look at a crowded tile sorts by.
const rankBits = 12

// ranked is a row of a selection with its rank.
type ranked struct {
	rank uint64
	row  int // position in the selection
}

// thin keeps the limit rows of the lowest rank, of which there are more. It reads the numbers of all
// candidates twice and sorts none but those that share their rank's top bits with the last to stay.
func (s *scratch) thin(limit int) {
	edge, upTo := s.findEdge(limit)
	s.other.reset(upTo)
	s.ranked = s.ranked[:0]
	for i := range s.rows.runs {
		r := &s.rows.runs[i]
		numbers := r.block.Numbers()
		slab := s.other.slab
		for _, row := range r.rows {
			rank := layers.Rank(numbers[row])
			if bucket := rank >> (64 - rankBits); bucket <= edge {
				if bucket == edge {
					s.ranked = append(s.ranked, ranked{rank, len(slab)})
				}
				slab = append(slab, row)
			}
		}
		from := len(s.other.slab)
		s.other.slab = slab
		s.other.cut(r.block, from)
	}
	s.rows, s.other = s.other, s.rows
	if upTo == limit {
		return
	}
	sortRanked(s.ranked, &s.rows)
	s.marks = grown(s.marks, upTo)[:upTo]
	clear(s.marks)
	for _, last := range s.ranked[len(s.ranked)-(upTo-limit):] {
		s.marks[last.row] = true
	}
	s.other.copyUnmarked(&s.rows, s.marks)
	s.rows, s.other = s.other, s.rows
}

// findEdge returns the top bits of rank at which the limit is reached, and how many rows have those
// or lower ones.
func (s *scratch) findEdge(limit int) (edge uint64, upTo int) {
	counts := &s.counts
	clear(counts[:])
	for i := range s.rows.runs {
		r := &s.rows.runs[i]
		numbers := r.block.Numbers()
		if len(r.rows) == len(numbers) {
			for _, n := range numbers {
				counts[layers.Rank(n)>>(64-rankBits)]++
			}
			continue
		}
		for _, row := range r.rows {
			counts[layers.Rank(numbers[row])>>(64-rankBits)]++
		}
	}
	for {
		if upTo += int(counts[edge]); upTo >= limit {
			return edge, upTo
		}
		edge++
	}
}

// sortRanked sorts rows of sel by rank, those of one rank, which share their number, by id.
func sortRanked(list []ranked, sel *selection) {
	var idA, idB []byte
	slices.SortFunc(list, func(a, b ranked) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		idA, idB = sel.appendID(idA[:0], a.row), sel.appendID(idB[:0], b.row)
		return bytes.Compare(idA, idB)
	})
}

// shrink keeps the longest prefix of the rows, in order of rank, whose kept values fit the budget,
// and resolves their kept fields. It runs only where data goes beyond what the schema declares.
// Whether a prefix fits is monotone, so that bisection finds it; one row always fits, see [New].
func (s *scratch) shrink(p *plan) {
	s.rows, s.all = s.all, s.rows
	s.ranked = s.ranked[:0]
	for i := range s.all.runs {
		r := &s.all.runs[i]
		numbers := r.block.Numbers()
		for k, row := range r.rows {
			s.ranked = append(s.ranked, ranked{layers.Rank(numbers[row]), r.first + k})
		}
	}
	sortRanked(s.ranked, &s.all)
	s.marks = grown(s.marks, s.all.n)[:s.all.n]
	fits := func(n int) bool {
		for i, r := range s.ranked {
			s.marks[r.row] = i >= n
		}
		s.rows.copyUnmarked(&s.all, s.marks)
		return s.addKept(p)
	}
	fit, over, last := 1, s.all.n, 0
	for over-fit > 1 {
		last = (fit + over) / 2
		if fits(last) {
			fit = last
		} else {
			over = last
		}
	}
	if last != fit {
		fits(fit)
	}
}

package view

import (
	"cmp"
	"slices"
)

// How intervals of counts are found, for what countsafe.go promises.

// propagate finds for each cell what follows for it, once some were taken back since the last time; at first, with none,
// for all. It returns those of which it was found, in their order; ok is false when that took too long.
func (f *safety) propagate(back []int) (found []int, ok bool) {
	if back == nil {
		found = make([]int, len(f.cells))
		for i := range found {
			found[i] = i
		}
	} else {
		found = f.hanging(back)
	}
	for _, i := range found {
		c := &f.cells[i]
		c.low, c.high = 0, unbounded
		if c.published {
			c.low, c.high = c.count, c.count
		}
	}
	first, waiting := 0, 0
	wait := func(cell int) {
		for _, s := range f.cells[cell].sums {
			if !f.sums[s].queue {
				f.sums[s].queue = true
				f.queue[(first+waiting)%len(f.queue)] = s
				waiting++
			}
		}
	}
	for _, i := range found {
		wait(i)
	}
	for looks := maxLooks * len(f.sums); waiting > 0; looks-- {
		if looks == 0 {
			return nil, false
		}
		i := f.queue[first]
		first, waiting = (first+1)%len(f.queue), waiting-1
		f.sums[i].queue = false
		f.look(&f.sums[i], wait)
	}
	return found, true
}

// hanging returns the cells that hang together with some by sums and cells that are not published, in their order. Others
// have cells that are published between them, whose counts do not move.
func (f *safety) hanging(with []int) []int {
	f.stamp++
	var list []int
	meet := func(i int) {
		if c := &f.cells[i]; !c.published && c.seen != f.stamp {
			c.seen = f.stamp
			list = append(list, i)
		}
	}
	for _, i := range with {
		meet(i)
	}
	for at := 0; at < len(list); at++ {
		for _, s := range f.cells[list[at]].sums {
			meet(f.sums[s].total)
			for _, p := range f.sums[s].parts {
				meet(p)
			}
		}
	}
	slices.Sort(list)
	return list
}

// look narrows the cells of a sum by each other, and calls moved with those that became narrower.
func (f *safety) look(s *sum, moved func(cell int)) {
	low, high, open := 0, 0, 0 // open are parts that nothing bounds
	for _, p := range s.parts {
		low += f.cells[p].low
		if f.cells[p].high == unbounded {
			open++
		} else {
			high += f.cells[p].high
		}
	}
	narrow := func(i, low, high int) {
		if c := &f.cells[i]; low > c.low || high < c.high {
			c.low, c.high = max(c.low, low), min(c.high, high)
			moved(i)
		}
	}
	upper := high
	if open > 0 {
		upper = unbounded
	}
	narrow(s.total, low, upper)
	total := f.cells[s.total] // a copy
	for _, p := range s.parts {
		c := f.cells[p] // a copy: sums above are of before
		least, most := 0, unbounded
		if total.high < unbounded {
			most = total.high - (low - c.low)
		}
		switch {
		case c.high == unbounded && open == 1:
			least = total.low - high
		case c.high < unbounded && open == 0:
			least = total.low - (high - c.high)
		}
		narrow(p, least, most)
	}
}

// unsafe returns the cells that must be taken back for those of list to be safe, none when they are. ok is false when a
// cell is known too well and nothing can be taken back that would help.
func (f *safety) unsafe(list []int) (back []int, ok bool) {
	touched := map[int]bool{} // sums of which one is taken back already
	for _, i := range list {
		c := &f.cells[i]
		if c.count >= f.k || c.high-c.low >= f.k {
			continue
		}
		sum, cell := f.helps(i)
		switch {
		case cell < 0:
			return nil, false
		case touched[sum]:
			continue
		}
		touched[sum] = true
		if !slices.Contains(back, cell) {
			back = append(back, cell)
		}
	}
	return back, true
}

// bound is the most that a cell can be by a sum.
type bound struct{ sum, most int }

// helps returns the published cell to take back so that less is known of one, and the sum that it is of: the smallest in
// the sum that bounds the cell best; where none of these can be taken back, in those that bound its other cells.
func (f *safety) helps(cell int) (sum, best int) {
	f.stamp++
	f.cells[cell].seen = f.stamp
	edge := []int{cell}
	for at := 0; at < len(edge); at++ {
		c := edge[at]
		f.near = f.near[:0]
		for _, s := range f.cells[c].sums {
			if most := f.most(s, c); most < unbounded {
				f.near = append(f.near, bound{s, most})
			}
		}
		slices.SortStableFunc(f.near, func(a, b bound) int { return cmp.Compare(a.most, b.most) })
		for _, b := range f.near {
			if best := f.smallest(b.sum); best >= 0 {
				return b.sum, best
			}
			s := &f.sums[b.sum]
			for i := range len(s.parts) + 1 {
				other := s.total
				if i < len(s.parts) {
					other = s.parts[i]
				}
				if o := &f.cells[other]; o.seen != f.stamp && !o.published {
					o.seen = f.stamp
					edge = append(edge, other)
				}
			}
		}
	}
	return -1, -1
}

// most returns the most that a cell can be by a sum that it is in.
func (f *safety) most(s, cell int) int {
	one := &f.sums[s]
	if one.total == cell {
		most := 0
		for _, p := range one.parts {
			if f.cells[p].high == unbounded {
				return unbounded
			}
			most += f.cells[p].high
		}
		return most
	}
	most := f.cells[one.total].high
	if most == unbounded {
		return unbounded
	}
	for _, p := range one.parts {
		if p != cell {
			most -= f.cells[p].low
		}
	}
	return most
}

// smallest returns the published cell of a sum with the smallest count that can be taken back, or −1.
func (f *safety) smallest(s int) int {
	best := -1
	look := func(i int) {
		c := &f.cells[i]
		if c.published && c.at >= 0 && (best < 0 || c.count < f.cells[best].count) {
			best = i
		}
	}
	look(f.sums[s].total)
	for _, p := range f.sums[s].parts {
		look(p)
	}
	return best
}

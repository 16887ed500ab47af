package spatialstat

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Neighbours are binary spatial weights: for each cell the list of the others that are near it. They
// never change, so any goroutine may read them.
//
// No cell is in its own list. Whether it counts as its own neighbour is the statistic's business: it
// does in Gi*, and not in Gi, G and Moran's I.
//
// Being a neighbour need not be mutual. "The neighbours of i" is always the list of i.
type Neighbours struct {
	offsets, list []int32 // the list of cell i is list[offsets[i]:offsets[i+1]], ascending
	// The other direction: the cells that have i in their list. The same slices if all is mutual.
	backOffsets, back []int32
}

// NewNeighbours takes compressed rows: the neighbours of cell i are list[offsets[i]:offsets[i+1]], in
// any order. It keeps both slices and sorts each row. Cost is O(links · log of a row).
//
// The error is [ErrNeighbours]: a cell in its own list, twice in one or outside 0…cells−1, offsets that
// are not ascending from 0 to len(list), or more than [MaxCells] or [MaxLinks].
func NewNeighbours(offsets, list []int32) (*Neighbours, error) {
	cells := len(offsets) - 1
	switch {
	case cells < 0:
		return nil, fmt.Errorf("%w: no offsets; one more than there are cells is wanted", ErrNeighbours)
	case cells > MaxCells:
		return nil, fmt.Errorf("%w: %d cells, at most %d", ErrNeighbours, cells, MaxCells)
	case len(list) > MaxLinks:
		return nil, fmt.Errorf("%w: %d links, at most %d", ErrNeighbours, len(list), MaxLinks)
	case offsets[0] != 0 || int(offsets[cells]) != len(list):
		return nil, fmt.Errorf("%w: offsets from %d to %d, want 0 to %d", ErrNeighbours, offsets[0], offsets[cells], len(list))
	}
	for i := range cells {
		if offsets[i] > offsets[i+1] || int(offsets[i+1]) > len(list) {
			return nil, fmt.Errorf("%w: cell %d: offsets %d and %d", ErrNeighbours, i, offsets[i], offsets[i+1])
		}
		row := list[offsets[i]:offsets[i+1]]
		slices.Sort(row)
		for k, j := range row {
			switch {
			case j < 0 || int(j) >= cells:
				return nil, fmt.Errorf("%w: cell %d has neighbour %d, of %d cells", ErrNeighbours, i, j, cells)
			case int(j) == i:
				return nil, fmt.Errorf("%w: cell %d is in its own list", ErrNeighbours, i)
			case k > 0 && row[k-1] == j:
				return nil, fmt.Errorf("%w: cell %d has neighbour %d twice", ErrNeighbours, i, j)
			}
		}
	}
	n := &Neighbours{offsets: offsets, list: list}
	n.turn()
	return n, nil
}

// turn makes the other direction. Rows come out ascending, since the cells are passed in order.
func (n *Neighbours) turn() {
	back, offsets := make([]int32, len(n.list)), make([]int32, len(n.offsets))
	for _, j := range n.list {
		offsets[j+1]++
	}
	for i := range n.Cells() {
		offsets[i+1] += offsets[i]
	}
	next := slices.Clone(offsets)
	for i := range n.Cells() {
		for _, j := range n.Of(i) {
			back[next[j]] = int32(i)
			next[j]++
		}
	}
	if slices.Equal(offsets, n.offsets) && slices.Equal(back, n.list) {
		offsets, back = n.offsets, n.list
	}
	n.backOffsets, n.back = offsets, back
}

// FromPairs makes the neighbours of so many cells from pairs {cell, neighbour}, in any order. A mutual
// pair has to be there in both directions. The error is as for [NewNeighbours].
func FromPairs(cells int, pairs [][2]int32) (*Neighbours, error) {
	switch {
	case cells < 0 || cells > MaxCells:
		return nil, fmt.Errorf("%w: %d cells, at most %d", ErrNeighbours, cells, MaxCells)
	case len(pairs) > MaxLinks:
		return nil, fmt.Errorf("%w: %d links, at most %d", ErrNeighbours, len(pairs), MaxLinks)
	}
	offsets := make([]int32, cells+1)
	for k, p := range pairs {
		if p[0] < 0 || int(p[0]) >= cells {
			return nil, fmt.Errorf("%w: pair %d is of cell %d, of %d cells", ErrNeighbours, k, p[0], cells)
		}
		offsets[p[0]+1]++
	}
	for i := range cells {
		offsets[i+1] += offsets[i]
	}
	list, next := make([]int32, len(pairs)), slices.Clone(offsets)
	for _, p := range pairs {
		list[next[p[0]]] = p[1]
		next[p[0]]++
	}
	return NewNeighbours(offsets, list)
}

// FromDistance makes neighbours of all points that are no further from each other than band, in the
// unit of the points, on a plane. Points in the same place are neighbours. Cost is O(n log n) and the
// pairs whose x differ by no more than band. The error is as for [NewNeighbours]; coordinates and band
// have to be finite.
func FromDistance(points [][2]float64, band float64) (*Neighbours, error) {
	if !(band >= 0 && band <= MaxValue) {
		return nil, fmt.Errorf("%w: a distance band of %v", ErrNeighbours, band)
	}
	if len(points) > MaxCells {
		return nil, fmt.Errorf("%w: %d cells, at most %d", ErrNeighbours, len(points), MaxCells)
	}
	byX := make([]int32, len(points))
	for i, p := range points {
		byX[i] = int32(i)
		if !(math.Abs(p[0]) <= MaxValue && math.Abs(p[1]) <= MaxValue) {
			return nil, fmt.Errorf("%w: point %d is at %v", ErrNeighbours, i, p)
		}
	}
	slices.SortFunc(byX, func(a, b int32) int { return cmp.Compare(points[a][0], points[b][0]) })
	var pairs [][2]int32
	for k, i := range byX {
		for _, j := range byX[k+1:] {
			dx, dy := points[j][0]-points[i][0], points[j][1]-points[i][1]
			if dx > band {
				break
			}
			if math.Hypot(dx, dy) <= band {
				if pairs = append(pairs, [2]int32{i, j}, [2]int32{j, i}); len(pairs) > MaxLinks {
					return nil, fmt.Errorf("%w: more than %d links within %v", ErrNeighbours, MaxLinks, band)
				}
			}
		}
	}
	return FromPairs(len(points), pairs)
}

// Cells returns the number of cells.
func (n *Neighbours) Cells() int { return len(n.offsets) - 1 }

// Links returns the number of pairs of cell and neighbour, counting both directions.
func (n *Neighbours) Links() int { return len(n.list) }

// Of returns the neighbours of a cell, ascending, without itself. The caller must not write to them.
func (n *Neighbours) Of(cell int) []int32 { return n.list[n.offsets[cell]:n.offsets[cell+1]] }

// Count returns how many neighbours a cell has, without itself.
func (n *Neighbours) Count(cell int) int { return int(n.offsets[cell+1] - n.offsets[cell]) }

// Mutual reports whether each cell is a neighbour of all its neighbours.
func (n *Neighbours) Mutual() bool {
	return len(n.list) == 0 || &n.list[0] == &n.back[0]
}

// whose returns the cells that have the cell in their list, ascending.
func (n *Neighbours) whose(cell int) []int32 {
	return n.back[n.backOffsets[cell]:n.backOffsets[cell+1]]
}

// sum adds up the values of a cell's neighbours in their order.
func (n *Neighbours) sum(cell int, values []float64) float64 {
	s := 0.0
	for _, j := range n.Of(cell) {
		s += values[j]
	}
	return s
}

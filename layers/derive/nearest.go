package derive

import (
	"container/heap"
	"math"

	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// Nearest returns the k cells nearest to a place in degrees: polygons that hold it first, clusters by their points. See
// [layers.Snapshot.Nearest].
func (r *reader) Nearest(lon, lat float64, k int) (best []layers.Neighbour, stats layers.NearestStats) {
	k = min(k, layers.MaxNearest)
	if k <= 0 || math.IsNaN(lon) || math.IsInf(lon, 0) || math.IsNaN(lat) || math.IsInf(lat, 0) {
		return nil, stats
	}
	lon, lat = math.Remainder(lon, 360), min(max(lat, -90), 90)
	var queue ahead
	push := func(cell hexgrid.Cell, record []uint64, n node) {
		stats.Nodes++
		heap.Push(&queue, candidate{r.outline(cell).least(lon, lat), cell, record, n})
	}
	for i := range r.cells.bases {
		b := &r.cells.bases[i]
		push(b.cell, b.node.record(&r.cells.index.layout), b.node)
	}
	for len(queue) > 0 {
		next, _ := heap.Pop(&queue).(candidate)
		if len(best) == k && next.least > best[k-1].Metres {
			break
		}
		if next.cell.Resolution() < r.level {
			r.cells.children(next.cell, next.node, push)
			continue
		}
		stats.Blocks++
		row := r.row(next.cell, next.record)
		best = compactNeighbours(best, layers.Neighbour{Row: row, Metres: row.DistanceMetres(lon, lat)}, k)
	}
	return best, stats
}

// least returns no more than the distance in metres from a place to anything that belongs to the cell.
func (o *outline) least(lon, lat float64) float64 {
	if o.reach.width == worldSide-1 {
		return 0 // around a pole, where a straight line on the map is not the shortest way
	}
	return max(0, (1-1e-6)*(world.DistanceMetres(lon, lat, o.lon, o.lat)-o.radius*world.EarthRadiusMetres))
}

// candidate is a cell that may have something near.
type candidate struct {
	least  float64 // metres
	cell   hexgrid.Cell
	record []uint64
	node   node
}

// ahead is a heap of candidates, the nearest first.
type ahead []candidate

// Len is for container/heap, as all methods of ahead.
func (h ahead) Len() int { return len(h) }

// Less reports whether i is nearer than k.
func (h ahead) Less(i, k int) bool { return h[i].least < h[k].least }

// Swap swaps two candidates.
func (h ahead) Swap(i, k int) { h[i], h[k] = h[k], h[i] }

// Push adds a candidate.
func (h *ahead) Push(x any) {
	if c, ok := x.(candidate); ok {
		*h = append(*h, c)
	}
}

// Pop takes the last one.
func (h *ahead) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}

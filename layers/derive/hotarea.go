package derive

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/spatialstat"
)

// MaxAreaCells is the most cells of a study area.
const MaxAreaCells = 200_000

// ErrArea says that a study area cannot be made; the text says why.
var ErrArea = errors.New("derive: no study area")

// area is a study area: its cells in ascending order and who is whose neighbour. It never changes.
type area struct {
	cells      []hexgrid.Cell
	index      map[hexgrid.Cell]int32
	neighbours *spatialstat.Neighbours
}

// newArea returns the area of cells, in any order, grown by so many rings. Neighbours are up to rings steps apart,
// on the grid: whether the cells between them are in the area does not matter.
func newArea(core []hexgrid.Cell, grow, rings int) (*area, error) {
	b := areaBuilder{index: make(map[hexgrid.Cell]int32, 2*len(core))}
	for _, c := range core {
		if err := b.add(c, MaxAreaCells); err != nil {
			return nil, err
		}
	}
	for range grow {
		if err := b.ring(MaxAreaCells); err != nil {
			return nil, err
		}
	}
	n := len(b.cells)
	for range rings - 1 { // over which neighbours are reached
		if err := b.ring(4 * MaxAreaCells); err != nil {
			return nil, err
		}
	}
	if err := b.look(); err != nil {
		return nil, err
	}
	return b.area(n, rings)
}

// areaBuilder numbers cells as they come.
type areaBuilder struct {
	cells  []hexgrid.Cell
	index  map[hexgrid.Cell]int32
	beside [][]hexgrid.Cell // of the first cells: those beside them, and themselves
}

// add adds a cell, unless it is there.
func (b *areaBuilder) add(c hexgrid.Cell, limit int) error {
	if _, known := b.index[c]; known {
		return nil
	}
	if len(b.cells) >= limit {
		return fmt.Errorf("%w: it has more than %d cells: take a coarser resolution, a smaller area or fewer rings", ErrArea, MaxAreaCells)
	}
	b.index[c] = int32(len(b.cells)) //nolint:gosec // fewer than limit
	b.cells = append(b.cells, c)
	return nil
}

// look finds what is beside all cells.
func (b *areaBuilder) look() error {
	for _, c := range b.cells[len(b.beside):] {
		around, err := c.Disk(1)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrArea, err)
		}
		b.beside = append(b.beside, around)
	}
	return nil
}

// ring adds the cells beside those that there are.
func (b *areaBuilder) ring(limit int) error {
	from := len(b.beside)
	if err := b.look(); err != nil {
		return err
	}
	for _, around := range b.beside[from:] {
		for _, c := range around {
			if err := b.add(c, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// area returns the area of the first n cells.
func (b *areaBuilder) area(n, rings int) (*area, error) {
	a := &area{cells: slices.Clone(b.cells[:n]), index: make(map[hexgrid.Cell]int32, n)}
	slices.Sort(a.cells)
	for i, c := range a.cells {
		a.index[c] = int32(i) //nolint:gosec // at most MaxAreaCells
	}
	// Numbers of the builder, and in the area; -1 outside of it.
	numbers := make([]int32, len(b.cells))
	for i, c := range b.cells {
		numbers[i] = -1
		if i < n {
			numbers[i] = a.index[c]
		}
	}
	beside := make([]int32, 0, 7*len(b.cells))
	ends := make([]int32, len(b.cells)+1)
	for i, around := range b.beside {
		for _, c := range around {
			if at, ok := b.index[c]; ok {
				beside = append(beside, at)
			}
		}
		ends[i+1] = int32(len(beside)) //nolint:gosec // at most 28 · MaxAreaCells
	}
	offsets := make([]int32, 1, n+1)
	list := make([]int32, 0, n*3*rings*(rings+1))
	seen := make([]int32, len(b.cells)) // the row in which a cell was seen last, from 1 on
	var reached []int32
	for row, c := range a.cells {
		start := b.index[c]
		stamp := int32(row + 1) //nolint:gosec // likewise
		reached = append(reached[:0], start)
		seen[start] = stamp
		for from, step := 0, 0; step < rings; step++ {
			to := len(reached)
			for _, at := range reached[from:to] {
				for _, next := range beside[ends[at]:ends[at+1]] {
					if seen[next] != stamp {
						seen[next] = stamp
						reached = append(reached, next)
					}
				}
			}
			from = to
		}
		for _, at := range reached[1:] {
			if numbers[at] >= 0 {
				list = append(list, numbers[at])
			}
		}
		offsets = append(offsets, int32(len(list))) //nolint:gosec // likewise
	}
	var err error
	if a.neighbours, err = spatialstat.NewNeighbours(offsets, list); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArea, err)
	}
	return a, nil
}

// kept returns the area of the cells that keep says.
func (a *area) kept(keep []bool) (*area, error) {
	numbers := make([]int32, len(a.cells))
	out := &area{index: map[hexgrid.Cell]int32{}}
	for i, c := range a.cells {
		numbers[i] = -1
		if keep[i] {
			numbers[i] = int32(len(out.cells)) //nolint:gosec // at most MaxAreaCells
			out.index[c] = numbers[i]
			out.cells = append(out.cells, c)
		}
	}
	offsets := make([]int32, 1, len(out.cells)+1)
	var list []int32
	for i := range a.cells {
		if !keep[i] {
			continue
		}
		for _, j := range a.neighbours.Of(i) {
			if keep[j] {
				list = append(list, numbers[j])
			}
		}
		offsets = append(offsets, int32(len(list))) //nolint:gosec // a part of what there was
	}
	var err error
	if out.neighbours, err = spatialstat.NewNeighbours(offsets, list); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArea, err)
	}
	return out, nil
}

// polygonCells returns the cells of all polygons of a layer, ascending.
func polygonCells(s layers.Reader, r hexgrid.Resolution) ([]hexgrid.Cell, error) {
	var all []hexgrid.Cell
	for b := range s.All() {
		for i := range b.Len() {
			var polygons orb.MultiPolygon
			switch g := (layers.Row{Block: b, Index: i}).Geometry().(type) {
			case orb.Polygon:
				polygons = orb.MultiPolygon{g}
			case orb.MultiPolygon:
				polygons = g
			}
			for _, p := range polygons {
				cells, err := hexgrid.Fill(p, r, MaxAreaCells)
				if err != nil {
					return nil, fmt.Errorf("%w: feature %.40q of the boundary: %w", ErrArea, b.ID(i), err)
				}
				all = append(all, cells...)
			}
			if len(all) > 4*MaxAreaCells { // of polygons that overlap
				slices.Sort(all)
				if all = slices.Compact(all); len(all) > MaxAreaCells {
					return nil, fmt.Errorf("%w: the boundary has more than %d cells of resolution %d", ErrArea, MaxAreaCells, r)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// hull is the convex hull of cells, filled: what is in it depends on its corners alone.
type hull struct {
	corners []hexgrid.Cell
	inside  []hexgrid.Cell // ascending
	centres map[hexgrid.Cell]orb.Point
}

// fill returns the cells in the hull of others, which are ascending, with these. What the last call found out is used
// where it is still true.
func (h *hull) fill(cells []hexgrid.Cell) ([]hexgrid.Cell, error) {
	points := h.points(cells)
	corners := convex(points)
	names := make([]hexgrid.Cell, len(corners))
	ring := make(orb.Ring, len(corners))
	for i, c := range corners {
		names[i], ring[i] = c.cell, c.at
		if ring[i][0] > 180 {
			ring[i][0] -= 360
		}
	}
	if !slices.Equal(names, h.corners) {
		var inside []hexgrid.Cell
		if len(ring) > 2 {
			var err error
			if inside, err = hexgrid.Fill(orb.Polygon{ring}, cells[0].Resolution(), MaxAreaCells); err != nil {
				return nil, fmt.Errorf("%w: the hull of what is counted: %w", ErrArea, err)
			}
		}
		h.corners, h.inside = names, inside
	}
	all := slices.Concat(h.inside, cells) // those on the rim may be on either side of it
	slices.Sort(all)
	return slices.Compact(all), nil
}

// corner is a cell with its centre.
type corner struct {
	at   orb.Point
	cell hexgrid.Cell
}

// points returns the centres of cells. Those west of the antimeridian and those east of it are put side by side.
func (h *hull) points(cells []hexgrid.Cell) []corner {
	if len(h.centres) > 2*len(cells)+1000 {
		h.centres = nil // most are of cells that are empty now
	}
	if h.centres == nil {
		h.centres = make(map[hexgrid.Cell]orb.Point, len(cells))
	}
	out := make([]corner, len(cells))
	west, east := math.Inf(1), math.Inf(-1)
	for i, c := range cells {
		at, known := h.centres[c]
		if !known {
			at[0], at[1] = c.Centre()
			h.centres[c] = at
		}
		out[i] = corner{at, c}
		west, east = min(west, at[0]), max(east, at[0])
	}
	if east-west > 180 {
		for i := range out {
			if out[i].at[0] < 0 {
				out[i].at[0] += 360
			}
		}
	}
	return out
}

// convex returns the corners of the convex hull, counter-clockwise from the westernmost (Andrew's monotone chain).
// It sorts points.
func convex(points []corner) []corner {
	slices.SortFunc(points, func(a, b corner) int {
		return cmp.Or(cmp.Compare(a.at[0], b.at[0]), cmp.Compare(a.at[1], b.at[1]))
	})
	if len(points) < 3 {
		return points
	}
	half := func(points []corner) []corner {
		var out []corner
		for _, p := range points {
			for len(out) > 1 && turn(out[len(out)-2].at, out[len(out)-1].at, p.at) <= 0 {
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		return out[:len(out)-1]
	}
	lower := half(points)
	slices.Reverse(points)
	return append(lower, half(points)...)
}

// turn is above 0 where a, b, c turn to the left.
func turn(a, b, c orb.Point) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

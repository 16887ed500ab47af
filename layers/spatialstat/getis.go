package spatialstat

import (
	"fmt"
	"math"
)

// Local is one of the two local statistics of Getis and Ord.
type Local uint8

const (
	// GiStar is Gi*: the cell's own value is part of its neighbourhood.
	GiStar Local = iota
	// Gi leaves the cell's own value out, of the neighbourhood and of the mean and variance.
	Gi
)

// Getis is Gi* or Gi of one value a cell, kept while values change (Getis and Ord 1992, Ord and Getis
// 1995). It holds each neighbourhood's sum, so that after some values moved only their neighbourhoods
// are added up again; mean and variance move with any value and are taken anew each time, which is one
// pass.
//
// A neighbourhood's sum is never corrected by a difference: it is added up again, in the same order as
// the first time. So z is bit for bit what [Getis.Reset] with the values of now would give, of rates as
// well as of counts.
//
// A Getis belongs to one goroutine.
type Getis struct {
	neighbours *Neighbours
	local      Local
	values     []float64
	sums       []float64 // of each neighbourhood, without the cell itself
	dirty      []bool    // whose sum is to be added up again
	dirtyList  []int32
}

// NewGetis returns the statistic with all values 0. It takes 17 bytes a cell beside the neighbours.
func NewGetis(neighbours *Neighbours, local Local) *Getis {
	cells := neighbours.Cells()
	return &Getis{
		neighbours: neighbours, local: local,
		values: make([]float64, cells), sums: make([]float64, cells), dirty: make([]bool, cells),
	}
}

// Reset takes one value a cell, which it copies. Cost is O(cells + links). On an error ([ErrLength],
// [ErrValue]) nothing has changed.
func (g *Getis) Reset(values []float64) error {
	if err := checkValues(values, len(g.values)); err != nil {
		return err
	}
	copy(g.values, values)
	for i := range g.sums {
		g.sums[i] = g.neighbours.sum(i, g.values)
	}
	g.clean()
	return nil
}

// Update gives some cells new values. Of a cell that is there twice the last one counts. Cost is
// O(changed · k) now and O(changed · k²), at most O(links), in the next [Getis.Scores], for
// neighbourhoods of k. On an error ([ErrLength], [ErrValue]) nothing has changed.
func (g *Getis) Update(cells []int32, values []float64) error {
	if err := checkLength("values", len(values), len(cells)); err != nil {
		return err
	}
	for k, i := range cells {
		if i < 0 || int(i) >= len(g.values) {
			return fmt.Errorf("%w: a value for cell %d, of %d cells", ErrValue, i, len(g.values))
		}
		if err := checkValue(int(i), values[k]); err != nil {
			return err
		}
	}
	for k, i := range cells {
		if g.values[i] == values[k] {
			continue
		}
		g.values[i] = values[k]
		for _, j := range g.neighbours.whose(int(i)) {
			if !g.dirty[j] {
				g.dirty[j] = true
				g.dirtyList = append(g.dirtyList, j)
			}
		}
	}
	return nil
}

// clean forgets what is to be added up again.
func (g *Getis) clean() {
	for _, i := range g.dirtyList {
		g.dirty[i] = false
	}
	g.dirtyList = g.dirtyList[:0]
}

// Value returns a cell's value.
func (g *Getis) Value(cell int) float64 { return g.values[cell] }

// Count returns how many values a cell's neighbourhood has: for [GiStar] the cell's own among them.
func (g *Getis) Count(cell int) int {
	if g.local == GiStar {
		return g.neighbours.Count(cell) + 1
	}
	return g.neighbours.Count(cell)
}

// Scores writes each cell's z: how many standard deviations the sum over its neighbourhood is from what
// it would be if the values were dealt out at random. The error is [ErrLength]. Cost is O(cells), after
// what [Getis.Update] left to do.
//
// z is 0 where it is undefined: all values are equal (for Gi: all others), the neighbourhood is
// everything, it is empty (Gi only), or there are too few cells (one; for Gi two).
func (g *Getis) Scores(z []float64) error {
	if err := checkLength("scores", len(z), len(g.values)); err != nil {
		return err
	}
	for _, i := range g.dirtyList {
		g.sums[i] = g.neighbours.sum(int(i), g.values)
	}
	g.clean()
	all := momentsOf(g.values)
	if all.flat() {
		clear(z)
		return nil
	}
	if g.local == GiStar {
		spread := all.spread()
		for i, s := range g.sums {
			z[i] = all.deviate(s+g.values[i], float64(g.Count(i)), spread)
		}
		return nil
	}
	for i, s := range g.sums {
		if z[i] = 0; !all.flatWithout(g.values[i]) {
			others := all.without(g.values[i])
			z[i] = others.deviate(s, float64(g.Count(i)), others.spread())
		}
	}
	return nil
}

// LocalG writes each cell's z of Gi* or Gi, from scratch: O(cells + links).
func LocalG(neighbours *Neighbours, local Local, values, z []float64) error {
	g := NewGetis(neighbours, local)
	if err := g.Reset(values); err != nil {
		return err
	}
	return g.Scores(z)
}

// SpaceTime writes Gi* of each cell in each step: values[step][cell] and z[step][cell]. The
// neighbourhood of a cell is itself and its neighbours in this step and the same cells one step before,
// which the first step does not have. Mean, variance and n are those of all steps together, so that a z
// of one step can be compared with one of another. Cost is O(steps · (cells + links)).
//
// The error is [ErrLength] or [ErrValue], and z is then unchanged. z is 0 where [Getis.Scores] has it 0.
func SpaceTime(neighbours *Neighbours, values, z [][]float64) error {
	cells := neighbours.Cells()
	if len(values) > MaxSteps {
		return fmt.Errorf("%w: %d steps, at most %d", ErrLength, len(values), MaxSteps)
	}
	if err := checkLength("steps of scores", len(z), len(values)); err != nil {
		return err
	}
	for t := range values {
		if err := checkValues(values[t], cells); err != nil {
			return fmt.Errorf("step %d: %w", t, err)
		}
		if err := checkLength("scores", len(z[t]), cells); err != nil {
			return fmt.Errorf("step %d: %w", t, err)
		}
	}
	all := momentsOf(values...)
	spread := all.spread()
	if all.flat() {
		spread = 0
	}
	before, now := make([]float64, cells), make([]float64, cells)
	for t := range values {
		times := min(float64(t+1), 2)
		for i, v := range values[t] {
			now[i] = v + neighbours.sum(i, values[t])
			z[t][i] = all.deviate(before[i]+now[i], times*float64(neighbours.Count(i)+1), spread)
		}
		before, now = now, before
	}
	return nil
}

// TwoSidedP is how likely a normal deviate is at least as far from 0 as z, on either side, to the last
// digits in the tails too: it is 0 only beyond |z| = 38.
func TwoSidedP(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

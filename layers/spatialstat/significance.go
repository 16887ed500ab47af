package spatialstat

import (
	"fmt"
	"math"
	"slices"
)

// Correction says what a bin does about many cells being tested at once.
type Correction uint8

const (
	// Uncorrected takes each cell by itself: of cells with nothing in them one in ten has a bin.
	Uncorrected Correction = iota
	// FDR takes the bins' levels as false discovery rates: of the cells that have a bin of at least 1 no
	// more than one in ten is expected to be there by chance ([BenjaminiHochberg]).
	FDR
)

// confidences are the bins' levels and, Uncorrected, the least |z| of each.
var confidences = [...]struct{ level, z float64 }{
	{0.10, 1.645}, // bin ±1: 90 % confidence
	{0.05, 1.960}, // ±2: 95 %
	{0.01, 2.576}, // ±3: 99 %
}

// Bins writes each cell's bin: +1, +2, +3 for a hot spot with 90, 95, 99 % confidence, −1, −2, −3 for a
// cold one, 0 for neither. [Uncorrected] these begin at |z| = 1.645, 1.960, 2.576; with [FDR] they are
// the cells that [BenjaminiHochberg] flags at 0.10, 0.05, 0.01. The error is [ErrLength] or, for a z
// that is NaN, [ErrValue]. Cost is O(cells), with FDR O(cells · log cells).
func Bins(z []float64, correction Correction, bins []int8) error {
	if err := checkLength("bins", len(bins), len(z)); err != nil {
		return err
	}
	p := make([]float64, len(z))
	for i, v := range z {
		if math.IsNaN(v) {
			return fmt.Errorf("%w: z of cell %d is NaN", ErrValue, i)
		}
		p[i] = TwoSidedP(v)
	}
	var cuts [len(confidences)]float64
	if correction == FDR {
		sorted := slices.Clone(p)
		slices.Sort(sorted)
		for k, c := range confidences {
			cuts[k] = cutOff(sorted, c.level)
		}
	}
	for i, v := range z {
		bin := int8(0)
		for k, c := range confidences {
			if correction == FDR && p[i] <= cuts[k] || correction == Uncorrected && math.Abs(v) >= c.z {
				bin++
			}
		}
		if v < 0 {
			bin = -bin
		}
		bins[i] = bin
	}
	return nil
}

// BenjaminiHochberg flags the cells that are significant when all are tested at once: of the flagged no
// more than the share level, 0 < level < 1, is expected to be there by chance (Benjamini and Hochberg
// 1995). With m cells and p sorted, those up to the last p₍ₖ₎ ≤ level·k/m are flagged. It returns that p,
// or −1 when none is. That holds for independent tests and for one-sided ones that depend on each other
// positively, as overlapping neighbourhoods do (Benjamini and Yekutieli 2001); for two-sided ones it is
// not proven, but held in simulations of Gi* (Caldas de Castro and Singer 2006).
//
// The error is [ErrLength], or [ErrValue] for a level or a p outside its range. Cost is O(m log m).
func BenjaminiHochberg(p []float64, level float64, flags []bool) (cut float64, err error) {
	if err := checkLength("flags", len(flags), len(p)); err != nil {
		return 0, err
	}
	if !(level > 0 && level < 1) {
		return 0, fmt.Errorf("%w: a false discovery rate of %v; it is between 0 and 1", ErrValue, level)
	}
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return 0, fmt.Errorf("%w: p of cell %d is %v", ErrValue, i, v)
		}
	}
	sorted := slices.Clone(p)
	slices.Sort(sorted)
	cut = cutOff(sorted, level)
	for i, v := range p {
		flags[i] = v <= cut
	}
	return cut, nil
}

// cutOff is the greatest p that is flagged, of sorted ones; −1 for none.
func cutOff(sorted []float64, level float64) float64 {
	m := float64(len(sorted))
	for k, p := range slices.Backward(sorted) {
		if p <= level*float64(k+1)/m {
			return p
		}
	}
	return -1
}

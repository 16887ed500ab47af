// Package spatialstat is the statistics of hot spots, over flat arrays: it knows no cells of a map, no
// layers and no units. A cell is a number from 0 on, a value belongs to each, and [Neighbours] says
// which cells are near which.
//
//   - [Getis]: the local Gi* and Gi of Getis and Ord, kept up to date; [SpaceTime]: Gi* with the step
//     before; [GlobalG]
//   - [LocalMoran], [GlobalMoran]: Anselin's local I with its quadrants, Moran's I
//   - [TwoSidedP], [BenjaminiHochberg], [Bins]: what a z is worth
//   - [MannKendall], [EmergingHotSpots]: trends, and the seventeen classes
//   - [Backtest]: the prediction accuracy index
//
// Weights are binary everywhere. Analytical moments are those under randomisation: each way of dealing
// the values out to the cells is equally likely; for the local statistics the cell's own value stays.
// docs/formats/hotspots.md has the formulas, and what the numbers do not say.
//
// Where a statistic is undefined, because all values are equal, because a cell has no neighbours or
// because everything is its neighbour, z is 0 and p is 1: nothing stands out. No result is ever NaN.
//
// Results depend on the values and the order of the cells, never on how the values came to be. Values
// that are integers, such as counts, with sums below 2⁵³ give the same z of Gi* and Gi in any order of
// the cells too, because every sum behind them is exact.
//
// Functions write to slices that the caller owns, one element a cell, and keep none of them unless they
// say so. Nothing here is safe for use by several goroutines while one of them writes.
package spatialstat

import (
	"errors"
	"fmt"
	"math"
)

// Bounds of what the package takes.
const (
	// MaxCells is the most cells.
	MaxCells = 1 << 22
	// MaxLinks is the most pairs of cell and neighbour: 4 bytes each, twice if they are not mutual.
	MaxLinks = 1 << 28
	// MaxSteps is the most steps of a series.
	MaxSteps = 1 << 16
	// MaxValue is the greatest absolute value. Differences below 1/MaxValue may count as none.
	MaxValue = 1e100
)

// What is wrong with an input, for errors.Is; the error's text says where.
var (
	// ErrNeighbours: lists that are no neighbour lists.
	ErrNeighbours = errors.New("spatialstat: bad neighbours")
	// ErrLength: a slice that is not one element a cell, or a step.
	ErrLength = errors.New("spatialstat: wrong length")
	// ErrValue: a number outside what the statistic is defined for.
	ErrValue = errors.New("spatialstat: bad value")
)

// checkLength says that a slice is not what it should be.
func checkLength(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%w: %d %s, want %d", ErrLength, got, what, want)
	}
	return nil
}

// checkValue refuses what sums cannot bear.
func checkValue(cell int, v float64) error {
	if !(math.Abs(v) <= MaxValue) {
		return fmt.Errorf("%w: cell %d has %v; finite numbers up to %g in size are taken", ErrValue, cell, v, MaxValue)
	}
	return nil
}

// checkValues is checkValue for one value a cell.
func checkValues(values []float64, cells int) error {
	if err := checkLength("values", len(values), cells); err != nil {
		return err
	}
	for i, v := range values {
		if err := checkValue(i, v); err != nil {
			return err
		}
	}
	return nil
}

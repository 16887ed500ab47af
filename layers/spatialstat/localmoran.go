package spatialstat

import "math"

// Quadrant is where a cell lies in Moran's scatter plot: its value against those of its neighbours, each
// compared with the mean of all.
type Quadrant uint8

// The quadrants; the cell's own side of the mean comes first.
const (
	// NoQuadrant: the cell or the sum of its neighbours is exactly what the mean would make it, or it has
	// no neighbours.
	NoQuadrant Quadrant = iota
	HighHigh            // HH: a high value among high ones
	LowLow              // LL: a low value among low ones
	HighLow             // HL: a high value among low ones
	LowHigh             // LH: a low value among high ones
)

// String returns the usual two letters, or "" for [NoQuadrant].
func (q Quadrant) String() string {
	switch q {
	case HighHigh:
		return "HH"
	case LowLow:
		return "LL"
	case HighLow:
		return "HL"
	case LowHigh:
		return "LH"
	default:
		return ""
	}
}

// Moran is one cell's local I.
type Moran struct {
	I        float64
	Expected float64
	Variance float64
	Z        float64 // 0 where Variance is
	P        float64 // two-sided
	Quadrant Quadrant
}

// LocalMoran writes each cell's local I (Anselin 1995) with its moments given the cell's own value
// (Sokal, Oden and Thomson 1998), the others' being dealt out at random. With deviations d from the mean
// of all n, m₂ = Σd²/n and w the number of neighbours:
//
//	I    = dᵢ·Σdⱼ/m₂                                             over the neighbours j of i
//	E    = −dᵢ²·w/((n−1)·m₂)
//	Var  = (dᵢ/m₂)²·n/(n−2)·(w − w²/(n−1))·(m₂ − dᵢ²/(n−1))
//
// which is spdep's default. Weights are binary; rows that add up to 1 would divide I and E by w and
// leave Z, P and the quadrant as they are. Z is that of Gi with the sign of dᵢ: a positive one says that
// like lies beside like, be it high or low, and the quadrant says which.
//
// Z is 0 where all other values are equal, where dᵢ is 0, with no neighbours or everything for a
// neighbour, and with fewer than 3 cells. The error is [ErrLength] or [ErrValue]. Cost is
// O(cells + links).
func LocalMoran(neighbours *Neighbours, values []float64, out []Moran) error {
	if err := checkValues(values, neighbours.Cells()); err != nil {
		return err
	}
	if err := checkLength("results", len(out), len(values)); err != nil {
		return err
	}
	all := momentsOf(values)
	if all.flat() {
		for i := range out {
			out[i] = Moran{P: 1}
		}
		return nil
	}
	n := all.n
	deviations, unit := all.deviations(values)
	m2 := all.spread() / (n * n) / unit / unit
	for i, d := range deviations {
		w := float64(neighbours.Count(i))
		around := all.excess(neighbours.sum(i, values), w) / n / unit
		m := Moran{I: d * around / m2, Expected: -d * d * w / ((n - 1) * m2), P: 1, Quadrant: quadrant(d, around)}
		if n > 2 && !all.flatWithout(values[i]) {
			m.Variance = (d / m2) * (d / m2) * (n / (n - 2)) * (w * (n - 1 - w) / (n - 1)) * (m2 - d*d/(n-1))
		}
		if m.Variance > 0 {
			m.Z = (m.I - m.Expected) / math.Sqrt(m.Variance)
			m.P = TwoSidedP(m.Z)
		}
		out[i] = m
	}
	return nil
}

func quadrant(own, around float64) Quadrant {
	switch {
	case own > 0 && around > 0:
		return HighHigh
	case own < 0 && around < 0:
		return LowLow
	case own > 0 && around < 0:
		return HighLow
	case own < 0 && around > 0:
		return LowHigh
	default:
		return NoQuadrant
	}
}

package spatialstat

import (
	"fmt"
	"math"
)

// Global is one statistic of all cells together, with its moments if values were dealt out at random.
type Global struct {
	Value    float64 // the statistic
	Expected float64
	Variance float64
	Z        float64 // (Value − Expected)/√Variance; 0 where Variance is
	P        float64 // two-sided, by the normal distribution
}

// GlobalG is the general G of Getis and Ord (1992): the sum of the products of neighbours as a share of
// that of all pairs, Σwᵢⱼxᵢxⱼ/Σxᵢxⱼ, i ≠ j. High means that high values lie together, low that low ones
// do. All cells count in n, also those without neighbours. Cost is O(cells + links).
//
// The variance is that of their paper with its misprint corrected (Getis and Ord 1993: 6·S0² in B1),
// reckoned from deviations from the mean, so that it holds for values far from 0 too.
//
// Values may not be negative ([ErrValue]). With fewer than 4 cells, no links, everything for a neighbour
// or all values equal, z is 0; with fewer than two values above 0, G too.
func GlobalG(neighbours *Neighbours, values []float64) (Global, error) {
	if err := checkValues(values, neighbours.Cells()); err != nil {
		return Global{}, err
	}
	for i, v := range values {
		if v < 0 {
			return Global{}, fmt.Errorf("%w: cell %d has %v; general G takes no negative values", ErrValue, i, v)
		}
	}
	all := momentsOf(values)
	n := all.n
	if n < 2 || float64(all.lows) >= n-1 && all.low == 0 { // no two above 0, so no pair
		return Global{P: 1}, nil
	}
	w := neighbours.weightSums()
	out := Global{Expected: w.s0 / (n * (n - 1)), P: 1}
	out.Value = out.Expected // as it is when all are equal
	if all.flat() {
		return out, nil
	}
	// With x = mean + d, Σwxx is mean²·S0 + mean·A + B: A = Σ(wᵢ.+w.ᵢ)dᵢ, B = Σwdd. Only A and B move.
	deviations, unit := all.deviations(values)
	mean := all.sum.hi / n / unit
	b := neighbours.cross(deviations, w)
	linear, cubes := 0.0, 0.0
	for i, d := range deviations {
		linear += float64(neighbours.Count(i)+len(neighbours.whose(i))) * d
		cubes += d * d * d
	}
	pairs := all.sum.times(all.sum).minus(all.square).hi / unit / unit
	above := mean*linear + b.value - b.expected
	out.Value += above / pairs
	if n < 4 {
		return out, nil
	}
	ofLinear := mean * mean * w.uneven * b.squares / (n - 1)
	ofBoth := -2 * mean * cubes * w.uneven / ((n - 1) * (n - 2))
	variance := ofLinear + ofBoth + b.variance
	if !(variance > rounding*(ofLinear+math.Abs(ofBoth)+b.variance)) {
		return out, nil
	}
	out.Variance = variance / (pairs * pairs)
	out.Z = above / math.Sqrt(variance)
	out.P = TwoSidedP(out.Z)
	return out, nil
}

// GlobalMoran is Moran's I with its moments under randomisation (Cliff and Ord 1981): n/S0·Σwdd/Σd² of
// the deviations d from the mean. Above −1/(n−1) like lies beside like, below it unlike. All cells count
// in n, also those without neighbours. Cost is O(cells + links). The error is [ErrLength] or [ErrValue].
//
// With fewer than 4 cells, no links, everything for a neighbour or all values equal, z is 0.
func GlobalMoran(neighbours *Neighbours, values []float64) (Global, error) {
	if err := checkValues(values, neighbours.Cells()); err != nil {
		return Global{}, err
	}
	all := momentsOf(values)
	n := all.n
	if n < 2 || neighbours.Links() == 0 || all.flat() {
		return Global{P: 1}, nil
	}
	w := neighbours.weightSums()
	deviations, _ := all.deviations(values)
	b := neighbours.cross(deviations, w)
	scale := n / (w.s0 * b.squares)
	out := Global{Value: scale * b.value, Expected: -1 / (n - 1), Variance: scale * scale * b.variance, P: 1}
	if b.variance > 0 {
		out.Z = (b.value - b.expected) / math.Sqrt(b.variance)
		out.P = TwoSidedP(out.Z)
	}
	return out, nil
}

// rounding is what share of its terms a variance must exceed to be one: those that are 0 come out as
// some 1e−16, and of the others none of as many cells and links as there may be is below 1e−9.
const rounding = 1e-12

// weights are sums over binary weights (Cliff and Ord 1981).
type weights struct {
	s0     float64 // Σw
	s1     float64 // ½Σ(wᵢⱼ+wⱼᵢ)²
	s2     float64 // Σ(wᵢ.+w.ᵢ)²
	uneven float64 // S2 − 4·S0²/n: 0 if all cells have as many links
}

func (n *Neighbours) weightSums() weights {
	w := weights{s0: float64(n.Links())}
	w.s1 = w.s0
	for i := range n.Cells() {
		out, in := n.Of(i), n.whose(i)
		both := float64(len(out) + len(in))
		w.s2 += both * both
		for len(out) > 0 && len(in) > 0 { // two ascending lists: what is in both is mutual
			switch {
			case out[0] < in[0]:
				out = out[1:]
			case out[0] > in[0]:
				in = in[1:]
			default:
				w.s1++
				out, in = out[1:], in[1:]
			}
		}
	}
	cells := float64(n.Cells())
	w.uneven = twoProduct(cells, w.s2).minus(twoProduct(2*w.s0, 2*w.s0)).hi / cells
	return w
}

// cross is Σwdd of deviations from their mean, and its moments under randomisation.
type cross struct{ value, expected, variance, squares float64 } // squares: Σd²

// cross takes deviations whose greatest is 1 in size. The variance is 0 for fewer than 4 cells.
func (n *Neighbours) cross(deviations []float64, w weights) cross {
	var out cross
	fourths := 0.0
	for i, d := range deviations {
		out.value += d * n.sum(i, deviations)
		out.squares += d * d
		fourths += d * d * d * d
	}
	cells := float64(len(deviations))
	out.expected = -w.s0 * out.squares / (cells * (cells - 1))
	if cells < 4 {
		return out
	}
	kurtosis := cells * fourths / (out.squares * out.squares)
	second := cells*((cells*cells-3*cells+3)*w.s1-cells*w.s2+3*w.s0*w.s0) -
		kurtosis*((cells*cells-cells)*w.s1-2*cells*w.s2+6*w.s0*w.s0)
	second *= (out.squares / cells) * (out.squares / cells) / ((cells - 1) * (cells - 2) * (cells - 3))
	if v := second - out.expected*out.expected; v > rounding*second {
		out.variance = v
	}
	return out
}

// deviations returns what values are above their mean, as shares of the greatest such distance, which
// is the second result: fourth powers of them stay within a float64. Not for flat values.
func (m *moments) deviations(values []float64) (out []float64, unit float64) {
	unit = max(m.excess(m.high, 1), -m.excess(m.low, 1)) / m.n
	out = make([]float64, len(values))
	for i, v := range values {
		out[i] = m.excess(v, 1) / m.n / unit
	}
	return out, unit
}

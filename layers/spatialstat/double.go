package spatialstat

import "math"

// double is a number of about 106 bits, hi + lo, with |lo| at most half a unit in the last place of hi
// (Dekker 1971; Hida, Li and Bailey 2001). A sum of integers below 2¹⁰⁶ in it is exact, so it does not
// depend on their order.
//
// Products are converted to float64 before anything is added, because Go lets a machine that can do so
// leave out the rounding in between, and the sums would differ from those of other machines.
type double struct{ hi, lo float64 }

// twoSum returns a + b rounded, and what was rounded off.
func twoSum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

// twoProduct is twoSum of a product.
func twoProduct(a, b float64) double {
	p := float64(a * b)
	return double{p, math.FMA(a, b, -p)}
}

func (d double) plus(e double) double {
	s, t := twoSum(d.hi, e.hi), twoSum(d.lo, e.lo)
	s = quickTwoSum(s.hi, s.lo+t.hi)
	return quickTwoSum(s.hi, s.lo+t.lo)
}

func (d double) minus(e double) double { return d.plus(double{-e.hi, -e.lo}) }

func (d double) times(e double) double {
	p := twoProduct(d.hi, e.hi)
	return quickTwoSum(p.hi, p.lo+(float64(d.hi*e.lo)+float64(d.lo*e.hi)))
}

// quickTwoSum is twoSum where |a| ≥ |b| or a is 0.
func quickTwoSum(a, b float64) double {
	s := a + b
	return double{s, b - (s - a)}
}

// moments are what all cells' values come to.
type moments struct {
	n           float64
	sum, square double // Σx, Σx²
	low, high   float64
	lows, highs int // how many values are low, and high
}

// momentsOf passes over the values in their order.
func momentsOf(values ...[]float64) moments {
	m := moments{low: math.Inf(1), high: math.Inf(-1)}
	for _, part := range values {
		m.n += float64(len(part))
		for _, v := range part {
			m.add(v)
		}
	}
	return m
}

func (m *moments) add(v float64) {
	m.sum = m.sum.plus(double{v, 0})
	m.square = m.square.plus(twoProduct(v, v))
	if v <= m.low {
		if v < m.low {
			m.low, m.lows = v, 0
		}
		m.lows++
	}
	if v >= m.high {
		if v > m.high {
			m.high, m.highs = v, 0
		}
		m.highs++
	}
}

// without returns the moments of all but one cell's value.
func (m *moments) without(v float64) moments {
	out := *m
	out.n--
	out.sum = m.sum.minus(double{v, 0})
	out.square = m.square.minus(twoProduct(v, v))
	return out
}

// flat reports whether all values are equal.
func (m *moments) flat() bool { return !(m.low < m.high) }

// flatWithout reports whether all values but one, which is v, are equal.
func (m *moments) flatWithout(v float64) bool {
	if m.flat() {
		return true
	}
	return m.lows+m.highs == int(m.n) && (m.lows == 1 && v == m.low || m.highs == 1 && v == m.high)
}

// spread is n²·variance, the variance being that of a whole population: n·Σx² − (Σx)², of which twice
// the digits of a float64 may cancel before one is lost.
func (m *moments) spread() float64 {
	d := m.square.times(double{m.n, 0}).minus(m.sum.times(m.sum))
	return max(d.hi, 0)
}

// excess is n·part − count·Σx: n times what a sum over count cells is above what the mean would make it.
func (m *moments) excess(part, count float64) float64 {
	return twoProduct(m.n, part).minus(m.sum.times(double{count, 0})).hi
}

// deviate standardises the sum of count values that were drawn from n without putting any back. spread
// is m's, which callers with many cells reckon once.
func (m *moments) deviate(part, count, spread float64) float64 {
	variance := spread * (float64(count*(m.n-count)) / (m.n - 1))
	if !(variance > 0) {
		return 0
	}
	return m.excess(part, count) / math.Sqrt(variance)
}

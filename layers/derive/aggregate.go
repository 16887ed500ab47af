package derive

import (
	"math"
	"slices"

	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// Aggregate is what a cell holds. It never changes; the zero Aggregate is none.
type Aggregate struct {
	layout *layout
	cell   hexgrid.Cell
	words  []uint64
}

// Number is what a cell holds of a field of numbers.
type Number struct {
	// Count is the number of features that have a value.
	Count int
	// Sum is exact before it is rounded to a float, of values rounded to multiples of 2⁻³². Known is false, and Sum
	// 0, while there is a float of ±2⁶³ or beyond.
	Sum   float64
	Known bool
	// Min and Max are of the field's kind, null when Count is 0.
	Min, Max column.Value

	hi, lo uint64
}

// Mean returns the mean of the values; ok is false when there are none or their sum is not known.
func (n Number) Mean() (mean float64, ok bool) {
	if n.Count == 0 || !n.Known {
		return 0, false
	}
	return n.Sum / float64(n.Count), true
}

// Int returns the sum of ints; ok is false when it is not known or no int64.
func (n Number) Int() (sum int64, ok bool) {
	top := int64(n.hi) >> 31
	return int64(n.hi<<32 | n.lo>>32), n.Known && (top == 0 || top == -1)
}

// Count returns the number of features, at least 1.
func (a *Aggregate) Count() int { return int(count(a.words)) }

// Cell returns the cell.
func (a *Aggregate) Cell() hexgrid.Cell { return a.cell }

// Mean returns the mean place of the features, rounded to the north-west. Of a cell in the half of the world
// around the antimeridian it is the mean on the shorter way across it.
func (a *Aggregate) Mean() world.Point {
	n, west := uint64(count(a.words)), a.words[wordCount]>>32
	x := a.words[wordX]
	if west > 0 && west < n {
		if lon, _ := a.cell.Centre(); math.Abs(lon) > 90 {
			x += west << world.Bits // as if they were further east than the others
		}
	}
	return world.Point{X: uint32(x / n), Y: uint32(a.words[wordY] / n)}
}

// Newest returns the newest time in microseconds since 1970; ok is false when no feature has one, or the index
// keeps none.
func (a *Aggregate) Newest() (micros int64, ok bool) {
	if a.layout.time < 0 {
		return 0, false
	}
	w := a.words[a.layout.wides]
	return int64(w), w != none
}

// Number returns what the cell holds of the i-th of [Spec.Numbers].
func (a *Aggregate) Number(i int) Number {
	l := a.layout
	w := a.words[wordNumbers+i]
	n := Number{Count: int(uint32(w)), Known: w>>32 == 0}
	if n.Count == 0 {
		return n
	}
	if n.Known {
		n.hi, n.lo = a.words[l.added+2*i], a.words[l.added+2*i+1]
		n.Sum = unfixed(n.hi, n.lo)
	}
	at := l.firstNumber() + 2*i
	n.Max = unordered(int64(a.words[at]), l.numbers[i].float)
	n.Min = unordered(int64(^a.words[at+1]), l.numbers[i].float)
	return n
}

// Category returns the number of features whose value of the i-th of [Spec.Counts] is the k-th of its values; with k
// the number of these, of those that have any other.
func (a *Aggregate) Category(i, k int) int {
	at := a.layout.counts[i].first + k
	return int(uint32(a.words[a.layout.category+at/2] >> (32 * (at & 1))))
}

// Equal reports whether two aggregates of one index hold the same.
func (a *Aggregate) Equal(o *Aggregate) bool { return slices.Equal(a.words, o.words) }

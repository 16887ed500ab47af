package spatialstat

import (
	"fmt"
	"math"
)

// Trend is the outcome of a Mann–Kendall test.
type Trend struct {
	S        int64   // pairs of steps that rise, less those that fall
	Variance float64 // of S if there is no trend, ties taken into account
	Tau      float64 // Kendall's τ-b of values against time, −1…1; 0 if all are equal
	Z        float64 // (S ∓ 1)/√Variance: one step towards 0, for continuity
	P        float64 // two-sided, by the normal distribution, which needs some 8 steps and more
}

// MannKendall tests a series for a monotonic trend, of whatever shape (Mann 1945, Kendall 1975):
//
//	S   = Σ sign(xⱼ − xᵢ)                                        over i < j
//	Var = (n(n−1)(2n+5) − Σ t(t−1)(2t+5))/18                     over groups of t equal values
//
// Steps are taken to be independent; a series that clings to its own past, as one of overlapping
// windows does, seems to have trends that it has not.
//
// The series is unchanged. scratch of at least 2·len(series) elements saves an allocation and is
// overwritten; nil does as well. Cost is O(n log n). The error is [ErrLength] beyond [MaxSteps] and
// [ErrValue] for NaN; infinities are ordered like others.
func MannKendall(series, scratch []float64) (Trend, error) {
	n := len(series)
	if n > MaxSteps {
		return Trend{}, fmt.Errorf("%w: %d steps, at most %d", ErrLength, n, MaxSteps)
	}
	for i, v := range series {
		if math.IsNaN(v) {
			return Trend{}, fmt.Errorf("%w: step %d is NaN", ErrValue, i)
		}
	}
	if len(scratch) < 2*n {
		scratch = make([]float64, 2*n)
	}
	sorted := scratch[:n]
	copy(sorted, series)
	falls := sortCounting(sorted, scratch[n:2*n])
	pairs := int64(n) * int64(n-1) / 2
	ties, variance := int64(0), kendallTerm(n)
	for i := 0; i < n; {
		j := i + 1
		for j < n && sorted[j] == sorted[i] {
			j++
		}
		t := j - i
		ties += int64(t) * int64(t-1) / 2
		variance -= kendallTerm(t)
		i = j
	}
	out := Trend{S: pairs - ties - 2*falls, Variance: variance / 18, P: 1}
	if out.Variance <= 0 {
		return out, nil
	}
	out.Tau = float64(out.S) / math.Sqrt(float64(pairs-ties)*float64(pairs))
	switch {
	case out.S > 0:
		out.Z = float64(out.S-1) / math.Sqrt(out.Variance)
	case out.S < 0:
		out.Z = float64(out.S+1) / math.Sqrt(out.Variance)
	}
	out.P = TwoSidedP(out.Z)
	return out, nil
}

// kendallTerm is n(n−1)(2n+5), exact below 2⁵³.
func kendallTerm(n int) float64 { return float64(int64(n) * int64(n-1) * int64(2*n+5)) }

// sortCounting sorts a by merging and returns how many pairs stood in falling order. b is scratch of
// the same length.
func sortCounting(a, b []float64) int64 {
	if len(a) < 2 {
		return 0
	}
	half := len(a) / 2
	falls := sortCounting(a[:half], b[:half]) + sortCounting(a[half:], b[half:])
	i, j := 0, half
	for k := range b {
		if j == len(a) || i < half && a[i] <= a[j] {
			b[k] = a[i]
			i++
		} else {
			falls += int64(half - i)
			b[k] = a[j]
			j++
		}
	}
	copy(a, b)
	return falls
}

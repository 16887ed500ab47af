package column

import (
	"math"
	"math/bits"
)

// span is a comparison with a number as the interval of those numbers that it holds for, both ends
// included, or for none of which: then it is inverted. So one loop without a branch does for all
// comparisons, which a filter of a million rows is paid back by.
type span[T int64 | float64] struct {
	low, high T
	inverted  bool
}

// intSpan returns the span of a comparison with v; ok is false when it holds for no number.
func intSpan(c Compare, v int64) (s span[int64], ok bool) {
	s = span[int64]{math.MinInt64, math.MaxInt64, c == NotEqual}
	switch c {
	case Equal, NotEqual:
		s.low, s.high = v, v
	case Less:
		s.high = v - 1
		return s, v != math.MinInt64
	case LessOrEqual:
		s.high = v
	case Greater:
		s.low = v + 1
		return s, v != math.MaxInt64
	default:
		s.low = v
	}
	return s, true
}

// floatSpan returns the span of a comparison with v, which is finite, as all floats in columns are.
func floatSpan(c Compare, v float64) span[float64] {
	s := span[float64]{math.Inf(-1), math.Inf(1), c == NotEqual}
	switch c {
	case Equal, NotEqual:
		s.low, s.high = v, v
	case Less:
		s.high = math.Nextafter(v, s.low)
	case LessOrEqual:
		s.high = v
	case Greater:
		s.low = math.Nextafter(v, s.high)
	default:
		s.low = v
	}
	return s
}

// filterInts keeps the rows whose values are in s and not null.
func filterInts(values []int64, nulls, rows Bits, s span[int64]) {
	low, width := uint64(s.low), uint64(s.high)-uint64(s.low)
	eachWord(rows, nulls, s.inverted, func(from, to int, rare bool) (in uint64) {
		if rare && to-from == 64 {
			for i := from; i < to; i += 8 { // eight at once: most often none of them is in
				v := values[i : i+8 : i+8]
				if uint64(v[0])-low <= width || uint64(v[1])-low <= width || uint64(v[2])-low <= width || uint64(v[3])-low <= width ||
					uint64(v[4])-low <= width || uint64(v[5])-low <= width || uint64(v[6])-low <= width || uint64(v[7])-low <= width {
					for k, v := range v {
						in |= one(uint64(v)-low <= width) << ((i - from + k) & 63)
					}
				}
			}
			return in
		}
		for i, v := range values[from:to] {
			_, out := bits.Sub64(width, uint64(v)-low, 0)
			in |= (out ^ 1) << (i & 63)
		}
		return in
	}, func(row int) bool { return uint64(values[row])-low <= width })
}

// filterShorts is filterInts for offsets.
func filterShorts(c *Shorts, rows Bits, s span[int64]) {
	// In 64 bits a sum that wraps goes back when low is taken from it.
	low, width := uint64(s.low)-uint64(c.Base), uint64(s.high)-uint64(s.low)
	eachWord(rows, c.Nulls, s.inverted, func(from, to int, rare bool) (in uint64) {
		if rare {
			for i, v := range c.Offsets[from:to] {
				if uint64(v)-low <= width {
					in |= 1 << (i & 63)
				}
			}
			return in
		}
		for i, v := range c.Offsets[from:to] {
			_, out := bits.Sub64(width, uint64(v)-low, 0)
			in |= (out ^ 1) << (i & 63)
		}
		return in
	}, func(row int) bool { return uint64(c.Offsets[row])-low <= width })
}

// filterFloats is filterInts for floats.
func filterFloats(values []float64, nulls, rows Bits, s span[float64]) {
	eachWord(rows, nulls, s.inverted, func(from, to int, rare bool) (in uint64) {
		if rare {
			for i, v := range values[from:to] {
				if v >= s.low && v <= s.high {
					in |= 1 << (i & 63)
				}
			}
			return in
		}
		for i, v := range values[from:to] {
			in |= (one(v >= s.low) & one(v <= s.high)) << (i & 63)
		}
		return in
	}, func(row int) bool { return values[row] >= s.low && values[row] <= s.high })
}

// filterCode keeps the rows whose code is code, or is another one but not null when inverted.
func filterCode(codes []uint16, code uint16, rows Bits, inverted bool) {
	if inverted && code != 0 {
		filterCode(codes, 0, rows, true) // without the null ones
	}
	eachWord(rows, nil, inverted, func(from, to int, rare bool) (in uint64) {
		if rare && to-from == 64 {
			for i := from; i < to; i += 8 {
				c := codes[i : i+8 : i+8]
				if c[0] == code || c[1] == code || c[2] == code || c[3] == code || c[4] == code || c[5] == code || c[6] == code || c[7] == code {
					for k, c := range c {
						in |= one(c == code) << ((i - from + k) & 63)
					}
				}
			}
			return in
		}
		for i, c := range codes[from:to] {
			in |= uint64((uint32(c^code)-1)>>31) << (i & 63)
		}
		return in
	}, func(row int) bool { return codes[row] == code })
}

// filterBools keeps the rows that are true, or false.
func filterBools(c *Bools, rows Bits, truth bool) {
	for w := range rows {
		in := word(c.Values, w)
		if !truth {
			in = ^in
		}
		rows[w] &= in &^ word(c.Nulls, w)
	}
}

// one is 1 for true; the compiler makes no branch of it.
func one(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// word returns 64 rows of a set, which may be shorter.
func word(b Bits, w int) uint64 {
	if w < len(b) {
		return b[w]
	}
	return 0
}

const (
	// fewRows is up to how many rows of a word are looked at one by one.
	fewRows = 12
	// rareRows is up to how many rows of a word that are found foretell so few of the next that a branch
	// for each is cheaper than none.
	rareRows = 4
)

// eachWord keeps of rows those that are in, not in when inverted, and not null. Words with many rows are
// asked about at once by dense, which is given the first row and the one behind the last and returns a bit
// for each; rare says that few are expected. Others are asked about row by row by in.
func eachWord(rows, nulls Bits, inverted bool, dense func(from, to int, rare bool) uint64, in func(row int) bool) {
	rare := true
	for w, before := range rows {
		before &^= word(nulls, w)
		if bits.OnesCount64(before) > fewRows {
			found := dense(w<<6, w<<6+bits.Len64(before), rare)
			rare = bits.OnesCount64(found) <= rareRows
			if inverted {
				found = ^found
			}
			rows[w] = before & found
			continue
		}
		after := uint64(0)
		for left := before; left != 0; left &= left - 1 {
			if row := bits.TrailingZeros64(left); in(w<<6+row) != inverted {
				after |= 1 << row
			}
		}
		rows[w] = after
	}
}

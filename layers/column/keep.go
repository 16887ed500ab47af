package column

import "math"

// span returns the numbers for which a comparison with v holds: those from low to high, or when not is
// set all others. ok is false when there are none.
func (c Compare) span(v int64) (low, high int64, not, ok bool) {
	switch c {
	case Equal:
		return v, v, false, true
	case NotEqual:
		return v, v, true, true
	case Less:
		return math.MinInt64, v - 1, false, v != math.MinInt64
	case LessOrEqual:
		return math.MinInt64, v, false, true
	case Greater:
		return v + 1, math.MaxInt64, false, v != math.MaxInt64
	default:
		return v, math.MaxInt64, false, true
	}
}

// keep clears from rows those whose value is not from low to high, or when not is set those whose value
// is. It has no branch a row: where a row is decided by luck, that is several times faster.
func keep[T int64 | uint16](rows Bits, values []T, low, high T, not bool) {
	width := uint64(high) - uint64(low)
	var flip uint64
	if not {
		flip = math.MaxUint64
	}
	for w, word := range rows {
		if word == 0 {
			continue
		}
		var in uint64
		for i, v := range values[w<<6 : min(w<<6+64, len(values))] {
			var bit uint64
			if uint64(v)-uint64(low) <= width {
				bit = 1
			}
			in |= bit << (i & 63)
		}
		rows[w] = word & (in ^ flip)
	}
}

// drop clears the rows of a set, which may be nil.
func drop(rows, set Bits) {
	for w := range set {
		rows[w] &^= set[w]
	}
}

// filterInts clears rows of a column of numbers for which the comparison with v does not hold.
func (p comparison) filterInts(c *Ints, rows Bits) {
	low, high, not, ok := p.compare.span(p.value.Int())
	if !ok {
		clear(rows)
		return
	}
	keep(rows, c.Values, low, high, not)
	drop(rows, c.Nulls)
}

func (p comparison) filterShorts(c *Shorts, rows Bits) {
	low, high, not, ok := p.compare.span(p.value.Int())
	low, high = max(low, c.zone.Min), min(high, c.zone.Max)
	switch {
	case !ok, !c.zone.HasValues(), low > high && !not:
		clear(rows)
		return
	case low <= high:
		keep(rows, c.Offsets, uint16(low-c.Base), uint16(high-c.Base), not)
	}
	drop(rows, c.Nulls)
}

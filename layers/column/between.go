package column

// between selects rows whose int or time is in an interval, both ends included: two comparisons in one look.
type between struct {
	field     int
	kind      Kind
	low, high int64 // low ≤ high
}

func (p between) Not() Predicate {
	at := func(v int64) Value { return Value{kind: p.kind, bits: uint64(v)} }
	return Or(Where(p.field, Less, at(p.low)), Where(p.field, Greater, at(p.high)))
}

func (p between) Skips(columns []Column) bool {
	z := columns[p.field].Zone()
	return columns[p.field].Kind() != p.kind || !z.HasValues() || z.Max < p.low || z.Min > p.high
}

func (p between) Filter(columns []Column, rows Bits) {
	within := span[int64]{low: p.low, high: p.high}
	if columns[p.field].Kind() != p.kind {
		clear(rows)
		return
	}
	switch c := columns[p.field].(type) {
	case *Ints:
		filterInts(c.Values, c.Nulls, rows, within)
	case *Shorts:
		filterShorts(c, rows, within)
	}
}

func (p between) renumber(columns []int) Predicate {
	p.field = columns[p.field]
	return p
}

// betweenOf returns a comparison of an int or a time as an interval; ok is false when it is none.
func betweenOf(p Predicate) (b between, ok bool) {
	switch p := p.(type) {
	case between:
		return p, true
	case comparison:
		if p.value.kind != Int && p.value.kind != Time || p.compare == NotEqual {
			return b, false
		}
		s, some := intSpan(p.compare, p.value.Int())
		return between{p.field, p.value.kind, s.low, s.high}, some
	default:
		return b, false
	}
}

// joined returns ps with the intervals of each field made one, where that is not empty.
func joined(ps []Predicate) []Predicate {
	out := make([]Predicate, 0, len(ps))
	var flat []Predicate
	for _, p := range ps {
		if parts, ok := p.(all); ok {
			flat = append(flat, parts...)
		} else {
			flat = append(flat, p)
		}
	}
next:
	for _, p := range flat {
		if b, ok := betweenOf(p); ok {
			for i, before := range out {
				a, ok := betweenOf(before)
				if !ok || a.field != b.field || a.kind != b.kind {
					continue
				}
				if low, high := max(a.low, b.low), min(a.high, b.high); low <= high {
					out[i] = between{a.field, a.kind, low, high}
					continue next
				}
			}
		}
		out = append(out, p)
	}
	return out
}

package column

import "math"

// Zone is the zone map of a column: what a predicate may know of its rows without reading them.
type Zone struct {
	// Nulls is the number of null rows; Rows that of all.
	Nulls, Rows int
	// Min and Max bound the values that are not null, when there are any: ints, times and bools
	// (0, 1) as they are; floats as [orderFloat]; texts by [prefix]. Codes are not bounded.
	Min, Max int64
	// Set has bit code%256 for every code of a dictionary column.
	Set [4]uint64
}

// HasValues reports whether some row is not null.
func (z *Zone) HasValues() bool { return z.Nulls < z.Rows }

func (z *Zone) hasCode(code uint16) bool { return z.Set[code>>6&3]>>(code&63)&1 != 0 }

// orderFloat maps a finite float to an int that sorts the same way; 0 and −0 are the same.
func orderFloat(f float64) int64 {
	b := int64(math.Float64bits(f + 0)) // −0 + 0 is 0
	if b < 0 {
		return math.MinInt64 - b
	}
	return b
}

// prefix maps a text to an int that never sorts against it: its first eight bytes, big-endian.
func prefix(s string) int64 {
	var u uint64
	for i := range min(8, len(s)) {
		u |= uint64(s[i]) << (56 - 8*i)
	}
	return int64(u ^ 1<<63)
}

// emptyZone starts a scan: nothing is bounded yet.
func emptyZone(rows int) Zone {
	return Zone{Rows: rows, Min: math.MaxInt64, Max: math.MinInt64}
}

func (z *Zone) add(v int64) {
	z.Min = min(z.Min, v)
	z.Max = max(z.Max, v)
}

// inner reports whether v lies between the bounds and is neither: taking it away or adding it leaves
// the bounds as they are.
func (z *Zone) inner(v int64) bool { return v > z.Min && v < z.Max }

func (c *Ints) scan() {
	z := emptyZone(len(c.Values))
	if c.Nulls == nil {
		for _, v := range c.Values {
			z.add(v)
		}
	} else {
		z.Nulls = c.Nulls.Count()
		for i, v := range c.Values {
			if !c.Nulls.Has(i) {
				z.add(v)
			}
		}
	}
	c.zone = z
}

func (c *Floats) scan() {
	z := emptyZone(len(c.Values))
	z.Nulls = c.Nulls.Count()
	for i, v := range c.Values {
		if !c.Nulls.Has(i) {
			z.add(orderFloat(v))
		}
	}
	c.zone = z
}

func (c *Bools) scan() {
	z := emptyZone(c.rows)
	z.Nulls = c.Nulls.Count()
	trues := c.Values.Count() // null rows are false
	if trues > 0 {
		z.add(1)
	}
	if trues < c.rows-z.Nulls {
		z.add(0)
	}
	c.zone = z
}

func (c *Codes) scan() {
	z := emptyZone(len(c.Codes))
	for _, code := range c.Codes {
		if code == 0 {
			z.Nulls++
			continue
		}
		z.Set[code>>6&3] |= 1 << (code & 63)
	}
	c.zone = z
}

func (c *Texts) scan() {
	z := emptyZone(c.Len())
	z.Nulls = c.Nulls.Count()
	for i := range c.Len() {
		if !c.Nulls.Has(i) {
			z.add(prefix(c.Text(i)))
		}
	}
	c.zone = z
}

package column

import (
	"encoding/binary"
	"math"
)

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

// short reports whether ints with this zone map are kept as [Shorts].
func (z *Zone) short() bool {
	return !z.HasValues() || uint64(z.Max)-uint64(z.Min) <= math.MaxUint16
}

// zoneOfInts is the zone map of ints, 0 where null.
func zoneOfInts(values []int64, nulls Bits) Zone {
	z := emptyZone(len(values))
	if nulls == nil {
		least, most := z.Min, z.Max // in registers
		for _, v := range values {
			least, most = min(least, v), max(most, v)
		}
		z.Min, z.Max = least, most
		return z
	}
	z.Nulls = nulls.Count()
	for i, v := range values {
		if !nulls.Has(i) {
			z.add(v)
		}
	}
	return z
}

func (c *Shorts) scan() {
	z := emptyZone(len(c.Offsets))
	if c.Nulls == nil {
		least, most := uint16(math.MaxUint16), uint16(0)
		for _, v := range c.Offsets {
			least, most = min(least, v), max(most, v)
		}
		if len(c.Offsets) > 0 {
			z.Min, z.Max = c.Base+int64(least), c.Base+int64(most)
		}
	} else {
		z.Nulls = c.Nulls.Count()
		for i, v := range c.Offsets {
			if !c.Nulls.Has(i) {
				z.add(c.Base + int64(v))
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
	// The first pass has neither branch nor random store; most dictionaries have fewer than 64
	// strings, and then it says it all.
	var low uint64
	var all uint16
	for _, code := range c.Codes {
		low |= 1 << (code & 63)
		all |= code
		z.Nulls += int((uint32(code) - 1) >> 31)
	}
	if all < 64 {
		z.Set[0] = low &^ 1
	} else {
		for _, code := range c.Codes {
			if code != 0 {
				z.Set[code>>6&3] |= 1 << (code & 63)
			}
		}
	}
	c.zone = z
}

// replaced brings the zone map up to date after one code took another's place.
func (c *Codes) replaced(old, code uint16) {
	z := &c.zone
	if code != 0 {
		z.Set[code>>6&3] |= 1 << (code & 63)
	} else {
		z.Nulls++
	}
	if old == 0 {
		z.Nulls--
		return
	}
	for _, other := range c.Codes { // the old one's bit stays if any code has it, which is soon found
		if other&255 == old&255 && other != 0 {
			return
		}
	}
	z.Set[old>>6&3] &^= 1 << (old & 63)
}

func (c *Texts) scan() {
	z := emptyZone(c.Len())
	z.Nulls = c.Nulls.Count()
	from := c.Offsets[0]
	for i, to := range c.Offsets[1:] {
		switch text := c.Data[from:to]; {
		case c.Nulls.Has(i):
		case len(text) >= 8:
			z.add(int64(binary.BigEndian.Uint64(text) ^ 1<<63))
		default:
			z.add(prefix(c.Text(i)))
		}
		from = to
	}
	c.zone = z
}

package tiles

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"

	"hutong/layers/column"
	"hutong/tiles/mvt"
)

// maxInteger is the largest magnitude that every reader of tiles holds exactly; integers beyond it
// are strings in tiles.
const maxInteger = 1 << 53

// numberTable numbers the distinct numbers of one field from 0, by open addressing. Its hash differs
// from table to table, so that nobody can choose numbers that collide; bytes do not depend on it.
type numberTable struct {
	slots    []uint64 // a power of two, at most a quarter full: 32 bits of hash, then position+1; 0 is free
	numbers  []uint64
	multiply uint64 // odd
	shift    uint8  // 64 − log2 of the slots
}

// reset empties t for up to n numbers.
func (t *numberTable) reset(n int) {
	if t.multiply == 0 {
		t.multiply = rand.Uint64() | 1 //nolint:gosec // not a secret: a hash function
	}
	log := bits.Len(uint(4*n - 1))
	t.slots = grown(t.slots[:0], 1<<log)[:1<<log]
	t.shift = uint8(64 - log)
	clear(t.slots)
	t.numbers = t.numbers[:0]
}

// number returns the position of v, adding it when it is new: then the position is the number of
// those before it.
func (t *numberTable) number(v uint64) uint32 {
	hash := v * t.multiply
	mask := uint64(len(t.slots) - 1)
	for i := hash >> (t.shift & 63); ; i++ {
		slot := t.slots[i&mask]
		if slot == 0 {
			t.numbers = append(t.numbers, v)
			t.slots[i&mask] = hash<<32 | uint64(len(t.numbers))
			return uint32(len(t.numbers) - 1)
		}
		if at := uint32(slot) - 1; slot>>32 == hash&math.MaxUint32 && t.numbers[at] == v {
			return at
		}
	}
}

func (t *numberTable) bytes() int { return 8 * (cap(t.slots) + cap(t.numbers)) }

// resolveInts takes the integers of one block.
func (s *scratch) resolveInts(c *column.Ints, rows []uint16, tags []mvt.Tag) {
	values, stride, bytes, at := c.Values, s.stride, 0, 0
	first := s.first
	for _, row := range rows {
		tag := absent
		if v := values[row]; c.Nulls == nil || !c.Nulls.Has(int(row)) {
			value := first + s.byNumber.number(uint64(v))
			if value == s.next {
				s.addInteger(v)
			}
			tag = mvt.MakeTag(s.key, value)
		}
		tags[at] = tag
		at += stride
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// resolveTimes takes the microseconds of one block and gives whole milliseconds, rounded down.
func (s *scratch) resolveTimes(c *column.Ints, rows []uint16, tags []mvt.Tag) {
	values, stride, bytes, at := c.Values, s.stride, 0, 0
	first := s.first
	for _, row := range rows {
		tag := absent
		if micros := values[row]; c.Nulls == nil || !c.Nulls.Has(int(row)) {
			v := micros / 1000
			v += (micros - v*1000) >> 63 // −1 when the division rounded up
			value := first + s.byNumber.number(uint64(v))
			if value == s.next {
				s.addInteger(v)
			}
			tag = mvt.MakeTag(s.key, value)
		}
		tags[at] = tag
		at += stride
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// resolveFloats takes the floats of one block.
func (s *scratch) resolveFloats(c *column.Floats, rows []uint16, tags []mvt.Tag) {
	values, stride, bytes, at := c.Values, s.stride, 0, 0
	first := s.first
	for _, row := range rows {
		tag := absent
		if v := values[row]; c.Nulls == nil || !c.Nulls.Has(int(row)) {
			value := first + s.byNumber.number(math.Float64bits(v))
			if value == s.next {
				s.values = mvt.AppendDouble(s.values, v)
				s.next++
			}
			tag = mvt.MakeTag(s.key, value)
		}
		tags[at] = tag
		at += stride
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// addInteger appends a new integer to the value table.
func (s *scratch) addInteger(v int64) {
	s.next++
	switch {
	case v > maxInteger || v < -maxInteger:
		s.text = strconv.AppendInt(s.text[:0], v, 10)
		s.values = mvt.AppendString(s.values, s.text)
	case v >= 0:
		s.values = mvt.AppendUint(s.values, uint64(v))
	default:
		s.values = mvt.AppendSint(s.values, v)
	}
}

// narrow returns the smallest integer of the field in the tile's blocks, if the largest is near
// enough for byCode.
func (s *scratch) narrow(f *field) (least int64, ok bool) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for i := range s.rows.runs {
		zone := s.rows.runs[i].block.Column(f.column).Zone()
		if zone.HasValues() {
			least, most = min(least, zone.Min), max(most, zone.Max)
		}
	}
	return least, least <= most && uint64(most-least) < column.MaxCodes
}

// resolveShorts takes the integers of one block of a narrow field, as codes from 1 for the least: the
// column's offsets and one number more.
func (s *scratch) resolveShorts(c *column.Shorts, least int64, rows []uint16, tags []mvt.Tag) {
	offsets, byCode, stride, bytes, at := c.Offsets, s.byCode, s.stride, 0, 0
	shift := uint16(c.Base - least + 1) // modulo 2¹⁶, as the sum
	for _, row := range rows {
		code := offsets[row] + shift
		if c.Nulls != nil && c.Nulls.Has(int(row)) {
			code = 0
		}
		tag := byCode[code]
		if tag == 0 {
			tag = s.setCode(code)
			s.addInteger(least + int64(code) - 1)
		}
		tags[at] = tag
		at += stride
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// widen returns c as wide integers, valid until the next call.
func (s *scratch) widen(c *column.Shorts) *column.Ints {
	s.wide.Values = s.wide.Values[:0]
	for _, v := range c.Offsets {
		s.wide.Values = append(s.wide.Values, c.Base+int64(v))
	}
	s.wide.Nulls = c.Nulls
	return &s.wide
}

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
	slots    []uint32 // a power of two, at most a quarter full: position+1, 0 is free
	numbers  []uint64 // in order of first use; there is room for all that reset was told of
	multiply uint64   // odd
	shift    uint8    // 64 − log2 of the slots
}

// reset empties t for up to n numbers, at least one.
func (t *numberTable) reset(n int) {
	if t.multiply == 0 {
		t.multiply = rand.Uint64() | 1 //nolint:gosec // not a secret: a hash function
	}
	log := bits.Len(uint(4*n - 1))
	t.slots = grown(t.slots[:0], 1<<log)[:1<<log]
	t.shift = uint8(64 - log)
	clear(t.slots)
	t.numbers = grown(t.numbers[:0], n)
}

func (t *numberTable) bytes() int { return 4*cap(t.slots) + 8*cap(t.numbers) }

// resolveInts takes the integers of one block.
func (s *scratch) resolveInts(c *column.Ints, rows []uint16, tags []mvt.Tag) {
	s.tagNumbers(picked(&s.wide, c.Values, rows), c.Nulls, rows, tags)
	s.addIntegers()
}

// resolveTimes takes the microseconds of one block and gives whole milliseconds, rounded down.
func (s *scratch) resolveTimes(c *column.Ints, rows []uint16, tags []mvt.Tag) {
	s.wide = grown(s.wide[:0], len(rows))[:len(rows)]
	values, wide := c.Values, s.wide
	for i, row := range rows {
		micros := values[row]
		v := micros / 1000
		wide[i] = v + (micros-v*1000)>>63 // −1 when the division rounded up
	}
	s.tagNumbers(wide, c.Nulls, rows, tags)
	s.addIntegers()
}

// resolveFloats takes the floats of one block.
func (s *scratch) resolveFloats(c *column.Floats, rows []uint16, tags []mvt.Tag) {
	s.wide = grown(s.wide[:0], len(rows))[:len(rows)]
	for i, row := range rows {
		s.wide[i] = int64(math.Float64bits(c.Values[row]))
	}
	s.tagNumbers(s.wide, c.Nulls, rows, tags)
	for _, v := range s.newNumbers() {
		s.values = mvt.AppendDouble(s.values, math.Float64frombits(v))
	}
}

// tagNumbers finds the tags of values, those of rows. Nulls are the block's. New numbers are left to
// be added to the value table: two short loops take less time than one long one.
func (s *scratch) tagNumbers(values []int64, nulls column.Bits, rows []uint16, tags []mvt.Tag) {
	t := &s.byNumber
	slots, multiply, shift := t.slots, t.multiply, t.shift&63
	mask := uint64(len(slots) - 1)
	numbers, used, bytes := t.numbers[:cap(t.numbers)], len(t.numbers), 0
	tags = tags[:len(values)]
	for i, v := range values {
		if nulls != nil && nulls.Has(int(rows[i])) {
			tags[i] = absent
			bytes += absent.Len()
			continue
		}
		var at uint32
		for k := uint64(v) * multiply >> shift; ; k++ { // written out: a call a row costs too much
			slot := &slots[k&mask]
			if *slot == 0 {
				numbers[used] = uint64(v)
				used++
				*slot = uint32(used)
				at = uint32(used - 1)
				break
			}
			if at = *slot - 1; numbers[at] == uint64(v) {
				break
			}
		}
		tag := mvt.MakeTag(s.key, s.first+at)
		tags[i] = tag
		bytes += tag.Len()
	}
	t.numbers = numbers[:used]
	s.tagBytes += bytes
}

// newNumbers returns the numbers that are not in the value table yet and counts them as added.
func (s *scratch) newNumbers() []uint64 {
	added := s.byNumber.numbers[s.next-s.first:]
	s.next += uint32(len(added))
	return added
}

// addIntegers appends the new integers to the value table.
func (s *scratch) addIntegers() {
	for added := s.newNumbers(); len(added) > 0; {
		n := 0
		for n < len(added) && added[n] <= maxInteger {
			n++
		}
		s.values = mvt.AppendUints(s.values, added[:n])
		if added = added[n:]; len(added) > 0 {
			s.addInteger(int64(added[0]))
			added = added[1:]
		}
	}
}

// addInteger appends a new integer to the value table.
func (s *scratch) addInteger(v int64) {
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
	shift := uint16(c.Base - least + 1) // modulo 2¹⁶, as the sum
	offsets := c.Offsets
	if c.Nulls != nil {
		s.short = s.short[:0]
		for _, row := range rows {
			offset := offsets[row]
			if c.Nulls.Has(int(row)) {
				offset = -shift
			}
			s.short = append(s.short, offset)
		}
		offsets = s.short
	} else {
		offsets = picked(&s.short, offsets, rows)
	}
	s.tagCodes(offsets, shift, tags, func(code uint16) { s.addInteger(least + int64(code) - 1) })
}

// resolveWideShorts takes the integers of one block of a field that is not narrow.
func (s *scratch) resolveWideShorts(c *column.Shorts, rows []uint16, tags []mvt.Tag) {
	s.wide = grown(s.wide[:0], len(rows))[:len(rows)]
	for i, row := range rows {
		s.wide[i] = c.Base + int64(c.Offsets[row])
	}
	s.tagNumbers(s.wide, c.Nulls, rows, tags)
	s.addIntegers()
}

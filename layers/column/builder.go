package column

import (
	"math"
	"slices"
)

// Builder makes one column after the other of one kind, value by value or in runs of rows copied
// from finished columns. Its buffers are kept between columns; a finished column gets a [Slab] of its
// own, or shares one with others by [Builder.Borrow] and [Pack].
//
// A string builder with a dictionary makes [*Codes]; when the dictionary is full it goes on with
// [*Texts] (see [Builder.Overflowed]). Without a dictionary it makes Texts.
type Builder struct {
	kind     Kind
	dict     *Dictionary
	overflow bool

	rows    int
	ints    []int64
	shorts  []uint16 // of the column last borrowed
	floats  []float64
	bools   Bits
	codes   []uint16
	offsets []uint32
	data    []byte
	nulls   Bits
	anyNull bool
}

// NewBuilder returns a builder of columns of kind; dict is for strings, nil for raw text.
func NewBuilder(kind Kind, dict *Dictionary) *Builder {
	return &Builder{kind: kind, dict: dict}
}

// Len returns the rows appended since the last Finish.
func (b *Builder) Len() int { return b.rows }

// Overflowed reports whether the dictionary was full at some value since the builder was made, so
// that some finished columns are Texts.
func (b *Builder) Overflowed() bool { return b.overflow }

// Append adds a row. A value of another kind than the builder's is null.
func (b *Builder) Append(v Value) {
	if v.kind != b.kind {
		b.appendNull()
		return
	}
	switch b.kind {
	case Int, Time:
		b.ints = append(b.ints, v.Int())
	case Float:
		b.floats = append(b.floats, v.Float())
	case Bool:
		b.bools = grow(b.bools, b.rows)
		if v.Bool() {
			b.bools.Set(b.rows)
		}
	case String:
		b.appendText(v.text)
	case Null: // no field is of this kind
	}
	b.rows++
}

func (b *Builder) appendNull() {
	switch b.kind {
	case Int, Time:
		b.ints = append(b.ints, 0)
	case Float:
		b.floats = append(b.floats, 0)
	case Bool:
		b.bools = grow(b.bools, b.rows)
	case String:
		if b.coding() {
			b.codes = append(b.codes, 0)
			b.rows++
			return
		}
		b.endText()
	case Null: // no field is of this kind
	}
	b.markNull(b.rows)
	b.rows++
}

// coding reports whether the column under way is one of codes.
func (b *Builder) coding() bool { return b.dict != nil && len(b.offsets) == 0 }

func (b *Builder) appendText(s string) {
	if b.coding() {
		if code, ok := b.dict.Intern(s); ok {
			b.codes = append(b.codes, code)
			return
		}
		b.uncode()
	}
	b.data = append(b.data, s...)
	b.endText()
}

func (b *Builder) endText() {
	if len(b.offsets) == 0 {
		b.offsets = append(b.offsets, 0)
	}
	b.offsets = append(b.offsets, uint32(len(b.data)))
}

// uncode turns the codes so far into texts, because the dictionary is full.
func (b *Builder) uncode() {
	b.overflow = true
	b.offsets = append(b.offsets, 0)
	texts := b.dict.Texts()
	for row, code := range b.codes {
		if code == 0 {
			b.markNull(row)
		}
		b.data = append(b.data, texts[code]...)
		b.offsets = append(b.offsets, uint32(len(b.data)))
	}
	b.codes = b.codes[:0]
}

func (b *Builder) markNull(row int) {
	b.nulls = grow(b.nulls, row)
	b.nulls.Set(row)
	b.anyNull = true
}

// grow makes room for row in s.
func grow(s Bits, row int) Bits {
	for row>>6 >= len(s) {
		s = append(s, 0)
	}
	return s
}

// AppendRows adds rows lo…hi−1 of c, which must be of the builder's kind.
func (b *Builder) AppendRows(c Column, lo, hi int) {
	var nulls Bits
	switch c := c.(type) {
	case *Ints:
		b.ints = append(b.ints, c.Values[lo:hi]...)
		nulls = c.Nulls
	case *Shorts:
		for _, v := range c.Offsets[lo:hi] {
			b.ints = append(b.ints, c.Base+int64(v))
		}
		nulls = c.Nulls
	case *Floats:
		b.floats = append(b.floats, c.Values[lo:hi]...)
		nulls = c.Nulls
	case *Codes:
		if b.coding() && c.Dict == b.dict {
			b.codes = append(b.codes, c.Codes[lo:hi]...)
			b.rows += hi - lo
			return
		}
		b.appendEach(c, lo, hi)
		return
	case *Texts:
		if b.dict != nil {
			b.appendEach(c, lo, hi)
			return
		}
		if len(b.offsets) == 0 {
			b.offsets = append(b.offsets, 0)
		}
		shift := uint32(len(b.data)) - c.Offsets[lo] // modulo 2³², as the sum below
		b.data = append(b.data, c.Data[c.Offsets[lo]:c.Offsets[hi]]...)
		for _, end := range c.Offsets[lo+1 : hi+1] {
			b.offsets = append(b.offsets, end+shift)
		}
		nulls = c.Nulls
	default:
		b.appendEach(c, lo, hi)
		return
	}
	if nulls != nil {
		for row := lo; row < hi; row++ {
			if nulls.Has(row) {
				b.markNull(b.rows + row - lo)
			}
		}
	}
	b.rows += hi - lo
}

func (b *Builder) appendEach(c Column, lo, hi int) {
	for row := lo; row < hi; row++ {
		b.Append(c.Value(row))
	}
}

// AppendPicked adds the given rows of c, which must be of the builder's kind, in the order given.
func (b *Builder) AppendPicked(c Column, rows []uint32) {
	switch c := c.(type) {
	case *Ints:
		if c.Nulls == nil {
			for _, row := range rows {
				b.ints = append(b.ints, c.Values[row])
			}
			b.rows += len(rows)
			return
		}
	case *Codes:
		if b.coding() && c.Dict == b.dict {
			for _, row := range rows {
				b.codes = append(b.codes, c.Codes[row])
			}
			b.rows += len(rows)
			return
		}
	}
	for _, row := range rows {
		b.Append(c.Value(int(row)))
	}
}

// Finish returns the column of the rows appended so far and starts the next one.
func (b *Builder) Finish() Column {
	c := b.Borrow()
	Pack(c, NewSlab(PackedBytes(c)))
	return c
}

// Borrow is Finish, but the column's arrays are the builder's buffers, valid until the next Append:
// [Pack] gives it arrays of its own.
func (b *Builder) Borrow() Column {
	var nulls Bits
	if b.anyNull {
		nulls = NewBits(b.rows)
		copy(nulls, b.nulls)
	}
	var c Column
	switch b.kind {
	case Int, Time:
		c = b.borrowInts(nulls)
	case Float:
		floats := &Floats{Values: b.floats, Nulls: nulls}
		floats.scan()
		c = floats
	case Bool:
		bools := &Bools{Values: slices.Clone(b.bools), Nulls: nulls, rows: b.rows}
		bools.scan()
		c = bools
	case String:
		c = b.borrowString(nulls)
	case Null: // no field is of this kind
	}
	b.reset()
	return c
}

func (b *Builder) borrowInts(nulls Bits) Column {
	zone := zoneOfInts(b.ints, nulls)
	if b.kind == Time || !zone.short() {
		return &Ints{Values: b.ints, Nulls: nulls, kind: b.kind, zone: zone}
	}
	c := &Shorts{Nulls: nulls, zone: zone}
	if zone.HasValues() {
		c.Base = roomyBase(zone.Min, zone.Max)
	}
	b.shorts = b.shorts[:0]
	for i, v := range b.ints {
		if nulls.Has(i) {
			v = c.Base
		}
		b.shorts = append(b.shorts, uint16(v-c.Base))
	}
	c.Offsets = b.shorts
	return c
}

// roomyBase returns a base for values from least to most, which are within 65,535 of each other,
// with room on both sides for later ones.
func roomyBase(least, most int64) int64 {
	room := (math.MaxUint16 - (most - least)) / 2
	if least < math.MinInt64+room {
		return math.MinInt64
	}
	return least - room
}

func (b *Builder) borrowString(nulls Bits) Column {
	if b.coding() {
		codes := &Codes{Codes: b.codes, Dict: b.dict}
		codes.scan()
		return codes
	}
	if len(b.offsets) == 0 {
		b.offsets = append(b.offsets, 0)
	}
	texts := &Texts{Offsets: b.offsets, Data: b.data, Nulls: nulls}
	texts.scan()
	return texts
}

func (b *Builder) reset() {
	b.rows, b.anyNull = 0, false
	b.ints, b.floats, b.codes = b.ints[:0], b.floats[:0], b.codes[:0]
	b.offsets, b.data = b.offsets[:0], b.data[:0]
	clear(b.bools)
	clear(b.nulls)
	b.bools, b.nulls = b.bools[:0], b.nulls[:0]
}

// Patch is a new value for a row.
type Patch struct {
	Row   int
	Value Value
}

// Update returns a copy of c with patches applied, in ascending order of rows; c stays as it is.
// Values of another kind than the column's are null. When c is of codes and its dictionary is
// full, the copy is of texts.
func Update(c Column, patches []Patch) Column {
	switch c := c.(type) {
	case *Ints:
		return updateInts(c, patches)
	case *Shorts:
		return updateShorts(c, patches)
	case *Floats:
		out := &Floats{Values: slices.Clone(c.Values), Nulls: patchNulls(c.Nulls, len(c.Values), Float, patches)}
		for _, p := range patches {
			out.Values[p.Row] = 0
			if p.Value.kind == Float {
				out.Values[p.Row] = p.Value.Float()
			}
		}
		out.scan()
		return out
	case *Codes:
		return updateCodes(c, patches)
	case *Texts:
		return updateTexts(c, patches)
	default:
		return rebuild(c, nil, patches)
	}
}

func updateInts(c *Ints, patches []Patch) Column {
	out := &Ints{Values: slices.Clone(c.Values), Nulls: patchNulls(c.Nulls, len(c.Values), c.kind, patches), kind: c.kind, zone: c.zone}
	inner := out.Nulls == nil && c.Nulls == nil // whether the zone map stays as it is
	for _, p := range patches {
		old := out.Values[p.Row]
		out.Values[p.Row] = 0
		if p.Value.kind == c.kind {
			out.Values[p.Row] = p.Value.Int()
		}
		inner = inner && c.zone.inner(old) && c.zone.inner(out.Values[p.Row])
	}
	if !inner {
		out.zone = zoneOfInts(out.Values, out.Nulls)
	}
	if c.kind == Int && out.zone.short() {
		return rebuild(c, nil, patches)
	}
	return out
}

func updateShorts(c *Shorts, patches []Patch) Column {
	out := &Shorts{
		Base: c.Base, Offsets: slices.Clone(c.Offsets), Nulls: patchNulls(c.Nulls, len(c.Offsets), Int, patches), zone: c.zone,
	}
	inner := out.Nulls == nil && c.Nulls == nil
	for _, p := range patches {
		old := c.Base + int64(out.Offsets[p.Row])
		out.Offsets[p.Row] = 0
		if p.Value.kind != Int {
			continue
		}
		v := p.Value.Int()
		if v < c.Base || uint64(v)-uint64(c.Base) > math.MaxUint16 {
			return rebuild(c, nil, patches)
		}
		out.Offsets[p.Row] = uint16(v - c.Base)
		inner = inner && c.zone.inner(old) && c.zone.inner(v)
	}
	if !inner {
		out.scan()
	}
	return out
}

func updateCodes(c *Codes, patches []Patch) Column {
	out := &Codes{Codes: slices.Clone(c.Codes), Dict: c.Dict, zone: c.zone}
	for _, p := range patches {
		old, code := out.Codes[p.Row], uint16(0)
		if p.Value.kind == String {
			var ok bool
			if code, ok = c.Dict.Intern(p.Value.text); !ok {
				return rebuild(c, c.Dict, patches)
			}
		}
		out.Codes[p.Row] = code
		out.replaced(old, code)
	}
	return out
}

func updateTexts(c *Texts, patches []Patch) Column {
	rows, size := c.Len(), len(c.Data)
	for _, p := range patches {
		size += len(p.Value.text) - len(c.Text(p.Row)) // only strings have a text
	}
	out := &Texts{Nulls: patchNulls(c.Nulls, rows, String, patches)}
	slab := NewSlab(wordBytes * (wordsFor[uint32](rows+1) + wordsFor[byte](size)))
	out.Offsets, out.Data = carve[uint32](slab, rows+1), carve[byte](slab, size)
	from, end := 0, uint32(0) // rows and bytes so far
	keep := func(to int) {
		shift := end - c.Offsets[from] // modulo 2³², as the sum below
		end += uint32(copy(out.Data[end:], c.Data[c.Offsets[from]:c.Offsets[to]]))
		for row := from; row < to; row++ {
			out.Offsets[row+1] = c.Offsets[row+1] + shift
		}
	}
	for _, p := range patches {
		keep(p.Row)
		end += uint32(copy(out.Data[end:], p.Value.text))
		out.Offsets[p.Row+1] = end
		from = p.Row + 1
	}
	keep(rows)
	out.scan()
	return out
}

// rebuild is Update by way of a builder, for what does not fit the column's type any more.
func rebuild(c Column, dict *Dictionary, patches []Patch) Column {
	b := NewBuilder(c.Kind(), dict)
	from := 0
	for _, p := range patches {
		b.AppendRows(c, from, p.Row)
		b.Append(p.Value)
		from = p.Row + 1
	}
	b.AppendRows(c, from, c.Len())
	return b.Finish()
}

// patchNulls returns a copy of nulls with the patches applied, nil when nothing is null.
func patchNulls(nulls Bits, rows int, kind Kind, patches []Patch) Bits {
	out := slices.Clone(nulls)
	for _, p := range patches {
		switch {
		case p.Value.kind != kind:
			if out == nil {
				out = NewBits(rows)
			}
			out.Set(p.Row)
		case out != nil:
			out.Clear(p.Row)
		}
	}
	if out.Count() == 0 {
		return nil
	}
	return out
}

// Recode returns the strings of c under another dictionary, or as raw text when dict is nil. When
// dict fills up the result is Texts.
func Recode(c Column, dict *Dictionary) Column {
	b := NewBuilder(String, dict)
	b.AppendRows(c, 0, c.Len())
	return b.Finish()
}

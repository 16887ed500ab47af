package column

import "slices"

// Builder makes one column after the other of one kind, value by value or in runs of rows copied
// from finished columns. Whoever knows the size of a column beforehand says so to
// [Builder.Reserve], and saves a copy; else the builder's buffers are kept between columns and each
// finished column gets slices of exactly its size.
//
// A string builder with a dictionary makes [*Codes]; when the dictionary is full it goes on with
// [*Texts] (see [Builder.Overflowed]). Without a dictionary it makes Texts.
type Builder struct {
	kind     Kind
	dict     *Dictionary
	overflow bool
	reserved bool // the buffers were made for the column under way, which takes them along

	rows    int
	ints    []int64
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

// Reserve makes room for a column of rows rows, and for raw text of size bytes. It is for a builder
// that nothing was appended to since the last Finish.
func (b *Builder) Reserve(rows, size int) {
	b.reserved = true
	switch b.kind {
	case Int, Time:
		b.ints = make([]int64, 0, rows)
	case Float:
		b.floats = make([]float64, 0, rows)
	case Bool:
		b.bools = make(Bits, 0, (rows+63)/64)
	case String:
		if b.dict != nil {
			b.codes = make([]uint16, 0, rows)
			return
		}
		b.offsets = append(make([]uint32, 0, rows+1), 0)
		b.data = make([]byte, 0, size)
	case Null: // no field is of this kind
	}
}

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
	var nulls Bits
	if b.anyNull {
		nulls = NewBits(b.rows)
		copy(nulls, b.nulls)
	}
	var c Column
	switch b.kind {
	case Int, Time:
		ints := &Ints{Values: take(b, b.ints), Nulls: nulls, kind: b.kind}
		ints.scan()
		c = ints
	case Float:
		floats := &Floats{Values: take(b, b.floats), Nulls: nulls}
		floats.scan()
		c = floats
	case Bool:
		bools := &Bools{Values: take(b, b.bools), Nulls: nulls, rows: b.rows}
		bools.scan()
		c = bools
	case String:
		c = b.finishString(nulls)
	case Null: // no field is of this kind
	}
	b.reset()
	return c
}

func (b *Builder) finishString(nulls Bits) Column {
	if b.coding() {
		codes := &Codes{Codes: take(b, b.codes), Dict: b.dict}
		codes.scan()
		return codes
	}
	if len(b.offsets) == 0 {
		b.offsets = append(b.offsets, 0)
	}
	texts := &Texts{Offsets: take(b, b.offsets), Data: take(b, b.data), Nulls: nulls}
	texts.scan()
	return texts
}

func (b *Builder) reset() {
	b.rows, b.anyNull = 0, false
	if b.reserved {
		b.reserved = false
		b.ints, b.floats, b.bools, b.codes, b.offsets, b.data = nil, nil, nil, nil, nil, nil
	}
	b.ints, b.floats, b.codes = b.ints[:0], b.floats[:0], b.codes[:0]
	b.offsets, b.data = b.offsets[:0], b.data[:0]
	clear(b.bools)
	clear(b.nulls)
	b.bools, b.nulls = b.bools[:0], b.nulls[:0]
}

// take returns the elements of a buffer for a column to keep: the buffer itself when it was made
// for the column and wastes little, else a copy without spare capacity.
func take[S ~[]E, E any](b *Builder, s S) S {
	if b.reserved && cap(s)-len(s) <= len(s)/32 {
		return s[:len(s):len(s)]
	}
	out := make(S, len(s))
	copy(out, s)
	return out
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
		out := &Ints{Values: slices.Clone(c.Values), Nulls: patchNulls(c.Nulls, len(c.Values), c.kind, patches), kind: c.kind}
		inner := out.Nulls == nil && c.Nulls == nil // whether the zone map stays as it is
		for _, p := range patches {
			old := out.Values[p.Row]
			out.Values[p.Row] = 0
			if p.Value.kind == c.kind {
				out.Values[p.Row] = p.Value.Int()
			}
			inner = inner && c.zone.inner(old) && c.zone.inner(out.Values[p.Row])
		}
		if out.zone = c.zone; !inner {
			out.scan()
		}
		return out
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
	default:
		return rebuild(c, nil, patches)
	}
}

func updateCodes(c *Codes, patches []Patch) Column {
	out := &Codes{Codes: slices.Clone(c.Codes), Dict: c.Dict}
	for _, p := range patches {
		out.Codes[p.Row] = 0
		if p.Value.kind != String {
			continue
		}
		code, ok := c.Dict.Intern(p.Value.text)
		if !ok {
			return rebuild(c, c.Dict, patches)
		}
		out.Codes[p.Row] = code
	}
	out.scan()
	return out
}

func rebuild(c Column, dict *Dictionary, patches []Patch) Column {
	b := NewBuilder(c.Kind(), dict)
	size := 0
	if texts, ok := c.(*Texts); ok {
		size = len(texts.Data)
		for _, p := range patches {
			size += len(p.Value.text) - len(texts.Text(p.Row))
		}
	}
	b.Reserve(c.Len(), size)
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
	if dict != nil {
		b.Reserve(c.Len(), 0)
	}
	b.AppendRows(c, 0, c.Len())
	return b.Finish()
}

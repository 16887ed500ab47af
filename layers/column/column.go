// Package column holds the typed columns of a block of features: their values, which of them are
// null, their dictionaries, their zone maps, and predicates that run over them.
//
// A [Column] never changes once it was built (S2) and may be read from any goroutine. A [Builder]
// and the writing half of a [Dictionary] belong to the one writer of a layer (S1). Hot loops
// switch on a column's concrete type once and then range over its exported slices, which nobody
// may write to.
package column

import (
	"math"
	"unsafe"
)

// MaxText is the most bytes of one text value: a block's text must stay below 4 GiB.
const MaxText = 1 << 20

// Column is one field of one block, a value or null per row. The concrete types are [*Shorts] or
// [*Ints] for ints, as the block's values allow, [*Ints] for times, [*Floats], [*Bools], and for
// strings [*Codes] or [*Texts], which is the layer's choice (see [Dictionary]). Where a kind has two
// types, which of them it is must never show in what a caller produces from it.
type Column interface {
	// Kind returns the kind of the field.
	Kind() Kind
	// Len returns the number of rows.
	Len() int
	// Value returns the value of a row, or null. The text of a string shares the column's memory.
	Value(row int) Value
	// Zone returns what is known of all rows together.
	Zone() *Zone
	// Bytes returns the heap the column takes, headers included, without its dictionary.
	Bytes() int
}

// Ints holds times in microseconds since 1970, or ints that are too far from each other for [Shorts].
type Ints struct {
	Values []int64 // 0 where null
	Nulls  Bits    // nil when no row is null
	kind   Kind
	zone   Zone
}

// Shorts holds ints that lie within 65,536 of each other, as most counts and codes do: a quarter of
// the memory, and of what an update copies.
type Shorts struct {
	Base    int64
	Offsets []uint16 // the value less Base; 0 where null
	Nulls   Bits     // nil when no row is null
	zone    Zone
}

// Floats holds floats, all of them finite.
type Floats struct {
	Values []float64 // 0 where null
	Nulls  Bits      // nil when no row is null
	zone   Zone
}

// Bools holds bools.
type Bools struct {
	Values Bits // false where null
	Nulls  Bits // nil when no row is null
	rows   int
	zone   Zone
}

// Codes holds strings as codes of a dictionary; code 0 is null.
type Codes struct {
	Codes []uint16
	Dict  *Dictionary
	zone  Zone
}

// Texts holds strings as raw bytes: row i is Data[Offsets[i]:Offsets[i+1]].
type Texts struct {
	Offsets []uint32 // one more than rows
	Data    []byte
	Nulls   Bits // nil when no row is null
	zone    Zone
}

var (
	_ Column = (*Ints)(nil)
	_ Column = (*Shorts)(nil)
	_ Column = (*Floats)(nil)
	_ Column = (*Bools)(nil)
	_ Column = (*Codes)(nil)
	_ Column = (*Texts)(nil)
)

// Kind returns Int or Time.
func (c *Ints) Kind() Kind { return c.kind }

// Len returns the number of rows.
func (c *Ints) Len() int { return len(c.Values) }

// Value returns the value of a row.
func (c *Ints) Value(row int) Value {
	if c.Nulls.Has(row) {
		return Value{}
	}
	return Value{kind: c.kind, bits: uint64(c.Values[row])}
}

// Zone returns the zone map.
func (c *Ints) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes.
func (c *Ints) Bytes() int { return int(unsafe.Sizeof(*c)) + 8*len(c.Values) + c.Nulls.Bytes() }

// Kind returns Int.
func (c *Shorts) Kind() Kind { return Int }

// Len returns the number of rows.
func (c *Shorts) Len() int { return len(c.Offsets) }

// Value returns the value of a row.
func (c *Shorts) Value(row int) Value {
	if c.Nulls.Has(row) {
		return Value{}
	}
	return IntOf(c.Base + int64(c.Offsets[row]))
}

// Zone returns the zone map.
func (c *Shorts) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes.
func (c *Shorts) Bytes() int { return int(unsafe.Sizeof(*c)) + 2*len(c.Offsets) + c.Nulls.Bytes() }

// Kind returns Float.
func (c *Floats) Kind() Kind { return Float }

// Len returns the number of rows.
func (c *Floats) Len() int { return len(c.Values) }

// Value returns the value of a row.
func (c *Floats) Value(row int) Value {
	if c.Nulls.Has(row) {
		return Value{}
	}
	return Value{kind: Float, bits: math.Float64bits(c.Values[row])}
}

// Zone returns the zone map.
func (c *Floats) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes.
func (c *Floats) Bytes() int { return int(unsafe.Sizeof(*c)) + 8*len(c.Values) + c.Nulls.Bytes() }

// Kind returns Bool.
func (c *Bools) Kind() Kind { return Bool }

// Len returns the number of rows.
func (c *Bools) Len() int { return c.rows }

// Value returns the value of a row.
func (c *Bools) Value(row int) Value {
	if c.Nulls.Has(row) {
		return Value{}
	}
	return BoolOf(c.Values.Has(row))
}

// Zone returns the zone map.
func (c *Bools) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes.
func (c *Bools) Bytes() int { return int(unsafe.Sizeof(*c)) + c.Values.Bytes() + c.Nulls.Bytes() }

// Kind returns String.
func (c *Codes) Kind() Kind { return String }

// Len returns the number of rows.
func (c *Codes) Len() int { return len(c.Codes) }

// Value returns the value of a row.
func (c *Codes) Value(row int) Value {
	if c.Codes[row] == 0 {
		return Value{}
	}
	return Value{kind: String, text: c.Dict.Text(c.Codes[row])}
}

// Zone returns the zone map.
func (c *Codes) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes.
func (c *Codes) Bytes() int { return int(unsafe.Sizeof(*c)) + 2*len(c.Codes) }

// Kind returns String.
func (c *Texts) Kind() Kind { return String }

// Len returns the number of rows.
func (c *Texts) Len() int { return len(c.Offsets) - 1 }

// Value returns the value of a row.
func (c *Texts) Value(row int) Value {
	if c.Nulls.Has(row) {
		return Value{}
	}
	return Value{kind: String, text: c.Text(row)}
}

// Text returns the text of a row, "" when it is null. It shares the column's memory.
func (c *Texts) Text(row int) string {
	b := c.Data[c.Offsets[row]:c.Offsets[row+1]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Zone returns the zone map.
func (c *Texts) Zone() *Zone { return &c.zone }

// Bytes returns the heap the column takes, its slab rounded up.
func (c *Texts) Bytes() int {
	return int(unsafe.Sizeof(*c)) + RoundSlab(PackedBytes(c))
}

package column

import (
	"cmp"
	"math/bits"
	"strings"
	"sync/atomic"
)

// Compare is a comparison of a field with a value.
type Compare uint8

// The comparisons.
const (
	Equal Compare = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

var negated = [...]Compare{NotEqual, Equal, GreaterOrEqual, Greater, LessOrEqual, Less}

// holds reports whether the comparison holds for a three-way order.
func (c Compare) holds(order int) bool {
	switch c {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	default:
		return order >= 0
	}
}

// Predicate selects rows by their fields under three-valued logic: a comparison with null is
// unknown, and only rows for which the whole is true are selected. Predicates are immutable.
// Strings compare by their bytes (UTF-8 order), never by dictionary codes.
type Predicate interface {
	// Filter clears from rows every row for which the predicate is not true. columns are a block's
	// columns by field; rows has a bit per row.
	Filter(columns []Column, rows Bits)
	// Skips reports whether zone maps alone show that no row of the block is selected.
	Skips(columns []Column) bool
	// Not returns the predicate that is true where this one is false.
	Not() Predicate
	// renumber returns the predicate with each field replaced by columns[field].
	renumber(columns []int) Predicate
}

// Where selects rows whose field compares with v, which must be of the field's kind. A null v
// selects nothing.
func Where(field int, c Compare, v Value) Predicate {
	p := comparison{field: field, compare: c, value: v}
	if v.kind == String {
		p.memo = new(atomic.Pointer[lookup])
	}
	return p
}

// IsNull selects rows whose field is null.
func IsNull(field int) Predicate { return nullness{field, true} }

// And selects rows that all of ps select; with none, every row.
func And(ps ...Predicate) Predicate { return all(joined(ps)) }

// Or selects rows that any of ps selects; with none, no row.
func Or(ps ...Predicate) Predicate { return some(ps) }

type comparison struct {
	field   int
	compare Compare
	value   Value
	memo    *atomic.Pointer[lookup] // of a string: where it was last looked up
}

// lookup is what a dictionary said when it had so many strings.
type lookup struct {
	dict *Dictionary
	size int
	code uint16
}

// codeIn returns the code of the predicate's string in d, or 0. Nearly all blocks of a layer share one
// dictionary, so what it said last time is kept; codes stay, but a string that is not there may come.
func (p comparison) codeIn(d *Dictionary) uint16 {
	if p.memo == nil {
		return d.Lookup(p.value.text)
	}
	m := p.memo.Load()
	if m != nil && m.dict == d && (m.code != 0 || m.size == d.Len()) {
		return m.code
	}
	m = &lookup{dict: d, size: d.Len()}
	m.code = d.Lookup(p.value.text)
	p.memo.Store(m)
	return m.code
}

func (p comparison) Not() Predicate {
	p.compare = negated[p.compare]
	return p
}

func (p comparison) Skips(columns []Column) bool {
	c := columns[p.field]
	z := c.Zone()
	if p.value.IsNull() || !z.HasValues() {
		return true
	}
	if codes, ok := c.(*Codes); ok {
		if p.compare != Equal {
			return false
		}
		code := p.codeIn(codes.Dict)
		return code == 0 || !z.hasCode(code)
	}
	v, exact := p.order()
	switch p.compare {
	case Equal:
		return v < z.Min || v > z.Max
	case NotEqual:
		return exact && v == z.Min && v == z.Max
	case Less:
		return z.Min > v || exact && z.Min == v
	case LessOrEqual:
		return z.Min > v
	case Greater:
		return z.Max < v || exact && z.Max == v
	default:
		return z.Max < v
	}
}

// order returns the predicate's value as zone maps order it, and whether equal there is equal.
func (p comparison) order() (v int64, exact bool) {
	switch p.value.kind {
	case Float:
		return orderFloat(p.value.Float()), true
	case String:
		return prefix(p.value.text), false
	default:
		return p.value.Int(), true
	}
}

func (p comparison) Filter(columns []Column, rows Bits) {
	if p.value.IsNull() || columns[p.field].Kind() != p.value.kind {
		clear(rows)
		return
	}
	switch c := columns[p.field].(type) {
	case *Ints, *Shorts:
		within, some := intSpan(p.compare, p.value.Int())
		if !some {
			clear(rows)
			return
		}
		if shorts, ok := c.(*Shorts); ok {
			filterShorts(shorts, rows, within)
		} else if ints, ok := c.(*Ints); ok {
			filterInts(ints.Values, ints.Nulls, rows, within)
		}
	case *Floats:
		filterFloats(c.Values, c.Nulls, rows, floatSpan(p.compare, p.value.Float()))
	case *Bools:
		holds := func(b bool) bool { return p.compare.holds(cmp.Compare(BoolOf(b).Int(), p.value.Int())) }
		no, yes := holds(false), holds(true)
		switch {
		case no && yes:
			nullness{p.field, false}.Filter(columns, rows)
		case no || yes:
			filterBools(c, rows, yes)
		default:
			clear(rows)
		}
	case *Codes:
		p.filterCodes(c, rows)
	case *Texts:
		each(rows, func(i int) bool {
			return !c.Nulls.Has(i) && p.compare.holds(strings.Compare(c.Text(i), p.value.text))
		})
	}
}

func (p comparison) filterCodes(c *Codes, rows Bits) {
	switch p.compare {
	case Equal, NotEqual:
		code := p.codeIn(c.Dict)
		equal := p.compare == Equal
		if code == 0 && equal {
			clear(rows)
			return
		}
		filterCode(c.Codes, code, rows, !equal)
	default:
		texts := c.Dict.Texts()
		each(rows, func(i int) bool {
			return c.Codes[i] != 0 && p.compare.holds(strings.Compare(texts[c.Codes[i]], p.value.text))
		})
	}
}

// each keeps the rows for which keep is true.
func each(rows Bits, keep func(row int) bool) {
	for w, word := range rows {
		for left := word; left != 0; left &= left - 1 {
			if i := w<<6 + bits.TrailingZeros64(left); !keep(i) {
				rows.Clear(i)
			}
		}
	}
}

type nullness struct {
	field int
	null  bool
}

func (p nullness) Not() Predicate { return nullness{p.field, !p.null} }

func (p nullness) Skips(columns []Column) bool {
	z := columns[p.field].Zone()
	if p.null {
		return z.Nulls == 0
	}
	return !z.HasValues()
}

func (p nullness) Filter(columns []Column, rows Bits) {
	c := columns[p.field]
	each(rows, func(i int) bool { return c.Value(i).IsNull() == p.null })
}

type all []Predicate

func (ps all) Not() Predicate { return some(negate(ps)) }

func (ps all) Skips(columns []Column) bool {
	for _, p := range ps {
		if p.Skips(columns) {
			return true
		}
	}
	return false
}

func (ps all) Filter(columns []Column, rows Bits) {
	for _, p := range ps {
		p.Filter(columns, rows)
	}
}

type some []Predicate

func (ps some) Not() Predicate { return And(negate(ps)...) }

func (ps some) Skips(columns []Column) bool {
	for _, p := range ps {
		if !p.Skips(columns) {
			return false
		}
	}
	return true
}

func (ps some) Filter(columns []Column, rows Bits) {
	found, one := make(Bits, len(rows)), make(Bits, len(rows))
	for _, p := range ps {
		copy(one, rows)
		p.Filter(columns, one)
		for w := range found {
			found[w] |= one[w]
		}
	}
	copy(rows, found)
}

// negate negates each of ps. With De Morgan's laws that is exact under three-valued logic, because
// a leaf is never true for null, nor is its negation.
func negate(ps []Predicate) []Predicate {
	out := make([]Predicate, len(ps))
	for i, p := range ps {
		out[i] = p.Not()
	}
	return out
}

// Renumber returns p with each field replaced by columns[field]: how a view that shows some of a
// layer's fields hands a predicate on. A field beyond columns panics with an index out of range.
func Renumber(p Predicate, columns []int) Predicate { return p.renumber(columns) }

func (p comparison) renumber(columns []int) Predicate {
	p.field = columns[p.field]
	return p
}
func (p nullness) renumber(columns []int) Predicate { return nullness{columns[p.field], p.null} }
func (ps all) renumber(columns []int) Predicate     { return all(renumberAll(ps, columns)) }
func (ps some) renumber(columns []int) Predicate    { return some(renumberAll(ps, columns)) }

func renumberAll(ps []Predicate, columns []int) []Predicate {
	out := make([]Predicate, len(ps))
	for i, p := range ps {
		out[i] = p.renumber(columns)
	}
	return out
}

package column

import (
	"cmp"
	"slices"
	"strings"
)

// In selects rows whose field equals one of values, which must be of the field's kind. Null values
// select nothing.
func In(field int, values ...Value) Predicate { return newMembership(field, false, values) }

// NotIn selects rows whose field is not null and equals none of values, which must be of the field's
// kind; with a null value it selects nothing.
func NotIn(field int, values ...Value) Predicate { return newMembership(field, true, values) }

// membership compares a field with a sorted list, each row once.
type membership struct {
	field  int
	not    bool
	null   bool // one of the values was null
	values []Value
}

func newMembership(field int, not bool, values []Value) membership {
	m := membership{field: field, not: not, values: slices.Clone(values)}
	m.values = slices.DeleteFunc(m.values, Value.IsNull)
	m.null = len(m.values) < len(values)
	slices.SortFunc(m.values, Order)
	return m
}

func (p membership) Not() Predicate { p.not = !p.not; return p }

func (p membership) renumber(columns []int) Predicate { p.field = columns[p.field]; return p }

func (p membership) Skips(columns []Column) bool {
	z := columns[p.field].Zone()
	if !z.HasValues() || p.not && p.null {
		return true
	}
	if p.not {
		return false
	}
	for _, v := range p.values {
		if !(comparison{field: p.field, compare: Equal, value: v}).Skips(columns) {
			return false
		}
	}
	return true
}

func (p membership) Filter(columns []Column, rows Bits) {
	c := columns[p.field]
	switch {
	case p.not && p.null, len(p.values) == 0 && !p.not:
		clear(rows)
		return
	case len(p.values) > 0 && c.Kind() != p.values[0].kind:
		clear(rows)
		return
	}
	switch c := c.(type) {
	case *Ints:
		each(rows, func(i int) bool { return !c.Nulls.Has(i) && p.hasInt(c.Values[i]) != p.not })
	case *Shorts:
		each(rows, func(i int) bool { return !c.Nulls.Has(i) && p.hasInt(c.Base+int64(c.Offsets[i])) != p.not })
	case *Codes:
		codes := p.codes(c.Dict)
		each(rows, func(i int) bool { return c.Codes[i] != 0 && codes.Has(int(c.Codes[i])) != p.not })
	case *Texts:
		each(rows, func(i int) bool {
			if c.Nulls.Has(i) {
				return false
			}
			_, found := slices.BinarySearchFunc(p.values, c.Text(i), func(v Value, s string) int { return strings.Compare(v.text, s) })
			return found != p.not
		})
	default:
		each(rows, func(i int) bool {
			v := c.Value(i)
			if v.IsNull() {
				return false
			}
			_, found := slices.BinarySearchFunc(p.values, v, Order)
			return found != p.not
		})
	}
}

func (p *membership) hasInt(i int64) bool {
	_, found := slices.BinarySearchFunc(p.values, i, func(v Value, i int64) int { return cmp.Compare(v.Int(), i) })
	return found
}

// codes returns the codes of the values that the dictionary has.
func (p *membership) codes(d *Dictionary) Bits {
	var codes Bits
	for _, v := range p.values {
		code := int(d.Lookup(v.text))
		if code == 0 {
			continue
		}
		for code>>6 >= len(codes) {
			codes = append(codes, 0)
		}
		codes.Set(code)
	}
	return codes
}

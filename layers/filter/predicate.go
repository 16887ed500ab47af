package filter

import (
	"hutong/layers"
	"hutong/layers/column"
)

// Predicate selects rows of the blocks of a layer. It has the methods of a layers selector. It never
// changes and may be used from any goroutine.
type Predicate struct {
	text string
	test test
}

// Compile returns a predicate whose fields are numbered as those of e's schema are.
func Compile(e *Expr) *Predicate { return &Predicate{e.text, compile(e.root)} }

// Text returns the filter in canonical form: the key for what was made with it.
func (p *Predicate) Text() string { return p.text }

// Skips reports whether zone maps and boxes alone show that no row of b is selected.
func (p *Predicate) Skips(b *layers.Block) bool { return p.test.skips(b) }

// Filter clears from rows, which has a bit per row of b, every row that is not selected.
func (p *Predicate) Filter(b *layers.Block, rows column.Bits) { p.test.filter(b, rows) }

// Renumber returns p with each field replaced by columns[field]: how a view that shows some of a layer's
// fields hands a predicate on. A field beyond columns panics with an index out of range.
func (p *Predicate) Renumber(columns []int) *Predicate {
	return &Predicate{p.text, p.test.renumber(columns)}
}

// test is a compiled condition.
type test interface {
	skips(b *layers.Block) bool
	filter(b *layers.Block, rows column.Bits)
	renumber(columns []int) test
}

// compile returns the test of a node.
func compile(n node) test {
	switch n := n.(type) {
	case *junction:
		return compileJunction(n)
	case *comparison:
		return compileComparison(n)
	case *membership:
		return compileMembership(n)
	case *like:
		return textTest(n.of, n.not, literalPrefix(n), n.pattern.match)
	case *nullness:
		switch of := n.of.(type) {
		case nil:
			return located{n.not}
		case field:
			p := column.IsNull(of.index)
			if n.not {
				p = p.Not()
			}
			return columns{p}
		case *arithmetic:
			return missing{n.not, of}
		}
	case *spatial:
		return &geometryTest{n.not, n.test, n.of}
	case constant:
		return always(n)
	}
	return always(false)
}

// literalPrefix returns what a text that a LIKE selects starts with, as it is in the column.
func literalPrefix(n *like) string {
	if n.of.fold {
		return ""
	}
	return n.pattern.prefix()
}

// always is a constant.
type always bool

func (t always) skips(*layers.Block) bool { return !bool(t) }
func (t always) filter(_ *layers.Block, rows column.Bits) {
	if !t {
		clear(rows)
	}
}
func (t always) renumber([]int) test { return t }

// columns is what columns decide alone.
type columns struct{ column.Predicate }

func (t columns) skips(b *layers.Block) bool               { return t.Skips(b.Columns()) }
func (t columns) filter(b *layers.Block, rows column.Bits) { t.Filter(b.Columns(), rows) }
func (t columns) renumber(to []int) test                   { return columns{column.Renumber(t.Predicate, to)} }

// located selects features that have a place, or those that have none.
type located struct{ not bool }

func (t located) skips(b *layers.Block) bool { return b.Box().Empty() == t.not }
func (t located) filter(b *layers.Block, rows column.Bits) {
	if t.skips(b) {
		clear(rows)
	}
}
func (t located) renumber([]int) test { return t }

// conjunction is AND, the cheapest first; disjunction is OR.
type (
	conjunction []test
	disjunction []test
)

func (t conjunction) skips(b *layers.Block) bool {
	for _, k := range t {
		if k.skips(b) {
			return true
		}
	}
	return false
}

func (t conjunction) filter(b *layers.Block, rows column.Bits) {
	for i, k := range t {
		if i > 0 && empty(rows) {
			return
		}
		k.filter(b, rows)
	}
}

func (t conjunction) renumber(to []int) test { return conjunction(renumberAll(t, to)) }

func (t disjunction) skips(b *layers.Block) bool {
	for _, k := range t {
		if !k.skips(b) {
			return false
		}
	}
	return true
}

func (t disjunction) filter(b *layers.Block, rows column.Bits) {
	left, found := make(column.Bits, len(rows)), make(column.Bits, len(rows))
	one := make(column.Bits, len(rows))
	copy(left, rows)
	for _, k := range t {
		if k.skips(b) {
			continue
		}
		copy(one, left)
		k.filter(b, one)
		for w := range found {
			found[w] |= one[w]
			left[w] &^= one[w]
		}
		if empty(left) {
			break
		}
	}
	copy(rows, found)
}

func (t disjunction) renumber(to []int) test { return disjunction(renumberAll(t, to)) }

func renumberAll(ts []test, to []int) []test {
	out := make([]test, len(ts))
	for i, t := range ts {
		out[i] = t.renumber(to)
	}
	return out
}

func empty(rows column.Bits) bool {
	for _, w := range rows {
		if w != 0 {
			return false
		}
	}
	return true
}

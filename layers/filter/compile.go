package filter

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"hutong/layers"
	"hutong/layers/column"
)

func compileJunction(n *junction) test {
	kids := slices.Clone(n.kids)
	slices.SortStableFunc(kids, func(a, b node) int { return cmp.Compare(costOf(a), costOf(b)) })
	tests := make([]test, 0, len(kids))
	for _, k := range kids {
		t := compile(k)
		if last := len(tests) - 1; !n.or && last >= 0 {
			before, both := tests[last].(columns)
			if after, ok := t.(columns); ok && both { // both ends of an interval become one look
				tests[last] = columns{column.And(before.Predicate, after.Predicate)}
				continue
			}
		}
		tests = append(tests, t)
	}
	if n.or {
		return disjunction(tests)
	}
	return conjunction(tests)
}

func compileComparison(n *comparison) test {
	f, isField := n.left.(field)
	l, isLiteral := n.right.(literal)
	switch {
	case !isField || !isLiteral:
		return compilePair(n)
	case f.index >= 0 && !f.fold:
		return columns{column.Where(f.index, n.op, l.Value)}
	case f.index < 0 && !f.fold && (n.op == column.Equal || n.op == column.NotEqual):
		return newIDs(n.op == column.NotEqual, []column.Value{l.Value})
	}
	want, op := l.Text(), n.op
	return textTest(f, false, "", func(text string) bool { return holds(op, strings.Compare(text, want)) })
}

func compileMembership(n *membership) test {
	switch {
	case n.of.fold:
		return textTest(n.of, n.not, "", func(text string) bool {
			_, found := slices.BinarySearchFunc(n.values, text, func(v column.Value, s string) int { return strings.Compare(v.Text(), s) })
			return found
		})
	case n.of.index < 0:
		return newIDs(n.not, n.values)
	case n.not:
		return columns{column.NotIn(n.of.index, n.values...)}
	default:
		return columns{column.In(n.of.index, n.values...)}
	}
}

// textTest returns the test of each text of a field, folded if the field is.
func textTest(f field, not bool, prefix string, holds func(text string) bool) test {
	if f.fold {
		plain := holds
		holds = func(text string) bool {
			scratch := scratches.Get().(*[]byte) //nolint:errcheck // nothing else is put in
			*scratch = appendFolded((*scratch)[:0], text)
			ok := plain(unsafe.String(unsafe.SliceData(*scratch), len(*scratch)))
			scratches.Put(scratch)
			return ok
		}
	}
	if f.index < 0 {
		return idTest{not, holds}
	}
	p := column.Match(f.index, prefix, holds)
	if not {
		p = p.Not()
	}
	return columns{p}
}

// scratches are for folded texts, none of which is kept.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// each keeps the rows for which keep is true.
func each(rows column.Bits, keep func(row int) bool) {
	for w, word := range rows {
		for left := word; left != 0; left &= left - 1 {
			if row := w<<6 + bits.TrailingZeros64(left); !keep(row) {
				rows.Clear(row)
			}
		}
	}
}

// ids compares the ids of features with a list: by their numbers first.
type ids struct {
	not   bool
	texts map[uint64][]string // by number: the ids that are texts, or "" for the number itself
}

func newIDs(not bool, values []column.Value) test {
	t := ids{not, map[uint64][]string{}}
	for _, v := range values {
		n, decimal := layers.FeatureID(v.Text()).Number()
		text := v.Text()
		if decimal {
			text = ""
		} else if text == "" {
			continue // no feature has an empty id
		}
		t.texts[n] = append(t.texts[n], text)
	}
	return t
}

func (t ids) skips(*layers.Block) bool { return false }

func (t ids) filter(b *layers.Block, rows column.Bits) {
	numbers := b.Numbers()
	if len(t.texts) == 1 && !t.not {
		for number := range t.texts {
			each(rows, func(row int) bool { return numbers[row] == number })
		}
	}
	each(rows, func(row int) bool {
		texts, ok := t.texts[numbers[row]]
		return (ok && slices.Contains(texts, b.IDText(row))) != t.not
	})
}

func (t ids) renumber([]int) test { return t }

// idTest tests the text of each id.
type idTest struct {
	not   bool
	holds func(text string) bool
}

func (t idTest) skips(*layers.Block) bool { return false }

func (t idTest) filter(b *layers.Block, rows column.Bits) {
	text := idReader(b)
	each(rows, func(row int) bool {
		id, _ := text(row)
		return t.holds(id) != t.not
	})
}

func (t idTest) renumber([]int) test { return t }

package filter

import (
	"cmp"
	"strings"
	"unsafe"

	"hutong/layers"
	"hutong/layers/column"
)

// pair compares two operands row by row: fields with each other, or calculations. order compares them in
// a block; ok is false when one is null or has no result.
type pair struct {
	op          column.Compare
	left, right operand
}

func compilePair(n *comparison) test { return pair{n.op, n.left, n.right} }

func (t pair) skips(b *layers.Block) bool {
	return hasNone(b, t.left) || hasNone(b, t.right)
}

// hasNone reports whether an operand is null in all rows of a block.
func hasNone(b *layers.Block, o operand) bool {
	switch o := o.(type) {
	case field:
		return o.index >= 0 && !b.Column(o.index).Zone().HasValues()
	case *arithmetic:
		return hasNone(b, o.left) || hasNone(b, o.right)
	}
	return false
}

func (t pair) filter(b *layers.Block, rows column.Bits) {
	switch t.left.kind() {
	case column.String:
		compareRows(rows, t.op, textReader(b, t.left), textReader(b, t.right), strings.Compare)
	case column.Int, column.Float:
		if t.left.kind() == column.Int && t.right.kind() == column.Int {
			compareRows(rows, t.op, intReader(b, t.left), intReader(b, t.right), cmp.Compare[int64])
			return
		}
		compareRows(rows, t.op, floatReader(b, t.left), floatReader(b, t.right), cmp.Compare[float64])
	default: // times and truth values
		compareRows(rows, t.op, intReader(b, t.left), intReader(b, t.right), cmp.Compare[int64])
	}
}

func (t pair) renumber(to []int) test {
	return pair{t.op, renumberOperand(t.left, to), renumberOperand(t.right, to)}
}

func renumberOperand(o operand, to []int) operand {
	switch o := o.(type) {
	case field:
		if o.index >= 0 {
			o.index = to[o.index]
		}
		return o
	case *arithmetic:
		return &arithmetic{o.op, renumberOperand(o.left, to), renumberOperand(o.right, to)}
	}
	return o
}

// reader returns the value of a row; ok is false when there is none.
type reader[T any] func(row int) (v T, ok bool)

func compareRows[T any](rows column.Bits, op column.Compare, left, right reader[T], order func(a, b T) int) {
	each(rows, func(row int) bool {
		a, ok := left(row)
		if !ok {
			return false
		}
		b, ok := right(row)
		return ok && holds(op, order(a, b))
	})
}

func textReader(b *layers.Block, o operand) reader[string] {
	f, ok := o.(field)
	if !ok {
		text := o.(literal).Text() //nolint:errcheck // of texts there are fields and literals
		return func(int) (string, bool) { return text, true }
	}
	var read reader[string]
	if f.index < 0 {
		read = idReader(b)
	} else {
		c := b.Column(f.index)
		read = func(row int) (string, bool) {
			v := c.Value(row)
			return v.Text(), !v.IsNull()
		}
	}
	if !f.fold {
		return read
	}
	return func(row int) (string, bool) {
		s, ok := read(row)
		return fold(s), ok
	}
}

// idReader reads ids; a text is valid until the next is read.
func idReader(b *layers.Block) reader[string] {
	var scratch []byte
	return func(row int) (string, bool) {
		if text := b.IDText(row); text != "" {
			return text, true
		}
		scratch = b.AppendID(scratch[:0], row)
		return unsafe.String(unsafe.SliceData(scratch), len(scratch)), true
	}
}

func intReader(b *layers.Block, o operand) reader[int64] {
	f, ok := o.(field)
	if !ok {
		n := o.(literal).Int() //nolint:errcheck // of times and truth values there are fields and literals
		return func(int) (int64, bool) { return n, true }
	}
	c := b.Column(f.index)
	return func(row int) (int64, bool) {
		v := c.Value(row)
		return v.Int(), !v.IsNull()
	}
}

func floatReader(b *layers.Block, o operand) reader[float64] {
	switch o := o.(type) {
	case field:
		c := b.Column(o.index)
		if c.Kind() == column.Int {
			ints := intReader(b, o)
			return func(row int) (float64, bool) {
				i, ok := ints(row)
				return float64(i), ok
			}
		}
		return func(row int) (float64, bool) {
			v := c.Value(row)
			return v.Float(), !v.IsNull()
		}
	case literal:
		f := o.Float()
		return func(int) (float64, bool) { return f, true }
	case *arithmetic:
		left, right, op := floatReader(b, o.left), floatReader(b, o.right), o.op
		return func(row int) (float64, bool) {
			x, ok := left(row)
			if !ok {
				return 0, false
			}
			y, ok := right(row)
			if !ok {
				return 0, false
			}
			return calculate(op, x, y)
		}
	}
	return func(int) (float64, bool) { return 0, false }
}

// missing selects rows for which a calculation has no result, or those for which it has one.
type missing struct {
	not bool
	of  *arithmetic
}

func (t missing) skips(b *layers.Block) bool { return t.not && hasNone(b, t.of) }

func (t missing) filter(b *layers.Block, rows column.Bits) {
	read := floatReader(b, t.of)
	each(rows, func(row int) bool {
		_, ok := read(row)
		return ok == t.not
	})
}

func (t missing) renumber(to []int) test {
	return missing{t.not, renumberOperand(t.of, to).(*arithmetic)} //nolint:errcheck // of a calculation one is made
}

package filter

import (
	"math"

	"hutong/layers/column"
)

// opposite is the comparison that is true where another is false, and swapped the one with its operands
// the other way round.
var (
	opposite = [...]column.Compare{
		column.Equal: column.NotEqual, column.NotEqual: column.Equal, column.Less: column.GreaterOrEqual,
		column.LessOrEqual: column.Greater, column.Greater: column.LessOrEqual, column.GreaterOrEqual: column.Less,
	}
	swapped = [...]column.Compare{
		column.Equal: column.Equal, column.NotEqual: column.NotEqual, column.Less: column.Greater,
		column.LessOrEqual: column.GreaterOrEqual, column.Greater: column.Less, column.GreaterOrEqual: column.LessOrEqual,
	}
)

// opOf returns the comparison that is written so, or its opposite.
func opOf(text string, not bool) column.Compare {
	for op, t := range opTexts {
		if t != text {
			continue
		}
		if not {
			return opposite[op]
		}
		return column.Compare(op)
	}
	return column.Equal
}

func (b *binder) compare(r *raw, not bool) (node, error) {
	left, err := b.scalar(r.args[0])
	if err != nil {
		return nil, err
	}
	right, err := b.scalar(r.args[1])
	if err != nil {
		return nil, err
	}
	return b.compared(r, opOf(r.op, not), left, right)
}

// compared returns left op right; r is where it stands.
func (b *binder) compared(r *raw, op column.Compare, left, right operand) (node, error) {
	if err := b.comparable(r, left, right); err != nil {
		return nil, err
	}
	if left.kind() == column.Bool && op != column.Equal && op != column.NotEqual {
		return nil, b.refuse(r, "truth values have no order: want = or <>")
	}
	return newComparison(op, left, right), nil
}

// comparable refuses to compare operands of different kinds.
func (b *binder) comparable(r *raw, left, right operand) error {
	if left.kind() == right.kind() || isNumber(left) && isNumber(right) {
		return nil
	}
	a, z := left, right
	if _, ok := a.(field); !ok {
		a, z = z, a
	}
	want := map[column.Kind]string{
		column.String: "text in '…'", column.Int: "a number", column.Float: "a number", column.Bool: "TRUE or FALSE",
		column.Time: "TIMESTAMP('2024-05-01T08:30:00Z') or DATE('2024-05-01')",
	}[a.kind()]
	return b.refuse(r, "cannot compare %s with %s: want %s", describe(a), describe(z), want)
}

// newComparison returns the canonical form of left op right, which are of one kind.
func newComparison(op column.Compare, left, right operand) node {
	if _, ok := left.(unknown); ok {
		return constant(false)
	}
	if _, ok := right.(unknown); ok {
		return constant(false)
	}
	if constantOperand(left) {
		if constantOperand(right) {
			return compareLiterals(op, left, right)
		}
		op, left, right = swapped[op], right, left
	}
	switch r := right.(type) {
	case numeral:
		return compareNumber(op, left, r.number)
	case instant:
		return compareInstant(op, left, r)
	case literal:
		return compareLiteral(op, left, r)
	}
	lt, rt := operandText(left), operandText(right)
	if lt == rt {
		return compareSelf(op, left)
	}
	if lt > rt {
		op, left, right = swapped[op], right, left
	}
	return &comparison{op, left, right}
}

func constantOperand(o operand) bool {
	switch o.(type) {
	case literal, numeral, instant:
		return true
	}
	return false
}

// compareSelf compares an operand with itself: it is equal where it is not null.
func compareSelf(op column.Compare, o operand) node {
	switch op {
	case column.Equal, column.LessOrEqual, column.GreaterOrEqual:
		return nullnessOf(o, true)
	default:
		return constant(false)
	}
}

// holds reports whether a comparison holds for a three-way order.
func holds(op column.Compare, order int) bool {
	switch op {
	case column.Equal:
		return order == 0
	case column.NotEqual:
		return order != 0
	case column.Less:
		return order < 0
	case column.LessOrEqual:
		return order <= 0
	case column.Greater:
		return order > 0
	default:
		return order >= 0
	}
}

func compareLiterals(op column.Compare, left, right operand) node {
	switch l := left.(type) {
	case numeral:
		if r, ok := right.(numeral); ok {
			return constant(holds(op, l.order(r.number)))
		}
	case literal:
		if r, ok := right.(literal); ok {
			return constant(holds(op, column.Order(l.Value, r.Value)))
		}
	case instant:
		if r, ok := right.(instant); ok {
			order := 0 // a time in a day is that day
			switch {
			case l.last < r.Micros():
				order = -1
			case l.Micros() > r.last:
				order = 1
			}
			return constant(holds(op, order))
		}
	}
	return constant(false)
}

// compareNumber compares a number with a literal. An int is compared with whole numbers only: below
// 1.5 is at most 1, and nothing is equal to it. < and > become <= and >=.
func compareNumber(op column.Compare, o operand, n number) node {
	f, ok := o.(field)
	if !ok || f.of == column.Float {
		return &comparison{op, o, literal{column.FloatOf(n.float)}}
	}
	if n.over != 0 {
		if holds(op, -n.over) {
			return nullnessOf(f, true)
		}
		return constant(false)
	}
	at := n.floor
	switch op {
	case column.Equal:
		if !n.whole {
			return constant(false)
		}
	case column.NotEqual:
		if !n.whole {
			return nullnessOf(f, true)
		}
	case column.Less:
		if op = column.LessOrEqual; n.whole {
			if at == math.MinInt64 {
				return constant(false)
			}
			at--
		}
	case column.LessOrEqual:
	case column.Greater, column.GreaterOrEqual:
		if op == column.Greater || !n.whole {
			if at == math.MaxInt64 {
				return constant(false)
			}
			at++
		}
		op = column.GreaterOrEqual
	}
	return &comparison{op, f, literal{column.IntOf(at)}}
}

// compareInstant compares a time with a literal: with a date, as a day.
func compareInstant(op column.Compare, o operand, i instant) node {
	at := func(op column.Compare, us int64) node { return &comparison{op, o, literal{column.MicrosOf(us)}} }
	if !i.day {
		return at(op, i.Micros())
	}
	first := i.Micros()
	upTo, beyond := at(column.Less, i.last+1), at(column.GreaterOrEqual, i.last+1)
	if i.last == maxMicros { // no time that can be written follows
		upTo, beyond = at(column.LessOrEqual, i.last), at(column.Greater, i.last)
	}
	switch op {
	case column.Equal:
		return newJunction(false, []node{at(column.GreaterOrEqual, first), upTo})
	case column.NotEqual:
		return newJunction(true, []node{at(column.Less, first), beyond})
	case column.Less, column.GreaterOrEqual:
		return at(op, first)
	case column.LessOrEqual:
		return upTo
	default:
		return beyond
	}
}

// compareLiteral compares text or a truth value with a literal.
func compareLiteral(op column.Compare, o operand, l literal) node {
	if l.Kind() == column.Bool {
		return &comparison{column.Equal, o, literal{column.BoolOf(l.Bool() == (op == column.Equal))}}
	}
	if f, ok := o.(field); ok && f.fold && l.Kind() == column.String && fold(l.Text()) != l.Text() {
		switch op { // what CASEI gives is never this text
		case column.Equal:
			return constant(false)
		case column.NotEqual:
			return nullnessOf(f, true)
		default:
		}
	}
	return &comparison{op, o, l}
}

func (b *binder) between(r *raw, not bool) (node, error) {
	of, err := b.scalar(r.args[0])
	if err != nil {
		return nil, err
	}
	var kids [2]node
	for i, op := range [...]string{">=", "<="} {
		end, err := b.scalar(r.args[i+1])
		if err != nil {
			return nil, err
		}
		if of.kind() == column.Bool {
			return nil, b.refuse(r, "truth values have no order: BETWEEN takes numbers, times and text")
		}
		if kids[i], err = b.compared(r.args[i+1], opOf(op, not), of, end); err != nil {
			return nil, err
		}
	}
	return newJunction(not, kids[:]), nil
}

func (b *binder) in(r *raw, not bool) (node, error) {
	of, err := b.scalar(r.args[0])
	if err != nil {
		return nil, err
	}
	kids := make([]node, len(r.args)-1)
	for i, a := range r.args[1:] {
		v, err := b.scalar(a)
		if err != nil {
			return nil, err
		}
		if kids[i], err = b.compared(a, opOf("=", not), of, v); err != nil {
			return nil, err
		}
	}
	return newJunction(!not, kids), nil
}

// inCalculation returns an operand as calculations have it: literals are doubles.
func inCalculation(o operand) operand {
	if n, ok := o.(numeral); ok {
		return literal{column.FloatOf(n.float)}
	}
	return o
}

// operandText writes an operand, to order and compare operands.
func operandText(o operand) string { return textOf(&nullness{false, o}) }

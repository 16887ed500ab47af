package filter

import "math"

// calculate returns a op b in double precision; ok is false when the result is not finite, and so
// unknown. div leaves the fraction out, and % has the sign of a: a = (a div b) * b + a % b.
func calculate(op string, a, b float64) (v float64, ok bool) {
	switch op {
	case "+":
		v = a + b
	case "-":
		v = a - b
	case "*":
		v = a * b
	case "/":
		v = a / b
	case "%":
		v = math.Mod(a, b)
	case "div":
		v = math.Trunc(a / b)
	case "^":
		v = math.Pow(a, b)
	}
	v += 0 // −0 + 0 is 0
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// arithmetic returns a calculation in canonical form: of numbers alone its result, and of what may be
// turned round the operands in the order of their texts.
func (b *binder) arithmetic(r *raw) (operand, error) {
	var sides [2]operand
	for i, a := range r.args {
		o, err := b.scalar(a)
		if err != nil {
			return nil, err
		}
		if !isNumber(o) {
			return nil, b.refuse(a, "%s takes numbers, not %s", r.op, describe(o))
		}
		sides[i] = o
	}
	left, right := sides[0], sides[1]
	l, lok := left.(numeral)
	n, rok := right.(numeral)
	if lok && rok {
		if v, ok := calculate(r.op, l.float, n.float); ok {
			return numeral{numberOf(v)}, nil
		}
		return unknown{}, nil
	}
	for _, o := range sides {
		if _, ok := o.(unknown); ok {
			return unknown{}, nil
		}
	}
	left, right = inCalculation(left), inCalculation(right)
	if (r.op == "+" || r.op == "*") && operandText(left) > operandText(right) {
		left, right = right, left
	}
	return &arithmetic{r.op, left, right}, nil
}

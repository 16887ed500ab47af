package filter

import "hutong/layers/column"

// The cost of tests, in comparisons of numbers.
const (
	costText     = 2  // comparing text
	costPattern  = 8  // looking for a piece of text
	costGeometry = 16 // a geometry, and two more for each of its vertices
)

// costOf returns about how many comparisons of numbers it takes to decide on one feature at worst.
func costOf(n node) int {
	switch n := n.(type) {
	case *junction:
		sum := 0
		for _, k := range n.kids {
			sum += costOf(k)
		}
		return sum
	case *comparison:
		return 1 + costOfOperand(n.left) + costOfOperand(n.right)
	case *membership:
		return 1 + 2*costOfOperand(n.of)
	case *like:
		cost := costOfOperand(n.of) + costPattern*len(n.pattern.pieces)
		if n.pattern.inner() {
			cost += len(n.pattern.String())
		}
		return cost
	case *nullness:
		if n.of == nil {
			return 1
		}
		return 1 + costOfOperand(n.of)
	case *spatial:
		if n.of.rect && (n.test == "S_INTERSECTS" || n.test == "S_DISJOINT") {
			return 2 * costText
		}
		return costGeometry + 2*n.of.vertices
	}
	return 0
}

func costOfOperand(o operand) int {
	switch o := o.(type) {
	case field:
		switch {
		case o.fold:
			return 2 * costPattern
		case o.of == column.String:
			return costText
		default:
			return 1
		}
	case *arithmetic:
		return 2 + costOfOperand(o.left) + costOfOperand(o.right)
	}
	return 0
}

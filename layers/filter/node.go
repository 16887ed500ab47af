package filter

import (
	"cmp"
	"slices"

	"hutong/layers/column"
)

// node is a condition in canonical form. There is no NOT: it was pushed down to the leaves, where it
// turned each into another, which is exact under three-valued logic. So of a node only counts where it
// is true, and unknown and false need not be told apart.
type node interface{ isNode() }

// constant is true or false for every feature.
type constant bool

// junction is OR, or AND: of two or more nodes, sorted by their texts, none of them a constant, a
// junction of the same kind or there twice.
type junction struct {
	or   bool
	kids []node
}

// comparison compares two operands of one kind. Literals are on the right; a comparison of two literals
// is a constant.
type comparison struct {
	op          column.Compare
	left, right operand
}

// membership is IN, or NOT IN: of two values or more, sorted, each once, of the operand's kind.
type membership struct {
	not    bool
	of     field
	values []column.Value
}

// like is LIKE, or NOT LIKE, with a pattern that has a wildcard.
type like struct {
	not     bool
	of      field
	pattern pattern
}

// nullness is IS NULL, or IS NOT NULL, of an operand that may be null; nil is the geometry.
type nullness struct {
	not bool
	of  operand
}

// spatial tests the geometry against a literal.
type spatial struct {
	not  bool
	test string // S_…, the geometry being the first argument
	of   *geometry
}

func (constant) isNode()    {}
func (*junction) isNode()   {}
func (*comparison) isNode() {}
func (*membership) isNode() {}
func (*like) isNode()       {}
func (*nullness) isNode()   {}
func (*spatial) isNode()    {}

// operand is what comparisons compare.
type operand interface{ kind() column.Kind }

// field is a field of the schema, or the id.
type field struct {
	index int // −1 for the id
	name  string
	of    column.Kind
	fold  bool // CASEI of it
}

// literal is a value: of a number in arithmetic or beside it a float.
type literal struct{ column.Value }

// arithmetic is a calculation in doubles. One that is not finite is unknown.
type arithmetic struct {
	op          string
	left, right operand
}

func (f field) kind() column.Kind     { return f.of }
func (l literal) kind() column.Kind   { return l.Kind() }
func (*arithmetic) kind() column.Kind { return column.Float }

// newJunction returns the canonical form of AND, or OR, of kids.
func newJunction(or bool, kids []node) node {
	var flat []node
	for _, k := range kids {
		switch k := k.(type) {
		case constant:
			if bool(k) == or {
				return k
			}
		case *junction:
			if k.or == or {
				flat = append(flat, k.kids...)
			} else {
				flat = append(flat, k)
			}
		default:
			flat = append(flat, k)
		}
	}
	flat = mergeValues(or, flat)
	if !or {
		flat = dropImplied(flat)
	}
	type keyed struct {
		node
		text string
	}
	sorted := make([]keyed, len(flat))
	for i, k := range flat {
		sorted[i] = keyed{k, textOf(k)}
	}
	slices.SortFunc(sorted, func(a, b keyed) int { return cmp.Compare(a.text, b.text) })
	sorted = slices.CompactFunc(sorted, func(a, b keyed) bool { return a.text == b.text })
	switch len(sorted) {
	case 0:
		return constant(!or)
	case 1:
		return sorted[0].node
	}
	j := &junction{or: or, kids: make([]node, len(sorted))}
	for i, k := range sorted {
		j.kids[i] = k.node
	}
	return j
}

// mergeValues makes one IN of equalities that an OR joins, and one NOT IN of inequalities that an AND
// joins, for each field.
func mergeValues(or bool, kids []node) []node {
	values := map[field][]column.Value{}
	var order []field
	rest := make([]node, 0, len(kids))
	parts := map[field][]node{}
	for _, k := range kids {
		f, vs, ok := valuesOf(or, k)
		if !ok {
			rest = append(rest, k)
			continue
		}
		if parts[f] == nil {
			order = append(order, f)
		}
		values[f], parts[f] = append(values[f], vs...), append(parts[f], k)
	}
	for _, f := range order {
		merged := newMembership(!or, f, values[f])
		if m, ok := merged.(*membership); ok && len(m.values) > MaxValues {
			rest = append(rest, parts[f]...)
			continue
		}
		rest = append(rest, merged)
	}
	return rest
}

// valuesOf returns the field and values of k, if it is an equality or IN, or for an AND the opposite.
func valuesOf(or bool, k node) (field, []column.Value, bool) {
	switch k := k.(type) {
	case *membership:
		return k.of, k.values, k.not != or
	case *comparison:
		want := column.NotEqual
		if or {
			want = column.Equal
		}
		f, isField := k.left.(field)
		l, isLiteral := k.right.(literal)
		if k.op == want && isField && isLiteral && f.of != column.Bool {
			return f, []column.Value{l.Value}, true
		}
	}
	return field{}, nil, false
}

// newMembership returns the canonical form of f IN values, of which there is one at least, or NOT IN.
func newMembership(not bool, f field, values []column.Value) node {
	values = slices.Clone(values)
	slices.SortFunc(values, column.Order)
	values = slices.CompactFunc(values, func(a, b column.Value) bool { return column.Order(a, b) == 0 })
	if len(values) == 1 {
		op := column.Equal
		if not {
			op = column.NotEqual
		}
		return &comparison{op, f, literal{values[0]}}
	}
	return &membership{not, f, values}
}

// dropImplied leaves IS NOT NULL out of an AND where something else in it is never true for null.
func dropImplied(kids []node) []node {
	out := make([]node, 0, len(kids))
	for _, k := range kids {
		n, ok := k.(*nullness)
		if ok && n.not && n.of != nil {
			f, isField := n.of.(field)
			if isField && slices.ContainsFunc(kids, func(o node) bool {
				_, same := o.(*nullness)
				return !same && needs(o, f)
			}) {
				continue
			}
		}
		out = append(out, k)
	}
	return out
}

// needs reports whether n is true only for features in which f is not null.
func needs(n node, f field) bool {
	switch n := n.(type) {
	case *junction:
		if n.or {
			return !slices.ContainsFunc(n.kids, func(k node) bool { return !needs(k, f) })
		}
		return slices.ContainsFunc(n.kids, func(k node) bool { return needs(k, f) })
	case *comparison:
		return uses(n.left, f) || uses(n.right, f)
	case *membership:
		return n.of.index == f.index
	case *like:
		return n.of.index == f.index
	case *nullness:
		return n.not && n.of != nil && uses(n.of, f)
	}
	return false
}

// uses reports whether an operand is null where f is.
func uses(o operand, f field) bool {
	switch o := o.(type) {
	case field:
		return o.index == f.index
	case *arithmetic:
		return uses(o.left, f) || uses(o.right, f)
	}
	return false
}

package filter

import (
	"strings"

	"hutong/layers"
	"hutong/layers/column"
)

// binder makes a filter as it was written canonical, for a schema.
type binder struct {
	reporter
	schema *layers.Schema
}

func (b *binder) refuse(r *raw, format string, args ...any) error {
	return b.fail(r.at, "", format, args...)
}

// truth returns the canonical form of r, or of its negation, as a condition.
func (b *binder) truth(r *raw, not bool) (node, error) {
	switch r.kind {
	case kindBool:
		return constant(r.truth != not), nil
	case kindNot:
		return b.truth(r.args[0], !not)
	case kindAnd, kindOr:
		kids := make([]node, len(r.args))
		for i, a := range r.args {
			k, err := b.truth(a, not)
			if err != nil {
				return nil, err
			}
			kids[i] = k
		}
		return newJunction((r.kind == kindOr) != not, kids), nil
	case kindCompare:
		return b.compare(r, not)
	case kindBetween:
		return b.between(r, not)
	case kindIn:
		return b.in(r, not)
	case kindLike:
		return b.like(r, not)
	case kindIsNull:
		return b.isNull(r, not)
	case kindSpatial:
		return b.spatial(r, not)
	case kindTemporal:
		return b.temporal(r, not)
	case kindProperty:
		f, err := b.field(r)
		if err != nil {
			return nil, err
		}
		if f.of != column.Bool {
			return nil, b.refuse(r, "%s is of type %s and no condition: compare it with something", shown(f.name), f.of)
		}
		return &comparison{column.Equal, f, literal{column.BoolOf(!not)}}, nil
	default:
		return nil, b.refuse(r, "found %s: want a condition, such as a comparison", kindNames[r.kind])
	}
}

// field returns what a property is; the error names the nearest there is.
func (b *binder) field(r *raw) (field, error) {
	if i := b.schema.FieldIndex(r.text); i >= 0 {
		return field{index: i, name: r.text, of: b.schema.Fields[i].Kind}, nil
	}
	if r.text == b.schema.IDField && r.text != "" {
		return field{index: -1, name: r.text, of: column.String}, nil
	}
	if r.text == geometryName {
		return field{}, b.refuse(r, "the geometry has no value: test it with S_INTERSECTS and the other S_ tests, or IS NULL")
	}
	known := names(b.schema)
	hint := ""
	if near := nearest(r.text, known); near != "" {
		hint = "did you mean " + shown(near) + "? "
	}
	return field{}, b.refuse(r, "there is no property %s: %sthere are %s", shown(r.text), hint, list(append(known, geometryName)))
}

// instant is a literal of a time: of a timestamp both ends are the same, of a date they are those of
// the day in UTC.
type instant struct {
	literal // the first microsecond
	last    int64
	day     bool
}

// unknown is a calculation without a result, such as 1 / 0.
type unknown struct{}

func (unknown) kind() column.Kind { return column.Float }

// numeral is a literal number that has met no field yet.
type numeral struct{ number }

func (numeral) kind() column.Kind { return column.Float }

// scalar returns what can be compared: a field, a literal, a numeral, an instant, a calculation or
// unknown.
func (b *binder) scalar(r *raw) (operand, error) {
	switch r.kind {
	case kindProperty:
		return b.field(r)
	case kindText:
		return literal{column.StringOf(r.text)}, nil
	case kindNumber:
		return numeral{r.number}, nil
	case kindBool:
		return literal{column.BoolOf(r.truth)}, nil
	case kindDate, kindTimestamp:
		return b.instant(r)
	case kindArith:
		return b.arithmetic(r)
	case kindCaseI:
		return b.folded(r)
	default:
		return nil, b.refuse(r, "found %s: want a property, a value or a calculation", kindNames[r.kind])
	}
}

// folded returns CASEI of text.
func (b *binder) folded(r *raw) (operand, error) {
	o, err := b.scalar(r.args[0])
	if err != nil {
		return nil, err
	}
	if o.kind() == column.String {
		switch o := o.(type) {
		case field:
			o.fold = true
			return o, nil
		case literal:
			return literal{column.StringOf(fold(o.Text()))}, nil
		}
	}
	return nil, b.refuse(r.args[0], "CASEI takes text, not %s", describe(o))
}

// describe says what an operand is, for an error.
func describe(o operand) string {
	switch o := o.(type) {
	case field:
		return shown(o.name) + " of type " + o.of.String()
	case literal:
		if o.Kind() == column.String {
			return "the text " + shown(o.Text())
		}
		return "the " + o.Kind().String() + " " + strings.ToUpper(o.String())
	case numeral:
		return "the number " + o.text()
	case instant:
		return "the time " + formatMicros(o.Micros())
	}
	return "a calculation"
}

// isNumber reports whether an operand has a number.
func isNumber(o operand) bool { return o.kind() == column.Int || o.kind() == column.Float }

func (b *binder) isNull(r *raw, not bool) (node, error) {
	a := r.args[0]
	if a.kind == kindProperty && a.text == geometryName && b.schema.FieldIndex(geometryName) < 0 && b.schema.IDField != geometryName {
		return &nullness{not, nil}, nil
	}
	switch a.kind {
	case kindGeometry, kindBox:
		return constant(not), nil
	case kindProperty, kindText, kindNumber, kindBool, kindDate, kindTimestamp, kindArith, kindCaseI:
	default:
		return nil, b.refuse(a, "found %s: IS NULL takes a property, a value or a calculation", kindNames[a.kind])
	}
	o, err := b.scalar(a)
	if err != nil {
		return nil, err
	}
	return nullnessOf(o, not), nil
}

// nullnessOf returns o IS NULL, or IS NOT NULL.
func nullnessOf(o operand, not bool) node {
	switch o := o.(type) {
	case field:
		if o.index < 0 {
			return constant(not)
		}
		o.fold = false
		return &nullness{not, o}
	case *arithmetic:
		return &nullness{not, o}
	case unknown:
		return constant(!not)
	}
	return constant(not)
}

func (b *binder) like(r *raw, not bool) (node, error) {
	o, err := b.scalar(r.args[0])
	if err != nil {
		return nil, err
	}
	if o.kind() != column.String {
		return nil, b.refuse(r.args[0], "LIKE compares text, not %s", describe(o))
	}
	p, err := b.scalar(r.args[1])
	if err != nil {
		return nil, err
	}
	text, ok := p.(literal)
	if !ok || text.Kind() != column.String {
		return nil, b.refuse(r.args[1], "found %s: want a pattern as text, such as 'Main%%'", describe(p))
	}
	if n := len(text.Text()); n > MaxPattern {
		return nil, b.fail(r.args[1].at, "pattern", "the pattern has %d bytes, more than %d", n, MaxPattern)
	}
	pattern, err := parsePattern(text.Text())
	if err != nil {
		return nil, b.refuse(r.args[1], "found the pattern %s: %v", shown(text.Text()), err)
	}
	if l, ok := o.(literal); ok {
		return constant(pattern.match(l.Text()) != not), nil
	}
	f := o.(field) //nolint:errcheck // a text that is no literal
	if exact, ok := pattern.exact(); ok {
		op := column.Equal
		if not {
			op = column.NotEqual
		}
		return newComparison(op, f, literal{column.StringOf(exact)}), nil
	}
	if pattern.all() {
		if not {
			return constant(false), nil
		}
		return nullnessOf(f, true), nil
	}
	return &like{not, f, pattern}, nil
}

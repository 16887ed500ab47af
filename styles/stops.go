package styles

import "slices"

// stop is what an expression is from a zoom on.
type stop struct {
	from uint8
	expr any
}

// stops are the stops of an expression that changes as tiles get more fields, by rising zoom: each holds
// up to the next. Below the first there is nothing to read; nil is nothing at all.
type stops []stop

// from is the zoom from which there is something.
func (s stops) from() uint8 { return s[0].from }

// expr is the expression of all of them. MapLibre takes the zoom only outermost, so it may not be put
// into another.
func (s stops) expr() any {
	if len(s) == 1 {
		return s[0].expr
	}
	steps := []any{"step", []any{"zoom"}, s[0].expr}
	for _, one := range s[1:] {
		steps = append(steps, one.from, one.expr)
	}
	return steps
}

// at is what there is at a zoom; nil while there is nothing.
func (s stops) at(zoom uint8) any {
	var e any
	for _, one := range s {
		if one.from <= zoom {
			e = one.expr
		}
	}
	return e
}

// since is s from a zoom on.
func (s stops) since(zoom uint8) stops {
	var later stops
	for _, one := range s {
		if one.from <= zoom {
			later = stops{{zoom, one.expr}}
		} else {
			later = append(later, one)
		}
	}
	return later
}

// with is s beside t: together of both where there are both, and where there is one that one.
func (s stops) with(t stops, together func(s, t any) any) stops {
	var zooms []uint8
	for _, one := range slices.Concat(s, t) {
		zooms = append(zooms, one.from)
	}
	slices.Sort(zooms)
	var all stops
	for _, zoom := range slices.Compact(zooms) {
		a, b := s.at(zoom), t.at(zoom)
		switch {
		case b == nil:
			all = append(all, stop{zoom, a})
		case a == nil:
			all = append(all, stop{zoom, b})
		default:
			all = append(all, stop{zoom, together(a, b)})
		}
	}
	return all
}

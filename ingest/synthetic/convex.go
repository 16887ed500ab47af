package synthetic

// cut returns the part of the convex border p that lies left of the line from a to b and at least
// aside from it, in units of latitude; nothing when that is flat.
func (p path) cut(a, b place, aside int64) path {
	length := max(1, a.distance(b))
	distance := func(q place) int64 {
		dx, dy := a.offset(b)
		ex, ey := a.offset(q)
		return (dx*ey-dy*ex)/length - aside
	}
	var out path
	add := func(q place) {
		if len(out) == 0 || out[len(out)-1] != q && out[0] != q {
			out = append(out, q)
		}
	}
	last := p[len(p)-1]
	lastAt := distance(last)
	for _, q := range p {
		here := distance(q)
		if (here < 0) != (lastAt < 0) {
			add(last.towards(q, lastAt, lastAt-here))
		}
		if here >= 0 {
			add(q)
		}
		last, lastAt = q, here
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

// tidy returns the border p without places that are nearer than least to the one before, in units of
// latitude.
func (p path) tidy(least int64) path {
	var out path
	last := p[len(p)-1]
	for _, q := range p {
		if q.squared(last) >= least*least {
			out, last = append(out, q), q
		}
	}
	return out
}

// convex reports whether the counterclockwise border p nowhere turns right.
func (p path) convex() bool {
	for i := range p {
		if turn(p[i], p[(i+1)%len(p)], p[(i+2)%len(p)]) <= 0 {
			return false
		}
	}
	return true
}

// middle returns the mean of the places of p.
func (p path) middle() place {
	var sum place
	for _, q := range p {
		sum.x += q.x
		sum.y += q.y
	}
	return place{sum.x / int64(len(p)), sum.y / int64(len(p))}
}

// squareMetres returns the area inside p.
func (p path) squareMetres() int64 {
	return max(p.area(), -p.area()) / 2 / metre * cosine / 1000 / metre
}

// edge is a straight line between two places.
type edge struct{ a, b place }

// squared returns the square of the distance of q from e, in units of latitude.
func (e edge) squared(q place) int64 {
	dx, dy := e.a.offset(e.b)
	ex, ey := e.a.offset(q)
	whole := dx*dx + dy*dy
	part := ex*dx + ey*dy
	if whole == 0 || part <= 0 {
		return e.a.squared(q)
	}
	if part >= whole {
		return e.b.squared(q)
	}
	across := (dx*ey - dy*ex) / max(1, root(whole))
	return across * across
}

// crosses reports whether e and f have a place in common.
func (e edge) crosses(f edge) bool {
	if !(path{e.a, e.b}).box().meets(path{f.a, f.b}.box()) {
		return false
	}
	apart := func(p, q int64) bool { return p > 0 && q > 0 || p < 0 && q < 0 }
	return !apart(turn(e.a, e.b, f.a), turn(e.a, e.b, f.b)) && !apart(turn(f.a, f.b, e.a), turn(f.a, f.b, e.b))
}

// near reports whether e comes closer to the border p than aside, in units of latitude, or into it.
func (e edge) near(p path, aside int64) bool {
	least := aside * aside
	last := p[len(p)-1]
	for _, q := range p {
		side := edge{last, q}
		if e.squared(q) < least || side.squared(e.a) < least || side.squared(e.b) < least || side.crosses(e) {
			return true
		}
		last = q
	}
	return p.contains(e.a)
}

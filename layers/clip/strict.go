package clip

// strict reports whether rings are valid by themselves and meet nowhere, see [Clipper.Strict]. Far is
// whether they may reach beyond [MaxWindow].
func (c *chains) strict(r *rings, far bool) bool {
	c.rings = r
	if len(r.ends) == 1 {
		// The commonest rings by far need no tree.
		if !far && star(r.points[1:]) {
			return true
		}
		if len(r.points) <= 4*run {
			c.wide = far
			if fine, convex := c.turns(r.points); !fine || convex {
				return fine
			}
		}
	}
	c.build(r)
	from := 0
	for _, end := range r.ends {
		if fine, _ := c.turns(r.points[from:end]); !fine {
			return false
		}
		from = end
	}
	return c.apart(c.top(), 0) && c.nested()
}

// star reports whether a ring goes round the mean of its points once, always onwards: seen from there
// no edge hides another, so the ring is simple, and it is positive. Most small rings do.
func star(ring []Point) bool {
	b := ring[len(ring)-1]
	var m Point
	for _, p := range ring {
		m.X += p.X
		m.Y += p.Y
	}
	m.X /= int64(len(ring))
	m.Y /= int64(len(ring))
	round := 0
	bx, by := b.X-m.X, b.Y-m.Y
	for _, p := range ring {
		px, py := p.X-m.X, p.Y-m.Y
		if bx*py-by*px <= 0 {
			return false
		}
		if by < 0 && py >= 0 {
			round++
		}
		bx, by = px, py
	}
	return round == 1
}

// turns looks at where each edge of a ring goes on. It is not fine if two points are the same or the
// ring turns back on itself. It is convex if every turn is to the positive side or none and the ring
// goes round once: such a ring is simple and positive.
func (c *chains) turns(ring []Point) (fine, convex bool) {
	n := len(ring) - 1 // edges
	b := ring[n]
	dx, dy := b.X-ring[n-1].X, b.Y-ring[n-1].Y
	left := true
	changes := 0 // of heading between east and not east
	for _, p := range ring[1:] {
		ex, ey := p.X-b.X, p.Y-b.Y
		var t int64
		if c.wide {
			t = wideCross(dx, dy, ex, ey)
		} else {
			t = dx*ey - dy*ex
		}
		if t <= 0 {
			// On one line and back, or not on at all.
			if t == 0 && (ex|ey == 0 || opposite(ex, dx) || opposite(ey, dy)) {
				return false, false
			}
			left = left && t == 0
		}
		if (ex > 0) != (dx > 0) {
			changes++
		}
		b, dx, dy = p, ex, ey
	}
	return true, left && changes == 2
}

func opposite(a, b int64) bool { return a > 0 && b < 0 || a < 0 && b > 0 }

// sign returns a number with the sign of a simple ring's area.
func (c *chains) sign(ring []Point) int64 {
	n := len(ring) - 1
	at := lowest(ring[:n])
	before := at - 1
	if before < 0 {
		before = n - 1
	}
	return c.turn(ring[before], ring[at], ring[at+1])
}

// lowest returns the westernmost of points, of several the northernmost.
func lowest(points []Point) int {
	at := 0
	for i, p := range points {
		if q := points[at]; p.X < q.X || p.X == q.X && p.Y < q.Y {
			at = i
		}
	}
	return at
}

// apart reports whether no two edges below a node meet, apart from the common end of two that
// follow each other.
func (c *chains) apart(level, i int) bool {
	if level == 0 {
		l := &c.leaves[i]
		return l.straight || c.apartWithin(l)
	}
	if !c.apart(level-1, 2*i) {
		return false
	}
	if !c.has(level-1, 2*i+1) {
		return true
	}
	return c.apart(level-1, 2*i+1) && c.apartFrom(level-1, 2*i, 2*i+1)
}

// apartFrom reports the same for the edges below one node and those below another of its level.
func (c *chains) apartFrom(level, i, j int) bool {
	at := c.levels[level]
	if !c.boxes[at+i].meets(&c.boxes[at+j]) {
		return true
	}
	if level == 0 {
		return c.apartLeaves(&c.leaves[i], &c.leaves[j], &c.boxes[i], &c.boxes[j])
	}
	level--
	for k := 2 * i; k <= 2*i+1 && c.has(level, k); k++ {
		for l := 2 * j; l <= 2*j+1 && c.has(level, l); l++ {
			if !c.apartFrom(level, k, l) {
				return false
			}
		}
	}
	return true
}

func (c *chains) apartWithin(l *leaf) bool {
	points := c.rings.points
	whole := c.wraps(l, l)
	for e := l.from; e < l.to; e++ {
		a, b := points[e], points[e+1]
		s := span(a, b)
		for f := e + 2; f < l.to; f++ {
			p, q := points[f], points[f+1]
			if min(p.X, q.X) > s.MaxX || max(p.X, q.X) < s.MinX || min(p.Y, q.Y) > s.MaxY || max(p.Y, q.Y) < s.MinY {
				continue
			}
			if whole && e == l.from && f == l.to-1 {
				continue
			}
			if c.touch(a, b, p, q) {
				return false
			}
		}
	}
	return true
}

// apartLeaves compares the edges of two leaves, the first of which stands first.
func (c *chains) apartLeaves(l, m *leaf, lb, mb *Rect) bool {
	points := c.rings.points
	c.budget -= int(l.to-l.from) * int(m.to-m.from)
	if c.budget < 0 {
		return false
	}
	follows := l.ring == m.ring && l.to == m.from
	wraps := c.wraps(l, m)
	// Of the second leaf only the edges in the first one's box can meet it.
	var near [run]int32
	n := 0
	for f := m.from; f < m.to; f++ {
		p, q := points[f], points[f+1]
		if min(p.X, q.X) > lb.MaxX || max(p.X, q.X) < lb.MinX || min(p.Y, q.Y) > lb.MaxY || max(p.Y, q.Y) < lb.MinY {
			continue
		}
		near[n] = f
		n++
	}
	if n == 0 {
		return true
	}
	for e := l.from; e < l.to; e++ {
		a, b := points[e], points[e+1]
		s := span(a, b)
		if !s.meets(mb) {
			continue
		}
		for _, f := range near[:n] {
			p, q := points[f], points[f+1]
			if min(p.X, q.X) > s.MaxX || max(p.X, q.X) < s.MinX || min(p.Y, q.Y) > s.MaxY || max(p.Y, q.Y) < s.MinY {
				continue
			}
			if follows && e == l.to-1 && f == m.from || wraps && e == l.from && f == m.to-1 {
				continue
			}
			if c.touch(a, b, p, q) {
				return false
			}
		}
	}
	return true
}

// wraps reports whether l has the first edge of the ring whose last edge m has.
func (c *chains) wraps(l, m *leaf) bool {
	if l.ring != m.ring || int(m.to) != c.rings.ends[m.ring]-1 {
		return false
	}
	first := 0
	if l.ring > 0 {
		first = c.rings.ends[l.ring-1]
	}
	return int(l.from) == first
}

// touch reports whether the edges a→b and p→q, whose boxes meet, have a point in common.
func (c *chains) touch(a, b, p, q Point) bool {
	t, u := c.turn(a, b, p), c.turn(a, b, q)
	if t > 0 && u > 0 || t < 0 && u < 0 {
		return false
	}
	t, u = c.turn(p, q, a), c.turn(p, q, b)
	return (t <= 0 || u <= 0) && (t >= 0 || u >= 0)
}

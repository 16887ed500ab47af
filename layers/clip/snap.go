package clip

import (
	"cmp"
	"slices"
)

// rounds is how often rings are rounded before the answer becomes [Coarse]. One is enough by the
// theorem, and the next shows that it was.
const rounds = 4

// snaps is what a round of snap rounding finds.
type snaps struct {
	hits      []hit
	crossings []Point // rounded
	meet      bool    // two edges meet elsewhere than in an end of both
	next      rings
}

// hit is a point that an edge has to go through.
type hit struct {
	edge  int32
	exact bool // it is on the edge
	at    Point
}

// node rounds c.rings until edges meet in their ends only, and reports whether that was within the
// bounds.
//
// In a round each edge becomes the path through the centres of all hot squares that it passes. A
// square of one unit is hot if it is around an end of an edge or the place where two edges cross.
// After that no two edges cross, and none goes through an end of another (L. J. Guibas and
// D. H. Marimont, "Rounding arrangements dynamically", 1998).
//
// Where no two edges cross it is enough that edges get the ends that are exactly on them, and nothing
// moves: that is so where rings touch and along the window's sides, and it is why a second call
// changes nothing.
func (c *Clipper) node() bool {
	s := &c.snaps
	for range rounds {
		s.hits, s.crossings, s.meet = s.hits[:0], s.crossings[:0], false
		c.chains.build(&c.rings)
		if !c.chains.collect(s, c.chains.top(), 0) {
			return false
		}
		if !s.meet {
			return true
		}
		if len(s.crossings) == 0 {
			s.hits = slices.DeleteFunc(s.hits, func(h hit) bool { return !h.exact })
		}
		slices.SortFunc(s.crossings, comparePoints)
		s.crossings = slices.Compact(s.crossings)
		for _, v := range s.crossings {
			if !c.chains.through(s, c.chains.top(), 0, v) {
				return false
			}
		}
		s.round(&c.rings)
		c.rings, s.next = s.next, c.rings
	}
	return false
}

func comparePoints(a, b Point) int {
	if d := cmp.Compare(a.X, b.X); d != 0 {
		return d
	}
	return cmp.Compare(a.Y, b.Y)
}

// round fills s.next with r, each edge led through its hits.
func (s *snaps) round(r *rings) {
	points := r.points
	slices.SortFunc(s.hits, func(a, b hit) int {
		if a.edge != b.edge {
			return cmp.Compare(a.edge, b.edge)
		}
		// Squares that an edge passes follow each other in both directions.
		p, q := points[a.edge], points[a.edge+1]
		if d := cmp.Compare(a.at.X, b.at.X); d != 0 {
			if q.X < p.X {
				return -d
			}
			return d
		}
		d := cmp.Compare(a.at.Y, b.at.Y)
		if q.Y < p.Y {
			return -d
		}
		return d
	})
	s.hits = slices.Compact(s.hits)
	s.next.reset()
	hits := s.hits
	from := 0
	for _, end := range r.ends {
		for e := from; e < end; e++ {
			s.next.points = append(s.next.points, points[e])
			for len(hits) > 0 && hits[0].edge == int32(e) {
				s.next.points = append(s.next.points, hits[0].at)
				hits = hits[1:]
			}
		}
		s.next.ends = append(s.next.ends, len(s.next.points))
		from = end
	}
}

// collect adds what the edges below a node have to go through because of each other's ends, and
// where they cross. It reports whether that stayed within the bound.
func (c *chains) collect(s *snaps, level, i int) bool {
	if level == 0 {
		l := &c.leaves[i]
		for e := l.from; e < l.to; e++ {
			for f := e + 1; f < l.to; f++ {
				c.note(s, e, f)
			}
		}
		return true
	}
	if !c.collect(s, level-1, 2*i) {
		return false
	}
	if !c.has(level-1, 2*i+1) {
		return true
	}
	return c.collect(s, level-1, 2*i+1) && c.collectFrom(s, level-1, 2*i, 2*i+1)
}

// collectFrom does the same for the edges below one node with those below another of its level.
func (c *chains) collectFrom(s *snaps, level, i, j int) bool {
	at := c.levels[level]
	if !c.boxes[at+i].meets(&c.boxes[at+j]) {
		return true
	}
	if level == 0 {
		l, m := &c.leaves[i], &c.leaves[j]
		for e := l.from; e < l.to; e++ {
			for f := m.from; f < m.to; f++ {
				c.note(s, e, f)
			}
		}
		c.budget -= int(l.to-l.from) * int(m.to-m.from)
		return c.budget >= 0 && len(s.hits)+len(s.crossings) <= c.room
	}
	level--
	for k := 2 * i; k <= 2*i+1 && c.has(level, k); k++ {
		for l := 2 * j; l <= 2*j+1 && c.has(level, l); l++ {
			if !c.collectFrom(s, level, k, l) {
				return false
			}
		}
	}
	return true
}

// note compares two edges.
func (c *chains) note(s *snaps, e, f int32) {
	a, b := c.rings.points[e], c.rings.points[e+1]
	p, q := c.rings.points[f], c.rings.points[f+1]
	eb, fb := span(a, b), span(p, q)
	if !eb.meets(&fb) {
		return
	}
	s.note(e, a, b, &eb, p)
	s.note(e, a, b, &eb, q)
	s.note(f, p, q, &fb, a)
	s.note(f, p, q, &fb, b)
	t, u := turn(a, b, p), turn(a, b, q)
	v, w := turn(p, q, a), turn(p, q, b)
	if (t > 0 && u < 0 || t < 0 && u > 0) && (v > 0 && w < 0 || v < 0 && w > 0) {
		s.meet = true
		s.crossings = append(s.crossings, crossing(a, b, p, q))
	}
}

// note adds the hit of v on the edge a→b, if it is one.
func (s *snaps) note(edge int32, a, b Point, box *Rect, v Point) {
	if v == a || v == b || !box.contains(v) || !passes(a, b, v) {
		return
	}
	exact := turn(a, b, v) == 0
	s.hits = append(s.hits, hit{edge, exact, v})
	s.meet = s.meet || exact
}

// through adds the hits of a crossing on the edges below a node.
func (c *chains) through(s *snaps, level, i int, v Point) bool {
	b := &c.boxes[c.levels[level]+i]
	c.budget--
	if !b.contains(v) {
		return c.budget >= 0
	}
	if level > 0 {
		return c.through(s, level-1, 2*i, v) &&
			(!c.has(level-1, 2*i+1) || c.through(s, level-1, 2*i+1, v))
	}
	l := &c.leaves[i]
	for e := l.from; e < l.to; e++ {
		p, q := c.rings.points[e], c.rings.points[e+1]
		box := span(p, q)
		s.note(e, p, q, &box, v)
	}
	return len(s.hits) <= c.room
}

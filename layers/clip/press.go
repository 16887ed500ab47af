package clip

import "slices"

// cut is what becomes of one edge in a window: a path from the point of the window that is nearest
// to its start to the one that is nearest to its end.
type cut struct {
	path [5]Point // without its first point
	n    int

	in   bool  // whether a part of the edge is in the window
	p, q Point // from where to where
}

func (c *cut) add(p Point) {
	c.path[c.n] = p
	c.n++
}

// cut cuts the edge a→b. Crossings are computed from a and b and rounded once.
func (r *Rect) cut(a, b Point) (c cut) {
	if a.X < r.MinX && b.X < r.MinX || a.X > r.MaxX && b.X > r.MaxX ||
		a.Y < r.MinY && b.Y < r.MinY || a.Y > r.MaxY && b.Y > r.MaxY {
		c.add(r.nearest(b))
		return c
	}
	// The part between the western and the eastern line, then what of that is between the others.
	p, q := r.toX(a, b, a), r.toX(a, b, b)
	if p != a {
		c.add(r.nearest(p))
	}
	if (p.Y >= r.MinY || q.Y >= r.MinY) && (p.Y <= r.MaxY || q.Y <= r.MaxY) {
		c.in, c.p, c.q = true, r.toY(a, b, p, p, q), r.toY(a, b, q, p, q)
		c.add(c.p)
		c.add(c.q)
	}
	if q != b {
		c.add(r.nearest(q))
	}
	c.add(r.nearest(b))
	return c
}

// toX returns end, one of a and b, or where the edge a→b crosses the western or eastern line of r
// that end is beyond.
func (r *Rect) toX(a, b, end Point) Point {
	x := min(max(end.X, r.MinX), r.MaxX)
	if x == end.X {
		return end
	}
	if a.X > b.X {
		a, b = b, a
	}
	return Point{x, a.Y + share(b.Y-a.Y, x-a.X, b.X-a.X)}
}

// toY returns end, one of p and q, or where the edge a→b, whose part from p to q is between the
// western and the eastern line, crosses the northern or southern line that end is beyond.
func (r *Rect) toY(a, b, end, p, q Point) Point {
	y := min(max(end.Y, r.MinY), r.MaxY)
	if y == end.Y {
		return end
	}
	if a.Y > b.Y {
		a, b = b, a
	}
	// Where p or q was rounded onto the line the crossing lies beyond it.
	x := a.X + share(b.X-a.X, y-a.Y, b.Y-a.Y)
	return Point{min(max(x, min(p.X, q.X)), max(p.X, q.X)), y}
}

// press fills c.rings with the rings of in, pressed into w, and reports whether that changed nothing.
// Rings that end without an area as seen from their number of points are left out.
func (c *Clipper) press(in Paths, w Rect) (same bool) {
	c.rings.reset()
	same = true
	from := 0
	for _, end := range in.Ends {
		ring := in.Points[from:end]
		from = end
		if len(ring) < 3 {
			same = false
			continue
		}
		b := box(ring)
		first := len(c.rings.points)
		switch {
		case b.MinX >= w.MaxX || b.MaxX <= w.MinX || b.MinY >= w.MaxY || b.MaxY <= w.MinY:
		case w.holds(&b):
			c.rings.copy(ring)
		default:
			c.rings.press(ring, &w)
		}
		same = same && len(c.rings.points) == first+len(ring) && w.holds(&b)
		c.rings.close(first)
	}
	return same
}

// copy appends a ring without its repeated points.
func (r *rings) copy(ring []Point) {
	n := len(r.points)
	r.points = slices.Grow(r.points, len(ring)+1)[:n+len(ring)]
	last := ring[len(ring)-1]
	for _, p := range ring {
		r.points[n] = p
		if p != last {
			n++
		}
		last = p
	}
	r.points = r.points[:n]
}

// press appends the path of a ring that is pressed into w. Of points that follow each other on one
// side of w only the outer two are kept: what lies between them is a path along that side, which
// surrounds nothing.
func (r *rings) press(ring []Point, w *Rect) {
	first := len(r.points)
	a := ring[len(ring)-1]
	for _, b := range ring {
		if w.contains(a) && w.contains(b) {
			r.pressed(first, b, w)
		} else {
			c := w.cut(a, b)
			for _, p := range c.path[:c.n] {
				r.pressed(first, p, w)
			}
		}
		a = b
	}
	// The same where the end meets the start; a few times, for each may move the whole ring. What is
	// left cancels later.
	for range 4 {
		n := len(r.points) - first
		if n < 3 {
			return
		}
		p := r.points[first:]
		switch {
		case p[n-1] == p[0] || w.aside(p[n-2], p[n-1], p[0]):
			r.points = r.points[:first+n-1]
		case w.aside(p[n-1], p[0], p[1]):
			r.points = append(r.points[:first], p[1:]...)
		default:
			return
		}
	}
}

// pressed appends a point to the ring that starts at points[first].
func (r *rings) pressed(first int, p Point, w *Rect) {
	n := len(r.points)
	if n > first && r.points[n-1] == p {
		return
	}
	if n > first+1 && w.aside(r.points[n-2], r.points[n-1], p) {
		r.points = r.points[:n-1]
		n--
		if r.points[n-1] == p {
			return
		}
	}
	r.points = append(r.points, p)
}

// aside reports whether three points are on one side of r.
func (r *Rect) aside(a, b, c Point) bool {
	return a.X == b.X && b.X == c.X && (b.X == r.MinX || b.X == r.MaxX) ||
		a.Y == b.Y && b.Y == c.Y && (b.Y == r.MinY || b.Y == r.MaxY)
}

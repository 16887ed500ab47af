package clip

// nested reports whether rings that meet nowhere stand in the right order and the right way round:
// positive rings that are outside of all others or in a hole, each followed by its holes.
//
// With the winding numbers of one point of each ring (its own edges left out) that is: an exterior
// ring is outside, 0; a hole is inside, 1, its own exterior ring surrounds it, and none of the other
// holes of that ring does. Nested rings then alternate; were a hole in the wrong exterior ring, a hole
// between the two rings would be as well, one further out, and so on without end.
func (c *chains) nested() bool {
	from := 0
	first, last := -1, -1 // the exterior ring and the last of its holes
	for i, end := range c.rings.ends {
		ring := c.rings.points[from:end]
		from = end
		hole := c.sign(ring) < 0
		if !hole {
			first, last = i, i
			for last+1 < len(c.rings.ends) && c.signOf(last+1) < 0 {
				last++
			}
		}
		if first < 0 {
			return false // a hole of nothing
		}
		if len(c.rings.ends) == 1 {
			return true
		}
		var s sums
		s.of, s.first, s.last = int32(i), int32(first), int32(last)
		s.at = ring[lowest(ring)]
		c.surround(c.top(), 0, &s)
		if c.budget < 0 {
			return false
		}
		if !hole && s.all != 0 || hole && (s.all != 1 || s.exterior != 1 || s.holes != 0) {
			return false
		}
	}
	return true
}

func (c *chains) signOf(ring int) int64 {
	return c.sign(c.rings.points[c.rings.ends[ring-1]:c.rings.ends[ring]])
}

// sums are the winding numbers around a point.
type sums struct {
	at          Point
	of          int32 // the ring it is on, which does not count
	first, last int32 // its exterior ring and the last hole of that

	all, exterior, holes int
}

// surround adds the rings below a node.
func (c *chains) surround(level, i int, s *sums) {
	b := &c.boxes[c.levels[level]+i]
	if s.at.Y < b.MinY || s.at.Y > b.MaxY || s.at.X < b.MinX {
		return
	}
	if level > 0 {
		c.surround(level-1, 2*i, s)
		if c.has(level-1, 2*i+1) {
			c.surround(level-1, 2*i+1, s)
		}
		return
	}
	l := &c.leaves[i]
	c.budget--
	if l.ring == s.of {
		return
	}
	n := 0
	for e := l.from; e < l.to; e++ {
		n += c.passing(c.rings.points[e], c.rings.points[e+1], s.at)
	}
	s.all += n
	if l.ring == s.first {
		s.exterior += n
	} else if l.ring > s.first && l.ring <= s.last {
		s.holes += n
	}
}

// passing returns what the edge a→b adds to the winding number around p: it counts where it crosses
// the line from p to the west.
func (c *chains) passing(a, b, p Point) int {
	switch {
	case a.Y <= p.Y && p.Y < b.Y:
		if c.turn(a, b, p) < 0 {
			return -1
		}
	case b.Y <= p.Y && p.Y < a.Y:
		if c.turn(a, b, p) > 0 {
			return 1
		}
	}
	return 0
}

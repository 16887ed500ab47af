package clip

import (
	"cmp"
	"slices"
)

// tracer makes rings of linked border edges.
type tracer struct {
	walk   []step
	seen   []int32 // where each pinch stands in walk, −1 for nowhere
	points []Point // of the rings that are made
	made   []made
}

// step is a spot of a walk and its pinch, −1 if it is none.
type step struct {
	at    spot
	pinch int32
}

// made is one ring.
type made struct {
	from, to int // in points
	exterior int32
	hole     bool
	a, b     spot // its first two points, the first of which is its lowest spot
}

// trace fills out with the rings of the border. Exterior rings are in the order of their lowest
// spots, each before its holes in theirs, and each ring starts at its lowest spot: the result
// depends on what is inside, not on the rings that went in.
//
// A walk along the border, inside always at the left, goes around one connected part of the inside or
// around one gap in it. Where it comes to a spot again it is cut there: one of the pieces of an outer
// walk is the exterior ring, all others are holes that touch it or each other in that spot.
func (s *sweep) trace(out *Paths) {
	s.points, s.made = s.points[:0], s.made[:0]
	s.seen = s.seen[:0]
	for range s.pinches {
		s.seen = append(s.seen, -1)
	}
	exteriors := int32(0)
	for i := range s.states {
		st := &s.states[i]
		if !st.border() || st.ring >= 0 {
			continue
		}
		// The lowest edge at the lowest spot of its walk has the inside above it if the walk goes
		// around it, below if around a gap.
		exterior := exteriors
		if st.forward() {
			exteriors++
		} else if st.under >= 0 {
			exterior = s.states[st.under].ring
		}
		s.follow(int32(i), exterior)
	}
	slices.SortFunc(s.made, func(m, n made) int {
		if m.exterior != n.exterior {
			return cmp.Compare(m.exterior, n.exterior)
		}
		if m.hole != n.hole {
			if n.hole {
				return -1
			}
			return 1
		}
		if d := cmp.Compare(m.a, n.a); d != 0 {
			return d
		}
		return cmp.Compare(m.b, n.b)
	})
	out.Reset()
	for _, m := range s.made {
		out.Points = append(out.Points, s.points[m.from:m.to]...)
		out.End()
	}
}

// follow walks from an edge until it comes to it again.
func (s *sweep) follow(start, exterior int32) {
	s.walk = s.walk[:0]
	for i := start; ; {
		st, e := &s.states[i], &s.edges[i]
		st.ring = exterior
		head := step{e.b, st.pinch[1]}
		if !st.forward() {
			head = step{e.a, st.pinch[0]}
		}
		if head.pinch >= 0 {
			if at := s.seen[head.pinch]; at >= 0 {
				s.ring(int(at), exterior)
			} else {
				s.seen[head.pinch] = int32(len(s.walk))
				s.walk = append(s.walk, head)
			}
		} else if !s.straight(e, &s.edges[st.next]) {
			s.walk = append(s.walk, head)
		}
		if i = st.next; i == start {
			break
		}
	}
	s.ring(0, exterior)
	if p := s.walk[0].pinch; p >= 0 {
		s.seen[p] = -1
	}
}

// straight reports whether two edges that follow each other are on one line.
func (s *sweep) straight(e, f *edge) bool {
	a, b, c, d := e.a.point(), e.b.point(), f.a.point(), f.b.point()
	return (b.X-a.X)*(d.Y-c.Y) == (b.Y-a.Y)*(d.X-c.X)
}

// ring makes a ring of walk[at:], and leaves the spot at in the walk.
func (s *sweep) ring(at int, exterior int32) {
	steps := s.walk[at:]
	low := 0
	for i := range steps {
		if steps[i].at < steps[low].at {
			low = i
		}
	}
	n := len(steps)
	if n >= 3 {
		from := len(s.points)
		for i := range n {
			s.points = append(s.points, steps[(low+i)%n].at.point())
		}
		p := s.points[from:]
		s.made = append(s.made, made{
			from: from, to: from + n, exterior: exterior,
			hole: turn(p[n-1], p[0], p[1]) < 0, a: steps[low].at, b: steps[(low+1)%n].at,
		})
	}
	for _, st := range steps[1:] {
		if st.pinch >= 0 {
			s.seen[st.pinch] = -1
		}
	}
	s.walk = s.walk[:at+1]
}

package clip

import (
	"cmp"
	"slices"
)

// most is the largest number of edges that the sweep line may meet at once.
const most = 1 << 14

// spot is a point as a number: spots compare as their points do from west to east, on one meridian
// from north to south. Coordinates are within [MaxWindow].
type spot uint64

func spotAt(p Point) spot { return spot(p.X+MaxWindow)<<32 | spot(p.Y+MaxWindow) }

func (s spot) point() Point {
	return Point{int64(s>>32) - MaxWindow, int64(s&(1<<32-1)) - MaxWindow}
}

// edge is one edge of the arrangement, however many rings go along it.
type edge struct {
	a, b   spot  // a < b
	weight int32 // rings that go from a to b, less those that go from b to a
}

// state is what the sweep finds out about an edge. "Above" an edge is the side where it turns to a
// positive ring's inside when followed from a to b, the south; names are as on paper with y up.
type state struct {
	below, above int32    // winding numbers
	under        int32    // border below it when it came, −1 for none
	next         int32    // the border edge that goes on from this one
	pinch        [2]int32 // number of the pinch at a and b, −1 if it is none
	ring         int32    // the exterior ring that a border edge came to belong to, −1 for none yet
}

// border reports whether one side of the edge is inside and the other is not.
func (s *state) border() bool { return (s.below > 0) != (s.above > 0) }

// forward reports whether the border runs from a to b, with its inside above.
func (s *state) forward() bool { return s.above > 0 }

// sweep turns an arrangement of edges that meet in their ends only into rings.
type sweep struct {
	edges   []edge  // by a, from below
	byEnd   []int32 // by b
	states  []state
	line    []int32 // edges that the sweep line meets, from below
	around  []int32 // border edges around a spot, counter-clockwise from straight down
	pinches int

	tracer
}

// load takes the edges of noded rings.
func (s *sweep) load(r *rings) {
	s.edges = s.edges[:0]
	from := 0
	for _, end := range r.ends {
		for i := from; i+1 < end; i++ {
			s.add(r.points[i], r.points[i+1])
		}
		from = end
	}
}

// add takes an edge.
func (s *sweep) add(a, b Point) {
	p, q := spotAt(a), spotAt(b)
	if p < q {
		s.edges = append(s.edges, edge{p, q, 1})
	} else if q < p {
		s.edges = append(s.edges, edge{q, p, -1})
	}
}

// link merges edges that coincide, finds the winding number on both sides of each, and links those
// of the border. It reports whether the edges were an arrangement and the bound was kept.
func (s *sweep) link() bool {
	s.order()
	s.states = slices.Grow(s.states[:0], len(s.edges))[:len(s.edges)]
	s.line, s.pinches = s.line[:0], 0
	i, j := 0, 0
	for j < len(s.byEnd) {
		at := s.edges[s.byEnd[j]].b
		if i < len(s.edges) {
			at = min(at, s.edges[i].a)
		}
		starts, ends := i, j
		for i < len(s.edges) && s.edges[i].a == at {
			i++
		}
		for j < len(s.byEnd) && s.edges[s.byEnd[j]].b == at {
			j++
		}
		if !s.visit(at, starts, i, j-ends) {
			return false
		}
	}
	return true
}

// order sorts and merges the edges.
func (s *sweep) order() {
	slices.SortFunc(s.edges, func(e, f edge) int {
		if d := cmp.Compare(e.a, f.a); d != 0 {
			return d
		}
		return cmp.Compare(e.b, f.b)
	})
	n := 0
	for i := 0; i < len(s.edges); {
		e := s.edges[i]
		for i++; i < len(s.edges) && s.edges[i].a == e.a && s.edges[i].b == e.b; i++ {
			e.weight += s.edges[i].weight
		}
		if e.weight != 0 {
			s.edges[n] = e
			n++
		}
	}
	s.edges = s.edges[:n]
	for i := 0; i < n; {
		from, a := i, s.edges[i].a
		for i < n && s.edges[i].a == a {
			i++
		}
		if i-from > 1 {
			// Of those that start together the lower first.
			slices.SortFunc(s.edges[from:i], func(e, f edge) int {
				return -sign(turn(a.point(), e.b.point(), f.b.point()))
			})
		}
	}
	s.byEnd = s.byEnd[:0]
	for i := range s.edges {
		s.byEnd = append(s.byEnd, int32(i))
	}
	slices.SortFunc(s.byEnd, func(i, j int32) int { return cmp.Compare(s.edges[i].b, s.edges[j].b) })
}

func sign(n int64) int { return cmp.Compare(n, 0) }

// visit moves the sweep line over a spot where the edges from…to−1 start and a number of others end.
func (s *sweep) visit(at spot, from, to, ends int) bool {
	v := at.point()
	lo, _ := slices.BinarySearchFunc(s.line, v, func(i int32, v Point) int {
		e := &s.edges[i]
		if turn(e.a.point(), e.b.point(), v) > 0 {
			return -1
		}
		return 1
	})
	hi := lo + ends
	if hi > len(s.line) || len(s.line)-ends+to-from > most {
		return false
	}
	below, under := int32(0), int32(-1)
	if lo > 0 {
		i := s.line[lo-1]
		below, under = s.states[i].above, s.states[i].under
		if s.states[i].border() {
			under = i
		}
	}
	s.around = s.around[:0]
	for i := from; i < to; i++ {
		st := state{below: below, above: below + s.edges[i].weight, under: under, next: -1, pinch: [2]int32{-1, -1}, ring: -1}
		s.states[i] = st
		below = st.above
		if st.border() {
			under = int32(i)
			s.around = append(s.around, int32(i))
		}
	}
	for k := hi - 1; k >= lo; k-- {
		i := s.line[k]
		if s.edges[i].b != at {
			return false
		}
		if s.states[i].border() {
			s.around = append(s.around, i)
		}
	}
	s.join(at)
	s.replace(lo, hi, from, to)
	return true
}

// replace puts the edges from…to−1 in the place of line[lo:hi].
func (s *sweep) replace(lo, hi, from, to int) {
	n, old := to-from, len(s.line)
	more := n - (hi - lo)
	if more > 0 {
		s.line = slices.Grow(s.line, more)[:old+more]
	}
	copy(s.line[lo+n:], s.line[hi:old])
	s.line = s.line[:old+more]
	for i := range n {
		s.line[lo+i] = int32(from + i)
	}
}

// join links the border edges around a spot: the one that comes in goes on with the next clockwise,
// so that what lies between the two is inside.
func (s *sweep) join(at spot) {
	n := len(s.around)
	pinch := int32(-1)
	if n > 2 {
		pinch = int32(s.pinches)
		s.pinches++
	}
	for k, i := range s.around {
		st := &s.states[i]
		starts := s.edges[i].a == at
		if starts {
			st.pinch[0] = pinch
		} else {
			st.pinch[1] = pinch
		}
		if starts != st.forward() {
			st.next = s.around[(k+n-1)%n]
		}
	}
}

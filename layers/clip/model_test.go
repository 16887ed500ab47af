package clip

import (
	"fmt"
	"math/big"
	"math/rand/v2"
)

// paths makes Paths of rings.
func paths(rings ...[]Point) (p Paths) {
	for _, r := range rings {
		p.Points = append(p.Points, r...)
		p.End()
	}
	return p
}

// apart returns the rings of p, copied.
func apart(p Paths) (rings [][]Point) {
	for i := range p.Len() {
		rings = append(rings, append([]Point(nil), p.At(i)...))
	}
	return rings
}

// area2 is twice the surveyor's area.
func area2(ring []Point) int64 {
	sum := new(big.Int)
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		sum.Add(sum, new(big.Int).Mul(big.NewInt(a.X), big.NewInt(b.Y)))
		sum.Sub(sum, new(big.Int).Mul(big.NewInt(a.Y), big.NewInt(b.X)))
	}
	return sum.Int64()
}

func areaOf(p Paths) (sum int64) {
	for i := range p.Len() {
		sum += area2(p.At(i))
	}
	return sum
}

// bigTurn is the sign of turn, by math/big where products could be large.
func bigTurn(a, b, c Point) int {
	reach := int64(0)
	for _, v := range [6]int64{a.X, a.Y, b.X, b.Y, c.X, c.Y} {
		reach = max(reach, v, -v)
	}
	if reach < 1<<29 {
		l, r := (b.X-a.X)*(c.Y-a.Y), (b.Y-a.Y)*(c.X-a.X)
		switch {
		case l > r:
			return 1
		case l < r:
			return -1
		}
		return 0
	}
	sub := func(x, y int64) *big.Int { return new(big.Int).Sub(big.NewInt(x), big.NewInt(y)) }
	l := new(big.Int).Mul(sub(b.X, a.X), sub(c.Y, a.Y))
	return l.Cmp(new(big.Int).Mul(sub(b.Y, a.Y), sub(c.X, a.X)))
}

// winding is the winding number of rings around p, or on if p is on one of them.
func winding(p Paths, at Point) (n int, on bool) {
	for i := range p.Len() {
		ring := p.At(i)
		for k, a := range ring {
			b := ring[(k+1)%len(ring)]
			if min(a.Y, b.Y) > at.Y || max(a.Y, b.Y) < at.Y {
				continue
			}
			t := bigTurn(a, b, at)
			if t == 0 && min(a.X, b.X) <= at.X && at.X <= max(a.X, b.X) && min(a.Y, b.Y) <= at.Y && at.Y <= max(a.Y, b.Y) {
				return 0, true
			}
			if a.Y <= at.Y && at.Y < b.Y && t > 0 {
				n++
			} else if b.Y <= at.Y && at.Y < a.Y && t < 0 {
				n--
			}
		}
	}
	return n, false
}

// far reports whether at is further than within units from every edge of p, by squares of distances.
func far(p Paths, at Point, within int64) bool {
	for i := range p.Len() {
		ring := p.At(i)
		for k, a := range ring {
			b := ring[(k+1)%len(ring)]
			dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
			px, py := float64(at.X-a.X), float64(at.Y-a.Y)
			t := 0.0
			if d := dx*dx + dy*dy; d > 0 {
				t = min(max((px*dx+py*dy)/d, 0), 1)
			}
			ex, ey := px-t*dx, py-t*dy
			if ex*ex+ey*ey <= float64(within*within) {
				return false
			}
		}
	}
	return true
}

// invalid says what is wrong with polygons as Polygon returns them, in O(n²): no repeated point, each
// ring simple, exterior rings positive and each followed by its negative holes, rings meet in points
// only, holes inside their exterior ring, insides apart, each inside connected.
func invalid(p Paths) error {
	type seg struct {
		a, b Point
		ring int
	}
	var segs []seg
	exterior := make([]int, p.Len())
	for i := range p.Len() {
		ring := p.At(i)
		if len(ring) < 3 {
			return fmt.Errorf("ring %d has %d points", i, len(ring))
		}
		switch a := area2(ring); {
		case a == 0:
			return fmt.Errorf("ring %d has no area", i)
		case a > 0:
			exterior[i] = i
		case i == 0:
			return fmt.Errorf("a hole comes first")
		default:
			exterior[i] = exterior[i-1]
		}
		for k, a := range ring {
			segs = append(segs, seg{a, ring[(k+1)%len(ring)], i})
		}
	}
	touches := map[Point]map[int]bool{}
	in := func(s seg, v Point) bool {
		return bigTurn(s.a, s.b, v) == 0 && min(s.a.X, s.b.X) <= v.X && v.X <= max(s.a.X, s.b.X) &&
			min(s.a.Y, s.b.Y) <= v.Y && v.Y <= max(s.a.Y, s.b.Y)
	}
	for i, s := range segs {
		if s.a == s.b {
			return fmt.Errorf("ring %d repeats %v", s.ring, s.a)
		}
		for _, t := range segs[i+1:] {
			if sb, tb := span(s.a, s.b), span(t.a, t.b); !sb.meets(&tb) {
				continue
			}
			o1, o2 := bigTurn(s.a, s.b, t.a), bigTurn(s.a, s.b, t.b)
			o3, o4 := bigTurn(t.a, t.b, s.a), bigTurn(t.a, t.b, s.b)
			if o1*o2 < 0 && o3*o4 < 0 {
				return fmt.Errorf("%v of ring %d crosses %v of ring %d", s, s.ring, t, t.ring)
			}
			shared := map[Point]bool{}
			for _, v := range []Point{t.a, t.b} {
				if in(s, v) {
					shared[v] = true
				}
			}
			for _, v := range []Point{s.a, s.b} {
				if in(t, v) {
					shared[v] = true
				}
			}
			if len(shared) > 1 {
				return fmt.Errorf("%v of ring %d overlaps %v of ring %d", s, s.ring, t, t.ring)
			}
			for v := range shared {
				if s.ring == t.ring {
					if s.b == t.a && v == s.b || t.b == s.a && v == t.b {
						continue
					}
					return fmt.Errorf("ring %d touches itself at %v", s.ring, v)
				}
				if touches[v] == nil {
					touches[v] = map[int]bool{}
				}
				touches[v][s.ring], touches[v][t.ring] = true, true
			}
		}
	}
	// Rings do not cross: one corner cut of each tells where it lies. The middle of a ring's edge is
	// on no other ring unless they overlap; in coordinates that are doubled it is a point.
	double := Paths{Ends: p.Ends}
	for _, v := range p.Points {
		double.Add(2*v.X, 2*v.Y)
	}
	for i := range p.Len() {
		ring := double.At(i)
		mid := Point{(ring[0].X + ring[1].X) / 2, (ring[0].Y + ring[1].Y) / 2}
		all, own, siblings := 0, 0, 0
		for k := range p.Len() {
			if k == i {
				continue
			}
			n, on := winding(paths(double.At(k)), mid)
			if on {
				// Another ring touches there; the ends were compared above, so look at a quarter.
				return fmt.Errorf("ring %d lies on ring %d at half of %v", i, k, mid)
			}
			all += n
			if k == exterior[i] {
				own = n
			} else if exterior[k] == exterior[i] {
				siblings += n
			}
		}
		if exterior[i] == i && all != 0 || exterior[i] != i && (all != 1 || own != 1 || siblings != 0) {
			return fmt.Errorf("ring %d is in the wrong place: %d, %d, %d", i, all, own, siblings)
		}
	}
	// Each inside is connected iff the graph of its rings and their touches has no cycle.
	parent := map[any]any{}
	var find func(x any) any
	find = func(x any) any {
		if q, ok := parent[x]; ok && q != x {
			return find(q)
		}
		return x
	}
	for v, rings := range touches {
		for r := range rings {
			type node struct {
				at       Point
				exterior int
			}
			x, y := find(any(node{v, exterior[r]})), find(any(r))
			if x == y {
				return fmt.Errorf("the inside of ring %d is cut in two at %v", exterior[r], v)
			}
			parent[x] = y
		}
	}
	return nil
}

// scribble is a ring of random points.
func scribble(r *rand.Rand, n, size int) (ring []Point) {
	for range n {
		ring = append(ring, Point{int64(r.IntN(size)), int64(r.IntN(size))})
	}
	return ring
}

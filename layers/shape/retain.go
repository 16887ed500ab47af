package shape

import (
	"math"
	"math/bits"
)

// Retain writes into details the lowest detail at which each vertex of a line, or of an open ring,
// survives simplification by Douglas and Peucker (1973) with a tolerance of one tile unit. The ends of
// a line, and of a ring the first vertex and the one farthest from it, survive always. A vertex never
// survives a vertex that it depends on, so the survivors of a detail are those that the algorithm
// gives for it. details has the length of x and y, at least 1.
//
// Cost is O(n log n) for real lines; a line made to be slow is cut in the middle below a depth of
// 2·log₂(n) + 16, which bounds it to that many passes.
func Retain(x, y []uint32, ring bool, details []uint8) {
	n := len(x)
	for i := range details {
		details[i] = MaxDetail
	}
	details[0] = 0
	r := newRetainer(x, y, details)
	if !ring {
		details[n-1] = 0
		r.split(0, n-1)
		return
	}
	far, most := 0, 0.0
	for i := 1; i < n; i++ {
		if d := r.squared(i, 0); d > most {
			far, most = i, d
		}
	}
	details[far] = 0
	r.split(0, far)
	r.split(far, n)
}

// retainer is one run of Retain.
type retainer struct {
	x, y    []uint32
	details []uint8
	deepest int
	stack   []stretch
	// measured counts the vertices whose distance was taken, each time.
	measured int
}

func newRetainer(x, y []uint32, details []uint8) *retainer {
	return &retainer{x: x, y: y, details: details, deepest: 2*bits.Len(uint(len(x))) + 16}
}

// stretch is the vertices between two that survive, of which the higher detail is at least.
type stretch struct {
	from, to int // to may be len(x), which stands for vertex 0 of a ring
	least    uint8
	depth    int
}

func (r *retainer) split(from, to int) {
	r.stack = append(r.stack[:0], stretch{from, to, 0, 0})
	for len(r.stack) > 0 {
		s := r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
		if s.to-s.from < 2 {
			continue
		}
		at, distance := r.farthest(s.from, s.to)
		if s.depth >= r.deepest {
			at = (s.from + s.to) / 2
		}
		d := max(detailOf(distance), s.least)
		r.details[at] = d
		r.stack = append(r.stack, stretch{s.from, at, d, s.depth + 1}, stretch{at, s.to, d, s.depth + 1})
	}
}

// squared returns the squared distance of two vertices.
func (r *retainer) squared(i, k int) float64 {
	dx, dy := float64(r.x[i])-float64(r.x[k]), float64(r.y[i])-float64(r.y[k])
	return float64(dx*dx) + float64(dy*dy) // converted so that no platform fuses them
}

// farthest returns the vertex between from and to that is farthest from the segment between them,
// the first of several, and its distance in world units.
func (r *retainer) farthest(from, to int) (at int, distance float64) {
	x0, y0 := float64(r.x[from]), float64(r.y[from])
	end := to % len(r.x)
	ex, ey := float64(r.x[end])-x0, float64(r.y[end])-y0
	length := float64(ex*ex) + float64(ey*ey)
	at, most := from+1, -1.0
	r.measured += to - from - 1
	for i := from + 1; i < to; i++ {
		px, py := float64(r.x[i])-x0, float64(r.y[i])-y0
		d := 0.0
		switch along := float64(px*ex) + float64(py*ey); {
		case along <= 0:
			d = float64(px*px) + float64(py*py)
		case along >= length:
			qx, qy := px-ex, py-ey
			d = float64(qx*qx) + float64(qy*qy)
		default:
			across := float64(px*ey) - float64(py*ex)
			d = float64(across*across) / length
		}
		if d > most {
			at, most = i, d
		}
	}
	return at, math.Sqrt(most)
}

// detailOf returns the lowest detail at which a distance in world units is more than one tile unit.
func detailOf(distance float64) uint8 {
	f, e := math.Frexp(distance) // distance = f·2^e with f in [½, 1)
	if f == 0.5 {
		e-- // more than, not as much
	}
	return uint8(min(max(MaxDetail+1-e, 0), MaxDetail))
}

package hexgrid

import (
	"math"
	"sync/atomic"
)

// Lookups through the C library take more than a microsecond, nearly all of it trigonometry about angles that are
// not needed. Here is the same with vectors, for places of which rounding cannot change the answer; the library is
// asked for all others.
//
// H3 lies on an icosahedron whose vertices are the middles of the pentagons. A place is projected from the
// centre of the Earth to the plane of the nearest face (gnomonic), where the vertices of the face are at 2, 2ω
// and 2ω² in units of resolution 0, and the cells of resolution 0 at the Eisenstein integers a + bω, with ω
// at 120°. One resolution finer is a multiplication by 2 − ω to an odd resolution and by its conjugate,
// 3 + ω, to an even one: both have norm 7, so the seven children of a cell are the integers around it, one of
// each class modulo that factor (https://h3geo.org/docs/core-library/coordsystems).
//
// Which base cell lies where on a face, and how often its digits are turned by 60°, is learned from answers of
// the library.

const (
	// edgeMargin is how far a place must be from the edge of its cell, in parts of the cell. The library and this
	// differ by less than a millionth, at the finest resolution.
	edgeMargin = 1e-4
	// faceMargin is how much nearer than the next the nearest face must be, as a cosine.
	faceMargin = 1e-9
	// middleMargin keeps away from the middle of a face, as a cosine: within 6 km the library's distances are of fewer
	// digits.
	middleMargin = 5e-7
)

// icosahedronFaces are as many as an icosahedron has.
const icosahedronFaces = 20

type vector [3]float64

func (v vector) dot(o vector) float64 { return v[0]*o[0] + v[1]*o[1] + v[2]*o[2] }

func (v vector) cross(o vector) vector {
	return vector{v[1]*o[2] - v[2]*o[1], v[2]*o[0] - v[0]*o[2], v[0]*o[1] - v[1]*o[0]}
}

// plus returns v + s·o.
func (v vector) plus(s float64, o vector) vector {
	return vector{v[0] + s*o[0], v[1] + s*o[1], v[2] + s*o[2]}
}

func (v vector) times(s float64) vector { return vector{s * v[0], s * v[1], s * v[2]} }

func (v vector) unit() vector { return v.times(1 / math.Sqrt(v.dot(v))) }

// onSphere returns a place in degrees as a vector of length 1.
func onSphere(lon, lat float64) vector {
	sinLon, cosLon := math.Sincos(lon * (math.Pi / 180))
	sinLat, cosLat := math.Sincos(lat * (math.Pi / 180))
	return vector{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// face is a face of the icosahedron. A place p is projected to a·p/middle·p and b·p/middle·p.
type face struct{ middle, a, b vector }

var faces = newFaces()

func newFaces() (out [icosahedronFaces]face) {
	var vertices []vector
	for n := range BaseCells {
		if c := BaseCell(n); c.Pentagon() {
			vertices = append(vertices, onSphere(c.Centre()))
		}
	}
	near := func(i, j int) bool { return vertices[i].dot(vertices[j]) > 0 }
	n := 0
	for i := range vertices {
		for j := range i {
			for k := range j {
				if near(i, j) && near(j, k) && near(i, k) {
					out[n] = newFace(vertices[i], vertices[j], vertices[k])
					n++
				}
			}
		}
	}
	return out
}

// newFace returns the face between three vertices, of which the first is at 2. That it is another one than with H3
// turns the digits, and so is learned.
func newFace(first, second, third vector) face {
	middle := first.plus(1, second).plus(1, third).unit()
	along := first.times(1/first.dot(middle)).plus(-1, middle) // in the plane, of the length 2
	x := along.times(2 / along.dot(along))
	y := middle.cross(x)
	return face{middle, x.plus(1/math.Sqrt(3), y), y.times(2 / math.Sqrt(3))}
}

// location is where a place lies in the grid of a face.
type location struct {
	face int
	a, b int64 // of the cell of resolution 0
	// digits are those below that by resolution, not turned yet.
	digits [MaxResolution + 1]uint8
}

var (
	// digitUnits are the integers that digits stand for, as a and b: 0, ω², ω, −1, 1, −ω and −ω².
	digitUnits = [MaxChildren][2]int64{{0, 0}, {-1, -1}, {0, 1}, {-1, 0}, {1, 0}, {0, -1}, {1, 1}}
	// turned are the digits turned by 60° counter-clockwise.
	turned = [MaxChildren]uint8{0, 5, 3, 1, 6, 4, 2}
	// oddDigits and evenDigits are the digits by class modulo the factor of a resolution: ω is 2 modulo 2 − ω, and
	// 4 modulo 3 + ω.
	oddDigits  = [7]uint8{0, 4, 2, 6, 1, 5, 3}
	evenDigits = [7]uint8{0, 4, 1, 5, 2, 6, 3}
)

// turns are the digits turned by n·60°.
var turns = func() (out [6][MaxChildren]uint8) {
	for digit := range uint8(MaxChildren) {
		d := digit
		for n := range out {
			out[n][digit] = d
			d = turned[d]
		}
	}
	return out
}()

// scales are the factors to a resolution, without 2 − ω.
var scales = func() (out [MaxResolution + 1]float64) {
	for r := range out {
		out[r] = math.Pow(7, float64(r/2))
	}
	return out
}()

// locate returns where a place in degrees lies; ok is false where rounding may change that.
func locate(lon, lat float64, r Resolution) (l location, ok bool) {
	p := onSphere(lon, lat)
	best, next := -1.0, -1.0
	for i := range faces {
		switch d := faces[i].middle.dot(p); {
		case d > best:
			best, next, l.face = d, best, i
		case d > next:
			next = d
		}
	}
	if best-next < faceMargin || best > 1-middleMargin {
		return l, false
	}
	f := &faces[l.face]
	scale := scales[r] / best
	a, b := f.a.dot(p)*scale, f.b.dot(p)*scale
	if r%2 != 0 {
		a, b = 2*a+b, 3*b-a
	}
	if l.a, l.b, ok = nearest(a, b); !ok {
		return l, false
	}
	for ; r > 0; r-- {
		l.ascend(r)
	}
	return l, true
}

// nearest returns the integer nearest to a + bω; ok is false when another is about as near.
func nearest(a, b float64) (na, nb int64, ok bool) {
	fa, fb := math.Floor(a), math.Floor(b)
	na, nb = int64(fa), int64(fb)
	a, b = a-fa, b-fb
	// The place is in the triangle of 0, 1 + ω, and 1 or ω: its nearest corner is that of the largest weight.
	side, both, zero := a-b, b, 1-a
	if a < b {
		side, both, zero = b-a, a, 1-b
	}
	switch {
	case zero > max(side, both)+edgeMargin:
	case both > max(side, zero)+edgeMargin:
		na, nb = na+1, nb+1
	case side > max(both, zero)+edgeMargin && a < b:
		nb++
	case side > max(both, zero)+edgeMargin:
		na++
	default:
		return 0, 0, false
	}
	return na, nb, true
}

// ascend goes from a cell of resolution r to its parent.
func (l *location) ascend(r Resolution) {
	if r%2 != 0 {
		digit := oddDigits[class(l.a+2*l.b)]
		a, b := l.a-digitUnits[digit][0], l.b-digitUnits[digit][1]
		l.digits[r], l.a, l.b = digit, (3*a-b)*seventh, (a+2*b)*seventh
		return
	}
	digit := evenDigits[class(l.a+4*l.b)]
	a, b := l.a-digitUnits[digit][0], l.b-digitUnits[digit][1]
	l.digits[r], l.a, l.b = digit, (2*a+b)*seventh, (3*b-a)*seventh
}

// seventh is the inverse of 7 modulo 2⁶⁴: multiples of 7 are divided by multiplying, some times as fast.
const seventh = 0x6db6db6db6db6db7

// class returns n modulo 7, 0 to 6. n is more than −7·2⁴⁰.
func class(n int64) uint64 { return uint64(n+7<<40) % 7 }

// cell returns the cell of resolution r of a location in a base cell whose digits are turned.
func (l *location) cell(base, turn int, r Resolution) Cell {
	c := BaseCell(base)&^(15<<resolutionShift) | Cell(r)<<resolutionShift
	for at := Resolution(1); at <= r; at++ {
		c &^= Cell(digitMask-turns[turn][l.digits[at]]) << digitShift(at)
	}
	return c
}

// reach is how far cells of resolution 0 that a face has parts of are from its middle, at most, as a and as b.
const reach = 3

// bases are the cells of resolution 0 by face, place, and the first digit that is not 0: the base cell + 1, and above
// that how often the digits are turned; 0 while not known. All digits are turned alike; in a pentagon, which lacks the
// digit 1, how often depends on the first.
var bases [icosahedronFaces][2*reach + 1][2*reach + 1][MaxChildren]atomic.Uint32

const turnShift = 8

// base returns where what is known about l stands, nil if nothing ever is.
func (l *location) base(r Resolution) *atomic.Uint32 {
	if max(l.a, -l.a, l.b, -l.b) > reach {
		return nil
	}
	first := uint8(0)
	for at := Resolution(1); at <= r && first == 0; at++ {
		first = l.digits[at]
	}
	return &bases[l.face][l.a+reach][l.b+reach][first]
}

// known returns the cell of a location; ok is false when the library has to be asked.
func (l *location) known(r Resolution) (c Cell, ok bool) {
	at := l.base(r)
	if at == nil {
		return 0, false
	}
	n := at.Load()
	if n == 0 {
		return 0, false
	}
	return l.cell(int(n&(1<<turnShift-1))-1, int(n>>turnShift), r), true
}

// learn notes what the library says about a location.
func (l *location) learn(c Cell, r Resolution) {
	at := l.base(r)
	if at == nil {
		return
	}
	for turn := range turns {
		if base := c.Base(); l.cell(base, turn, r) == c {
			at.Store(uint32(base+1) | uint32(turn)<<turnShift) //nolint:gosec // at most 122 and 5
			l.settle(c, turn)
			return
		}
	}
}

package hexgrid

import (
	"math"
	"math/bits"
	"sync/atomic"
)

// Circle is a circle on the sphere.
type Circle struct {
	// Lon and Lat are the middle in degrees.
	Lon, Lat float64
	// Radius is in radians.
	Radius float64
}

// Circle returns a circle around the middle of c that holds all places that lie in c, and little more. It is to
// search with: a last bit of it may differ between two calls. It takes a fifth of a microsecond, and about one where the
// library is asked; see locate.go.
func (c Cell) Circle() Circle {
	r := c.Resolution()
	out := Circle{Radius: circleRadii[r]}
	if v, ok := c.middle(); ok {
		out.Lon = math.Atan2(v[1], v[0]) * (180 / math.Pi)
		out.Lat = math.Atan2(v[2], math.Hypot(v[0], v[1])) * (180 / math.Pi)
		return out
	}
	out.Lon, out.Lat = c.Centre()
	return out
}

// circleRadii are the radii of circles around cells: of the hexagon on the plane of a face, where all is as large as on
// the sphere, or larger, and what rounding may add: about a pole the library's angles have few digits.
var circleRadii = func() (out [MaxResolution + 1]float64) {
	u, _ := faces[0].units()
	radius := math.Sqrt(u.dot(u) / 3)
	for r := range out {
		out[r] = radius*math.Pow(7, -float64(r)/2)*(1+1e-6) + 1e-8
	}
	return out
}()

// units returns what 1 and ω are on the plane of a face.
func (f *face) units() (one, omega vector) {
	// f.a is x + y/√3, and f.b 2y/√3, with x and y of one length and square to each other.
	y := f.b.times(math.Sqrt(3) / 2)
	x := f.a.plus(-1/math.Sqrt(3), y)
	one = x.times(1 / x.dot(x))
	return one, y.times(math.Sqrt(3)/2/y.dot(y)).plus(-0.5, one)
}

// faceUnits are the units of all faces.
var faceUnits = func() (out [icosahedronFaces][2]vector) {
	for i := range faces {
		out[i][0], out[i][1] = faces[i].units()
	}
	return out
}()

// homes are where cells of resolution 0 lie on a face, by number, face, and the first digit that is not 0: a and b, how
// often digits are turned, and one bit that all this is known. lastHomes are the faces + 1 that were learned last.
var (
	homes     [BaseCells][icosahedronFaces][MaxChildren]atomic.Uint32
	lastHomes [BaseCells][MaxChildren]atomic.Uint32
)

const (
	homeKnown = 1 << 24
	homeA     = 8
	homeB     = 16
)

// settle notes that a location, whose digits are turned, is in c.
func (l *location) settle(c Cell, turn int) {
	base, digit := c.Base(), c.firstDigit()
	homes[base][l.face][digit].Store(homeKnown | uint32(l.b+reach)<<homeB | uint32(l.a+reach)<<homeA | uint32(turn)) //nolint:gosec // small, at least 0
	lastHomes[base][digit].Store(uint32(l.face) + 1)                                                                 //nolint:gosec // below 20
}

// firstDigit returns the first digit of c that is not 0; 0 if there is none.
func (c Cell) firstDigit() int {
	digits := uint64(c) & (1<<baseShift - 1) >> digitShift(c.Resolution()) << digitShift(c.Resolution())
	if digits == 0 {
		return 0
	}
	at := (bits.Len64(digits) - 1) / digitBits
	return int(digits >> (at * digitBits) & digitMask)
}

// middle returns the middle of c, of any length; ok is false while it is not known on which face c is, and where.
func (c Cell) middle() (v vector, ok bool) {
	base, digit := c.Base(), c.firstDigit()
	face := int(lastHomes[base][digit].Load()) - 1
	for range 2 {
		if face < 0 {
			return v, false
		}
		home := homes[base][face][digit].Load()
		if home == 0 {
			return v, false
		}
		v = c.middleOn(face, home)
		next := nearestFace(v)
		if next == face {
			return v, true
		}
		face = next // on which a part of the cell of resolution 0 is, too
	}
	return v, false
}

// middleOn returns the middle of c on the plane of a face.
func (c Cell) middleOn(face int, home uint32) vector {
	a, b := int64(home>>homeA&255)-reach, int64(home>>homeB&255)-reach
	back := &turns[(6-home&255)%6]
	r := c.Resolution()
	for at := Resolution(1); at <= r; at++ {
		if at%2 != 0 {
			a, b = 2*a+b, 3*b-a
		} else {
			a, b = 3*a-b, a+2*b
		}
		unit := &digitUnits[back[c.Digit(at)]]
		a, b = a+unit[0], b+unit[1]
	}
	x, y := float64(a), float64(b)
	if r%2 != 0 {
		x, y = (3*x-y)/7, (x+2*y)/7
	}
	units := &faceUnits[face]
	return faces[face].middle.plus(x/scales[r], units[0]).plus(y/scales[r], units[1])
}

// nearestFace returns the face that a place of any length is on.
func nearestFace(v vector) int {
	best, face := math.Inf(-1), 0
	for i := range faces {
		if d := faces[i].middle.dot(v); d > best {
			best, face = d, i
		}
	}
	return face
}

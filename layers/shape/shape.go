// Package shape holds lines and polygons in world units as the store keeps them: flat vertices cut
// into parts, and for each vertex the lowest detail at which it survives simplification, so that a
// tile filters vertices instead of simplifying (design §3).
//
// A detail is a zoom for tiles of 4,096 units along an edge: at detail d a tile unit is 2^(20−d)
// world units, so at [MaxDetail] a tile unit is a world unit and every vertex survives. Tiles of
// another extent have the detail zoom + log2(extent) − 12.
//
// Coordinates are world units, x east and y south. Rings of polygons are open (the first vertex is
// not repeated), exteriors have a positive area by the surveyor's formula in these axes and holes a
// negative one, as MVT 2.1 §4.3.4.4 wants, and holes follow their exterior.
//
// Everything gives the same result on every platform. A [Shape] belongs to one goroutine until it is
// finished.
package shape

import "math"

// MaxDetail is the highest detail: there a tile unit is a world unit.
const MaxDetail = 20

// Kind is the type of a geometry that is more than one point.
type Kind uint8

// The kinds. A point alone and a feature without geometry have none.
const (
	None Kind = iota
	MultiPoint
	Line
	MultiLine
	Polygon
	MultiPolygon
)

// IsLine reports whether k is one of lines.
func (k Kind) IsLine() bool { return k == Line || k == MultiLine }

// IsPolygon reports whether k is one of polygons.
func (k Kind) IsPolygon() bool { return k == Polygon || k == MultiPolygon }

// Shape is one geometry. Its slices belong to whoever made it; nobody writes to them once it is in a
// layer.
type Shape struct {
	Kind Kind
	// X and Y are the vertices of all parts, one part after the other.
	X, Y []uint32
	// Ends are the positions behind each part's last vertex. A part is a point of a multipoint's, a
	// line, or a ring; a multipoint is one part.
	Ends []uint32
	// Details are the lowest details at which the vertices survive, 0 to [MaxDetail].
	Details []uint8
	// Area is that of polygons in square world units, holes taken out; 0 for other kinds.
	Area float64
}

// AddPart appends a part with vertices x, y as they came: vertices that repeat the one before are
// left out, and of a ring the closing one too. hole tells a hole from an exterior. What has no length
// (a line of fewer than two vertices) or no area (a ring of fewer than three, or a flat one) is not
// added; ok tells.
func (s *Shape) AddPart(x, y []uint32, hole bool) (ok bool) {
	from := len(s.X)
	for i := range x {
		if n := len(s.X); n > from && s.Kind != MultiPoint && s.X[n-1] == x[i] && s.Y[n-1] == y[i] {
			continue
		}
		s.X, s.Y = append(s.X, x[i]), append(s.Y, y[i])
	}
	switch {
	case s.Kind.IsPolygon():
		ok = s.closeRing(from, hole)
	case s.Kind.IsLine():
		ok = len(s.X)-from >= 2
	default:
		ok = len(s.X) > from
	}
	if !ok {
		s.X, s.Y = s.X[:from], s.Y[:from]
		return false
	}
	s.Ends = append(s.Ends, uint32(len(s.X)))
	return true
}

// closeRing makes the vertices from on an open ring with the orientation that its role wants.
func (s *Shape) closeRing(from int, hole bool) bool {
	last := len(s.X) - 1
	for last > from && s.X[last] == s.X[from] && s.Y[last] == s.Y[from] {
		s.X, s.Y = s.X[:last], s.Y[:last]
		last--
	}
	if last-from < 2 {
		return false
	}
	x, y := s.X[from:], s.Y[from:]
	area := SignedArea(x, y)
	if area == 0 {
		return false
	}
	if (area < 0) != hole {
		reverse(x[1:]) // the first vertex stays the first
		reverse(y[1:])
	}
	if hole {
		s.Area -= math.Abs(area)
	} else {
		s.Area += math.Abs(area)
	}
	return true
}

func reverse(s []uint32) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// Part returns the positions of the vertices of part i.
func (s *Shape) Part(i int) (from, to int) {
	if i > 0 {
		from = int(s.Ends[i-1])
	}
	return from, int(s.Ends[i])
}

// Finish computes the details of all vertices; no part may be added after it. In a coverage every
// ring is there at every detail; elsewhere a hole, and a part that is not its shape's largest, starts
// at the detail at which it has the area of a pixel.
func (s *Shape) Finish(coverage bool) {
	s.Details = make([]uint8, len(s.X))
	if s.Kind == MultiPoint {
		return
	}
	largest, most := 0, 0.0
	areas := make([]float64, len(s.Ends))
	for i := range s.Ends {
		from, to := s.Part(i)
		Retain(s.X[from:to], s.Y[from:to], s.Kind.IsPolygon(), s.Details[from:to])
		if s.Kind.IsPolygon() {
			areas[i] = SignedArea(s.X[from:to], s.Y[from:to])
			if areas[i] > most {
				largest, most = i, areas[i]
			}
		}
	}
	if !s.Kind.IsPolygon() || coverage {
		return
	}
	for i, area := range areas {
		if i == largest {
			continue
		}
		least := PixelDetail(math.Abs(area))
		from, to := s.Part(i)
		for k := from; k < to; k++ {
			s.Details[k] = max(s.Details[k], least)
		}
	}
}

// PixelUnits is the side of a pixel in tile units, for tiles of 512 pixels.
const PixelUnits = 8

// PixelArea returns the area of a pixel at a detail, in square world units. A detail may be negative
// or beyond [MaxDetail].
func PixelArea(detail int) float64 { return math.Ldexp(PixelUnits*PixelUnits, 2*(MaxDetail-detail)) }

// PixelDetail returns the lowest detail, 0 to [MaxDetail], at which area, in square world units, is
// that of a pixel or more.
func PixelDetail(area float64) uint8 {
	d := 0
	for d < MaxDetail && area < PixelArea(d) {
		d++
	}
	return uint8(d)
}

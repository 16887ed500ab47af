package synthetic

import (
	"math"

	"github.com/paulmach/orb"
)

// place is a position in units of 1e-7 degrees, x east and y north.
type place struct{ x, y int64 }

const (
	degree = 10_000_000
	// A unit of latitude is 0.0111 m. A unit of longitude is shorter by the cosine of 39.9°.
	cosine = 767 // thousandths
	// metre is one metre of latitude.
	metre = 90
)

// at returns the place at lon, lat in ten-thousandths of a degree.
func at(lon, lat int64) place { return place{lon * degree / 10_000, lat * degree / 10_000} }

// offset returns the vector from p to q, both parts in units of latitude.
func (p place) offset(q place) (dx, dy int64) { return (q.x - p.x) * cosine / 1000, q.y - p.y }

// plus returns the place dx east and dy north of p, both in units of latitude.
func (p place) plus(dx, dy int64) place { return place{p.x + dx*1000/cosine, p.y + dy} }

// squared returns the square of the distance between p and q, in units of latitude.
func (p place) squared(q place) int64 {
	dx, dy := p.offset(q)
	return dx*dx + dy*dy
}

// distance returns the distance between p and q in units of latitude.
func (p place) distance(q place) int64 { return root(p.squared(q)) }

// root returns the whole part of the square root of n, which is below 2⁵³. A square root is rounded
// the same way on every machine.
func root(n int64) int64 { return int64(math.Sqrt(float64(n))) }

// towards returns the place that is part/whole of the way from p to q.
func (p place) towards(q place, part, whole int64) place {
	return place{p.x + (q.x-p.x)*part/whole, p.y + (q.y-p.y)*part/whole}
}

// turn is positive when c lies left of the way from a to b, negative right of it, and 0 on its line.
// It is twice the area of the triangle, in square units.
func turn(a, b, c place) int64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }

// point returns p in degrees. The quotient of two whole numbers is rounded the same way everywhere,
// and no sum follows that a machine could fuse.
func (p place) point() orb.Point { return orb.Point{float64(p.x) / degree, float64(p.y) / degree} }

// box is a rectangle of places.
type box struct{ min, max place }

// extent is [Extent] a little smaller, so that what stands beside a street is inside, too; whole is
// all of it.
var (
	extent = box{at(1158050, 395050), at(1171950, 404950)}
	whole  = box{at(1158000, 395000), at(1172000, 405000)}
)

func (b box) contains(p place) bool {
	return p.x >= b.min.x && p.x <= b.max.x && p.y >= b.min.y && p.y <= b.max.y
}

func (b box) meets(o box) bool {
	return b.min.x <= o.max.x && o.min.x <= b.max.x && b.min.y <= o.max.y && o.min.y <= b.max.y
}

// grown returns b with a margin in units of latitude around it.
func (b box) grown(by int64) box { return box{b.min.plus(-by, -by), b.max.plus(by, by)} }

// nearest returns the place of b that is nearest to p.
func (b box) nearest(p place) place {
	return place{min(max(p.x, b.min.x), b.max.x), min(max(p.y, b.min.y), b.max.y)}
}

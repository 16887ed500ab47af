// Package world holds Hutong's world coordinates: Web Mercator at zoom 32 as two uint32, x growing
// east from the antimeridian and y growing south from the northern Mercator limit. One unit is at
// most 9.3 mm, so a tile coordinate is a subtraction and a shift, never a projection.
//
// Degrees are projected once, when a feature arrives: [Project] floors into a cell and
// [Point.LonLat] returns the cell's centre. Rounding in would lose +180°. Input with up to seven
// decimals comes back exactly when printed with seven.
//
// Everything here is a pure function of its arguments and safe from any goroutine. The projection
// is EPSG:3857 (OGC 17-083r4, annex D).
package world

import (
	"fmt"
	"math"
)

const (
	// Bits is the number of bits of one world coordinate.
	Bits = 32
	// MaxLatitude is the latitude in degrees where Web Mercator ends, north and south.
	MaxLatitude = 85.05112877980659

	cells = 1 << Bits // cells along one axis
	// MetresPerUnit is the length of a world unit on the equator, in metres.
	MetresPerUnit = 2 * math.Pi * EarthRadiusMetres / cells
	// EarthRadiusMetres is the radius of the Web Mercator sphere, in metres (EPSG:3857).
	EarthRadiusMetres = 6378137.0
)

// Point is a place in world units.
type Point struct{ X, Y uint32 }

// Project returns the cell that holds lon/lat in degrees. Both axes clamp to 2³²−1, so lon 180 and
// lat −MaxLatitude stay inside. The error names the value that is not finite or out of range.
func Project(lon, lat float64) (Point, error) {
	switch {
	case math.IsNaN(lon) || math.IsInf(lon, 0) || math.IsNaN(lat) || math.IsInf(lat, 0):
		return Point{}, fmt.Errorf("position %v, %v is not finite", lon, lat)
	case lon < -180 || lon > 180:
		return Point{}, fmt.Errorf("longitude %v is outside -180…180", lon)
	case lat < -MaxLatitude || lat > MaxLatitude:
		return Point{}, fmt.Errorf("latitude %v is outside ±%.8f, where Web Mercator ends", lat, MaxLatitude)
	}
	return Point{clamp(X(lon)), clamp(Y(lat))}, nil
}

// clamp floors v into 0…2³²−1.
func clamp(v float64) uint32 {
	if v < 0 {
		return 0
	}
	if v >= cells {
		return math.MaxUint32
	}
	return uint32(v)
}

// LonLat returns the centre of p's cell in degrees.
func (p Point) LonLat() (lon, lat float64) {
	return Lon(float64(p.X) + 0.5), Lat(float64(p.Y) + 0.5)
}

// X returns the world x of a longitude in degrees, not rounded: 0…2³² for ±180°.
func X(lon float64) float64 { return (lon/360 + 0.5) * cells }

// Y returns the world y of a latitude in degrees, not rounded: 0…2³² within ±MaxLatitude, to which
// latitudes beyond are taken.
func Y(lat float64) float64 {
	sin := math.Sin(min(max(lat, -MaxLatitude), MaxLatitude) * (math.Pi / 180))
	return (0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)) * cells
}

// Lon returns the longitude in degrees of x in world units, 0…2³².
func Lon(x float64) float64 { return (x/cells - 0.5) * 360 }

// Lat returns the latitude in degrees of y in world units, 0…2³².
func Lat(y float64) float64 {
	return math.Atan(math.Sinh(math.Pi*(1-2*y/cells))) * (180 / math.Pi)
}

// Box is a closed rectangle in world units: Max is inside. It never crosses the antimeridian; a
// place that does is two boxes. The zero Box is the single cell 0,0; see [EmptyBox].
type Box struct{ Min, Max Point }

// EmptyBox holds nothing; extending it by a point gives that point's box.
var EmptyBox = Box{Min: Point{math.MaxUint32, math.MaxUint32}}

// Empty reports whether b holds no cell.
func (b Box) Empty() bool { return b.Min.X > b.Max.X || b.Min.Y > b.Max.Y }

// Extend returns the smallest box that holds b and p.
func (b Box) Extend(p Point) Box {
	return Box{
		Min: Point{min(b.Min.X, p.X), min(b.Min.Y, p.Y)},
		Max: Point{max(b.Max.X, p.X), max(b.Max.Y, p.Y)},
	}
}

// Union returns the smallest box that holds both.
func (b Box) Union(o Box) Box {
	if o.Empty() {
		return b
	}
	if b.Empty() {
		return o
	}
	return b.Extend(o.Min).Extend(o.Max)
}

// Contains reports whether p lies in b, edges included.
func (b Box) Contains(p Point) bool {
	return p.X >= b.Min.X && p.X <= b.Max.X && p.Y >= b.Min.Y && p.Y <= b.Max.Y
}

// ContainsBox reports whether all of o lies in b. An empty box lies in every box.
func (b Box) ContainsBox(o Box) bool { return o.Empty() || b.Contains(o.Min) && b.Contains(o.Max) }

// Intersects reports whether b and o share a cell. An empty box shares none, not even with the world.
func (b Box) Intersects(o Box) bool {
	return !b.Empty() && !o.Empty() && b.Min.X <= o.Max.X && o.Min.X <= b.Max.X && b.Min.Y <= o.Max.Y && o.Min.Y <= b.Max.Y
}

// DistanceMetres returns the great-circle distance between two places in degrees on a sphere of
// radius [EarthRadiusMetres] (haversine), in metres.
func DistanceMetres(lon1, lat1, lon2, lat2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * EarthRadiusMetres * math.Asin(math.Sqrt(min(1, h)))
}

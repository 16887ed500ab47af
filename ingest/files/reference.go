package files

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// reference is the coordinate reference system of a file's positions: one of the two that are read.
type reference uint8

const (
	degrees     reference = iota // WGS 84, longitude before latitude
	webMercator                  // metres east and north of 0, 0 (EPSG:3857)
)

const wantReference = "WGS 84 degrees (EPSG:4326) or Web Mercator (EPSG:3857)"

// referenceOf returns the reference system with a code of the EPSG register.
func referenceOf(code int64) (reference, error) {
	switch code {
	case 4326, 4979: // two- and three-dimensional
		return degrees, nil
	case 3857:
		return webMercator, nil
	}
	return degrees, fmt.Errorf("the positions are in EPSG:%d: want %s", code, wantReference)
}

// toDegrees turns the positions of g into lon/lat degrees, in place; it returns g.
func (r reference) toDegrees(g orb.Geometry) orb.Geometry {
	if r == degrees {
		return g
	}
	switch g := g.(type) {
	case orb.Point:
		return unproject(g)
	case orb.MultiPoint:
		unprojectAll(g)
	case orb.LineString:
		unprojectAll(g)
	case orb.MultiLineString:
		for _, line := range g {
			unprojectAll(line)
		}
	case orb.Polygon:
		for _, ring := range g {
			unprojectAll(ring)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			r.toDegrees(p)
		}
	case orb.Collection:
		for i := range g {
			g[i] = r.toDegrees(g[i])
		}
	}
	return g
}

func unprojectAll(points []orb.Point) {
	for i := range points {
		points[i] = unproject(points[i])
	}
}

// unproject returns lon/lat degrees of metres in Web Mercator.
func unproject(p orb.Point) orb.Point {
	const degree = 180 / math.Pi
	return orb.Point{
		p[0] / world.EarthRadiusMetres * degree,
		math.Atan(math.Sinh(p[1]/world.EarthRadiusMetres)) * degree,
	}
}

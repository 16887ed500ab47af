package testkit

import "github.com/paulmach/orb"

// Positions returns every position of g in order, a ring's first one also as its last. Writing to them
// moves g, but not its points: of those they are copies.
func Positions(g orb.Geometry) []*orb.Point {
	switch g := g.(type) {
	case orb.Point:
		return []*orb.Point{&g}
	case orb.MultiPoint:
		return positions(g)
	case orb.LineString:
		return positions(g)
	case orb.Ring:
		return positions(g)
	case orb.MultiLineString:
		return positionsOfParts(g)
	case orb.Polygon:
		return positionsOfParts(g)
	case orb.MultiPolygon:
		return positionsOfParts(g)
	case orb.Collection:
		return positionsOfParts(g)
	}
	return nil
}

func positions(points []orb.Point) []*orb.Point {
	all := make([]*orb.Point, len(points))
	for i := range points {
		all[i] = &points[i]
	}
	return all
}

func positionsOfParts[G orb.Geometry](parts []G) (all []*orb.Point) {
	for _, part := range parts {
		all = append(all, Positions(part)...)
	}
	return all
}

package ingest

import (
	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// cut returns what of a line or polygon lies between the latitudes where Web Mercator ends, nil when
// nothing does. Edges are straight in degrees (RFC 7946 §3.1.1). Edges that two rings share are cut
// in the same place. g is not written to; what lies inside shares its memory.
func cut(g orb.Geometry) orb.Geometry {
	switch g := g.(type) {
	case orb.LineString:
		switch parts := cutLine(nil, g); len(parts) {
		case 0:
			return nil
		case 1:
			return parts[0]
		default:
			return parts
		}
	case orb.MultiLineString:
		var parts orb.MultiLineString
		for _, line := range g {
			parts = cutLine(parts, line)
		}
		if len(parts) > 0 {
			return parts
		}
	case orb.Polygon:
		if p := cutPolygon(g); p != nil {
			return p
		}
	case orb.MultiPolygon:
		var parts orb.MultiPolygon
		for _, p := range g {
			if p = cutPolygon(p); p != nil {
				parts = append(parts, p)
			}
		}
		if len(parts) > 0 {
			return parts
		}
	}
	return nil
}

// beyond reports how a latitude lies to the limits: 1 north of them, −1 south, 0 between.
func beyond(v orb.Point) int {
	switch {
	case v[1] > world.MaxLatitude:
		return 1
	case v[1] < -world.MaxLatitude:
		return -1
	}
	return 0
}

// crossing returns where the edge from a to b, on either side of a limit, meets it. It is the same
// for the edge from b to a.
func crossing(a, b orb.Point, limit float64) orb.Point {
	if a[1] > b[1] {
		a, b = b, a
	}
	return orb.Point{a[0] + (b[0]-a[0])*((limit-a[1])/(b[1]-a[1])), limit}
}

// cutLine appends the parts of a line that lie between the limits.
func cutLine(parts orb.MultiLineString, line orb.LineString) orb.MultiLineString {
	var part orb.LineString
	add := func(v orb.Point) {
		if n := len(part); n == 0 || part[n-1] != v {
			part = append(part, v)
		}
	}
	flush := func() {
		if len(part) > 1 {
			parts = append(parts, part)
		}
		part = nil
	}
	for i, v := range line {
		side := beyond(v)
		if i > 0 {
			before := line[i-1]
			from := beyond(before)
			if from != 0 && from != side { // it comes in
				add(crossing(before, v, float64(from)*world.MaxLatitude))
			}
			if side != 0 && from != side { // it goes out
				add(crossing(before, v, float64(side)*world.MaxLatitude))
			}
		}
		if side == 0 {
			add(v)
		} else {
			flush()
		}
	}
	flush()
	return parts
}

// cutPolygon cuts all rings, nil when nothing of the exterior is left.
func cutPolygon(p orb.Polygon) orb.Polygon {
	var kept orb.Polygon
	for i, ring := range p {
		if ring = cutRing(cutRing(ring, 1), -1); ring != nil {
			kept = append(kept, ring)
		} else if i == 0 {
			return nil
		}
	}
	return kept
}

// cutRing cuts a closed ring at the limit on one side, 1 being north and −1 south (Sutherland and
// Hodgman 1974): parts that were apart may be joined along the limit. It returns nil when less than
// three different positions are left.
func cutRing(ring orb.Ring, side int) orb.Ring {
	inside := true
	for _, v := range ring {
		inside = inside && beyond(v) != side
	}
	if inside {
		return ring
	}
	limit := float64(side) * world.MaxLatitude
	var kept orb.Ring
	add := func(v orb.Point) {
		if n := len(kept); n == 0 || kept[n-1] != v {
			kept = append(kept, v)
		}
	}
	for i, v := range ring {
		out := beyond(v) == side
		if i > 0 && out != (beyond(ring[i-1]) == side) {
			add(crossing(ring[i-1], v, limit))
		}
		if !out {
			add(v)
		}
	}
	if len(kept) == 0 || distinct(kept, 3) < 3 {
		return nil
	}
	if kept[0] != kept[len(kept)-1] {
		kept = append(kept, kept[0])
	}
	return kept
}

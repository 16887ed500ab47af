package filter

import "github.com/paulmach/orb"

// location is where a point lies in relation to a geometry.
type location uint8

const (
	exterior location = iota
	boundary
	interior
)

// locator tells where points lie in relation to a geometry, in degrees.
type locator struct {
	dimension int
	points    map[orb.Point]bool // the points, or of lines the ends that are boundaries: false is interior
	areas     [][]edge           // the edges of lines, or of the rings of each polygon
	beyond    bool               // it may go on beyond 180
}

// edge is a straight piece between two vertices.
type edge struct{ a, b orb.Point }

func newLocator(p *parts) locator {
	l := locator{dimension: p.dimension, points: map[orb.Point]bool{}}
	for _, line := range p.lines {
		for _, at := range line {
			l.beyond = l.beyond || at[0] > 180
		}
	}
	switch p.dimension {
	case 0:
		for _, at := range p.lines[0] {
			l.points[at] = false
		}
	case 1:
		for _, line := range p.lines {
			// An end is a boundary when an odd number of lines ends there (OGC 06-103r4 §6.1.5).
			first, last := line[0], line[len(line)-1]
			l.points[first] = !l.points[first]
			l.points[last] = !l.points[last]
			l.areas = append(l.areas, edges(nil, line))
		}
	default:
		rings := p.lines
		for _, n := range p.polygons {
			var area []edge
			for _, r := range rings[:n] {
				area = edges(area, r)
			}
			l.areas, rings = append(l.areas, area), rings[n:]
		}
	}
	return l
}

func edges(dst []edge, line []orb.Point) []edge {
	for i, b := range line[1:] {
		dst = append(dst, edge{line[i], b})
	}
	return dst
}

// locate returns where a point within ±180 lies.
func (l *locator) locate(at orb.Point) location {
	where := l.locateOnce(at)
	if l.beyond && where != interior {
		at[0] += 360
		where = max(where, l.locateOnce(at))
	}
	return where
}

func (l *locator) locateOnce(at orb.Point) location {
	if l.dimension < 2 {
		if bound, ok := l.points[at]; ok {
			if bound {
				return boundary
			}
			return interior
		}
	}
	where := exterior
	for _, area := range l.areas {
		where = max(where, l.inArea(area, at))
	}
	return where
}

// inArea returns where a point lies in relation to a line or a polygon with these edges.
func (l *locator) inArea(area []edge, at orb.Point) location {
	inside := false
	for i := range area {
		e := &area[i]
		if e.has(at) {
			if l.dimension == 1 {
				return interior
			}
			return boundary
		}
		// A ray to the east crosses the edges that start at or below the point and end above it, or the
		// other way round, and have the point on their western side (Shimrat 1962).
		if l.dimension == 2 && (e.a[1] > at[1]) != (e.b[1] > at[1]) && (e.side(at) > 0) == (e.b[1] > e.a[1]) {
			inside = !inside
		}
	}
	if inside {
		return interior
	}
	return exterior
}

// side is above 0 where at lies left of the edge from a to b, and 0 on the line through both. Products
// are rounded one by one, so that every processor gives the same.
func (e *edge) side(at orb.Point) float64 {
	return float64((e.b[0]-e.a[0])*(at[1]-e.a[1])) - float64((e.b[1]-e.a[1])*(at[0]-e.a[0]))
}

// has reports whether at lies on the edge, ends included.
func (e *edge) has(at orb.Point) bool {
	return at[0] >= min(e.a[0], e.b[0]) && at[0] <= max(e.a[0], e.b[0]) &&
		at[1] >= min(e.a[1], e.b[1]) && at[1] <= max(e.a[1], e.b[1]) && e.side(at) == 0
}

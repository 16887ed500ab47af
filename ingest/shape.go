package ingest

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// fault says why a geometry cannot be read.
type fault struct {
	reason Reason
	value  string // what was found
	want   string
}

const wantGeometry = "a Point, LineString, Polygon, one of their multis, a GeometryCollection of them, or null"

func badGeometry(value, want string) *fault { return &fault{ReasonGeometry, value, want} }

func tooDeep() *fault {
	return badGeometry("a collection in too many others", "collections that nest less deeply, or none")
}

// dimension is what the parts of a geometry are.
type dimension uint8

const (
	nothing dimension = iota // there is no part yet
	points
	lines
	polygons
)

var dimensionNames = [...]string{"nothing", "points", "lines", "polygons"}

// shape gathers the parts of one geometry while a text is read: all of them points, or lines, or
// polygons. Its memory is used again for the next geometry.
type shape struct {
	parts    dimension
	multi    bool        // it is a multi even if it has one part
	vertices []orb.Point // of all parts
	ends     []int       // where each line or ring ends in vertices
	groups   []int       // where each polygon ends in ends
}

// keepVertices is the most vertices for which a shape keeps memory from one geometry to the next.
const keepVertices = 1 << 16

func (sh *shape) reset() {
	if cap(sh.vertices) > keepVertices {
		sh.vertices = nil
	}
	sh.parts, sh.multi = nothing, false
	sh.vertices, sh.ends, sh.groups = sh.vertices[:0], sh.ends[:0], sh.groups[:0]
}

// become says that there is a part of a dimension.
func (sh *shape) become(d dimension) *fault {
	if sh.parts == nothing {
		sh.parts = d
	}
	if sh.parts != d {
		return badGeometry("a collection of "+dimensionNames[sh.parts]+" and "+dimensionNames[d],
			"one of them in a feature: points, lines or polygons; a layer takes features of each")
	}
	return nil
}

// add appends a vertex of a part that is not ended yet.
func (sh *shape) add(v orb.Point) *fault {
	if len(sh.vertices) >= layers.MaxVertices {
		return tooManyVertices()
	}
	sh.vertices = append(sh.vertices, v)
	return nil
}

func tooManyVertices() *fault {
	return &fault{ReasonTooLong, "more vertices", "a geometry of at most " + strconv.Itoa(layers.MaxVertices) + " vertices"}
}

// addPoint appends a point as a part of its own.
func (sh *shape) addPoint(v orb.Point) *fault {
	if f := sh.become(points); f != nil {
		return f
	}
	return sh.add(v)
}

// endLine makes a line of the vertices since the last part. None are no line.
func (sh *shape) endLine() *fault {
	line := sh.vertices[sh.started():]
	if len(line) == 0 {
		return nil
	}
	if f := sh.become(lines); f != nil {
		return f
	}
	if distinct(line, 2) < 2 {
		value := "one position"
		if len(line) > 1 {
			value = fmt.Sprintf("%d equal positions", len(line))
		}
		if sh.multi {
			value = fmt.Sprintf("line %d: %s", len(sh.ends)+1, value)
		}
		return badGeometry(value, "a line with at least two different positions")
	}
	sh.ends = append(sh.ends, len(sh.vertices))
	return nil
}

// endRing makes a ring of the vertices since the last part and closes it if it is open. ring is its
// number in its polygon, from 0. None are no ring; but a hole needs an exterior.
func (sh *shape) endRing(ring int) *fault {
	from := sh.started()
	vertices := sh.vertices[from:]
	if len(vertices) == 0 {
		return nil
	}
	if f := sh.become(polygons); f != nil {
		return f
	}
	if ring > 0 && len(sh.ends) == sh.grouped() {
		return badGeometry(sh.ringName(ring)+" in an empty exterior", "an exterior ring before its holes")
	}
	if n := distinct(vertices, 3); n < 3 {
		return badGeometry(fmt.Sprintf("%s: %d different positions", sh.ringName(ring), n), "rings with at least three different positions")
	}
	if first := vertices[0]; first != vertices[len(vertices)-1] {
		if f := sh.add(first); f != nil {
			return f
		}
	}
	sh.ends = append(sh.ends, len(sh.vertices))
	return nil
}

// endPolygon makes a polygon of the rings since the last one. None are no polygon.
func (sh *shape) endPolygon() {
	if len(sh.ends) > sh.grouped() {
		sh.groups = append(sh.groups, len(sh.ends))
	}
}

// addGeometry appends the parts of a geometry. depth counts the collections around it.
func (sh *shape) addGeometry(g orb.Geometry, depth int) *fault {
	switch g := g.(type) {
	case nil:
		return nil
	case orb.Point:
		return sh.addPoint(g)
	case orb.MultiPoint:
		sh.multi = true
		for _, v := range g {
			if f := sh.addPoint(v); f != nil {
				return f
			}
		}
		return nil
	case orb.LineString:
		return sh.addLine(g)
	case orb.MultiLineString:
		sh.multi = true
		for _, line := range g {
			if f := sh.addLine(line); f != nil {
				return f
			}
		}
		return nil
	case orb.Ring:
		return sh.addPolygon(orb.Polygon{g})
	case orb.Polygon:
		return sh.addPolygon(g)
	case orb.MultiPolygon:
		sh.multi = true
		for _, p := range g {
			if f := sh.addPolygon(p); f != nil {
				return f
			}
		}
		return nil
	case orb.Collection:
		if depth == maxCollections {
			return tooDeep()
		}
		for _, member := range g {
			if f := sh.addGeometry(member, depth+1); f != nil {
				return f
			}
		}
		return nil
	}
	return badGeometry(g.GeoJSONType(), wantGeometry)
}

func (sh *shape) addLine(line orb.LineString) *fault {
	for _, v := range line {
		if f := sh.add(v); f != nil {
			return f
		}
	}
	return sh.endLine()
}

func (sh *shape) addPolygon(p orb.Polygon) *fault {
	for i, ring := range p {
		for _, v := range ring {
			if f := sh.add(v); f != nil {
				return f
			}
		}
		if f := sh.endRing(i); f != nil {
			return f
		}
	}
	sh.endPolygon()
	return nil
}

// started returns where the part at hand starts in vertices.
func (sh *shape) started() int { return last(sh.ends) }

// grouped returns where the polygon at hand starts in ends.
func (sh *shape) grouped() int { return last(sh.groups) }

func last(ends []int) int {
	if len(ends) == 0 {
		return 0
	}
	return ends[len(ends)-1]
}

// ringName names a ring of the polygon at hand, both counted from 1.
func (sh *shape) ringName(ring int) string {
	name := "ring " + strconv.Itoa(ring+1)
	if sh.multi {
		name += " of polygon " + strconv.Itoa(len(sh.groups)+1)
	}
	return name
}

// distinct counts the different positions of a line or ring, up to most, which is 2 or 3.
func distinct(vertices []orb.Point, most int) int {
	a := vertices[0]
	i := slices.IndexFunc(vertices, func(v orb.Point) bool { return v != a })
	if i < 0 {
		return 1
	}
	b := vertices[i]
	if most == 2 || !slices.ContainsFunc(vertices[i:], func(v orb.Point) bool { return v != a && v != b }) {
		return 2
	}
	return 3
}

// geometry returns the geometry that was gathered, nil when it has no part. It owns its memory, which
// is one array of vertices.
func (sh *shape) geometry() orb.Geometry {
	vertices := slices.Clone(sh.vertices)
	switch sh.parts {
	case points:
		if sh.multi || len(vertices) > 1 {
			return orb.MultiPoint(vertices)
		}
		return vertices[0]
	case lines:
		parts := make(orb.MultiLineString, len(sh.ends))
		from := 0
		for i, end := range sh.ends {
			parts[i], from = vertices[from:end:end], end
		}
		if sh.multi || len(parts) > 1 {
			return parts
		}
		return parts[0]
	case polygons:
		rings := make([]orb.Ring, len(sh.ends))
		from := 0
		for i, end := range sh.ends {
			rings[i], from = vertices[from:end:end], end
		}
		parts := make(orb.MultiPolygon, len(sh.groups))
		from = 0
		for i, end := range sh.groups {
			parts[i], from = rings[from:end:end], end
		}
		if sh.multi || len(parts) > 1 {
			return parts
		}
		return parts[0]
	case nothing:
	}
	return nil
}

package ingest

import (
	"math"
	"strings"

	"github.com/paulmach/orb"
)

// maxCollections bounds how deeply collections nest, so that a record is gone over a few times only.
const maxCollections = 16

// elements reads one element of an array and returns the place behind it.
type elements func(p *Parser, i int) (next int, f *fault)

// readGeometry adds the geometry at hand to the shape. What it reads was found to be JSON before, so
// it looks at coordinates only. depth counts the collections around it.
func (p *Parser) readGeometry(depth int) *fault {
	g := &p.geometry
	var each elements
	switch g.kind {
	case "":
		return badGeometry("no type", wantGeometry)
	case "GeometryCollection":
		return p.readCollection(depth)
	case "Point":
		each = (*Parser).readPoint
	case "MultiPoint":
		p.shape.multi = true
		each = (*Parser).readPoints
	case "LineString":
		each = (*Parser).readLine
	case "MultiLineString":
		p.shape.multi = true
		each = (*Parser).readLines
	case "Polygon":
		each = (*Parser).readPolygon
	case "MultiPolygon":
		p.shape.multi = true
		each = (*Parser).readPolygons
	default:
		return badGeometry(strings.Clone(shorten(g.kind)), wantGeometry)
	}
	switch g.coordinates {
	case noCoordinates:
		return badGeometry(g.kind+" without coordinates", wantGeometry)
	case emptyPosition:
		// RFC 7946 §3.1 lets a reader take this for null, and writers mean it so.
		return nil
	case goodPosition:
		if g.kind != "Point" {
			return badGeometry("one position as the coordinates of a "+g.kind, wantCoordinates)
		}
		return p.shape.addPoint(g.point)
	case otherPositions:
	}
	_, f := each(p, g.at)
	return f
}

// readCollection adds the members of the collection at hand.
func (p *Parser) readCollection(depth int) *fault {
	switch {
	case p.geometry.geometries == 0:
		return badGeometry("GeometryCollection without geometries", wantGeometry)
	case depth == maxCollections:
		return tooDeep()
	}
	_, f := p.list(p.geometry.geometries, func(p *Parser, i int) (int, *fault) {
		if p.s[i] == 'n' { // null
			return p.skip(i, 0), nil
		}
		if p.s[i] != '{' {
			return 0, badGeometry("a member that is no geometry", wantGeometry)
		}
		outer := p.geometry
		p.geometry = geometry{}
		next := p.members(i, p.geometryMember)
		f := p.readGeometry(depth + 1)
		p.geometry = outer
		return next, f
	})
	return f
}

// list reads the array that starts at i.
func (p *Parser) list(i int, each elements) (next int, f *fault) {
	if p.s[i] != '[' {
		return 0, badGeometry("no list where positions nest deeper", wantCoordinates)
	}
	if i = p.space(i + 1); p.s[i] == ']' {
		return i + 1, nil
	}
	for {
		if i, f = each(p, i); f != nil {
			return 0, f
		}
		if i = p.space(i); p.s[i] == ']' {
			return i + 1, nil
		}
		i = p.space(i + 1) // behind the comma
	}
}

func (p *Parser) readPoint(i int) (int, *fault) {
	v, next, empty, f := p.readPosition(i)
	if f == nil && !empty {
		f = p.shape.addPoint(v)
	}
	return next, f
}

func (p *Parser) readPoints(i int) (int, *fault) { return p.list(i, (*Parser).readPoint) }

// readVertex reads a position of a line or ring. An empty one there is no part that could be left out.
func (p *Parser) readVertex(i int) (int, *fault) {
	v, next, empty, f := p.readPosition(i)
	switch {
	case f != nil:
		return 0, f
	case empty:
		return 0, badGeometry("an empty position in a line or ring", wantCoordinates)
	}
	return next, p.shape.add(v)
}

func (p *Parser) readLine(i int) (int, *fault) {
	next, f := p.list(i, (*Parser).readVertex)
	if f == nil {
		f = p.shape.endLine()
	}
	return next, f
}

func (p *Parser) readLines(i int) (int, *fault) { return p.list(i, (*Parser).readLine) }

func (p *Parser) readPolygon(i int) (int, *fault) {
	ring := 0
	next, f := p.list(i, func(p *Parser, i int) (int, *fault) {
		next, f := p.list(i, (*Parser).readVertex)
		if f == nil {
			f = p.shape.endRing(ring)
		}
		ring++
		return next, f
	})
	if f == nil {
		p.shape.endPolygon()
	}
	return next, f
}

func (p *Parser) readPolygons(i int) (int, *fault) { return p.list(i, (*Parser).readPolygon) }

const (
	wantCoordinates = "positions of two numbers, longitude and latitude, nested as the geometry's type has them (RFC 7946 §3.1)"
	wantNumbers     = "numbers, longitude and latitude, not texts; a lenient source takes texts with decimal numbers"
	wantDecimals    = "numbers, or texts with decimal numbers"
)

// readPosition reads one position in degrees; what follows its first two numbers, such as a height,
// is left out.
func (p *Parser) readPosition(i int) (v orb.Point, next int, empty bool, f *fault) {
	s := p.s
	if s[i] != '[' {
		return v, 0, false, badGeometry("something else where a position should be", wantCoordinates)
	}
	if i = p.space(i + 1); s[i] == ']' {
		return v, i + 1, true, nil
	}
	for axis := range 2 {
		switch c := s[i]; {
		case c == '-' || isDigit(c):
			end := p.number(i)
			v[axis] = orInfinite(s[i:end])
			i = end
		case c == '"':
			quote, _ := p.text(i + 1)
			if v[axis], f = p.textCoordinate(plain(s[i+1 : quote])); f != nil {
				return v, 0, false, f
			}
			i = quote + 1
		case c == 'n':
			return v, 0, false, badGeometry("null in a position", wantCoordinates)
		default:
			return v, 0, false, badGeometry("something else than numbers in a position", wantCoordinates)
		}
		if i = p.space(i); axis == 0 {
			if s[i] != ',' {
				return v, 0, false, badGeometry("a position of one number", wantCoordinates)
			}
			i = p.space(i + 1)
		}
	}
	for s[i] == ',' {
		i = p.space(p.skip(p.space(i+1), 0))
	}
	return v, i + 1, false, nil
}

// textCoordinate returns the number that a text in a position stands for, if the mapping takes it.
func (p *Parser) textCoordinate(s string) (float64, *fault) {
	if !p.m.lenient {
		return 0, badGeometry("coordinates as texts", wantNumbers)
	}
	v, ok := parseFloat(strings.TrimSpace(s))
	if !ok {
		return 0, badGeometry(strings.Clone(shorten(s)), wantDecimals)
	}
	return v, nil
}

// orInfinite returns the number that s spells, infinite when it is beyond the doubles.
func orInfinite(s string) float64 {
	v, ok := parseFloat(s)
	if !ok {
		return math.Inf(1)
	}
	return v
}

package ingest

import (
	"math"

	"github.com/paulmach/orb"
)

// geometryMember reads one member of the geometry.
func (p *Parser) geometryMember(name string, i int) int {
	if i >= len(p.s) {
		return p.fail(i, "a value")
	}
	switch name {
	case "type":
		end := p.skip(i, 2)
		if end >= 0 {
			p.geometry.kind = ""
			if p.s[i] == '"' {
				p.geometry.kind = plain(p.s[i+1 : end-1])
			}
		}
		return end
	case "coordinates":
		return p.position(i)
	case "geometries":
		p.geometry.geometries = i
	}
	return p.skip(i, 2)
}

// position reads the coordinates of a point, or notes where something else stands.
func (p *Parser) position(i int) int {
	p.geometry.coordinates, p.geometry.at = otherPositions, i
	if p.s[i] != '[' {
		return p.skip(i, 2)
	}
	start, s := i, p.s
	i = p.space(i + 1)
	if i < len(s) && s[i] == ']' {
		p.geometry.coordinates = emptyPosition
		return i + 1
	}
	for axis := range 2 {
		if i >= len(s) || s[i] != '-' && !isDigit(s[i]) {
			return p.skip(start, 2)
		}
		end := p.number(i)
		if end < 0 {
			return -1
		}
		v, ok := parseFloat(s[i:end])
		if !ok {
			v = math.Inf(1) // beyond the doubles
		}
		p.geometry.point[axis] = v
		i = p.space(end)
		if axis == 0 {
			if i >= len(s) || s[i] != ',' {
				return p.skip(start, 2)
			}
			i = p.space(i + 1)
		}
	}
	if i < len(s) && s[i] == ',' { // a height, which a map does not show
		if i = p.skip(start, 2); i >= 0 {
			p.geometry.coordinates = goodPosition
		}
		return i
	}
	if i >= len(s) || s[i] != ']' {
		return p.fail(i, "a comma or ]")
	}
	p.geometry.coordinates = goodPosition
	return i + 1
}

// place is where a record says that it is.
type place struct {
	point   orb.Point
	located bool         // point counts
	shape   orb.Geometry // what is no single point; nil when there is none
}

// place says where the feature at hand is; ok is false once it refused it.
func (p *Parser) place() (at place, ok bool) {
	g := &p.geometry
	switch {
	case g.isNull:
		return place{}, true
	case g.kind == "Point" && g.coordinates == goodPosition: // nearly always
		return place{point: g.point, located: true}, true
	}
	p.shape.reset()
	if f := p.readGeometry(0); f != nil {
		p.refuse(f.reason, "geometry", f.value, f.want)
		return place{}, false
	}
	return placeOf(p.shape.geometry()), true
}

// placeOf returns the place of a geometry, which may be nil.
func placeOf(g orb.Geometry) place {
	if point, ok := g.(orb.Point); ok {
		return place{point: point, located: true}
	}
	return place{shape: g}
}

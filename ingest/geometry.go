package ingest

import (
	"math"
	"strings"

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
	}
	return p.skip(i, 2)
}

// position reads the coordinates of a point, or notes that they are something else.
func (p *Parser) position(i int) int {
	p.geometry.coordinates = otherPositions
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

// place says where the feature at hand is; ok is false once it refused it.
func (p *Parser) place() (point orb.Point, located, ok bool) {
	g := &p.geometry
	const wantPoint = "a Point with two numbers, longitude and latitude, or null"
	switch {
	case g.isNull:
		return orb.Point{}, false, true
	case g.kind == "":
		p.refuse(ReasonGeometry, "geometry", "no type", wantPoint)
	case g.kind != "Point":
		p.refuse(ReasonGeometry, "geometry", strings.Clone(shorten(g.kind)), wantPoint)
	case g.coordinates == emptyPosition:
		// RFC 7946 §3.1 lets a reader take this for null, and writers mean it so.
		return orb.Point{}, false, true
	case g.coordinates != goodPosition:
		p.refuse(ReasonGeometry, "geometry", "other coordinates", wantPoint)
	default:
		return g.point, true, true
	}
	return orb.Point{}, false, false
}

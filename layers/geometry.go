package layers

import (
	"errors"
	"fmt"

	"github.com/paulmach/orb"

	"hutong/layers/shape"
	"hutong/layers/world"
)

// MaxVertices is the most vertices of one feature.
const MaxVertices = 1_000_000

// placeShape places a geometry that is no point. One without any position leaves p unlocated.
func (p *placed) placeShape(g orb.Geometry, coverage bool) error {
	s, err := newShape(g)
	if err != nil || s == nil {
		return err
	}
	s.Finish(coverage)
	p.shape, p.box, p.clean = s, boxOf(s.X, s.Y), cleanDetails(s)
	p.class, p.key.hilbert = classOf(p.box), world.Hilbert(centre(p.box))
	return nil
}

// newShape returns g in world units without details, or nil when it has no position.
func newShape(g orb.Geometry) (*shape.Shape, error) {
	b := shapeBuilder{}
	switch g := g.(type) {
	case orb.MultiPoint:
		b.Kind = shape.MultiPoint
		b.part(g, false)
	case orb.LineString:
		b.Kind = shape.Line
		b.part(g, false)
	case orb.MultiLineString:
		b.Kind = shape.MultiLine
		for _, line := range g {
			b.part(line, false)
		}
	case orb.Ring:
		b.Kind = shape.Polygon
		b.polygon(orb.Polygon{g})
	case orb.Polygon:
		b.Kind = shape.Polygon
		b.polygon(g)
	case orb.MultiPolygon:
		b.Kind = shape.MultiPolygon
		for _, polygon := range g {
			b.polygon(polygon)
		}
	default:
		return nil, fmt.Errorf("geometry %s is not supported: want a point, line or polygon, or several of one of them", g.GeoJSONType())
	}
	switch {
	case b.err != nil:
		return nil, b.err
	case !b.any:
		return nil, nil //nolint:nilnil // no geometry
	case len(b.Ends) == 0 && b.Kind.IsLine():
		return nil, errors.New("the line has no length: want two different positions at least")
	case len(b.Ends) > 0 && b.Kind.IsPolygon() && b.Area <= 0:
		return nil, errors.New("the polygon's holes are as large as its exteriors: want the exterior ring first, then its holes")
	case len(b.Ends) == 0:
		return nil, errors.New("the polygon has no area: want three different positions at least that are not in a line")
	}
	return &b.Shape, nil
}

// shapeBuilder projects the parts of a geometry.
type shapeBuilder struct {
	shape.Shape
	x, y []uint32 // scratch
	any  bool     // there was a position
	err  error
}

// part adds a part; it returns false when that has no length or area, or something is wrong with it.
func (b *shapeBuilder) part(positions []orb.Point, hole bool) bool {
	b.any = b.any || len(positions) > 0
	if len(b.X)+len(positions) > MaxVertices+1 {
		b.err = fmt.Errorf("more than %d vertices", MaxVertices)
	}
	if b.err != nil || len(positions) == 0 {
		return false
	}
	b.x, b.y = b.x[:0], b.y[:0]
	for _, at := range positions {
		p, err := world.Project(at[0], at[1])
		if err != nil {
			b.err = err
			return false
		}
		b.x, b.y = append(b.x, p.X), append(b.y, p.Y)
	}
	return b.AddPart(b.x, b.y, hole)
}

// polygon adds an exterior and its holes. The holes of an exterior without area are left out with it.
func (b *shapeBuilder) polygon(rings orb.Polygon) {
	for i, ring := range rings {
		if !b.part(ring, i > 0) && i == 0 {
			return
		}
	}
}

// Geometry returns the geometry of a row in lon/lat degrees, nil when it has none. It is new and the
// caller's.
func (r Row) Geometry() orb.Geometry {
	b := r.Block
	if b.class == unlocated {
		return nil
	}
	if b.class == onePoint {
		lon, lat := b.Point(r.Index).LonLat()
		return orb.Point{lon, lat}
	}
	s := b.shapes
	first, last := int(s.Parts[r.Index]), int(s.Parts[r.Index+1])
	switch s.Kinds[r.Index] {
	case shape.MultiPoint:
		return orb.MultiPoint(s.positions(first))
	case shape.Line:
		return orb.LineString(s.positions(first))
	case shape.MultiLine:
		lines := make(orb.MultiLineString, 0, last-first)
		for part := first; part < last; part++ {
			lines = append(lines, s.positions(part))
		}
		return lines
	case shape.Polygon:
		return s.polygons(first, last)[0]
	default:
		return s.polygons(first, last)
	}
}

// positions returns the vertices of a part in degrees.
func (s *Shapes) positions(part int) []orb.Point {
	from, to := s.Part(part)
	out := make([]orb.Point, 0, to-from+1)
	for i := from; i < to; i++ {
		lon, lat := world.Point{X: s.X[i], Y: s.Y[i]}.LonLat()
		out = append(out, orb.Point{lon, lat})
	}
	return out
}

// polygons returns rings as polygons: closed, exteriors counterclockwise with north up (RFC 7946). A ring
// starts where the store's does, so that it is the same ring when it comes in again.
func (s *Shapes) polygons(first, last int) orb.MultiPolygon {
	var out orb.MultiPolygon
	for part := first; part < last; part++ {
		ring := orb.Ring(s.positions(part))
		ring[1:].Reverse()
		ring = append(ring, ring[0])
		from, to := s.Part(part)
		if shape.SignedArea(s.X[from:to], s.Y[from:to]) > 0 {
			out = append(out, orb.Polygon{ring})
		} else {
			out[len(out)-1] = append(out[len(out)-1], ring)
		}
	}
	return out
}

package filter

import (
	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// geometryTest tests the places of features against a literal. A feature without a place is not
// selected, whether the test is negated or not.
type geometryTest struct {
	not  bool
	test string
	of   *geometry
}

func (t *geometryTest) renumber([]int) test { return t }

// known returns what the test, negated or not, says of every place in a box; ok is false when it says
// different things, or when only the places themselves tell.
func (t *geometryTest) known(box world.Box) (selected, ok bool) {
	meets, inside, strictly := false, false, false
	for _, b := range t.of.boxes {
		meets = meets || b.Intersects(box)
		if t.of.rect {
			inside = inside || b.ContainsBox(box)
			strictly = strictly || b.ContainsBox(box) && box.Min.X > b.Min.X && box.Min.Y > b.Min.Y && box.Max.X < b.Max.X && box.Max.Y < b.Max.Y
		}
	}
	switch {
	case !meets:
		return (t.test == "S_DISJOINT") != t.not, true
	case inside && t.test == "S_INTERSECTS":
		return !t.not, true
	case inside && t.test == "S_DISJOINT":
		return t.not, true
	case strictly && t.test == "S_WITHIN":
		return !t.not, true
	case strictly && t.test == "S_TOUCHES":
		return t.not, true
	}
	return false, false
}

func (t *geometryTest) skips(b *layers.Block) bool {
	if b.Box().Empty() {
		return true
	}
	selected, ok := t.known(b.Box())
	return ok && !selected
}

func (t *geometryTest) filter(b *layers.Block, rows column.Bits) {
	if b.Box().Empty() {
		clear(rows)
		return
	}
	if selected, ok := t.known(b.Box()); ok {
		if !selected {
			clear(rows)
		}
		return
	}
	each(rows, func(row int) bool {
		if selected, ok := t.known(b.RowBox(row)); ok {
			return selected
		}
		if b.Shapes() == nil {
			return t.point(b.Point(row)) != t.not
		}
		holds, ok := t.of.relate(t.test, geometryOf(layers.Row{Block: b, Index: row}.Geometry()))
		return ok && holds != t.not
	})
}

// point tests a feature that is one point.
func (t *geometryTest) point(p world.Point) bool {
	if t.of.rect && (t.test == "S_INTERSECTS" || t.test == "S_DISJOINT") {
		return t.test == "S_DISJOINT" // known would have said that it lies inside
	}
	lon, lat := p.LonLat()
	where := t.of.locator.locate(orb.Point{lon, lat})
	switch t.test {
	case "S_INTERSECTS":
		return where != exterior
	case "S_DISJOINT":
		return where == exterior
	case "S_WITHIN":
		return where == interior
	case "S_TOUCHES":
		return where == boundary
	case "S_CONTAINS", "S_EQUALS":
		return where == interior && t.of.locator.dimension == 0 && len(t.of.locator.points) == 1
	default: // a point neither crosses nor overlaps anything
		return false
	}
}

// geometryOf returns a geometry of a feature as the tests of the library want it, not validated.
func geometryOf(g orb.Geometry) geom.Geometry {
	switch g := g.(type) {
	case orb.MultiPoint:
		return pointsOf(g)
	case orb.LineString:
		return lineOf(g).AsGeometry()
	case orb.MultiLineString:
		lines := make([]geom.LineString, len(g))
		for i, l := range g {
			lines[i] = lineOf(l)
		}
		return geom.NewMultiLineString(lines).AsGeometry()
	case orb.Polygon:
		return polygonOf(g).AsGeometry()
	case orb.MultiPolygon:
		polygons := make([]geom.Polygon, len(g))
		for i, p := range g {
			polygons[i] = polygonOf(p)
		}
		return geom.NewMultiPolygon(polygons).AsGeometry()
	case orb.Point:
		return pointsOf([]orb.Point{g})
	}
	return geom.Geometry{}
}

func polygonOf(p orb.Polygon) geom.Polygon {
	rings := make([]geom.LineString, len(p))
	for i, r := range p {
		rings[i] = lineOf(r)
	}
	return geom.NewPolygon(rings)
}

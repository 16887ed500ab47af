package filter

import (
	"fmt"

	"github.com/peterstace/simplefeatures/geom"
)

// converse are the tests with their arguments the other way round; the others are the same so.
var converse = map[string]string{"S_CONTAINS": "S_WITHIN", "S_WITHIN": "S_CONTAINS"}

// place returns a literal, or nil for the geometry of a feature.
func (b *binder) place(r *raw) (g *geometry, err error) {
	switch r.kind {
	case kindProperty:
		if r.text == geometryName {
			return nil, nil //nolint:nilnil // not a literal
		}
		return nil, b.refuse(r, "found the property %s: the place of a feature is called geometry, and it has no other", shown(r.text))
	case kindBox:
		g, err = newBox(r.box[0], r.box[1], r.box[2], r.box[3])
	case kindGeometry:
		g, err = newGeometry(r.shape)
	default:
		return nil, b.refuse(r, "found %s: want geometry, BBOX(west, south, east, north) or a geometry such as POINT(-77.03 38.9)", kindNames[r.kind])
	}
	if err != nil {
		return nil, b.refuse(r, "%v", err)
	}
	return g, nil
}

func (b *binder) spatial(r *raw, not bool) (node, error) {
	first, err := b.place(r.args[0])
	if err != nil {
		return nil, err
	}
	second, err := b.place(r.args[1])
	if err != nil {
		return nil, err
	}
	test := r.op
	switch {
	case first == nil && second == nil:
		return nil, b.refuse(r, "this compares geometry with itself: want a bounding box or a geometry as one of the two")
	case first != nil && second != nil:
		holds, ok := second.relate(test, first.whole)
		return constant(ok && holds != not), nil
	case first != nil:
		if c, ok := converse[test]; ok {
			test = c
		}
		second = first
	}
	switch {
	case !not:
	case test == "S_INTERSECTS":
		test, not = "S_DISJOINT", false
	case test == "S_DISJOINT":
		test, not = "S_INTERSECTS", false
	}
	return &spatial{not, test, second}, nil
}

// relate tests a geometry in degrees against g. ok is false when it cannot be told, as of a polygon
// that crosses itself.
func (g *geometry) relate(test string, a geom.Geometry) (holds, ok bool) {
	defer func() {
		if recover() != nil { // the library panics on some geometries that are not valid
			holds, ok = false, false
		}
	}()
	var err error
	switch test {
	case "S_INTERSECTS":
		return geom.Intersects(a, g.whole), true
	case "S_DISJOINT":
		return !geom.Intersects(a, g.whole), true
	case "S_WITHIN":
		holds, err = geom.Within(a, g.whole)
	case "S_CONTAINS":
		holds, err = geom.Contains(a, g.whole)
	case "S_EQUALS":
		holds, err = geom.Equals(a, g.whole)
	case "S_TOUCHES":
		holds, err = geom.Touches(a, g.whole)
	case "S_CROSSES":
		holds, err = geom.Crosses(a, g.whole)
	case "S_OVERLAPS":
		holds, err = geom.Overlaps(a, g.whole)
	default:
		err = fmt.Errorf("no test %s", test)
	}
	return holds, err == nil
}

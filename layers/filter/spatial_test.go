package filter

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// layerOf returns a layer of features with these geometries, by id.
func layerOf(t *testing.T, places map[layers.FeatureID]orb.Geometry) *layers.Layer {
	t.Helper()
	l, err := layers.New(testSchema(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: l.Name()}
	for id, g := range places {
		batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Feature{ID: id, Geometry: g}})
	}
	if _, err := l.Apply(batch); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestAntimeridian finds what lies on both sides of it.
func TestAntimeridian(t *testing.T) {
	t.Parallel()
	l := layerOf(t, map[layers.FeatureID]orb.Geometry{
		"none": nil,
		"0":    orb.Point{0, 0}, "175": orb.Point{175, 0}, "-175": orb.Point{-175, 0}, "180": orb.Point{180, 0}, "-180": orb.Point{-180, 0},
		"line 174": orb.LineString{{174, 1}, {176, 1}}, "line -176": orb.LineString{{-176, 1}, {-174, 1}}, "line 0": orb.LineString{{-1, 1}, {1, 1}},
		"halves": orb.MultiPolygon{{{{178, 2}, {179.9, 2}, {179.9, 3}, {178, 2}}}, {{{-179.9, 2}, {-178, 2}, {-178, 3}, {-179.9, 2}}}},
	})
	both := []layers.FeatureID{"175", "-175", "180", "-180", "line 174", "line -176", "halves"}
	for _, c := range []struct {
		filter string
		want   []layers.FeatureID
	}{
		{"S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))", both},
		{"S_INTERSECTS(geometry, BBOX(170, -10, 190, 10))", both},
		{"S_INTERSECTS(geometry, BBOX(-190, -10, -170, 10))", both},
		{"S_INTERSECTS(geometry, BBOX(180, -10, -170, 10))", []layers.FeatureID{"-175", "180", "-180", "line -176", "halves"}},
		{"NOT S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))", []layers.FeatureID{"0", "line 0"}},
		{"S_DISJOINT(geometry, BBOX(170, -10, -170, 10))", []layers.FeatureID{"0", "line 0"}},
		{"S_WITHIN(geometry, BBOX(170, -10, -170, 10))", both},
		{"S_INTERSECTS(geometry, POLYGON((170 -10, 190 -10, 190 10, 170 10, 170 -10)))", both},
		{"S_INTERSECTS(geometry, POLYGON((-190 -10, -170 -10, -170 10, -190 10, -190 -10)))", both},
		{"S_WITHIN(geometry, POLYGON((170 -10, 190 -10, 190 10, 170 10, 170 -10)))", both},
		{"NOT S_WITHIN(geometry, POLYGON((170 -10, 190 -10, 190 10, 170 10, 170 -10)))", []layers.FeatureID{"0", "line 0"}},
		{"S_INTERSECTS(geometry, POLYGON((190 -10, 200 -10, 200 10, 184 10, 184 -10, 190 -10)))", []layers.FeatureID{"-175", "line -176"}},
		{"S_INTERSECTS(geometry, LINESTRING(170 0, 190 0))", []layers.FeatureID{"175", "-175", "180", "-180"}},
		{"S_CROSSES(geometry, LINESTRING(175 0, 175 3))", []layers.FeatureID{"line 174"}},
		{"S_CROSSES(geometry, LINESTRING(170 0.5, 185 0.5, 185 2))", []layers.FeatureID{"line -176"}},
		{"S_EQUALS(geometry, POINT(185 0))", []layers.FeatureID{"-175"}},
		{"S_EQUALS(geometry, POINT(-185 0))", []layers.FeatureID{"175"}},
		{"S_INTERSECTS(geometry, MULTIPOINT(175 0, 185 0))", []layers.FeatureID{"175", "-175"}},
		{"S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))", append([]layers.FeatureID{"0", "line 0"}, both...)},
		{"geometry IS NULL", []layers.FeatureID{"none"}},
	} {
		e, err := Parse(Text, c.filter, l.Schema())
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		checkCanonical(t, e)
		got, _ := selected(l.Snapshot(), Compile(e))
		for _, id := range c.want {
			if !got[id] {
				t.Errorf("%s: %s is missing", c.filter, id)
			}
			delete(got, id)
		}
		for id := range got {
			t.Errorf("%s: selects %s", c.filter, id)
		}
	}
}

var locateRuns atomic.Uint64

// TestLocateAgainstLibrary compares the places of points with the library's DE-9IM tests, on fine
// coordinates and, for boundaries, on coarse ones.
func TestLocateAgainstLibrary(t *testing.T) {
	t.Parallel()
	var found [interior + 1]int
	for _, seed := range testkit.Seeds(t, &locateRuns, 500) {
		rng := rand.New(rand.NewPCG(seed, 6))
		coordinate := func() float64 { return float64(rng.IntN(5)) }
		if rng.IntN(2) == 0 {
			coordinate = func() float64 { return rng.Float64() * 5 }
		}
		at := func() orb.Point { return orb.Point{coordinate(), coordinate()} }
		ring := func() orb.Ring {
			a := at()
			return orb.Ring{a, at(), at(), at(), a}
		}
		var shape orb.Geometry
		switch rng.IntN(5) {
		case 0:
			shape = orb.MultiPoint{at(), at()}
		case 1:
			shape = orb.LineString{at(), at(), at()}
		case 2:
			shape = orb.MultiLineString{{at(), at()}, {at(), at(), at()}, {at(), at()}}
		case 3:
			shape = orb.Polygon{ring()}
		default:
			shape = orb.MultiPolygon{{ring()}, {ring()}}
		}
		g, err := newGeometry(orb.Clone(shape))
		if err != nil {
			continue // not valid
		}
		for range 10 {
			p := snap(coordinate(), coordinate(), false)
			if rng.IntN(3) == 0 { // a vertex
				v := testkit.Positions(shape)
				p = snap(v[rng.IntN(len(v))][0], v[rng.IntN(len(v))][1], false)
			}
			want := exterior
			point := pointsOf([]orb.Point{p})
			if touches, _ := g.relate("S_TOUCHES", point); touches {
				want = boundary
			} else if within, _ := g.relate("S_WITHIN", point); within {
				want = interior
			}
			found[want]++
			if got := g.locator.locate(p); got != want {
				t.Errorf("seed %d: %v in %v: got %d, want %d", seed, p, shape, got, want)
			}
		}
	}
	for where, n := range found {
		if n < 50 {
			t.Errorf("only %d points are at %d", n, where)
		}
	}
}

// TestInvalidPolygons tests polygons that cross themselves, as cities have them: whatever is said of
// them, nothing panics, and a test and its negation are never both true.
func TestInvalidPolygons(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	places := map[layers.FeatureID]orb.Geometry{}
	for i := range 25 {
		at := func() orb.Point { return orb.Point{float64(rng.IntN(6)), float64(rng.IntN(6))} }
		ring := func() orb.Ring {
			r := make(orb.Ring, 4+rng.IntN(4))
			for k := range r {
				r[k] = at()
			}
			return append(r, r[0])
		}
		g := orb.MultiPolygon{{ring(), ring()}, {ring()}}
		probe := layers.Change{Feature: layers.Feature{ID: "a", Geometry: g}}
		if testSchema().Check(0, &probe) == nil {
			places[layers.FeatureID(rune('A'+i))] = g
		}
	}
	l := layerOf(t, places)
	for range 40 {
		g := generator{rng, true}
		text := g.place()
		yes, err := Parse(Text, text, l.Schema())
		if err != nil {
			t.Fatal(err)
		}
		not, err := Parse(Text, "NOT "+text, l.Schema())
		if err != nil {
			t.Fatal(err)
		}
		got, _ := selected(l.Snapshot(), Compile(yes))
		opposite, _ := selected(l.Snapshot(), Compile(not))
		for id := range got {
			if opposite[id] {
				t.Errorf("%s: both it and its negation select %v", text, places[id])
			}
		}
	}
}

// TestBoxSkips checks that boxes decide on whole blocks.
func TestBoxSkips(t *testing.T) {
	t.Parallel()
	places := map[layers.FeatureID]orb.Geometry{}
	for i := range 50 {
		places[layers.FeatureID(rune('A'+i))] = orb.Point{float64(i) / 100, 0}
	}
	l := layerOf(t, places)
	for b := range l.Snapshot().All() {
		for _, c := range []struct {
			filter string
			skips  bool
		}{
			{"S_INTERSECTS(geometry, BBOX(1, -1, 2, 1))", true},
			{"S_INTERSECTS(geometry, BBOX(-1, -1, 2, 1))", false},
			{"S_DISJOINT(geometry, BBOX(-1, -1, 2, 1))", true},
			{"S_WITHIN(geometry, POLYGON((1 0, 2 0, 2 1, 1 0)))", true},
			{"NOT S_WITHIN(geometry, BBOX(-1, -1, 2, 1))", true},
			{"NOT S_WITHIN(geometry, BBOX(0, 0, 2, 1))", false},
			{"geometry IS NULL", true},
			{"geometry IS NOT NULL", false},
			{"votes > 1", true},
			{"votes + 1 > 1", true},
			{"votes = floor AND urgent", true},
			{"FALSE", true},
			{"TRUE", false},
		} {
			e, err := Parse(Text, c.filter, l.Schema())
			if err != nil {
				t.Fatal(err)
			}
			p := Compile(e)
			if got := p.Skips(b); got != c.skips {
				t.Errorf("%s: skips %v, want %v", c.filter, got, c.skips)
			}
			rows := column.NewBits(b.Len())
			if p.Filter(b, rows); rows.Count() != 0 {
				t.Errorf("%s: adds rows that were not asked for", c.filter)
			}
		}
	}
}

// TestUntellable checks that a test which cannot be told selects nothing, negated or not.
func TestUntellable(t *testing.T) {
	t.Parallel()
	l := layerOf(t, map[layers.FeatureID]orb.Geometry{"a": orb.LineString{{0, 0}, {1, 1}}})
	of, err := newGeometry(orb.LineString{{0, 1}, {1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	for _, not := range []bool{false, true} {
		p := &Predicate{test: &geometryTest{not: not, test: "S_NONE", of: of}}
		if got, _ := selected(l.Snapshot(), p); len(got) != 0 {
			t.Errorf("not %v: selects %v", not, got)
		}
	}
}

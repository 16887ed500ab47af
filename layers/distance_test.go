package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers/world"
)

// TestNearestOfShapes compares the order and the distances with those reckoned from degrees edge by
// edge.
func TestNearestOfShapes(t *testing.T) {
	t.Parallel()
	const seed = 21
	r := rand.New(rand.NewPCG(seed, 0))
	l := newLayer(t, Options{MinRows: 2, MaxRows: 8})
	b := Batch{Layer: l.Name()}
	for i := range 120 {
		g := randomShape(r)
		if i%4 == 0 {
			g = orb.Point{116 + r.Float64(), 39.5 + r.Float64()}
		}
		if all := testkit.Positions(g); len(all) > 0 && all[0][0] > 100 && g.Bound().Max[0]-g.Bound().Min[0] < 5 {
			b.Changes = append(b.Changes, Change{Feature: Feature{ID: FeatureID(strconv.Itoa(i)), Geometry: g}})
		}
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		lon, lat := 116+r.Float64(), 39.5+r.Float64()
		got, _ := l.Snapshot().Nearest(lon, lat, 10)
		var want []float64
		for _, c := range b.Changes {
			want = append(want, edgeMetres(lon, lat, c.Feature.Geometry))
		}
		slices.Sort(want)
		for i, n := range got {
			// Places are within a centimetre, and the nearest point is judged on the plane.
			if math.Abs(n.Metres-want[i]) > 0.03+want[i]*1e-3 {
				t.Fatalf("seed %d: neighbour %d of %v, %v is %v m away, want %v", seed, i, lon, lat, n.Metres, want[i])
			}
		}
	}
}

// edgeMetres is the least distance to a geometry's edges, 0 inside its rings.
func edgeMetres(lon, lat float64, g orb.Geometry) float64 {
	least := math.Inf(1)
	inside := false
	walk := func(line []orb.Point, ring bool) {
		for i, a := range line {
			if i+1 == len(line) {
				least = min(least, world.DistanceMetres(lon, lat, a[0], a[1]))
				continue
			}
			b := line[i+1]
			// Along an edge, straight on the Mercator plane, the distance has one minimum.
			ay, by := world.Y(a[1]), world.Y(b[1])
			at := func(f float64) float64 {
				return world.DistanceMetres(lon, lat, a[0]+f*(b[0]-a[0]), world.Lat(ay+f*(by-ay)))
			}
			lo, hi := 0.0, 1.0
			for range 80 {
				if m, n := lo+(hi-lo)/3, hi-(hi-lo)/3; at(m) < at(n) {
					hi = n
				} else {
					lo = m
				}
			}
			least = min(least, at(lo))
			if py := world.Y(lat); ring && (ay > py) != (by > py) && lon < a[0]+(py-ay)/(by-ay)*(b[0]-a[0]) {
				inside = !inside
			}
		}
	}
	switch g := g.(type) {
	case orb.Point:
		return world.DistanceMetres(lon, lat, g[0], g[1])
	case orb.MultiPoint:
		for _, p := range g {
			least = min(least, world.DistanceMetres(lon, lat, p[0], p[1]))
		}
	case orb.LineString:
		walk(g, false)
	case orb.MultiLineString:
		for _, line := range g {
			walk(line, false)
		}
	case orb.Polygon:
		for _, ring := range g {
			walk(ring, true)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, ring := range p {
				walk(ring, true)
			}
		}
	}
	if inside {
		return 0
	}
	return least
}

// TestShapesAreRefusedByName gives what cannot be a shape.
func TestShapesAreRefusedByName(t *testing.T) {
	t.Parallel()
	long := make(orb.LineString, MaxVertices+2)
	for i := range long {
		long[i] = orb.Point{float64(i%100) / 100, 1}
	}
	schema := testSchema()
	for _, c := range []struct {
		name string
		g    orb.Geometry
		want string
	}{
		{"no length", orb.LineString{{1, 1}, {1, 1}}, "the line has no length: want two different positions at least"},
		{"no area", orb.Polygon{{{1, 1}, {2, 1}, {3, 1}, {1, 1}}}, "the polygon has no area: want three different positions at least that are not in a line"},
		{
			"a hole larger than its exterior",
			orb.Polygon{{{1, 1}, {2, 1}, {2, 2}, {1, 1}}, {{0, 0}, {4, 0}, {4, 4}, {0, 0}}},
			"the polygon's holes are as large as its exteriors: want the exterior ring first, then its holes",
		},
		{"beyond the world", orb.LineString{{1, 1}, {1, 86}}, "latitude 86 is outside ±85.05112878, where Web Mercator ends"},
		{"not finite", orb.Polygon{{{1, 1}, {math.NaN(), 2}, {3, 3}, {1, 1}}}, "position NaN, 2 is not finite"},
		{"too long", long, fmt.Sprintf("more than %d vertices", MaxVertices)},
	} {
		err := schema.Check(7, &Change{Feature: Feature{ID: "a", Geometry: c.g}})
		if want := "layers: complaints: change 7: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", c.name, err, want)
		}
	}
	for _, g := range []orb.Geometry{orb.MultiPoint{}, orb.LineString{}, orb.MultiLineString{{}}, orb.Polygon{}, orb.Polygon{{}}, orb.MultiPolygon{}} {
		if err := schema.Check(0, &Change{Feature: Feature{ID: "a", Geometry: g}}); err != nil {
			t.Errorf("empty %T: %v", g, err)
		}
	}
}

// TestAnchor: a marker stands on its feature.
func TestAnchor(t *testing.T) {
	t.Parallel()
	ring := func(w, s, e, n float64) orb.Ring { return orb.Ring{{w, s}, {e, s}, {e, n}, {w, n}, {w, s}} }
	for _, c := range []struct {
		name string
		g    orb.Geometry
		want orb.Point
		far  bool // only how far it is from the feature counts
	}{
		{"point", orb.Point{116.5, 39.5}, orb.Point{116.5, 39.5}, false},
		{"square", orb.Polygon{ring(116, -0.01, 116.02, 0.01)}, orb.Point{116.01, 0}, false},
		{"square with a hole", orb.Polygon{ring(116, -0.01, 116.02, 0.01), ring(116.005, -0.005, 116.015, 0.005)}, orb.Point{}, true},
		{"angle", orb.LineString{{116, 0}, {116, 0.02}, {116.02, 0.02}}, orb.Point{}, true},
		{"two points", orb.MultiPoint{{116, 0}, {116.02, 0.02}}, orb.Point{}, true},
	} {
		l := newLayer(t, Options{})
		if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: Feature{ID: "1", Geometry: c.g}}}}); err != nil {
			t.Fatal(err)
		}
		row, _ := l.Snapshot().Find("1")
		at, ok := row.Anchor()
		if !ok || !c.far && world.DistanceMetres(at[0], at[1], c.want[0], c.want[1]) > 0.05 {
			t.Errorf("%s: got %v, %t, want %v", c.name, at, ok, c.want)
		}
		if d := row.DistanceMetres(at[0], at[1]); d > 0.05 {
			t.Errorf("%s: %v is %v m away from it", c.name, at, d)
		}
		bound, ok := row.Bound()
		want := row.Geometry().Bound()
		if !ok || bound != want {
			t.Errorf("%s: got bound %v, %t, want %v", c.name, bound, ok, want)
		}
	}
	l := newLayer(t, Options{})
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: Feature{ID: "1"}}}}); err != nil {
		t.Fatal(err)
	}
	row, _ := l.Snapshot().Find("1")
	_, placed := row.Anchor()
	_, bounded := row.Bound()
	if d := row.DistanceMetres(116, 39); placed || bounded || !math.IsInf(d, 1) {
		t.Errorf("without a place: got an anchor %t, a bound %t, %v m", placed, bounded, d)
	}
}

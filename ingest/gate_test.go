package ingest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/planar"

	"hutong/layers/world"
)

func TestAdmit(t *testing.T) {
	t.Parallel()
	dc := &orb.Bound{Min: orb.Point{-77.2, 38.7}, Max: orb.Point{-76.8, 39.1}}
	beijing := &orb.Bound{Min: orb.Point{115.4, 39.4}, Max: orb.Point{117.5, 41.1}}
	fiji := &orb.Bound{Min: orb.Point{176, -20}, Max: orb.Point{-178, -15}}
	tests := []struct {
		name   string
		bounds *orb.Bound
		g      orb.Geometry
		want   Reason
	}{
		{"anywhere", nil, orb.LineString{{1, 2}, {3, 4}}, ""},
		{"lines through 0, 0", nil, orb.LineString{{0, 0}, {3, 4}}, ""},
		{"a point at 0, 0", nil, orb.MultiPoint{{1, 2}, {0, 0}}, ReasonZero},
		{"not a number", nil, orb.LineString{{1, 2}, {math.NaN(), 4}}, ReasonPosition},
		{"infinite", dc, orb.LineString{{-77, 38.8}, {-77, math.Inf(1)}}, ReasonPosition},
		{"too far east", nil, orb.LineString{{1, 2}, {180.1, 4}}, ReasonPosition},
		{"no latitude", nil, orb.LineString{{1, 2}, {1, 90.1}}, ReasonPosition},
		{"a point near the pole", nil, orb.MultiPoint{{1, 2}, {1, 85.1}}, ReasonPosition},
		{"a line beyond the north", nil, orb.LineString{{1, 86}, {2, 87}}, ReasonPosition},
		{"a polygon beyond the south", nil, orb.Polygon{{{0, -86}, {9, -86}, {9, -88}, {0, -86}}}, ReasonPosition},
		{"a line that touches the north", nil, orb.LineString{{1, world.MaxLatitude}, {2, 87}}, ReasonPosition},
		{"inside", dc, orb.LineString{{-77, 38.8}, {-77, 38.9}}, ""},
		{"partly inside", dc, orb.LineString{{-77, 38.8}, {-70, 38.9}}, ""},
		{"around", dc, orb.Polygon{{{-80, 30}, {-70, 30}, {-70, 40}, {-80, 40}, {-80, 30}}}, ""},
		{"outside", dc, orb.LineString{{-78, 38.8}, {-79, 38.9}}, ReasonBounds},
		{"swapped", dc, orb.LineString{{38.8, -77}, {38.9, -77}}, ReasonSwapped},
		{"swapped beyond the world", beijing, orb.LineString{{39.9, 116.4}, {40, 116.5}}, ReasonSwapped},
		{"points swapped beyond the world", beijing, orb.MultiPoint{{39.9, 116.4}, {40, 116.5}}, ReasonSwapped},
		{"partly swapped", beijing, orb.LineString{{39.9, 116.4}, {116.4, 39.9}}, ReasonPosition},
		{"over the antimeridian, west", fiji, orb.LineString{{175, -17}, {179, -17}}, ""},
		{"over the antimeridian, east", fiji, orb.LineString{{-179, -17}, {-170, -17}}, ""},
		{"on the other side of the world", fiji, orb.LineString{{0, -17}, {175, -17}}, ReasonBounds},
	}
	for _, tt := range tests {
		g := Gate{Bounds: tt.bounds}
		kept, got, value, want := g.Admit(tt.g)
		if got != tt.want || (got == "") != (want == "") || (got == "") != (value == "") {
			t.Errorf("%s: got %q (%s: %s), want %q", tt.name, got, value, want, tt.want)
		}
		if got == "" && !orb.Equal(kept, tt.g) {
			t.Errorf("%s: got %s", tt.name, wkt.MarshalString(kept))
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	const n = world.MaxLatitude
	square := func(west, south, east, north float64) orb.Ring {
		return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
	}
	tests := []struct {
		name    string
		g, want orb.Geometry
	}{
		{"a line that goes out", orb.LineString{{0, n - 1}, {2, n + 1}}, orb.LineString{{0, n - 1}, {1, n}}},
		{"a line that goes out and comes in", orb.LineString{{0, n - 1}, {2, n + 1}, {4, n - 1}}, orb.MultiLineString{{{0, n - 1}, {1, n}}, {{3, n}, {4, n - 1}}}},
		{"a line through both ends", orb.LineString{{0, 90}, {0, -90}}, orb.LineString{{0, n}, {0, -n}}},
		{"a line along the limit", orb.LineString{{0, n}, {1, n}, {2, n + 1}}, orb.LineString{{0, n}, {1, n}}},
		{"a line that touches from outside", orb.LineString{{0, n + 1}, {1, n}, {2, n + 1}}, nil},
		{"lines, one of them outside", orb.MultiLineString{{{0, 86}, {1, 87}}, {{0, 1}, {1, 1}}}, orb.MultiLineString{{{0, 1}, {1, 1}}}},
		{"a square", orb.Polygon{square(0, 80, 9, 90)}, orb.Polygon{{{0, 80}, {9, 80}, {9, n}, {0, n}, {0, 80}}}},
		{"from pole to pole", orb.Polygon{square(0, -90, 9, 90)}, orb.Polygon{{{9, -n}, {9, n}, {0, n}, {0, -n}, {9, -n}}}},
		{"a ring that starts outside", orb.Polygon{{{9, 90}, {0, 90}, {0, 80}, {9, 80}, {9, 90}}}, orb.Polygon{{{0, n}, {0, 80}, {9, 80}, {9, n}, {0, n}}}},
		{"a hole beyond", orb.Polygon{square(0, 0, 9, 90), square(1, 86, 2, 87)}, orb.Polygon{{{0, 0}, {9, 0}, {9, n}, {0, n}, {0, 0}}}},
		{"a square that touches", orb.Polygon{square(0, n, 9, 90)}, nil},
		{"polygons, one of them beyond", orb.MultiPolygon{{square(0, -89, 9, -86)}, {square(0, 1, 2, 3)}}, orb.MultiPolygon{{square(0, 1, 2, 3)}}},
	}
	for _, tt := range tests {
		got := cut(tt.g)
		if (got == nil) != (tt.want == nil) || got != nil && !near(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// near reports whether two geometries are the same but for the last bits of an interpolation.
func near(a, b orb.Geometry) bool {
	if a.GeoJSONType() != b.GeoJSONType() {
		return false
	}
	var x, y [][]orb.Point
	for run := range runs(a) {
		x = append(x, run)
	}
	for run := range runs(b) {
		y = append(y, run)
	}
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if len(x[i]) != len(y[i]) {
			return false
		}
		for j := range x[i] {
			if math.Abs(x[i][j][0]-y[i][j][0]) > 1e-9 || math.Abs(x[i][j][1]-y[i][j][1]) > 1e-9 {
				return false
			}
		}
	}
	return true
}

// What a cut leaves of random polygons holds exactly those positions that it should, and both ways
// round a ring give the same positions.
func TestCutAnyRing(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		// A star around a centre near a limit does not cross itself.
		side := float64(1 - 2*rng.IntN(2))
		centre := orb.Point{rng.Float64()*100 - 50, side * (84 + 2*rng.Float64())}
		var ring orb.Ring
		for i := range 3 + rng.IntN(20) {
			r, a := 0.5+3*rng.Float64(), float64(i)*0.27
			ring = append(ring, orb.Point{centre[0] + r*math.Cos(a), centre[1] + r*math.Sin(a)})
		}
		ring = append(ring, ring[0])
		back := ring.Clone()
		back.Reverse()
		kept, other := cut(orb.Polygon{ring}), cut(orb.Polygon{back})
		if (kept == nil) != (other == nil) {
			t.Fatalf("%v: got %v and, the other way round, %v", ring, kept, other)
		}
		if kept != nil {
			is := map[orb.Point]bool{}
			for run := range runs(kept) {
				for _, v := range run {
					is[v] = true
				}
			}
			for run := range runs(other) {
				for _, v := range run {
					if !is[v] || beyond(v) != 0 {
						t.Fatalf("%v: %v is cut one way only, or outside", ring, v)
					}
				}
			}
		}
		for range 50 {
			v := orb.Point{centre[0] + 8*rng.Float64() - 4, centre[1] + 8*rng.Float64() - 4}
			want := beyond(v) == 0 && planar.RingContains(ring, v)
			got := kept != nil && planar.PolygonContains(kept.(orb.Polygon), v)
			if got != want && math.Abs(math.Abs(v[1])-world.MaxLatitude) > 1e-6 {
				t.Fatalf("%v holds %v: %v, want %v", ring, v, got, want)
			}
		}
	}
}

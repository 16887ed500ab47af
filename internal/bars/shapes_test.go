package bars

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/simplify"
	"github.com/tidwall/rtree"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// The bar on a tile of lines, and on one of polygons, against orb: the same features with one kept
// field, from memory to uncompressed bytes.
const (
	shapeCount          = 2_000
	shapesTimesFaster   = 15
	shapeZoom           = 11
	shapeName           = "shapes"
	shapeField          = "kind"
	orbTolerance        = 1 // tile units, as ours
	shapePasses         = 20
	orbShapePasses      = 2
	shapesOfSmallRun    = 200
	verticesOfSmallRing = 60
)

// shapeTile is the tile of the bar: that with the middle of Washington in it.
var shapeTile = grid.Tile{Z: shapeZoom, X: 585, Y: 783}

// polygonFiles and lineFiles are real data of Washington, below HUTONG_DATA.
var (
	polygonFiles = []string{
		"boundaries/dc/single-member-district-2013.geojson.gz", "boundaries/dc/police-service-areas-psa.geojson.gz",
		"boundaries/dc/advisory-neighborhood-commission-2013.geojson.gz", "boundaries/dc/neighborhood-clusters.geojson.gz",
		"basemap-dc/national-parks.geojson.gz", "basemap-dc/parks-and-recreation-areas.geojson.gz",
		"basemap-dc/university-and-college-campuses.geojson.gz",
	}
	lineFiles = []string{"basemap-dc/snow-emergency-roads.geojson.gz", "basemap-dc/major-roads.geojson.gz"}
)

// barShapes builds the tile by both paths, compares what is in it, and times them in turn.
func barShapes(t *testing.T, s size, r *Report) {
	for _, c := range []struct {
		what  string
		files []string
		made  func(r *rand.Rand) orb.Geometry
	}{
		{"polygons", polygonFiles, madePolygon},
		{"lines", lineFiles, madeLine},
	} {
		var features []*geojson.Feature
		if s.full() {
			features = realShapes(t, c.files)
		} else {
			rng := rand.New(rand.NewPCG(citySeed, 9))
			for range shapesOfSmallRun {
				features = append(features, geojson.NewFeature(c.made(rng)))
			}
		}
		if features == nil {
			r.Add("shapes: a tile of "+c.what, "no real data: set HUTONG_DATA")
			continue
		}
		compareShapes(t, s, r, c.what, features)
	}
}

// realShapes reads features until there are shapeCount whose box meets the tile, repeated if need be,
// moved by ten metres each time. It is nil where the data is missing.
func realShapes(t *testing.T, files []string) []*geojson.Feature {
	t.Helper()
	if _, ok := testkit.FindData(t); !ok {
		return nil
	}
	var out []*geojson.Feature
	bound := maptile.New(shapeTile.X, shapeTile.Y, shapeZoom).Bound()
	for _, shift := range []float64{0, 1e-4, 2e-4} {
		for _, name := range files {
			for _, f := range testkit.Features(t, testkit.Data(t, name)) {
				if f.Geometry == nil || !f.Geometry.Bound().Intersects(bound) || len(out) == shapeCount {
					continue
				}
				g := geojson.NewFeature(moved(f.Geometry, shift))
				out = append(out, g)
			}
		}
	}
	if len(out) != shapeCount {
		t.Fatalf("%d features in tile %v, want %d", len(out), shapeTile, shapeCount)
	}
	return out
}

// moved returns a copy of g some degrees to the east.
func moved(g orb.Geometry, degrees float64) orb.Geometry {
	g = orb.Clone(g)
	for _, p := range testkit.Positions(g) {
		p[0] += degrees
	}
	return g
}

// madePolygon returns a star with a ragged border in the tile.
func madePolygon(r *rand.Rand) orb.Geometry {
	at, size := madePlace(r)
	var ring orb.Ring
	for i := range verticesOfSmallRing {
		a, d := -2*math.Pi*float64(i)/verticesOfSmallRing, size*(0.7+0.3*r.Float64())
		ring = append(ring, orb.Point{at[0] + d*math.Cos(a), at[1] + d*math.Sin(a)})
	}
	return orb.Polygon{append(ring, ring[0])}
}

// madeLine returns a wandering line in the tile.
func madeLine(r *rand.Rand) orb.Geometry {
	at, size := madePlace(r)
	var line orb.LineString
	for range verticesOfSmallRing {
		at[0], at[1] = at[0]+size*r.Float64()/20, at[1]+size*(r.Float64()-0.5)/10
		line = append(line, at)
	}
	return line
}

func madePlace(r *rand.Rand) (at orb.Point, size float64) {
	b := maptile.New(shapeTile.X, shapeTile.Y, shapeZoom).Bound()
	return between(b, r.Float64(), r.Float64()), 0.001 + 0.01*r.Float64()
}

// compareShapes runs both paths over one set of features.
func compareShapes(t *testing.T, s size, r *Report, what string, features []*geojson.Feature) {
	vertices := 0
	schema := &layers.Schema{Name: shapeName, Fields: []layers.Field{{Name: shapeField, Kind: column.String, Keep: true, MaxLength: 16}}}
	layer, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	orbTree := &shapeTree{}
	batch := layers.Batch{Layer: shapeName}
	for i, f := range features {
		kind := "kind " + strconv.Itoa(i%12)
		f.ID, f.Properties = float64(i), geojson.Properties{shapeField: kind}
		vertices += len(testkit.Positions(f.Geometry))
		batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: f.Geometry, Values: []column.Value{column.StringOf(kind)},
		}})
		b := f.Geometry.Bound()
		orbTree.tree.Insert(b.Min, b.Max, f)
	}
	if _, err := layer.Apply(batch); err != nil {
		t.Fatal(err)
	}
	opts := tiles.Defaults()
	opts.Budget, opts.Tiny = tiles.MaxBudget, tiles.TinyKeep
	b, err := tiles.New(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	v := view.Public(layer).Now()
	var dst []byte
	ours := func() tiles.Stats {
		var stats tiles.Stats
		if dst, stats, err = b.Build(dst[:0], v, shapeTile); err != nil {
			t.Fatal(err)
		}
		return stats
	}
	stats := ours()
	theirs, err := orbTree.tile(shapeTile)
	if err != nil {
		t.Fatal(err)
	}
	if n := stats.Features; n < len(features)*9/10 || stats.Simplified > 0 || stats.DroppedFeatures > 0 {
		t.Fatalf("%s: %d features of %d in the tile: %+v", what, n, len(features), stats)
	}
	r.Add("shapes: a tile of "+what, "%d features of %d vertices, %d bytes; orb's has %d", stats.Features, vertices, len(dst), len(theirs))
	var fast, ratios []float64
	for range s.rounds {
		runtime.GC()
		a := timed(func() {
			for range shapePasses {
				ours()
			}
		}).Seconds() / shapePasses
		o := timed(func() {
			for range orbShapePasses {
				if _, err := orbTree.tile(shapeTile); err != nil {
					t.Fatal(err)
				}
			}
		}).Seconds() / orbShapePasses
		fast, ratios = append(fast, a*1e3), append(ratios, o/a)
	}
	r.AtLeast(fmt.Sprintf("shapes: a tile of %s, times faster than the orb path", what), median(ratios), shapesTimesFaster, "%.1f×")
	r.Add("shapes:   ms for the tile of "+what, "%.2f", median(fast))
}

// shapeTree is what the tile builder is compared with: an R-tree of orb features, of which a tile
// projects, clips, simplifies and marshals a copy. Simplifying before clipping would cost orb less
// where shapes reach beyond the tile, but it simplifies in tile units, which are there after projecting.
type shapeTree struct {
	tree rtree.RTreeG[*geojson.Feature]
}

func (s *shapeTree) tile(a grid.Tile) ([]byte, error) {
	tile := maptile.New(a.X, a.Y, maptile.Zoom(a.Z))
	bound := tile.Bound(float64(barBuffer) / barExtent)
	var found []*geojson.Feature
	s.tree.Search(bound.Min, bound.Max, func(_, _ [2]float64, f *geojson.Feature) bool {
		copied := *f
		copied.Geometry = orb.Clone(f.Geometry) // orb projects, clips and simplifies in place
		found = append(found, &copied)
		return true
	})
	layer := &mvt.Layer{Name: shapeName, Version: 2, Extent: barExtent, Features: found}
	layer.ProjectToTile(tile)
	layer.Clip(orb.Bound{Min: orb.Point{-barBuffer, -barBuffer}, Max: orb.Point{barExtent + barBuffer, barExtent + barBuffer}})
	layer.Simplify(simplify.DouglasPeucker(orbTolerance))
	layer.RemoveEmpty(0, 0)
	return mvt.Marshal(mvt.Layers{layer})
}

package tiles

import (
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// areaFeature returns a feature of the layers of shapes.
func areaFeature(id int, g orb.Geometry) layers.Feature {
	return layers.Feature{ID: layers.FeatureID(strconv.Itoa(id)), Geometry: g, Values: []column.Value{column.StringOf("kind"), column.StringOf("note")}}
}

// rectangle returns a polygon between corners in world units.
func rectangle(x0, y0, x1, y1 float64) orb.Polygon {
	at := func(x, y float64) orb.Point { return orb.Point{world.Lon(x + 0.5), world.Lat(y + 0.5)} }
	return orb.Polygon{{at(x0, y0), at(x0, y1), at(x1, y1), at(x1, y0), at(x0, y0)}}
}

// TestMultipointOverTheAntimeridian has points on both sides: in a tile beside it all that are in the
// window must stand in one command, or readers see only the first of several.
func TestMultipointOverTheAntimeridian(t *testing.T) {
	t.Parallel()
	points := orb.MultiPoint{{-179.999, 10}, {-179.998, 10}, {179.999, 10}, {179.998, 10.001}}
	v := viewOf(t, false, []layers.Feature{areaFeature(1, points)})
	b := builder(t, v, Defaults())
	for _, z := range []uint8{1, 5, 10} {
		for _, x := range []uint32{0, 1<<z - 1} {
			tile, _ := build(t, b, v, grid.Tile{Z: z, X: x, Y: projected(t, 0, 10).Y >> (32 - z)})
			shown := decodeShapes(t, tile)
			if len(shown) != 1 {
				t.Fatalf("zoom %d x %d: %d features", z, x, len(shown))
			}
			if got, ok := shown[0].geometry.(orb.MultiPoint); !ok || len(got) != len(points) {
				t.Errorf("zoom %d x %d: %v, want all %d points", z, x, shown[0].geometry, len(points))
			}
		}
	}
}

// TestThinPolygonsStay has a canal, thinner than a unit and longer than a tile's pixel, at all zooms
// around the one where it has no area in tile units: whatever the policy, once it is shown it stays.
func TestThinPolygonsStay(t *testing.T) {
	t.Parallel()
	const z = 10
	unit := float64(uint64(1) << (32 - z - 12))
	ox, oy := 843.0*4096*unit, 387.0*4096*unit
	for _, width := range []float64{0.07, 0.3} {
		canal := rectangle(ox+1000*unit, oy+1000.1*unit, ox+1800*unit, oy+(1000.1+width)*unit)
		diagonal := orb.Polygon{{canal[0][0], canal[0][2], {canal[0][2][0], canal[0][2][1] + 1e-7}, canal[0][0]}}
		for name, g := range map[string]orb.Polygon{"canal": canal, "diagonal": diagonal} {
			for _, coverage := range []bool{false, true} {
				for _, tiny := range []Tiny{TinyMerge, TinyDrop, TinyKeep} {
					for id := range 12 {
						v := viewOf(t, coverage, []layers.Feature{areaFeature(id, g)})
						o := Defaults()
						o.Tiny = tiny
						b := builder(t, v, o)
						before := coverage || tiny == TinyKeep
						for zoom := uint8(6); zoom <= 14; zoom++ {
							shown := showsSomewhere(t, b, v, g, zoom)
							if before && !shown {
								t.Fatalf("%s %.2f wide, coverage %v, tiny %d, id %d: gone at zoom %d", name, width, coverage, tiny, id, zoom)
							}
							before = shown
						}
						if !before {
							t.Fatalf("%s %.2f wide, coverage %v, tiny %d, id %d: never shown", name, width, coverage, tiny, id)
						}
					}
				}
			}
		}
	}
}

// showsSomewhere reports whether one of the tiles along the south of a geometry has a feature.
func showsSomewhere(t *testing.T, b *Builder, v *view.View, g orb.Geometry, zoom uint8) bool {
	t.Helper()
	bound := g.Bound()
	west, south := grid.At(projected(t, bound.Min[0], bound.Min[1]), zoom), grid.At(projected(t, bound.Max[0], bound.Min[1]), zoom)
	for x := west.X; x <= south.X; x++ {
		if tile, _ := build(t, b, v, grid.Tile{Z: zoom, X: x, Y: west.Y}); len(tile) > 0 {
			return true
		}
	}
	return false
}

// TestPartsGoByPixels has an island of six pixels beside one of a hundred: whatever the extent of tiles,
// both are there.
func TestPartsGoByPixels(t *testing.T) {
	t.Parallel()
	const z = 10
	pixel := float64(uint64(1)<<(32-z)) / 512
	ox, oy := 843*512*pixel, 387*512*pixel
	islands := orb.MultiPolygon{
		rectangle(ox+100*pixel, oy+100*pixel, ox+200*pixel, oy+200*pixel),
		rectangle(ox+300*pixel, oy+300*pixel, ox+306*pixel, oy+306*pixel),
	}
	for _, extent := range []uint32{256, 512, 1024, 4096, 8192} {
		for _, coverage := range []bool{false, true} {
			small := areaFeature(2, rectangle(ox+400.2*pixel, oy+400.2*pixel, ox+401.4*pixel, oy+401.4*pixel))
			v := viewOf(t, coverage, []layers.Feature{areaFeature(1, islands), small})
			o := Defaults()
			o.Extent, o.Buffer, o.Tiny = extent, 4, TinyKeep
			tile, _ := build(t, builder(t, v, o), v, grid.Tile{Z: z, X: 843, Y: 387})
			shown := decodeShapes(t, tile)
			if len(shown) != 2 {
				t.Fatalf("extent %d, coverage %v: %d features, want 2", extent, coverage, len(shown))
			}
			// Large ones stand behind small ones.
			if got, ok := shown[1].geometry.(orb.MultiPolygon); !ok || len(got) != 2 {
				t.Errorf("extent %d, coverage %v: %v, want two islands", extent, coverage, shown[1].geometry)
			}
		}
	}
}

// TestStatsOfAnEmptyTile thins a tile of tiny polygons of which then none is shown: what thinning left out
// is counted all the same.
func TestStatsOfAnEmptyTile(t *testing.T) {
	t.Parallel()
	var features []layers.Feature
	for i := range 300 {
		x, y := 3.6e9+float64(i%20)*50, 1.6e9+float64(i/20)*50
		features = append(features, areaFeature(i, rectangle(x, y, x+10, y+10)))
	}
	v := viewOf(t, false, features)
	o := Defaults()
	o.Tiny, o.Budget = TinyDrop, 2000
	_, stats := build(t, builder(t, v, o), v, grid.Tile{Z: 2, X: 3, Y: 1})
	if stats.DroppedFeatures == 0 || stats.Candidates != stats.Outside+stats.Tiny+stats.DroppedFeatures+stats.Features {
		t.Errorf("%+v do not add up", stats)
	}
}

// TestStubsStayInBudget has shapes around the world in a tile that sees two worlds, with as few vertices
// declared as may be.
func TestStubsStayInBudget(t *testing.T) {
	t.Parallel()
	var features []layers.Feature
	for i := range 400 {
		features = append(features, areaFeature(i, orb.Polygon{{{-180, 60}, {180, 60}, {180, -60}, {-180, -60}, {-180, 60}}}))
	}
	v := viewOf(t, false, features)
	for _, budget := range []int{2000, 8000, 20_000} {
		o := Defaults()
		o.Vertices, o.Budget = MinVertices, budget
		if tile, stats := build(t, builder(t, v, o), v, grid.Tile{Z: 1}); len(tile) > budget || stats.Overrun {
			t.Errorf("%d bytes are over the budget of %d: %+v", len(tile), budget, stats)
		}
	}
}

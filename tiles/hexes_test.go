package tiles

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// hexes returns the cells of one level over a layer of points.
func hexes(t testing.TB, spec derive.Spec, level int, clusters bool, places []orb.Point) *view.View {
	t.Helper()
	schema := &layers.Schema{Name: "reports", Fields: []layers.Field{
		{Name: "category", Kind: column.String}, {Name: "votes", Kind: column.Int}, {Name: "reported", Kind: column.Time},
	}}
	ix, err := derive.NewIndex(schema, spec)
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(schema, layers.Options{Derivers: []layers.Deriver{ix}})
	if err != nil {
		t.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range places {
		f := layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Geometry: p, Values: []column.Value{
			column.StringOf(fmt.Sprint("c", i%10)), column.IntOf(int64(i % 40)), column.MicrosOf(int64(i) * 1e6),
		}}
		if err := load.Add([]layers.Change{{Feature: f}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	made := ix.HexSchema("hexes")
	if clusters {
		made = ix.ClusterSchema("clusters")
	}
	return view.Of(made, func() layers.Reader {
		if clusters {
			return ix.Clusters(made, l.Snapshot(), derive.ResolutionFor(uint8(level), 0, spec.Min, spec.Max))
		}
		return ix.Hexes(made, l.Snapshot(), derive.ResolutionFor(uint8(level), 0, spec.Min, spec.Max))
	}).Now()
}

// decoded builds a tile and returns its features.
func decoded(t *testing.T, v *view.View, tile grid.Tile) mvt.Layers {
	t.Helper()
	b, err := New(v.Schema(), Defaults())
	if err != nil {
		t.Fatal(err)
	}
	bytes, stats, err := b.Build(nil, v, tile)
	if err != nil || stats.Coarse > 0 || stats.DroppedFeatures > 0 {
		t.Fatalf("%v: %v, %+v", tile, err, stats)
	}
	out, err := mvt.Unmarshal(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHexesAcrossTheAntimeridian draws the cells of a stretch across it: at both ends their parts cover the band
// without a gap, and together with the neighbours' they meet at the edge.
func TestHexesAcrossTheAntimeridian(t *testing.T) {
	t.Parallel()
	var places []orb.Point
	for lon := 178.0; lon < 182; lon += 0.02 {
		for lat := -1.0; lat < 1; lat += 0.02 {
			places = append(places, orb.Point{math.Remainder(lon, 360), lat})
		}
	}
	const zoom = 7
	v := hexes(t, derive.Spec{Min: 0, Max: 6}, zoom, false, places)
	for _, x := range []uint32{0, 1<<zoom - 1} {
		tile := grid.Tile{Z: zoom, X: x, Y: 1 << (zoom - 1)}
		covered := 0.0
		ids := map[any]bool{}
		for _, f := range decoded(t, v, tile)[0].Features {
			id := f.Properties["h3"]
			if ids[id] || f.ID != nil {
				t.Errorf("%v: cell %v twice, or with id %v", tile, id, f.ID)
			}
			ids[id] = true
			for _, ring := range rings(f.Geometry) {
				covered += areaWithin(ring, 0, 100, 100, 1300, x == 0)
			}
		}
		// A strip at the antimeridian, inside the tile and in its buffer.
		if want := 1200.0 * 100; math.Abs(covered-want) > want/100 {
			t.Errorf("%v: cells cover %.0f of %.0f square units along the antimeridian", tile, covered, want)
		}
		if len(ids) < 10 {
			t.Errorf("%v: only %d cells", tile, len(ids))
		}
	}
}

func rings(g orb.Geometry) []orb.Ring {
	switch g := g.(type) {
	case orb.Polygon:
		return g
	case orb.MultiPolygon:
		var out []orb.Ring
		for _, p := range g {
			out = append(out, p...)
		}
		return out
	default:
		return nil
	}
}

// areaWithin returns the area of the part of a ring in a strip along the western or the eastern edge of a tile.
func areaWithin(ring orb.Ring, minX, maxX, minY, maxY float64, west bool) float64 {
	if !west {
		minX, maxX = 4096-maxX, 4096-minX
	}
	inside := []func(p orb.Point) float64{
		func(p orb.Point) float64 { return p[0] - minX }, func(p orb.Point) float64 { return maxX - p[0] },
		func(p orb.Point) float64 { return p[1] - minY }, func(p orb.Point) float64 { return maxY - p[1] },
	}
	path := []orb.Point(ring)
	for _, side := range inside {
		var out []orb.Point
		for i, p := range path {
			q := path[(i+1)%len(path)]
			a, b := side(p), side(q)
			if a >= 0 {
				out = append(out, p)
			}
			if (a >= 0) != (b >= 0) {
				s := a / (a - b)
				out = append(out, orb.Point{p[0] + s*(q[0]-p[0]), p[1] + s*(q[1]-p[1])})
			}
		}
		path = out
	}
	area := 0.0
	for i, p := range path {
		q := path[(i+1)%len(path)]
		area += p[0]*q[1] - q[0]*p[1]
	}
	return math.Abs(area) / 2
}

// TestHexesMeet draws cells that cover a region at every zoom: in each tile they cover it, and none is left out.
func TestHexesMeet(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	var places []orb.Point
	for range 40_000 {
		places = append(places, orb.Point{116.4 + r.Float64() - 0.5, 39.9 + r.Float64() - 0.5})
	}
	spec := derive.Spec{Min: 4, Max: 7}
	for zoom := uint8(6); zoom <= 9; zoom++ {
		v := hexes(t, spec, int(zoom), false, places)
		at, err := world.Project(116.4, 39.9)
		if err != nil {
			t.Fatal(err)
		}
		tile := grid.At(at, zoom)
		w := tile.Window(4096, 0)
		x, y := w.Units(at)
		// A square around the middle of the region, as large as a fifth of a degree, cut to the tile.
		half := 4096 * math.Exp2(float64(zoom)) / 360 / 10
		minX, maxX := max(float64(x)-half, 0), min(float64(x)+half, 4096)
		minY, maxY := max(float64(y)-half, 0), min(float64(y)+half, 4096)
		covered := 0.0
		for _, f := range decoded(t, v, tile)[0].Features {
			for _, ring := range rings(f.Geometry) {
				covered += areaWithin(ring, minX, maxX, minY, maxY, true)
			}
		}
		if want := (maxX - minX) * (maxY - minY); math.Abs(covered-want) > want/200 {
			t.Errorf("zoom %d: cells cover %.0f of %.0f square units", zoom, covered, want)
		}
	}
}

func TestClustersAreClusters(t *testing.T) {
	t.Parallel()
	places := []orb.Point{{116.4, 39.9}, {116.4001, 39.9}, {116.4002, 39.9}}
	v := hexes(t, derive.Spec{Min: 4, Max: 7}, 5, true, places)
	at, err := world.Project(116.4001, 39.9)
	if err != nil {
		t.Fatal(err)
	}
	got := decoded(t, v, grid.At(at, 5))
	if len(got) != 1 || len(got[0].Features) != 1 {
		t.Fatalf("got %v, want one cluster", got)
	}
	f := got[0].Features[0]
	for name, want := range map[string]any{"cluster": true, "point_count": 3.0, "point_count_abbreviated": "3"} {
		if f.Properties[name] != want {
			t.Errorf("%s is %v, want %v", name, f.Properties[name], want)
		}
	}
	if id, _ := f.Properties["h3"].(string); len(id) != 15 || f.ID != nil {
		t.Errorf("h3 is %v, the id %v", f.Properties["h3"], f.ID)
	}
}

// BenchmarkHexes builds a tile of zoom 9 full of cells, with a plain index and with eight categories and a number, its
// outlines known and not.
func BenchmarkHexes(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var places []orb.Point
	for range 300_000 {
		places = append(places, orb.Point{116.4 + (r.Float64()-0.5)*1.6, 39.9 + (r.Float64()-0.5)*1.6})
	}
	full := derive.Spec{Min: 4, Max: 8, Time: "reported", Numbers: []string{"votes"}, Counts: []derive.CountField{{
		Field: "category", Values: []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"},
	}}}
	for name, spec := range map[string]derive.Spec{"plain": {Min: 4, Max: 8, Time: "reported"}, "full": full} {
		for _, level := range []int{9, 11} { // the cells of zoom 9, and seven times as many
			v := hexes(b, spec, level, false, places)
			tb := builder(b, v, Defaults())
			at, err := world.Project(116.4, 39.9)
			if err != nil {
				b.Fatal(err)
			}
			tile := grid.At(at, 9)
			b.Run(fmt.Sprintf("%s/cells of zoom %d", name, level), func(b *testing.B) {
				b.ReportAllocs()
				var dst []byte
				var stats Stats
				for b.Loop() {
					dst, stats, _ = tb.Build(dst[:0], v, tile)
				}
				b.ReportMetric(float64(stats.Features), "cells")
				b.ReportMetric(float64(stats.Bytes), "B/tile")
			})
		}
	}
}

package tiles

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// shapeSchema is that of the layers of shapes below.
func shapeSchema(coverage bool) *layers.Schema {
	return &layers.Schema{
		Name:     "areas",
		Coverage: coverage,
		Fields: []layers.Field{
			{Name: "kind", Kind: column.String, Keep: true, MaxLength: 16},
			{Name: "note", Kind: column.String},
		},
	}
}

// randomShapes returns n features: stars with holes, islands, lines of all lengths, multipoints and
// points, most of them around one place, a few over the world and across its edge.
func randomShapes(n int, r *rand.Rand) []layers.Feature {
	var out []layers.Feature
	for i := range n {
		at := orb.Point{116.39 + r.NormFloat64()*0.1, 39.9 + r.NormFloat64()*0.1}
		size := 0.2 * math.Exp2(-12*r.Float64()) // degrees
		if r.IntN(8) == 0 {
			at, size = orb.Point{r.Float64()*340 - 170, r.Float64()*150 - 75}, 9*r.Float64()
		}
		if r.IntN(20) == 0 {
			at[0] = []float64{-179.99, 179.99}[r.IntN(2)]
		}
		out = append(out, layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(i)), Geometry: randomGeometry(r, at, size),
			Values: []column.Value{column.StringOf(fmt.Sprint("kind ", r.IntN(9))), column.StringOf(fmt.Sprint("note ", i))},
		})
	}
	return out
}

func randomGeometry(r *rand.Rand, at orb.Point, size float64) orb.Geometry {
	inside := func(p orb.Point) orb.Point {
		return orb.Point{min(max(p[0], -180), 180), min(max(p[1], -85), 85)}
	}
	star := func(at orb.Point, from, to float64, n int) orb.Ring {
		var ring orb.Ring
		for i := range n {
			a, d := 2*math.Pi*float64(i)/float64(n), from+(to-from)*r.Float64()
			ring = append(ring, inside(orb.Point{at[0] + d*math.Cos(a), at[1] + d*math.Sin(a)}))
		}
		return append(ring, ring[0])
	}
	line := func(n int) (out orb.LineString) {
		p := at
		for range n {
			out = append(out, inside(p))
			p = orb.Point{p[0] + r.NormFloat64()*size/4, p[1] + r.NormFloat64()*size/4}
		}
		return out
	}
	switch r.IntN(10) {
	case 0:
		return at
	case 1:
		return orb.MultiPoint(line(1 + r.IntN(6)))
	case 2, 3:
		return line(2 + r.IntN(60))
	case 4:
		return orb.MultiLineString{line(2 + r.IntN(4)), line(2 + r.IntN(30))}
	case 5:
		return orb.Polygon{star(at, size/2, size, 12), star(at, size/8, size/4, 7)}
	case 6:
		east := orb.Point{at[0] + 3*size, at[1]}
		return orb.MultiPolygon{{star(at, size/2, size, 8)}, {star(east, size/3, size/2, 5), star(east, size/9, size/6, 4)}}
	default:
		return orb.Polygon{star(at, size/2, size, 3+r.IntN(120))}
	}
}

// decodedShape is a feature of a tile.
type decodedShape struct {
	id       string
	geometry orb.Geometry
	kind     string
}

// decodeShapes reads a tile of shapes with orb.
func decodeShapes(tb testing.TB, tile []byte) []decodedShape {
	tb.Helper()
	decoded, err := orbmvt.Unmarshal(tile)
	if err != nil {
		tb.Fatalf("orb cannot read the tile: %v", err)
	}
	var out []decodedShape
	for _, l := range decoded {
		for _, f := range l.Features {
			id, ok := f.ID.(float64)
			if !ok {
				tb.Fatalf("a feature has the id %v", f.ID)
			}
			kind, ok := f.Properties["kind"].(string)
			if !ok {
				tb.Fatalf("feature %v has the kind %v", id, f.Properties["kind"])
			}
			out = append(out, decodedShape{strconv.Itoa(int(id)), f.Geometry, kind})
		}
	}
	return out
}

// unitsOf returns g in tile units of t, not rounded, moved by whole worlds to where it is nearest to
// the tile.
func unitsOf(g orb.Geometry, t grid.Tile, extent uint32, worlds float64) orb.Geometry {
	scale := float64(extent) * math.Exp2(float64(t.Z)) / (1 << world.Bits)
	g = orb.Clone(g)
	for _, p := range testkit.Positions(g) {
		x, y := world.X(p[0])+worlds*(1<<world.Bits), world.Y(p[1])
		*p = orb.Point{x*scale - float64(t.X)*float64(extent), y*scale - float64(t.Y)*float64(extent)}
	}
	return g
}

// edges returns the edges of a geometry's lines or rings.
func edges(g orb.Geometry) (out [][2]orb.Point) {
	line := func(ps []orb.Point) {
		for i := range len(ps) - 1 {
			out = append(out, [2]orb.Point{ps[i], ps[i+1]})
		}
	}
	switch g := g.(type) {
	case orb.LineString:
		line(g)
	case orb.MultiLineString:
		for _, l := range g {
			line(l)
		}
	case orb.Polygon:
		for _, ring := range g {
			line(ring)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			out = append(out, edges(p)...)
		}
	}
	return out
}

// distanceToEdges returns the distance from p to the nearest of edges.
func distanceToEdges(p orb.Point, list [][2]orb.Point) float64 {
	least := math.Inf(1)
	for _, e := range list {
		dx, dy := e[1][0]-e[0][0], e[1][1]-e[0][1]
		f := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			f = min(max(((p[0]-e[0][0])*dx+(p[1]-e[0][1])*dy)/l, 0), 1)
		}
		least = min(least, math.Hypot(e[0][0]+f*dx-p[0], e[0][1]+f*dy-p[1]))
	}
	return least
}

// inside reports whether p is inside an odd number of rings.
func inside(p orb.Point, list [][2]orb.Point) bool {
	in := false
	for _, e := range list {
		if a, b := e[0], e[1]; (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

func isPolygon(g orb.Geometry) bool {
	switch g.(type) {
	case orb.Polygon, orb.MultiPolygon:
		return true
	}
	return false
}

// slack is how far a drawn border may lie from the true one, in tile units: the tolerance of
// simplification, and a snapped vertex at both ends.
const slack = 1 + 2*math.Sqrt2

// checkShapes builds a tile and compares what it shows with the features by samples.
func checkShapes(tb testing.TB, r *rand.Rand, b *Builder, v *view.View, features []layers.Feature, t grid.Tile) Stats {
	tb.Helper()
	o := b.Options()
	tile, stats := build(tb, b, v, t)
	if len(tile) > o.Budget {
		tb.Fatalf("%v: %d bytes are over the budget of %d", t, len(tile), o.Budget)
	}
	got := map[string]decodedShape{}
	for _, d := range decodeShapes(tb, tile) {
		if got[d.id].id != "" {
			tb.Fatalf("%v: feature %s stands twice", t, d.id)
		}
		got[d.id] = d
	}
	if stats.Features != len(got) || stats.Candidates != stats.Features+stats.Outside+stats.Tiny+stats.DroppedFeatures {
		tb.Fatalf("%v: %d features in the tile, stats %+v", t, len(got), stats)
	}
	if stats.DroppedFeatures > 0 || stats.Simplified > 0 {
		return stats
	}
	lo, hi := -float64(o.Buffer), float64(o.Extent+o.Buffer)
	for i := range features {
		f := &features[i]
		if _, ok := f.Geometry.(orb.Point); ok {
			continue // the other tests' matter
		}
		d, shown := got[string(f.ID)]
		if shown && d.kind != f.Values[0].Text() {
			tb.Fatalf("%v: feature %s has kind %q, want %q", t, f.ID, d.kind, f.Values[0].Text())
		}
		var truth [][2]orb.Point
		for worlds := -1.0; worlds <= 1; worlds++ {
			if t.Z > 0 || worlds == 0 {
				truth = append(truth, edges(unitsOf(f.Geometry, t, o.Extent, worlds))...)
			}
		}
		long := longParts(f.Geometry, t, o.Extent)
		drawn := edges(d.geometry)
		if isPolygon(f.Geometry) && areaOf(f.Geometry, t, o.Extent) < 2*shape.PixelUnits*shape.PixelUnits*float64(o.Extent)/4096 {
			continue // may be a square, or not there
		}
		// The edges of what is drawn lie on true ones, or on the window's border.
		for _, e := range drawn {
			for range 4 {
				w := r.Float64()
				p := orb.Point{e[0][0] + w*(e[1][0]-e[0][0]), e[0][1] + w*(e[1][1]-e[0][1])}
				border := min(math.Abs(p[0]-lo), math.Abs(p[0]-hi), math.Abs(p[1]-lo), math.Abs(p[1]-hi))
				if p[0] < lo || p[0] > hi || p[1] < lo || p[1] > hi {
					tb.Fatalf("%v: feature %s reaches %v, outside the window", t, f.ID, p)
				}
				if distance := distanceToEdges(p, truth); min(distance, border) > slack {
					tb.Fatalf("%v: feature %s has an edge at %v, %.2f units off", t, f.ID, p, distance)
				}
			}
		}
		for range 12 {
			p := orb.Point{lo + r.Float64()*(hi-lo), lo + r.Float64()*(hi-lo)}
			if len(truth) > 0 { // half of them near an edge
				if e := truth[r.IntN(len(truth))]; r.IntN(2) == 0 {
					w := r.Float64()
					p = orb.Point{e[0][0] + w*(e[1][0]-e[0][0]), e[0][1] + w*(e[1][1]-e[0][1])}
				}
			}
			if p[0] < lo+slack || p[0] > hi-slack || p[1] < lo+slack || p[1] > hi-slack {
				continue
			}
			if !isPolygon(f.Geometry) {
				if distanceToEdges(p, long) == 0 && distanceToEdges(p, drawn) > slack {
					tb.Fatalf("%v: feature %s is not drawn at %v: %v for %v (%T)", t, f.ID, p, d.geometry, unitsOf(f.Geometry, t, o.Extent, 0), f.Geometry)
				}
				continue
			}
			p = orb.Point{p[0] + r.NormFloat64()*4, p[1] + r.NormFloat64()*4}
			if distanceToEdges(p, truth) > slack && min(p[0]-lo, hi-p[0], p[1]-lo, hi-p[1]) > slack && inside(p, truth) != inside(p, drawn) {
				tb.Fatalf("%v: feature %s at %v: inside is %v, want %v", t, f.ID, p, inside(p, drawn), inside(p, truth))
			}
		}
	}
	return stats
}

// longParts returns the edges of those lines of g that are too long to vanish, in tile units.
func longParts(g orb.Geometry, t grid.Tile, extent uint32) (out [][2]orb.Point) {
	var lines orb.MultiLineString
	switch g := unitsOf(g, t, extent, 0).(type) {
	case orb.LineString:
		lines = orb.MultiLineString{g}
	case orb.MultiLineString:
		lines = g
	}
	for _, line := range lines {
		if b := line.Bound(); max(b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]) > 2*slack {
			out = append(out, edges(line)...)
		}
	}
	return out
}

// areaOf returns the area of polygons in square tile units.
func areaOf(g orb.Geometry, t grid.Tile, extent uint32) float64 {
	sum := 0.0
	ringArea := func(ring orb.Ring) float64 {
		a := 0.0
		for i := range len(ring) - 1 {
			a += ring[i][0]*ring[i+1][1] - ring[i+1][0]*ring[i][1]
		}
		return math.Abs(a) / 2
	}
	polygon := func(p orb.Polygon) {
		for i, ring := range p {
			if i == 0 {
				sum += ringArea(ring)
			} else {
				sum -= ringArea(ring)
			}
		}
	}
	switch g := unitsOf(g, t, extent, 0).(type) {
	case orb.Polygon:
		polygon(g)
	case orb.MultiPolygon:
		for _, p := range g {
			polygon(p)
		}
	}
	return sum
}

// shapeTile returns a tile near one of the features.
func shapeTile(r *rand.Rand, features []layers.Feature, maxZoom uint8) grid.Tile {
	z := uint8(r.IntN(int(maxZoom) + 1))
	b := features[r.IntN(len(features))].Geometry.Bound()
	lon, lat := b.Min[0]+r.Float64()*(b.Max[0]-b.Min[0]), b.Min[1]+r.Float64()*(b.Max[1]-b.Min[1])
	p, err := world.Project(min(max(lon, -180), 180), lat)
	if err != nil {
		return grid.Tile{}
	}
	return grid.At(p, z)
}

// TestShapesAgainstSamples compares tiles of every kind of shape with the features they came from.
func TestShapesAgainstSamples(t *testing.T) {
	t.Parallel()
	const seed = 31
	r := rand.New(rand.NewPCG(seed, 0))
	features := randomShapes(300, r)
	v := loaded(t, shapeSchema(false), layers.Options{MinRows: 4, MaxRows: 16}, features)
	for _, tiny := range []Tiny{TinyMerge, TinyDrop, TinyKeep} {
		for _, extent := range []uint32{512, 4096, 8192} {
			o := Defaults()
			o.MaxZoom, o.Extent, o.Buffer, o.Tiny = 20, extent, extent/64, tiny
			b := builder(t, v, o)
			for range 15 {
				checkShapes(t, r, b, v, features, shapeTile(r, features, o.MaxZoom))
			}
			checkShapes(t, r, b, v, features, grid.Tile{})
		}
	}
}

// TestShapesDependOnContentOnly is [TestBytesDependOnContentOnly] for shapes, with small budgets too.
func TestShapesDependOnContentOnly(t *testing.T) {
	t.Parallel()
	const seed = 32
	r := rand.New(rand.NewPCG(seed, 0))
	features := randomShapes(600, r)
	want := loaded(t, shapeSchema(false), layers.Options{}, features)
	other := loaded(t, shapeSchema(false), layers.Options{MinRows: 2, MaxRows: 5}, features)
	live, err := layers.New(shapeSchema(false), layers.Options{MinRows: 3, MaxRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range r.Perm(len(features)) { // each first somewhere else, then in place
		f := features[i]
		before := f
		before.Geometry = features[r.IntN(len(features))].Geometry
		for _, one := range []layers.Feature{before, f} {
			if _, err := live.Apply(layers.Batch{Layer: live.Name(), Changes: []layers.Change{{Feature: one}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	byBatches := view.Public(live).Now()
	simplified := 0
	for _, budget := range []int{500_000, 20_000, 4000} {
		o := Defaults()
		o.Budget = budget
		b := builder(t, want, o)
		for range 100 {
			tile := shapeTile(r, features, o.MaxZoom)
			bytesWanted, stats := build(t, b, want, tile)
			simplified += stats.Simplified
			if len(bytesWanted) > budget {
				t.Fatalf("seed %d: %v: %d bytes are over the budget of %d", seed, tile, len(bytesWanted), budget)
			}
			for name, v := range map[string]*view.View{"small blocks": other, "batches": byBatches} {
				if got, _ := build(t, b, v, tile); !bytes.Equal(got, bytesWanted) {
					t.Fatalf("seed %d: %s: %v with budget %d: bytes differ", seed, name, tile, budget)
				}
			}
		}
	}
	if simplified == 0 {
		t.Error("no tile had to lose vertices")
	}
}

// TestShapesNest holds tiles to showing what their parents show, full ones and the squares of tiny
// polygons included.
func TestShapesNest(t *testing.T) {
	t.Parallel()
	const seed = 33
	r := rand.New(rand.NewPCG(seed, 0))
	features := randomShapes(1500, r)
	v := loaded(t, shapeSchema(false), layers.Options{}, features)
	thinned, tiny := 0, 0
	for _, budget := range []int{500_000, 30_000, 6000} {
		o := Defaults()
		o.Budget = budget
		b := builder(t, v, o)
		for range 150 {
			parent := shapeTile(r, features, o.MaxZoom-1)
			tile, stats := build(t, b, v, parent)
			thinned += stats.DroppedFeatures
			tiny += stats.Tiny
			for q, child := range parent.Children() {
				below, _ := build(t, b, v, child)
				ids := map[string]bool{}
				for _, d := range decodeShapes(t, below) {
					ids[d.id] = true
				}
				for _, d := range decodeShapes(t, tile) {
					if !ids[d.id] && reachesInto(d.geometry, q, float64(o.Extent)) {
						t.Fatalf("seed %d: budget %d: feature %s is in %v and not in %v: %v", seed, budget, d.id, parent, child, d.geometry)
					}
				}
			}
		}
	}
	if thinned == 0 || tiny == 0 {
		t.Errorf("%d features thinned and %d tiny ones left out: the test shows nothing", thinned, tiny)
	}
}

// reachesInto reports whether a geometry of a tile surely reaches into quarter q of it: one of its edges'
// middles lies well inside.
func reachesInto(g orb.Geometry, q int, extent float64) bool {
	x0, y0 := float64(q%2)*extent/2, float64(q/2)*extent/2
	in := func(p orb.Point) bool {
		const margin = 12
		return p[0] > x0+margin && p[0] < x0+extent/2-margin && p[1] > y0+margin && p[1] < y0+extent/2-margin
	}
	if p, ok := g.(orb.Point); ok {
		return in(p)
	}
	for _, e := range edges(g) {
		if in(orb.Point{(e[0][0] + e[1][0]) / 2, (e[0][1] + e[1][1]) / 2}) {
			return true
		}
	}
	return false
}

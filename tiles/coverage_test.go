package tiles

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// lattice returns n×n districts with ragged borders over a city; neighbours share every vertex of their
// common border.
func lattice(n int, seed uint64) []layers.Feature {
	r := rand.New(rand.NewPCG(seed, 0))
	const steps = 40
	side := 0.4 / float64(n)
	nodes := map[[2]int]orb.Point{}
	for i := range n + 1 {
		for j := range n + 1 {
			nodes[[2]int{i, j}] = orb.Point{116.2 + float64(i)*side + r.NormFloat64()*side/12, 39.7 + float64(j)*side + r.NormFloat64()*side/12}
		}
	}
	borders := map[[4]int][]orb.Point{}
	border := func(i0, j0, i1, j1 int) []orb.Point {
		key := [4]int{i0, j0, i1, j1}
		if borders[key] == nil {
			a, b := nodes[[2]int{i0, j0}], nodes[[2]int{i1, j1}]
			line := []orb.Point{a}
			for k := 1; k < steps; k++ {
				f := float64(k) / steps
				line = append(line, orb.Point{a[0] + f*(b[0]-a[0]) + r.NormFloat64()*side/200, a[1] + f*(b[1]-a[1]) + r.NormFloat64()*side/200})
			}
			borders[key] = append(line, b)
		}
		return borders[key]
	}
	var out []layers.Feature
	for i := range n {
		for j := range n {
			var ring orb.Ring
			add := func(line []orb.Point, forward bool) {
				for k := range len(line) - 1 {
					if forward {
						ring = append(ring, line[k])
					} else {
						ring = append(ring, line[len(line)-1-k])
					}
				}
			}
			add(border(i, j, i+1, j), true)
			add(border(i+1, j, i+1, j+1), true)
			add(border(i, j+1, i+1, j+1), false)
			add(border(i, j, i, j+1), false)
			out = append(out, layers.Feature{
				ID: layers.FeatureID(strconv.Itoa(len(out))), Geometry: orb.Polygon{append(ring, ring[0])},
				Values: []column.Value{column.StringOf("kind"), column.StringOf("note")},
			})
		}
	}
	return out
}

// outline returns the edges of features that no other feature shares.
func outline(features []layers.Feature) (out [][2]orb.Point) {
	seen := map[[2]orb.Point]bool{}
	for _, f := range features {
		for _, e := range edges(f.Geometry) {
			seen[e] = true
		}
	}
	for e := range seen {
		if !seen[[2]orb.Point{e[1], e[0]}] {
			out = append(out, e)
		}
	}
	return out
}

// TestCoverageHasNoGaps looks for places between the members of a coverage, from zoom 5 to 16, that none
// of them or two of them cover, deeper inside than half a tile unit: a gap or overlap above one unit
// has such a place. The members are made ones and, where the data is there, DC's wards and Beijing's
// districts.
func TestCoverageHasNoGaps(t *testing.T) {
	t.Parallel()
	const seed = 51
	sets := map[string][]layers.Feature{"lattice": lattice(5, seed)}
	for name, file := range map[string]string{"wards": "boundaries/dc/ward-2012.geojson.gz", "districts": "boundaries/beijing/beijing-districts.decoded.geojson"} {
		if features := realFeatures(t, file); features != nil {
			sets[name] = features
		}
	}
	for name, features := range sets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			v := viewOf(t, true, features)
			b := builder(t, v, Defaults())
			outer := outline(features)
			samples := 0
			for z := uint8(5); z <= 16; z++ {
				for range 12 {
					samples += checkCoverage(t, r, b, v, features, outer, zoomedIn(r, features, z))
				}
			}
			if samples < 1000 {
				t.Errorf("only %d places were looked at", samples)
			}
		})
	}
}

func checkCoverage(t *testing.T, r *rand.Rand, b *Builder, v *view.View, features []layers.Feature, outer [][2]orb.Point, at grid.Tile) (samples int) {
	t.Helper()
	tile, stats := build(t, b, v, at)
	if stats.DroppedFeatures > 0 || stats.Tiny > 0 {
		t.Fatalf("%v: members are missing: %+v", at, stats)
	}
	drawn := map[string][][2]orb.Point{}
	var all [][2]orb.Point
	for _, d := range decodeShapes(t, tile) {
		drawn[d.id] = edges(d.geometry)
		all = append(all, drawn[d.id]...)
	}
	extent := float64(b.Options().Extent)
	scale := extent * math.Exp2(float64(at.Z)) / (1 << world.Bits)
	units := func(p orb.Point) orb.Point {
		return orb.Point{world.X(p[0])*scale - float64(at.X)*extent, world.Y(p[1])*scale - float64(at.Y)*extent}
	}
	border := make([][2]orb.Point, len(outer))
	for i, e := range outer {
		border[i] = [2]orb.Point{units(e[0]), units(e[1])}
	}
	members := make([][][2]orb.Point, len(features))
	for i := range features {
		members[i] = edges(unitsOf(features[i].Geometry, at, b.Options().Extent, 0))
	}
	if len(all) == 0 {
		return 0
	}
	for range 150 {
		e := all[r.IntN(len(all))]
		f, a := r.Float64(), 2*math.Pi*r.Float64()
		p := orb.Point{e[0][0] + f*(e[1][0]-e[0][0]) + math.Cos(a)*(0.5+2*r.Float64()), e[0][1] + f*(e[1][1]-e[0][1]) + math.Sin(a)*(0.5+2*r.Float64())}
		if p[0] < 0 || p[1] < 0 || p[0] > extent || p[1] > extent || distanceToEdges(p, all) <= 0.5 || distanceToEdges(p, border) <= 2*slack {
			continue
		}
		n := 0
		for _, rings := range drawn {
			if inside(p, rings) {
				n++
			}
		}
		want := 0 // real data may overlap by itself
		for i := range members {
			if inside(p, members[i]) {
				want++
			}
		}
		samples++
		if n != want {
			t.Fatalf("%v: %d members cover %v, %.2f units from the nearest edge, want %d of %d members", at, n, p, distanceToEdges(p, all), want, len(features))
		}
	}
	return samples
}

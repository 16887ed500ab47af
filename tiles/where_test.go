package tiles

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

var whereRuns atomic.Uint64

// mixedCity returns the features of the city, every seventh as a line or a polygon, some of them at the
// antimeridian.
func mixedCity(r *rand.Rand, n int) []layers.Feature {
	features := cityFeatures(n, r.Uint64())
	for i := range features {
		at, _ := features[i].Geometry.(orb.Point)
		if r.IntN(20) == 0 {
			at[0] = 180 - 0.02*r.Float64()
			if r.IntN(2) == 0 {
				at[0] = 0.02*r.Float64() - 180
			}
			features[i].Geometry = at
		}
		far := orb.Point{min(at[0]+0.02*r.Float64(), 180), at[1] + 0.001 + 0.02*r.Float64()}
		switch r.IntN(14) {
		case 0:
			features[i].Geometry = orb.LineString{at, far}
		case 1:
			features[i].Geometry = orb.Polygon{{at, {min(far[0]+1e-4, 180), at[1]}, far, at}}
		}
		if r.IntN(9) == 0 {
			features[i].Values[2] = column.Value{}
		}
	}
	return features
}

// titled is a selector with a text, so that views keep what it selects.
type titled struct {
	layers.Selector
	text string
}

func (s titled) Text() string { return s.text }

// TestTileOfSelectedRows compares tiles of a view that selects with those of a layer that has only these
// features (S5), with a budget that thinning and dropped fields must meet; and so those of a view that keeps
// what is selected.
func TestTileOfSelectedRows(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &whereRuns, 4) {
		r := rand.New(rand.NewPCG(seed, 6))
		features := mixedCity(r, 3000)
		whole := loaded(t, citySchema(), layers.Options{MinRows: 8, MaxRows: 30}, features)
		opts := Defaults()
		opts.Budget = 6_000 + r.IntN(16_000)
		b := builder(t, whole, opts)
		thinned, tiles, packs := 0, 0, 0
		for name, c := range map[string]struct {
			where layers.Selector
			holds func(values []column.Value) bool
		}{
			"one status": {
				view.Matching(column.Where(1, column.Equal, column.StringOf("open"))),
				func(values []column.Value) bool { return values[1].Text() == "open" },
			},
			"no district": {
				view.Matching(column.IsNull(2)),
				func(values []column.Value) bool { return values[2].IsNull() },
			},
			"one ward": {
				view.Matching(column.Where(3, column.Less, column.IntOf(5))),
				func(values []column.Value) bool { return values[3].Int() < 5 },
			},
			"nothing": {view.Matching(column.Or()), func([]column.Value) bool { return false }},
		} {
			var only []layers.Feature
			for _, f := range features {
				if c.holds(f.Values) {
					only = append(only, f)
				}
			}
			few := loaded(t, citySchema(), layers.Options{}, only)
			v, kept := whole.Where(c.where), whole.Where(titled{c.where, name})
			for range 60 {
				at := zoomedIn(r, features, uint8(r.IntN(17)))
				if r.IntN(6) == 0 { // at the edge of the world
					at.X = (1<<at.Z - 1) * uint32(r.IntN(2))
				}
				got, stats := build(t, b, v, at)
				want, wantStats := build(t, b, few, at)
				if !bytes.Equal(got, want) || fmt.Sprint(stats) != fmt.Sprint(wantStats) {
					t.Fatalf("seed %d: %s: %v: got %d bytes, %+v, want %d, %+v", seed, name, at, len(got), stats, len(want), wantStats)
				}
				again, againStats := build(t, b, kept, at)
				if !bytes.Equal(again, want) || fmt.Sprint(againStats) != fmt.Sprint(wantStats) {
					t.Fatalf("seed %d: %s, kept: %v: got %d bytes, %+v, want %d, %+v", seed, name, at, len(again), againStats, len(want), wantStats)
				}
				tiles += min(stats.Features, 1)
				thinned += min(stats.DroppedFeatures, 1)
			}
			for _, block := range kept.Blocks(world.Box{Max: world.Point{X: math.MaxUint32, Y: math.MaxUint32}}, nil) {
				if block.Rows() == nil {
					packs++
				}
			}
		}
		if tiles < 50 || thinned == 0 || packs == 0 {
			t.Errorf("seed %d: %d tiles have features, %d were thinned, %d packs: too few to show anything", seed, tiles, thinned, packs)
		}
	}
}

// TestSelectedRowsAllocateLittle checks that a filtered tile allocates for its blocks and not for its rows.
func TestSelectedRowsAllocateLittle(t *testing.T) {
	v := loaded(t, citySchema(), layers.Options{}, cityFeatures(20_000, 3))
	b := builder(t, v, Defaults())
	half := v.Where(view.Matching(column.Where(3, column.Less, column.IntOf(250))))
	var dst []byte
	_, stats := build(t, b, half, grid.Tile{})
	got := testing.AllocsPerRun(5, func() { dst, _, _ = b.Build(dst[:0], half, grid.Tile{}) })
	if blocks := len(v.Blocks(world.Box{Max: world.Point{X: math.MaxUint32, Y: math.MaxUint32}}, nil)); stats.Features < 5000 || got > float64(blocks) {
		t.Errorf("%v allocations for %d blocks and %d features, want fewer than one a block", got, blocks, stats.Features)
	}
}

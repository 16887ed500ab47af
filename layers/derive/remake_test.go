package derive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/hexgrid"
)

var denseRuns atomic.Uint64

// TestMaximaOfDenseCells deletes, moves and changes features that lie close together, so that cells have one to some
// hundred and others lie just outside of them: the maxima must be those of a rebuild.
func TestMaximaOfDenseCells(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &denseRuns, 2) {
		for _, finest := range []hexgrid.Resolution{4, 9, 11} {
			t.Run(fmt.Sprintf("seed %d finest %d", seed, finest), func(t *testing.T) {
				t.Parallel()
				denseCells(t, rand.New(rand.NewPCG(seed, uint64(finest))), finest)
			})
		}
	}
}

func denseCells(t *testing.T, r *rand.Rand, finest hexgrid.Resolution) {
	l, ix := newLayer(t, testSpec(1, finest), layers.Options{MinRows: 16, MaxRows: 64})
	middles := []orb.Point{{116.4, 39.9}, {-179.9995, 74.5}, {10.5, -33}}
	edge := hexgrid.AverageEdgeMetres(finest) / 111_000 // degrees
	apply := func(ids, changes int) {
		t.Helper()
		b := layers.Batch{Layer: l.Name()}
		for range changes {
			id := layers.FeatureID(fmt.Sprintf("d-%d", r.IntN(ids)))
			c := layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}}
			if r.IntN(3) > 0 || changes == ids {
				c = layers.Change{Feature: randomFeature(r, id)}
				at := r.IntN(3)
				spread := edge * []float64{0.3, 1, 3}[at]
				lon, lat := middles[at][0]+r.NormFloat64()*spread, middles[at][1]+r.NormFloat64()*spread
				c.Feature.Geometry = orb.Point{math.Remainder(lon, 360), lat}
			}
			b.Changes = append(b.Changes, c)
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		s := l.Snapshot()
		checkTree(t, cellsOf(t, ix, s), ix.rebuilt(s))
	}
	const ids = 600
	apply(ids, ids)
	for range 20 {
		apply(ids, 40)
	}
}

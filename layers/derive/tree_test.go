package derive

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// TestEachNodeIsCopiedOnce: a batch makes a node for each cell that has changed and still has features, and none
// besides.
func TestEachNodeIsCopiedOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	const finest = 9
	l, ix := newLayer(t, testSpec(1, finest), layers.Options{})
	ix.share = 8
	at := map[layers.FeatureID]orb.Point{}
	apply := func(n int, change func(id layers.FeatureID) layers.Change) (touched map[hexgrid.Cell]bool) {
		t.Helper()
		touched = map[hexgrid.Cell]bool{}
		note := func(id layers.FeatureID) {
			if p, ok := at[id]; ok {
				c, err := hexgrid.At(p[0], p[1], finest)
				if err != nil {
					t.Fatal(err)
				}
				for r := range hexgrid.Resolution(finest) {
					touched[c.Parent(r)] = true
				}
			}
		}
		b := layers.Batch{Layer: l.Name()}
		for _, i := range r.Perm(2000)[:n] {
			id := layers.FeatureID(strconv.Itoa(i))
			note(id)
			c := change(id)
			if delete(at, id); c.Op != layers.Delete {
				at[id] = c.Feature.Geometry.(orb.Point)
			}
			note(id)
			b.Changes = append(b.Changes, c)
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		return touched
	}
	place := func(id layers.FeatureID) layers.Change {
		f := layers.Feature{ID: id, Geometry: inCity(r), Values: []column.Value{column.StringOf("noise"), column.IntOf(r.Int64N(9))}}
		return layers.Change{Feature: f}
	}
	apply(2000, place)
	for i := range 30 {
		change := place
		if i%3 == 0 {
			change = func(id layers.FeatureID) layers.Change {
				return layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}}
			}
		}
		before := cellsOf(t, ix, l.Snapshot())
		touched := apply(1+i, change)
		after := cellsOf(t, ix, l.Snapshot())
		want := 0
		for c := range touched {
			if _, ok := after.Get(c); ok {
				want++
			}
		}
		if got := after.made(); after != before && got != want {
			t.Fatalf("batch %d made %d nodes, want %d", i, got, want)
		}
	}
}

// made returns how many nodes of c are of its own generation.
func (c *Cells) made() (n int) {
	var count func(kid node)
	count = func(kid node) {
		if kid.generation() == c.generation {
			n++
		}
		for i := range kid.len() {
			if _, below := kid.child(&c.index.layout, i); below.header != nil {
				count(below)
			}
		}
	}
	for i := range c.bases {
		count(c.bases[i].node)
	}
	return n
}

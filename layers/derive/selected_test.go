package derive

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

var selectedRuns atomic.Uint64

// TestHexesOf counts random rows of a layer, and compares with the index of a layer that has no others.
func TestHexesOf(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &selectedRuns, 4) {
		rng := rand.New(rand.NewPCG(seed, 5))
		spec := testSpec(2, 9)
		l, ix := scattered(t, rng, 2000, spec)
		few, want := newLayer(t, spec, layers.Options{})
		batch := layers.Batch{Layer: few.Name()}
		blocks := func(yield func(*layers.Block, column.Bits) bool) {
			for b := range l.Snapshot().All() {
				if rng.IntN(3) == 0 { // all of them
					for row := range b.Len() {
						batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Row{Block: b, Index: row}.Feature()})
					}
					if !yield(b, nil) {
						return
					}
					continue
				}
				rows := column.NewBits(b.Len())
				for row := range b.Len() {
					if rng.IntN(2) == 0 {
						rows.Set(row)
						batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Row{Block: b, Index: row}.Feature()})
					}
				}
				if !yield(b, rows) {
					return
				}
			}
		}
		other, err := ix.For(l.Schema())
		if err != nil {
			t.Fatal(err)
		}
		rd := other.HexesOf(other.HexSchema("hexes"), 7, blocks, 5)
		if _, err := few.Apply(batch); err != nil {
			t.Fatal(err)
		}
		if rd.Seq() != 7 {
			t.Errorf("seed %d: got the state %d, want 7", seed, rd.Seq())
		}
		if diff := cmp.Diff(text(want, cellsOf(t, want, few.Snapshot())), text(other, rd.(*reader).cells), cmp.AllowUnexported(plainNumber{})); diff != "" {
			t.Fatalf("seed %d: (-index of these features +counted)\n%s", seed, diff)
		}
		if n := want.Hexes(want.HexSchema("hexes"), few.Snapshot(), 5).Count(); rd.Count() != n || n == 0 {
			t.Errorf("seed %d: got %d cells, want %d", seed, rd.Count(), n)
		}
		if none := other.HexesOf(other.HexSchema("hexes"), 7, blocks, 10); none.Count() != 0 {
			t.Errorf("seed %d: got %d cells of a level that is not kept", seed, none.Count())
		}
	}
}

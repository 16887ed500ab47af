package cache

import (
	"testing"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// TestOverview builds low zooms from the overview and high ones from the features, and keeps a tile until
// something changes in its window with the overview's margin around it.
func TestOverview(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	cells, err := layers.New(&layers.Schema{Name: "a", Fields: []layers.Field{{Name: "count", Kind: column.Int}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	coarse := view.Public(cells)
	builder, err := tiles.New(coarse.Schema(), tiles.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	overview := &tiles.Overview{Builder: builder, Views: make([]*view.Layer, 6), Margin: 300}
	for z := range overview.Views {
		overview.Views[z] = coarse
	}
	f.layers["a"].Overview = overview
	f.layers["a"].opts.Buffer = 0 // so that the margin alone tells
	if overview.Below() != 6 || !overview.Covers(5) || overview.Covers(6) || overview.Units(8192) != 600 || overview.Units(256) != 19 {
		t.Fatalf("an overview of %d zooms, %d units of 8192", overview.Below(), overview.Units(8192))
	}
	show := func(id layers.FeatureID, lon, lat float64) {
		t.Helper()
		if _, err := cells.Apply(layers.Batch{Layer: "a", Changes: []layers.Change{at(id, lon, lat, 5)}}); err != nil {
			t.Fatal(err)
		}
		f.publish(t, "a", at(id, lon, lat, 1))
	}
	// The tile 4/12/6 is 90° to 112.5° wide; a unit of 4096 is 0.0055°.
	low, high := grid.Tile{Z: 4, X: 12, Y: 6}, grid.Tile{Z: 8, X: 192, Y: 97}
	get := func(tile grid.Tile) *Body {
		t.Helper()
		b, err := f.Get(t.Context(), f.set(t, "a"), tile, nil, compress.Identity)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	show("1", 91, 39)
	if l, h := values(t, get(low)), values(t, get(high)); len(l) != 1 || len(h) != 1 || l[0] == h[0] {
		t.Errorf("%s: %v, %s: %v; want one feature of each, not the same", low, l, high, h)
	}
	first := get(low)
	show("2", 60, 39)
	if get(low) != first {
		t.Error("a tile was built again for a change far away")
	}
	show("3", 89, 39) // 182 units west of the tile
	if get(low) == first {
		t.Error("a tile was kept though a cell may have changed that reaches into it")
	}
}

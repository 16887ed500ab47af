package bars

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
)

// decoded is a tile's feature in a form that compares: two features are equal iff their ids, tile
// coordinates and properties are, whatever order, number types or value tables a tile used.
type decoded struct {
	id         float64
	x, y       float64
	properties string // "name=value" sorted, separated by NUL
}

// decodeTile returns the features of a tile of one layer sorted by id, place and properties.
func decodeTile(t testing.TB, tile []byte) []decoded {
	t.Helper()
	layers, err := mvt.Unmarshal(tile)
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) == 0 {
		return nil
	}
	if len(layers) != 1 || layers[0].Version != 2 || layers[0].Extent != barExtent {
		t.Fatalf("got %d layers, the first of version %d and extent %d", len(layers), layers[0].Version, layers[0].Extent)
	}
	var out []decoded
	for _, f := range layers[0].Features {
		at, ok := f.Geometry.(orb.Point)
		if !ok {
			t.Fatalf("feature %v is a %s", f.ID, f.Geometry.GeoJSONType())
		}
		d := decoded{x: at[0], y: at[1], id: -1}
		if id, ok := f.ID.(float64); ok {
			d.id = id
		}
		var pairs []string
		for name, value := range f.Properties {
			pairs = append(pairs, fmt.Sprintf("%s=%v", name, value)) // 7 prints alike as int64 and uint64
		}
		slices.Sort(pairs)
		d.properties = strings.Join(pairs, "\x00")
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b decoded) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y), cmp.Compare(a.properties, b.properties))
	})
	return out
}

// sameFeatures fails t unless both tiles decode to equal features; it returns how many there are.
func sameFeatures(t *testing.T, what string, got, want []byte) int {
	t.Helper()
	g, w := decodeTile(t, got), decodeTile(t, want)
	if len(g) != len(w) {
		t.Fatalf("%s: got %d features, want %d", what, len(g), len(w))
	}
	for i := range g {
		if g[i] != w[i] {
			t.Fatalf("%s: feature %d of %d: got %+v, want %+v", what, i, len(g), g[i], w[i])
		}
	}
	return len(g)
}

package tiles

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// loaded returns the public view of a layer that holds features.
func loaded(tb testing.TB, schema *layers.Schema, opts layers.Options, features []layers.Feature) *view.View {
	tb.Helper()
	l, err := layers.New(schema, opts)
	if err != nil {
		tb.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		tb.Fatal(err)
	}
	changes := make([]layers.Change, 0, 1000)
	for len(features) > 0 {
		n := min(len(features), cap(changes))
		changes = changes[:0]
		for _, f := range features[:n] {
			changes = append(changes, layers.Change{Feature: f})
		}
		if err := load.Add(changes); err != nil {
			tb.Fatal(err)
		}
		features = features[n:]
	}
	if _, err := load.Finish(); err != nil {
		tb.Fatal(err)
	}
	return view.Public(l).Now()
}

// builder returns a builder for v.
func builder(tb testing.TB, v *view.View, opts Options) *Builder {
	tb.Helper()
	b, err := New(v.Schema(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// build returns a tile that must build.
func build(tb testing.TB, b *Builder, v *view.View, t grid.Tile) ([]byte, Stats) {
	tb.Helper()
	tile, stats, err := b.Build(nil, v, t)
	if err != nil {
		tb.Fatalf("%v: %v", t, err)
	}
	return tile, stats
}

// citySchema is that of the clustered city: ids by hash, six fields, the title from zoom 14.
func citySchema() *layers.Schema {
	return &layers.Schema{
		Name: "complaints",
		Fields: []layers.Field{
			{Name: "category", Kind: column.String, Keep: true, MaxLength: 32},
			{Name: "status", Kind: column.String, Keep: true, MaxLength: 16},
			{Name: "district", Kind: column.String, Priority: 3, MaxLength: 32},
			{Name: "ward", Kind: column.Int, Priority: 2},
			{Name: "created", Kind: column.Time, Priority: 1},
			{Name: "title", Kind: column.String, FromZoom: 14, MaxLength: 200},
		},
		IDField:    "id",
		IDFromZoom: 14,
		TimeField:  "created",
	}
}

// cityFeatures returns n features in clusters around Beijing.
func cityFeatures(n int, seed uint64) []layers.Feature {
	r := rand.New(rand.NewPCG(seed, 0))
	const clusters = 40
	var centres [clusters]orb.Point
	for i := range centres {
		centres[i] = orb.Point{116.2 + r.Float64()*0.5, 39.8 + r.Float64()*0.3}
	}
	features := make([]layers.Feature, n)
	for i := range features {
		c := centres[min(r.IntN(clusters), r.IntN(clusters))]
		features[i] = layers.Feature{
			ID:       layers.FeatureID(fmt.Sprintf("BJ-%07d", i)),
			Geometry: orb.Point{c[0] + r.NormFloat64()*0.03, c[1] + r.NormFloat64()*0.02},
			Values: []column.Value{
				column.StringOf(fmt.Sprintf("category %d", min(r.IntN(40), r.IntN(40)))),
				column.StringOf([]string{"open", "assigned", "closed", "rejected"}[r.IntN(4)]),
				column.StringOf(fmt.Sprintf("district %d", r.IntN(160))),
				column.IntOf(int64(r.IntN(500))),
				column.MicrosOf(1_735_689_600_000_000 + int64(r.IntN(31_536_000))*1_000_000),
				column.StringOf(fmt.Sprintf("report %d about something on the street", i)),
			},
		}
	}
	return features
}

// tilesWith returns the tiles of zoom z whose window has from…to features, west to east and north to
// south.
func tilesWith(tb testing.TB, b *Builder, v *view.View, z uint8, from, to int) []grid.Tile {
	tb.Helper()
	bound, ok := v.Extent()
	if !ok {
		return nil
	}
	nw, err := world.Project(bound.Min[0], bound.Max[1])
	if err != nil {
		tb.Fatal(err)
	}
	se, err := world.Project(bound.Max[0], bound.Min[1])
	if err != nil {
		tb.Fatal(err)
	}
	var found []grid.Tile
	first, last := grid.At(nw, z), grid.At(se, z)
	for y := first.Y; y <= last.Y; y++ {
		for x := first.X; x <= last.X; x++ {
			t := grid.Tile{Z: z, X: x, Y: y}
			if _, stats := build(tb, b, v, t); stats.Candidates >= from && stats.Candidates <= to {
				found = append(found, t)
			}
		}
	}
	return found
}

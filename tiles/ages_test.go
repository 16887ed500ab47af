package tiles_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// BenchmarkAges builds the tile of 10,000 points without ages, with times that lie together, so that nearly every block
// is of one class, and with times that lie anywhere.
func BenchmarkAges(b *testing.B) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	spec := view.AgeSpec{Field: "age_class", Classes: []view.AgeClass{
		{Name: "1h", Below: time.Hour}, {Name: "1d", Below: 24 * time.Hour}, {Name: "7d", Below: 7 * 24 * time.Hour}, {Name: "30d", Below: 30 * 24 * time.Hour},
	}}
	for _, c := range []struct {
		name string
		aged bool
		span time.Duration
	}{{"none", false, 40 * 24 * time.Hour}, {"together", true, 30 * time.Minute}, {"anywhere", true, 40 * 24 * time.Hour}} {
		b.Run(c.name, func(b *testing.B) {
			live, err := layers.New(&layers.Schema{Name: "a", TimeField: "at", Fields: []layers.Field{
				{Name: "at", Kind: column.Time, FromZoom: 15}, {Name: "kind", Kind: column.String, Keep: true, MaxLength: 8},
			}}, layers.Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible
			batch := layers.Batch{Layer: "a"}
			for i := range 10_000 {
				batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Feature{
					ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{116.3 + r.Float64()/10, 39.85 + r.Float64()/10},
					Values: []column.Value{column.TimeOf(noon.Add(-time.Duration(r.Int64N(int64(c.span))))), column.StringOf(strconv.Itoa(i % 9))},
				}})
			}
			if _, err := live.Apply(batch); err != nil {
				b.Fatal(err)
			}
			l := view.Public(live)
			if c.aged {
				ages, err := view.NewAges(spec, noon)
				if err != nil {
					b.Fatal(err)
				}
				if l, err = l.WithAges(ages); err != nil {
					b.Fatal(err)
				}
			}
			builder, err := tiles.New(l.Schema(), tiles.Defaults())
			if err != nil {
				b.Fatal(err)
			}
			p, err := world.Project(116.35, 39.9)
			if err != nil {
				b.Fatal(err)
			}
			tile := grid.At(p, 8)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				if dst, _, err = builder.Build(dst[:0], l.Now(), tile); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

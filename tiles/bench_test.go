package tiles

import (
	"testing"

	"hutong/layers"
	"hutong/tiles/grid"
)

// benchFeatures is small enough for a quick look; internal/bars measures a million.
const benchFeatures = 200_000

// BenchmarkBuild builds the z12 tiles of 1,000 to 10,000 points of a clustered city, five fields in
// each, and the crowded tile of the whole layer.
func BenchmarkBuild(b *testing.B) {
	v := loaded(b, citySchema(), layers.Options{}, cityFeatures(benchFeatures, 1))
	tb := builder(b, v, Defaults())
	b.Run("z12", func(b *testing.B) {
		tiles := tilesWith(b, tb, v, 12, 1000, 10_000)
		var dst []byte
		points, i := 0, 0
		b.ReportAllocs()
		for b.Loop() {
			var stats Stats
			dst, stats, _ = tb.Build(dst[:0], v, tiles[i%len(tiles)])
			points += stats.Features
			i++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(points), "ns/point")
		b.ReportMetric(float64(points)/float64(b.N), "points/op")
		b.ReportMetric(float64(len(tiles)), "tiles")
	})
	b.Run("z0", func(b *testing.B) {
		var dst []byte
		b.ReportAllocs()
		for b.Loop() {
			dst, _, _ = tb.Build(dst[:0], v, grid.Tile{})
		}
		b.ReportMetric(float64(len(dst)), "B/tile")
	})
}

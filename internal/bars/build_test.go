package bars

import (
	"testing"

	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// builder builds tiles of the city the way the tile handler does, without compression or cache,
// into a buffer that it keeps. It belongs to one goroutine.
type builder struct {
	tiles    *tiles.Builder
	dst      []byte
	features int // in the tile built last
	dropped  int // features and fields that the tile built last left out
}

// openBuilder returns a builder with the options that a layer has by default.
func openBuilder() (*builder, error) {
	b, err := tiles.New(Schema(), tiles.Defaults())
	return &builder{tiles: b}, err
}

func newBuilder(t testing.TB) *builder {
	t.Helper()
	b, err := openBuilder()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// build returns a tile, valid until the next call. The tiles of the bars are all in the grid and at
// zooms that the layer has, so an error is a defect.
func (b *builder) build(v *view.View, tile grid.Tile) []byte {
	dst, stats, err := b.tiles.Build(b.dst[:0], v, tile)
	if err != nil {
		panic(err)
	}
	b.dst = dst
	b.features, b.dropped = stats.Features, stats.DroppedFeatures+len(stats.DroppedFields)
	return dst
}

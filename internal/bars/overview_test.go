package bars

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// Bars on tiles of cells: of fifty times as many features against few, in milliseconds, and in bytes as sent.
const (
	timesFeatures     = 50
	timesSlowerMany   = 1.5
	milliOverview     = 5
	bytesOverview     = 100_000
	highestOverview   = 9
	fewFull, fewSmall = 100_000, 2_000
)

// barOverview builds the tiles of hexagons of the city at zooms 0 to 9, with few features and with fifty times as many.
func barOverview(t *testing.T, s size, r *Report) {
	n := fewSmall
	if s.full() {
		n = fewFull
	}
	few, many := newOverview(t, n), newOverview(t, timesFeatures*n)
	var slowest, ratioMost float64
	bytesMost := 0
	for zoom := uint8(0); zoom <= highestOverview; zoom++ {
		tile, cells := many.fullest(t, zoom)
		var ratios, ours []float64
		for range 20*s.rounds + 1 {
			a := timed(func() { few.build(t, tile) }).Seconds()
			b := timed(func() { many.build(t, tile) }).Seconds()
			ratios, ours = append(ratios, b/a), append(ours, b*1000)
		}
		sent := len(compress.Append(nil, many.build(t, tile), compress.Gzip))
		if sum := many.total(t, zoom); zoom == 0 && sum != timesFeatures*n {
			t.Errorf("the cells of zoom 0 count %d features, want %d", sum, timesFeatures*n)
		}
		slowest, ratioMost, bytesMost = max(slowest, median(ours)), max(ratioMost, median(ratios)), max(bytesMost, sent)
		r.Add(fmt.Sprintf("overview:   z%d", zoom), "%d cells in %.2f ms, %.2f× that of few, %d bytes", cells, median(ours), median(ratios), sent)
	}
	r.AtMost(fmt.Sprintf("overview: times slower with %d× the features, z0–z%d", timesFeatures, highestOverview), ratioMost, timesSlowerMany, "%.2f×")
	r.AtMost("overview: slowest tile", slowest, milliOverview, "%.2f ms")
	r.AtMost("overview: largest tile as sent", float64(bytesMost)/1000, bytesOverview/1000, "%.1f kB")
}

// overviewCity is a city of which cells are counted.
type overviewCity struct {
	index   *derive.Index
	live    *layers.Layer
	schema  *layers.Schema
	builder *tiles.Builder
	dst     []byte
}

func newOverview(t *testing.T, n int) *overviewCity {
	t.Helper()
	index, err := derive.NewIndex(Schema(), derive.Spec{Max: derive.DefaultMax})
	if err != nil {
		t.Fatal(err)
	}
	c := &overviewCity{index: index}
	if c.live, err = loadCityInto(layers.Options{Derivers: []layers.Deriver{index}}, NewCity(citySeed), n, nil); err != nil {
		t.Fatal(err)
	}
	c.schema = index.HexSchema("complaints")
	if c.builder, err = tiles.New(c.schema, tiles.Defaults()); err != nil {
		t.Fatal(err)
	}
	return c
}

// view returns the cells of a zoom.
func (c *overviewCity) view(zoom uint8) *view.View {
	r := derive.ResolutionFor(zoom, (Extent.Min[1]+Extent.Max[1])/2, 0, derive.DefaultMax)
	return view.Of(c.schema, func() layers.Reader { return c.index.Hexes(c.schema, c.live.Snapshot(), r) }).Now()
}

// build returns a tile, valid until the next call.
func (c *overviewCity) build(t *testing.T, tile grid.Tile) []byte {
	var err error
	if c.dst, _, err = c.builder.Build(c.dst[:0], c.view(tile.Z), tile); err != nil {
		t.Fatal(err)
	}
	return c.dst
}

// fullest returns the tile of a zoom that has the most cells.
func (c *overviewCity) fullest(t *testing.T, zoom uint8) (grid.Tile, int) {
	t.Helper()
	type counted struct {
		tile  grid.Tile
		cells int
	}
	var list []counted
	for _, tile := range tilesOver(t, view.Public(c.live).Now(), zoom) {
		_, stats, err := c.builder.Build(c.dst[:0], c.view(zoom), tile)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, counted{tile, stats.Features})
	}
	most := slices.MaxFunc(list, func(a, b counted) int { return cmp.Compare(a.cells, b.cells) })
	return most.tile, most.cells
}

// total returns how many features the cells of a zoom count.
func (c *overviewCity) total(t *testing.T, zoom uint8) int {
	t.Helper()
	sum := 0
	count := c.schema.FieldIndex(derive.FieldCount)
	c.view(zoom).Scan(nil, func(f layers.Feature) bool {
		sum += int(f.Values[count].Int())
		return true
	})
	return sum
}

package bars

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"hutong/api"
	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

// Bar on the tile of a view that selects a hundredth of the city, against that of the whole.
const timesFasterFiltered = 5

// barFilter asks for the tiles of the city at zooms 8 to 10, whole and with a filter or a time that selects a
// hundredth of the features, in turn.
func barFilter(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := view.Public(layer).Now()
	b, served := newBuilder(t), newServed(t, layer)
	from := time.UnixMilli(yearStart).UTC().Add(100 * 24 * time.Hour)
	span := from.Format(time.RFC3339) + "/" + from.Add(yearMillis/100*time.Millisecond).Format(time.RFC3339)
	fs := api.NewFilters(telemetry.NewMetrics())
	for name, query := range map[string]url.Values{
		"category": {"filter": {"category = '" + categories[21] + "'"}},
		"time":     {"datetime": {span}},
	} {
		f, err := fs.Parse(query, v.Schema())
		if err != nil {
			t.Fatal(err)
		}
		where := f.Where()[0]
		few := v.Where(where...)
		selected := few.Count()
		if share := float64(selected) / float64(s.features); s.full() && (share < 0.008 || share > 0.012) {
			t.Errorf("%s selects %.2f %% of the city, want 1 %%", name, 100*share)
		}
		for zoom := uint8(8); zoom <= 10; zoom++ {
			checkFiltered(t, b, v, few, name, zoom)
			for _, enc := range []compress.Encoding{compress.Identity, compress.Zstd} {
				served.measure(t, s, r, enc, where, tilesOver(t, v, zoom), fmt.Sprintf("%s at z%d, %s", name, zoom, enc))
			}
			measureFirst(t, s, r, b, layer, where, name, zoom)
		}
	}
}

// checkFiltered checks that the tiles of a zoom have all features that are selected.
func checkFiltered(t *testing.T, b *builder, whole, few *view.View, name string, zoom uint8) {
	t.Helper()
	n, dropped := 0, 0
	for _, tile := range tilesOver(t, whole, zoom) {
		b.build(few, tile)
		n, dropped = n+b.features, dropped+b.dropped
	}
	if count := few.Located(); n < count && dropped == 0 {
		t.Errorf("z%d: %s: %d features in tiles, want at least the %d selected", zoom, name, n, count)
	}
}

// served is the cache of tiles of a server, asked for variants that it never has.
type served struct {
	*cache.Cache
	set   *cache.Set
	asked int // names of variants
}

func newServed(t *testing.T, layer *layers.Layer) *served {
	t.Helper()
	from := cache.Layer{View: view.Public(layer), Tiles: newBuilder(t).tiles}
	c, err := cache.New([]cache.Layer{from}, cache.NewVersions(layer.Name()), telemetry.NewMetrics(), cache.Options{Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.Set(string(layer.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return &served{Cache: c, set: set}
}

// pass makes each of tiles once.
func (c *served) pass(t *testing.T, enc compress.Encoding, where []layers.Selector, tiles []grid.Tile) (took float64, bytes int) {
	t.Helper()
	c.asked++
	v := cache.NewVariant(strconv.Itoa(c.asked), [][]layers.Selector{where})
	took = timed(func() {
		for _, tile := range tiles {
			body, err := c.Get(t.Context(), c.set, tile, v, enc)
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(body.Bytes)
		}
	}).Seconds()
	return took, bytes
}

// measure makes all tiles of a zoom that have features: what a map of the whole city asks for.
func (c *served) measure(t *testing.T, s size, r *Report, enc compress.Encoding, where []layers.Selector, tiles []grid.Tile, what string) {
	t.Helper()
	for range 4 { // as a map does that is moved about: by then packs are made
		c.pass(t, enc, where, tiles)
	}
	var ratios, ours, theirs []float64
	var few, all int
	for range 4*s.rounds + 1 {
		fast, n := c.pass(t, enc, where, tiles)
		slow, whole := c.pass(t, enc, nil, tiles)
		few, all = n, whole
		ratios, ours, theirs = append(ratios, slow/fast), append(ours, fast*1000), append(theirs, slow*1000)
	}
	r.AtLeast("filter: times faster than the whole tiles, "+what, median(ratios), timesFasterFiltered, "%.1f×")
	r.Add(fmt.Sprintf("filter:   %d tiles", len(tiles)), "%d bytes in %.2f ms, %d in %.2f ms whole", few, median(ours), all, median(theirs))
}

// measureFirst builds the tiles of a zoom that have features by a layer of which nothing is kept yet.
func measureFirst(t *testing.T, s size, r *Report, b *builder, layer *layers.Layer, where []layers.Selector, name string, zoom uint8) {
	t.Helper()
	whole := view.Public(layer).Now()
	tiles := tilesOver(t, whole, zoom)
	pass := func(v *view.View) float64 {
		return timed(func() {
			for _, tile := range tiles {
				b.build(v, tile)
			}
		}).Seconds()
	}
	var ratios []float64
	for range 4*s.rounds + 1 {
		first := pass(view.Public(layer).Now().Where(where...))
		ratios = append(ratios, pass(whole)/first)
	}
	r.Add(fmt.Sprintf("filter:   the first time, %s at z%d", name, zoom), "%.1f×", median(ratios))
}

// tilesOver returns the tiles of a zoom that show features of v.
func tilesOver(t *testing.T, v *view.View, zoom uint8) []grid.Tile {
	t.Helper()
	nw, errNW := world.Project(Extent.Min[0], Extent.Max[1])
	se, errSE := world.Project(Extent.Max[0], Extent.Min[1])
	if err := errors.Join(errNW, errSE); err != nil {
		t.Fatal(err)
	}
	b := newBuilder(t)
	var tiles []grid.Tile
	first, last := grid.At(nw, zoom), grid.At(se, zoom)
	for y := first.Y; y <= last.Y; y++ {
		for x := first.X; x <= last.X; x++ {
			if tile := (grid.Tile{Z: zoom, X: x, Y: y}); len(b.build(v, tile)) > 0 {
				tiles = append(tiles, tile)
			}
		}
	}
	return tiles
}

package bars

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// Bars on a tile over any place and zoom.
const (
	anyTileBytes = 500_000 // uncompressed
	anyTileMilli = 25
	anyTileZooms = 19 // 0–18
)

// walked is a tile of the walk.
type walked struct {
	grid.Tile
	took     time.Duration
	bytes    int
	features int
}

// barAnyTile walks over places and zooms and reports the largest and the slowest tile. The slowest
// are built again and judged by the median, so that a pause of the machine is not a slow tile.
func barAnyTile(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := view.Public(layer).Now()
	b := newBuilder(t)
	b.build(v, grid.Tile{}) // grows its buffers once
	var largest, fullest walked
	var all []walked
	for _, tile := range walk(city, s) {
		w := walked{Tile: tile}
		w.took = timed(func() { w.bytes = len(b.build(v, tile)) })
		w.features = b.features
		all = append(all, w)
		if w.bytes > largest.bytes {
			largest = w
		}
		if w.features > fullest.features {
			fullest = w
		}
	}
	slices.SortFunc(all, func(a, b walked) int { return cmp.Compare(b.took, a.took) })
	const again = 20
	var slowest walked
	for _, w := range all[:min(again, len(all))] {
		var times []time.Duration
		for range 3 {
			times = append(times, timed(func() { b.build(v, w.Tile) }))
		}
		if w.took = median(times); w.took > slowest.took {
			slowest = w
		}
	}
	r.AtMost(fmt.Sprintf("any tile: bytes of the largest of %d, %v", len(all), largest.Tile), float64(largest.bytes), anyTileBytes, "%.0f")
	r.Add("any tile:   features of the fullest", "%d, %v with %d bytes", fullest.features, fullest.Tile, fullest.bytes)
	r.AtMost(fmt.Sprintf("any tile: ms of the slowest, %v with %d features", slowest.Tile, slowest.features),
		slowest.took.Seconds()*1000, anyTileMilli, "%.2f")
	r.Add("any tile:   ms of the slowest as first met", "%.2f, %v", all[0].took.Seconds()*1000, all[0].Tile)
	if largest.bytes > anyTileBytes {
		t.Errorf("tile %v has %d bytes, more than its budget", largest.Tile, largest.bytes) // not a matter of speed
	}
}

// walk returns distinct tiles of every zoom: four of five over a feature, so that dense places are
// met as often as they are dense, the others over any place of the extent or, rarely, the world.
func walk(city *City, s size) []grid.Tile {
	r := rand.New(rand.NewPCG(citySeed, 3))
	seen := map[grid.Tile]bool{}
	var tiles []grid.Tile
	for range s.walk {
		var at orb.Point
		switch kind := r.IntN(20); {
		case kind < 16:
			at = city.Place(r.IntN(s.features), 0)
		case kind < 19:
			at = between(Extent, r.Float64(), r.Float64())
		default:
			at = orb.Point{r.Float64()*360 - 180, r.Float64()*170 - 85}
		}
		p, err := world.Project(at[0], at[1])
		if err != nil {
			panic(err) // all of them are inside Web Mercator
		}
		tile := grid.At(p, uint8(r.IntN(anyTileZooms)))
		if !seen[tile] {
			seen[tile] = true
			tiles = append(tiles, tile)
		}
	}
	return tiles
}

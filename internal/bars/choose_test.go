package bars

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"hutong/layers/world"
	"hutong/tiles/grid"
)

// The tiles of the first bar: barTileCount tiles of zoom barZoom, drawn without replacement from
// those that hold barMinPoints to barMaxPoints points of the city, buffer not counted.
const (
	barZoom      = 12
	barTileCount = 100
	barMinPoints = 1_000
	barMaxPoints = 10_000
)

// chosenTile is a tile, and how many of the city's points are in it, buffer not counted.
type chosenTile struct {
	grid.Tile
	points int
}

// barTiles returns the tiles of the first bar for the first n features of a city (the bounds shrink
// with n, count says how many), and how many tiles of that zoom hold any point at all.
func barTiles(city *City, n, count int) (chosen []chosenTile, occupied int) {
	counts := map[grid.Tile]int{}
	for i := range n {
		at := city.Place(i, 0)
		p, err := world.Project(at[0], at[1])
		if err != nil {
			panic(err) // the extent is inside Web Mercator
		}
		counts[grid.At(p, barZoom)]++
	}
	var fit []chosenTile
	for tile, points := range counts {
		if points*(Features/n) >= barMinPoints && points*(Features/n) <= barMaxPoints {
			fit = append(fit, chosenTile{tile, points})
		}
	}
	slices.SortFunc(fit, func(a, b chosenTile) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y))
	})
	r := rand.New(rand.NewPCG(citySeed, barZoom))
	r.Shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
	return fit[:min(count, len(fit))], len(counts)
}

// What a tile covers by default: barExtent units a side, barBuffer units beyond each.
const (
	barExtent = 4096
	barBuffer = 64
)

package bars

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// Bars on a layer after moves, against a fresh load of the same features.
const (
	movedTileTimes   = 1.3
	movedMemoryTimes = 1.2
)

const seedMoves = 2

// barMoves compares a layer whose features have all moved several times with a fresh one.
func barMoves(t *testing.T, s size, r *Report) {
	idle := startChild(t, "idle")["rss"]
	moved := startChild(t, "moves")
	fresh := startChild(t, "survivors")
	n := float64(s.features)
	what := fmt.Sprintf("moves: after %d moves, ", s.changes)
	r.AtMost(what+"time of a tile, times a fresh load's", moved["tile times"], movedTileTimes, "%.2f×")
	r.AtMost(what+"memory, times a fresh load's", (moved["rss"]-idle)/(fresh["rss"]-idle), movedMemoryTimes, "%.2f×")
	r.Add("moves:   resident bytes a feature, moved and fresh", "%.0f and %.0f", (moved["rss"]-idle)/n, (fresh["rss"]-idle)/n)
	r.Add("moves:   of it counted by the store, moved", "%s", itemised(moved, "moved", n))
	r.Add("moves:   of it counted by the store, fresh", "%s", itemised(fresh, "fresh", n))
	r.Equal("moves: tiles with the bytes of a fresh load's",
		fmt.Sprint(moved["tiles equal"]), fmt.Sprint(moved["tiles"]))
	if s.full() {
		r.Add("moves: moves a second", "%.0f", moved["moves a second"])
	}
}

// childMoves moves random features, then compares tiles with a fresh load of the same features.
func childMoves(s size, out figures) error {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		return err
	}
	times := make([]uint32, s.features)
	took := timed(func() {
		err = applyRandom(layer, city, s.features, s.changes, seedMoves, func(_, i int, f *layers.Feature) {
			times[i]++
			f.Geometry = city.Place(i, int(times[i]))
		})
	})
	if err != nil {
		return err
	}
	out["moves a second"] = float64(s.changes) / took.Seconds()
	times = nil // not the layer's memory; drawn again below
	if out["rss"], err = settledRSS(); err != nil {
		return err
	}
	addMemory(out, "moved", layer)

	fresh, err := loadMoved(city, s)
	if err != nil {
		return err
	}
	return compareTiles(city, s, layer, fresh, out)
}

// childSurvivors loads the moved features afresh and nothing else.
func childSurvivors(s size, out figures) error {
	layer, err := loadMoved(NewCity(citySeed), s)
	if err != nil {
		return err
	}
	if out["rss"], err = settledRSS(); err != nil {
		return err
	}
	addMemory(out, "fresh", layer)
	return nil
}

// loadMoved returns a fresh layer of the features as childMoves leaves them.
func loadMoved(city *City, s size) (*layers.Layer, error) {
	times := drawn(s.features, s.changes, seedMoves)
	return loadCity(city, s.features, func(i int) orb.Point { return city.Place(i, int(times[i])) })
}

// compareTiles times the bar's tiles of both layers in turn, and compares their bytes and those of
// tiles at other zooms.
func compareTiles(city *City, s size, moved, fresh *layers.Layer, out figures) error {
	chosen, _ := barTiles(city, s.features, s.tiles)
	b, err := openBuilder()
	if err != nil {
		return err
	}
	views := [2]*view.View{view.Public(moved).Now(), view.Public(fresh).Now()}
	var ratios []float64
	for range s.rounds {
		var took [2]float64
		runtime.GC()
		for range 3 {
			for side, v := range views {
				took[side] += timed(func() {
					for _, c := range chosen {
						b.build(v, c.Tile)
					}
				}).Seconds()
			}
		}
		ratios = append(ratios, took[0]/took[1])
	}
	out["tile times"] = median(ratios)

	var unequal error
	for _, tile := range otherZooms(chosen) {
		want := bytes.Clone(b.build(views[1], tile))
		out["tiles"]++
		if bytes.Equal(b.build(views[0], tile), want) {
			out["tiles equal"]++
		} else if unequal == nil {
			unequal = fmt.Errorf("tile %v differs from that of a fresh load", tile)
		}
	}
	return unequal
}

// otherZooms returns the chosen tiles and the tiles over their middles at other zooms, each once.
func otherZooms(chosen []chosenTile) []grid.Tile {
	var tiles []grid.Tile
	seen := map[grid.Tile]bool{}
	add := func(t grid.Tile) {
		if !seen[t] {
			seen[t] = true
			tiles = append(tiles, t)
		}
	}
	for _, c := range chosen {
		add(c.Tile)
		box := c.Box()
		middle := world.Point{X: box.Min.X/2 + box.Max.X/2, Y: box.Min.Y/2 + box.Max.Y/2}
		for _, z := range []uint8{0, 4, 7, 9, 10, 11, 13, 14, 15, 16, 18} {
			add(grid.At(middle, z))
		}
	}
	return tiles
}

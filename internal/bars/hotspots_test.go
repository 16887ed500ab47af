package bars

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// Bar on the 99th percentile of a tile beside hot spots that are computed for a fifth of the time, the most that a server
// gives them, against the same without them: what two series without them differ by.
const hotSpotsP99 = 1.25

// barHotSpots builds random tiles of the city and, in every third round, hot spots of all of it are computed again and again
// beside that.
func barHotSpots(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	cube, err := derive.NewCube(Schema(), derive.CubeSpec{Resolution: 8, Finest: 11})
	if err != nil {
		t.Fatal(err)
	}
	layer, err := loadCityInto(layers.Options{Derivers: []layers.Deriver{cube}}, city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	hot, err := derive.NewHotSpots("hot", cube, derive.HotSpec{Rings: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, analysis := hot.Compute(derive.HotInput{Source: layer.Snapshot(), Now: time.UnixMilli(yearStart)})
	if s.full() && analysis.Cells < 10_000 {
		t.Errorf("%d cells: %s", analysis.Cells, analysis.Reason)
	}
	rng := rand.New(rand.NewPCG(citySeed, 9))
	tiles := make([]grid.Tile, 10*s.tiles)
	for i := range tiles {
		at := city.Place(rng.IntN(s.features), 0)
		p, err := world.Project(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		tiles[i] = grid.At(p, uint8(9+rng.IntN(6)))
	}
	buildEach(newBuilder(t), layer, tiles)
	var without, beside, again []time.Duration
	computed := 0
	for round := range 3 * s.rounds {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			if round%3 == 1 {
				computed += computeHotSpots(layer, hot, stop)
			}
		}()
		taken := buildEach(newBuilder(t), layer, tiles)
		close(stop)
		<-done
		switch round % 3 {
		case 0:
			without = append(without, taken...)
		case 1:
			beside = append(beside, taken...)
		default:
			again = append(again, taken...)
		}
	}
	p99 := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(list[len(list)*99/100]) / 1e6
	}
	r.AtMost("hotspots: p99 of a tile beside their computing, against without", p99(beside)/p99(without), hotSpotsP99, "%.2f×")
	r.Add("hotspots:   p99 without, beside, without again", "%.2f ms, %.2f ms, %.2f ms", p99(without), p99(beside), p99(again))
	r.Add("hotspots:   computed", "%d times, %d cells", computed, analysis.Cells)
}

// computeHotSpots computes hot spots for a fifth of the time until stop is closed, and returns how often.
func computeHotSpots(layer *layers.Layer, hot *derive.HotSpots, stop <-chan struct{}) (times int) {
	for {
		took := timed(func() { hot.Compute(derive.HotInput{Source: layer.Snapshot(), Now: time.UnixMilli(yearStart)}) })
		times++
		select {
		case <-stop:
			return times
		case <-time.After(4 * took):
		}
	}
}

// buildEach builds tiles one after the other and returns how long each took.
func buildEach(b *builder, layer *layers.Layer, tiles []grid.Tile) []time.Duration {
	taken := make([]time.Duration, len(tiles))
	v := view.Public(layer)
	for i, tile := range tiles {
		taken[i] = timed(func() { b.build(v.Now(), tile) })
	}
	return taken
}

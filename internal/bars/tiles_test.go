package bars

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"hutong/layers/view"
)

// Bars on a tile of zoom 12, from a view to uncompressed bytes.
const (
	timesFasterThanOrb = 50
	nanosAPoint        = 60
	allocsAFeature     = 0.01 // none for each: what a tile takes once, spread over its features
)

// barTilesAgainstOrb builds the same tiles by both paths, compares their features, and times them
// in turn. A point is a feature in the tile, its buffer included, the same for both.
func barTilesAgainstOrb(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	orbLayer := newOrbLayer(city, s.features, false)
	v := view.Public(layer).Now()
	b := newBuilder(t)
	chosen, occupied := barTiles(city, s.features, s.tiles)

	counts := make([]int, len(chosen))
	points, bytes := 0, 0
	for i, c := range chosen {
		want, err := orbLayer.tile(c.Tile)
		if err != nil {
			t.Fatal(err)
		}
		got := b.build(v, c.Tile)
		bytes += len(got)
		counts[i] = sameFeatures(t, c.String(), got, want)
		points += counts[i]
		if b.dropped != 0 || b.features != counts[i] {
			t.Fatalf("tile %v: %d features of %d, %d features or fields left out", c.Tile, b.features, counts[i], b.dropped)
		}
	}
	slices.Sort(counts)
	r.Add(fmt.Sprintf("tiles: points a tile (%d of %d occupied at z%d)", len(chosen), occupied, barZoom),
		"min %d, median %d, max %d; %d bytes a point", counts[0], counts[len(counts)/2], counts[len(counts)-1], bytes/points)

	// Passes in a round: the fast path takes tenths of a second then, and the slow one allocates
	// enough for the collections that it causes to fall into its own time.
	const fastPasses, slowPasses = 10, 4
	var ours, theirs, ratios []float64
	for range s.rounds {
		runtime.GC() // so that none of the other path's is under way
		fast := timed(func() {
			for range fastPasses {
				for _, c := range chosen {
					b.build(v, c.Tile)
				}
			}
		}).Seconds() / fastPasses
		slow := timed(func() { orbPasses(t, orbLayer, chosen, slowPasses) }).Seconds() / slowPasses
		ours = append(ours, fast*1e9/float64(points))
		theirs = append(theirs, slow*1e9/float64(points))
		ratios = append(ratios, slow/fast)
	}
	r.AtLeast("tiles: times faster than the orb path", median(ratios), timesFasterThanOrb, "%.1f×")
	r.AtMost("tiles: ns a point", median(ours), nanosAPoint, "%.1f")
	r.Add("tiles:   ns a point of the orb path", "%.0f", median(theirs))

	orbLayer = newOrbLayer(city, s.features, true)
	want, err := orbLayer.tile(chosen[0].Tile)
	if err != nil {
		t.Fatal(err)
	}
	sameFeatures(t, chosen[0].String(), b.build(v, chosen[0].Tile), want)
	runtime.GC()
	straight := timed(func() { orbPasses(t, orbLayer, chosen, slowPasses) }).Seconds() / slowPasses * 1e9 / float64(points)
	r.Add("tiles:   ns a point of a straightforward orb path", "%.0f, %.1f× (with four fields elsewhere %d)",
		straight, straight/median(ours), straightNanos)

	runtime.GC()
	allocs := testing.AllocsPerRun(3, func() {
		for _, c := range chosen {
			b.build(v, c.Tile)
		}
	})
	perFeature := allocs / float64(points)
	r.AtMost("tiles: allocations a feature", perFeature, allocsAFeature, "%.4f")
	r.Add("tiles:   allocations a tile", "%.1f", allocs/float64(len(chosen)))
	if s.full() && perFeature > allocsAFeature {
		t.Errorf("%.4f allocations a feature, want at most %v", perFeature, allocsAFeature)
	}
}

// orbPasses builds every chosen tile by the orb path, passes times.
func orbPasses(t *testing.T, l *orbLayer, chosen []chosenTile, passes int) {
	t.Helper()
	for range passes {
		for _, c := range chosen {
			if _, err := l.tile(c.Tile); err != nil {
				t.Fatal(err)
			}
		}
	}
}

package cache

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hutong/internal/compress"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

var propertyRuns, concurrentRuns, versionsRuns atomic.Uint64

// TestCachedEqualsFresh holds what the cache answers after random batches against tiles that are
// built at that moment (S4), and every ETag that was ever handed out against what it stood for.
func TestCachedEqualsFresh(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &propertyRuns, 4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		f := newFixture(t, Options{Bytes: 1 << 16, Tags: 64, Hot: 1}) // both tables are too small
		stood := map[string][]byte{}                                  // by tile and ETag: the tile, not encoded
		hits := 0
		for range 150 {
			f.publish(t, f.anyLayer(rng), anyChanges(rng)...)
			for range 12 {
				set, tile := f.set(t, anyList(rng)), anyTile(rng)
				if !set.covers(tile.Z) {
					continue
				}
				want := f.build(t, set, tile)
				key := set.Name() + " " + tile.String() + " "
				for name, was := range stood {
					tag, ok := strings.CutPrefix(name, key)
					if !ok {
						continue
					}
					if got, _ := f.Match(set, tile, nil, []string{"W/" + tag}); got != "" && (got != tag || !bytes.Equal(was, want)) {
						t.Fatalf("seed %d: %s: an ETag of another state is taken for the tile's", seed, key)
					} else if got != "" {
						hits++
					}
				}
				b, err := f.Get(t.Context(), set, tile, nil, compress.Encoding(rng.IntN(encodings)))
				if err != nil {
					t.Fatalf("seed %d: %s: %v", seed, key, err)
				}
				if got := decoded(t, b); !bytes.Equal(got, want) {
					t.Fatalf("seed %d: %s: got %d bytes from the cache, want the %d of a fresh build", seed, key, len(got), len(want))
				}
				if b.ETag != "" {
					stood[key+b.ETag] = want
				}
				for len(f.upgrades) > 0 { // what Run does
					f.upgrade(<-f.upgrades)
				}
			}
		}
		upgrades := f.metric(t, `hutong_tile_cache_upgrades_total{outcome="better"}`) +
			f.metric(t, `hutong_tile_cache_upgrades_total{outcome="vain"}`)
		if served := f.metric(t, `hutong_tile_cache_requests_total{outcome="hit"}`); hits == 0 || served == "0" || upgrades == "00" {
			t.Errorf("seed %d: the cache was not used: %d ETags matched, %s hits, %s upgrades, better and vain", seed, hits, served, upgrades)
		}
	}
}

// build builds a tile of the layers as they are.
func (f *fixture) build(t *testing.T, set *Set, tile grid.Tile) []byte {
	t.Helper()
	var out []byte
	for _, s := range set.sources {
		if !s.covers(tile.Z) {
			continue
		}
		var err error
		if out, _, err = s.Tiles.Build(out, s.View.Now(), tile); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (f *fixture) anyLayer(rng *rand.Rand) layers.Name {
	return []layers.Name{"a", "b", "deep"}[rng.IntN(3)]
}

func anyList(rng *rand.Rand) string {
	return []string{"a", "b", "deep", "a,b", "b,a", "deep,a,deep", "a,b,deep"}[rng.IntN(7)]
}

// place is a random one: mostly in a city, sometimes at an edge of the world.
func place(rng *rand.Rand) (lon, lat float64) {
	switch rng.IntN(10) {
	case 0:
		return []float64{-180, 180, 179.99999, -179.99999}[rng.IntN(4)], rng.Float64()*160 - 80
	case 1:
		return rng.Float64()*360 - 180, []float64{-world.MaxLatitude, world.MaxLatitude}[rng.IntN(2)]
	default:
		return beijingLon + rng.Float64()/20, beijingLat + rng.Float64()/20
	}
}

func anyChanges(rng *rand.Rand) []layers.Change {
	changes := make([]layers.Change, 1+rng.IntN(3))
	for i := range changes {
		lon, lat := place(rng)
		changes[i] = at(layers.FeatureID(strconv.Itoa(rng.IntN(300))), lon, lat, rng.Int64N(5))
		switch rng.IntN(8) {
		case 0:
			changes[i].Op = layers.Delete
		case 1:
			changes[i].Feature.Geometry = nil
		}
	}
	return changes
}

// anyTile is a tile around a random place, from few enough that they are asked for again.
func anyTile(rng *rand.Rand) grid.Tile {
	lon, lat := place(rng)
	p, err := world.Project(lon, lat)
	if err != nil {
		panic(err)
	}
	return grid.At(p, uint8([]int{0, 1, 2, 5, 8, 9, 10, 11, 12, 13, 17, 18}[rng.IntN(12)]))
}

// TestReadersAreNeverBehind: while batches come in, whoever asks after a change was published gets
// it, from whichever of the caches, builds and encodings.
func TestReadersAreNeverBehind(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &concurrentRuns, 2) {
		f := newFixture(t, Options{Hot: 3})
		set := f.set(t, "a,b")
		var published atomic.Int64
		var wg sync.WaitGroup
		done := make(chan struct{})
		go func() {
			for {
				select {
				case u := <-f.upgrades:
					f.upgrade(u)
				case <-done:
					return
				}
			}
		}()
		for reader := range 4 {
			rng := rand.New(rand.NewPCG(seed, uint64(reader)))
			wg.Go(func() {
				var tag string
				var is int64
				for published.Load() < 400 {
					least := published.Load()
					if got, _ := f.Match(set, home, nil, []string{tag}); got != "" && is < least {
						t.Errorf("seed %d: the ETag of %d is good after %d was published", seed, is, least)
					}
					b, err := f.Get(t.Context(), set, home, nil, compress.Encoding(rng.IntN(encodings)))
					if err != nil {
						t.Errorf("seed %d: %v", seed, err)
						return
					}
					if least == 0 {
						continue
					}
					v, err := strconv.ParseInt(strings.TrimPrefix(values(t, b)[0], "a:"), 10, 64)
					if err != nil || v < least {
						t.Errorf("seed %d: got %d, %v after %d was published", seed, v, err, least)
						return
					}
					tag, is = b.ETag, v
				}
			})
		}
		rng := rand.New(rand.NewPCG(seed, 99))
		for v := int64(1); v <= 400; v++ {
			f.publish(t, "a", at("1", beijingLon, beijingLat, v))
			published.Store(v)
			if rng.IntN(3) == 0 {
				f.publish(t, "b", at("1", -beijingLon, beijingLat, v))
			}
			if rng.IntN(4) == 0 { // let readers hit the cache in between
				if _, err := f.Get(t.Context(), set, home, nil, compress.Gzip); err != nil {
					t.Error(err)
				}
			}
		}
		wg.Wait()
		close(done)
	}
}

package cache

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// TestStaleness holds the versions against a list of everything that changed: a change in a tile's
// window is never missed (S4, S6), and few tiles are stale for one elsewhere.
func TestStaleness(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &versionsRuns, 3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		v := NewVersions("a")
		var all []layers.Delta
		needless, asked := 0, 0
		for seq := range 200 {
			d := layers.Delta{Layer: "a", Seq: layers.Seq(seq + 1)}
			for range rng.IntN(4) {
				d.Places = append(d.Places, anyPoint(rng))
			}
			for range rng.IntN(2) {
				p := anyPoint(rng)
				side := uint32(1) << rng.IntN(24)
				d.Boxes = append(d.Boxes, world.Box{Min: p, Max: world.Point{X: addUp(p.X, side), Y: addUp(p.Y, side/2)}})
			}
			all = append(all, d)
			v.Advance(d)
			for range 20 {
				o := anyWindow(rng)
				got, want := v.Last("a", o.tile, &o.window), newest(all, &o.window)
				if got < want {
					t.Fatalf("seed %d: %s: got %d, want at least %d", seed, o.tile, got, want)
				}
				if asked++; got > want {
					needless++
				}
			}
		}
		if float64(needless) > 0.4*float64(asked) {
			t.Errorf("seed %d: %d of %d tiles are newer than what changed in them", seed, needless, asked)
		}
	}
}

// observed is a tile and what it shows.
type observed struct {
	tile   grid.Tile
	window grid.Window
}

func anyWindow(rng *rand.Rand) observed {
	tile := grid.At(anyPoint(rng), uint8(rng.IntN(grid.MaxZoom+1)))
	return observed{tile, tile.Window(4096, uint32([]int{0, 64, 1024}[rng.IntN(3)]))}
}

// anyPoint is in a city or at an edge of the world.
func anyPoint(rng *rand.Rand) world.Point {
	switch rng.IntN(12) {
	case 0:
		return world.Point{X: math.MaxUint32 - rng.Uint32N(1000), Y: rng.Uint32()}
	case 1:
		return world.Point{X: rng.Uint32N(1000), Y: rng.Uint32()}
	default:
		return world.Point{X: 3_500_000_000 + rng.Uint32N(1<<23), Y: 1_600_000_000 + rng.Uint32N(1<<23)}
	}
}

func addUp(v, by uint32) uint32 { return v + min(by, math.MaxUint32-v) }

// newest is the last state in which something in the window changed.
func newest(all []layers.Delta, w *grid.Window) layers.Seq {
	boxes, n := w.Boxes()
	for _, d := range slices.Backward(all) {
		if slices.ContainsFunc(d.Places, w.Contains) {
			return d.Seq
		}
		for _, b := range boxes[:n] {
			if slices.ContainsFunc(d.Boxes, b.Intersects) {
				return d.Seq
			}
		}
	}
	return 0
}

func TestEverywhere(t *testing.T) {
	t.Parallel()
	v := NewVersions("a", "b")
	w := home.Window(4096, 64)
	v.Advance(layers.Delta{Layer: "a", Seq: 3, Everywhere: true})
	if a, b := v.Last("a", home, &w), v.Last("b", home, &w); a != 3 || b != 0 {
		t.Errorf("got %d and %d, want 3 for the layer that changed and 0 for the other", a, b)
	}
	v.Advance(layers.Delta{Layer: "nothing", Seq: 9, Everywhere: true})
	if got := v.Last("nothing", home, &w); got != 0 {
		t.Errorf("a layer that is not there: got %d", got)
	}
}

// TestManyMarks: a delta of more cells than a level marks one by one makes the level stale as a
// whole, and levels with fewer cells stay exact.
func TestManyMarks(t *testing.T) {
	t.Parallel()
	far := grid.Tile{Z: 18}
	farWindow := far.Window(4096, 64)
	for name, d := range map[string]layers.Delta{
		"one large box": {Boxes: []world.Box{{Min: world.Point{X: 1 << 31, Y: 1 << 31}, Max: world.Point{X: 1<<31 + 1<<26, Y: 1<<31 + 1<<26}}}},
		"the world":     {Boxes: []world.Box{{Max: world.Point{X: math.MaxUint32, Y: math.MaxUint32}}}},
		"many places":   {Places: make([]world.Point, maxMarks+1)},
	} {
		d.Layer, d.Seq = "a", 5
		v := NewVersions("a")
		v.Advance(d)
		if got := v.Last("a", far, &farWindow); got != 5 {
			t.Errorf("%s: got %d at zoom 18, want 5", name, got)
		}
	}
	v := NewVersions("a")
	v.Advance(layers.Delta{Layer: "a", Seq: 5, Boxes: []world.Box{
		{Min: world.Point{X: 1 << 31, Y: 1 << 31}, Max: world.Point{X: 1<<31 + 1<<26, Y: 1<<31 + 1<<26}}, world.EmptyBox,
	}})
	corner := grid.Tile{Z: 4}
	w := corner.Window(4096, 64)
	if got := v.Last("a", corner, &w); got != 0 {
		t.Errorf("a corner of the world at zoom 4: got %d, want 0", got)
	}
}

func TestLastDoesNotAllocate(t *testing.T) {
	v := NewVersions("a")
	v.Advance(layers.Delta{Layer: "a", Seq: 1, Places: []world.Point{{X: 1, Y: 1}}})
	if n := testing.AllocsPerRun(100, func() {
		w := home.Window(4096, 64)
		v.Last("a", home, &w)
	}); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkAdvance(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	d := layers.Delta{Layer: "a", Seq: 1}
	for range 1000 {
		d.Places = append(d.Places, anyPoint(rng), anyPoint(rng))
	}
	v := NewVersions("a")
	b.ReportAllocs()
	for b.Loop() {
		v.Advance(d)
	}
}

func BenchmarkLast(b *testing.B) {
	v := NewVersions("a")
	v.Advance(layers.Delta{Layer: "a", Seq: 1, Places: []world.Point{{X: 1, Y: 1}}})
	b.ReportAllocs()
	for b.Loop() {
		w := home.Window(4096, 64)
		v.Last("a", home, &w)
	}
}

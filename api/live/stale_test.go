package live

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

var staleRuns atomic.Uint64

// vector is a tile, what changed, and whether the tile is stale. The client's tests read them too.
type vector struct {
	Name   string      `json:"name"`
	Tile   [3]uint32   `json:"tile"` // z, x, y
	Extent uint32      `json:"extent"`
	Buffer uint32      `json:"buffer"`
	Zoom   uint8       `json:"zoom"`
	Cells  [][2]uint32 `json:"cells,omitempty"`
	Box    []uint32    `json:"box,omitempty"`
	All    bool        `json:"all,omitempty"`
	Stale  bool        `json:"stale"`
}

// stale is the rule: a tile is stale iff its window, which is its box and buffer, meets a cell that changed.
func (v *vector) stale() bool {
	t := grid.Tile{Z: uint8(v.Tile[0]), X: v.Tile[1], Y: v.Tile[2]}
	w := t.Window(v.Extent, v.Buffer)
	if v.All {
		return true
	}
	if v.Box != nil {
		return w.Meets(v.world(v.Box[0], v.Box[1], v.Box[2], v.Box[3]))
	}
	for _, c := range v.Cells {
		if w.Meets(v.world(c[0], c[1], c[0], c[1])) {
			return true
		}
	}
	return false
}

// world returns the places of cells.
func (v *vector) world(minX, minY, maxX, maxY uint32) world.Box {
	return world.Box{
		Min: grid.Tile{Z: v.Zoom, X: minX, Y: minY}.Box().Min,
		Max: grid.Tile{Z: v.Zoom, X: maxX, Y: maxY}.Box().Max,
	}
}

// of sets what changed as a client reads it of an event.
func (v *vector) of(l *layer, d *dirty) error {
	event := append(d.append([]byte{'{'}, l), '}')
	var data map[string]struct {
		Zoom           uint8
		Extent, Buffer uint32
		Cells          [][2]uint32
		Box            []uint32
		All            bool
	}
	if err := json.Unmarshal(event, &data); err != nil {
		return fmt.Errorf("%s: %w", event, err)
	}
	part := data[string(l.name)]
	v.Zoom, v.Extent, v.Buffer, v.Cells, v.Box, v.All = part.Zoom, part.Extent, part.Buffer, part.Cells, part.Box, part.All
	return nil
}

// named are vectors with a reason, their outcome by hand.
var named = []vector{
	{"the cell's own tile", [3]uint32{16, 53900, 24800}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"its neighbour, by the buffer", [3]uint32{16, 53901, 24800}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"its neighbour without a buffer", [3]uint32{16, 53901, 24800}, 4096, 0, 16, [][2]uint32{{53900, 24800}}, nil, false, false},
	{"two tiles away", [3]uint32{16, 53902, 24800}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, false},
	{"diagonal", [3]uint32{16, 53901, 24801}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"nothing", [3]uint32{0, 0, 0}, 4096, 64, 16, [][2]uint32{}, nil, false, false},
	{"the world", [3]uint32{0, 0, 0}, 4096, 64, 16, [][2]uint32{{0, 65535}}, nil, false, true},
	{"all", [3]uint32{18, 1, 2}, 4096, 64, 16, nil, nil, true, true},
	{"inside the cell, deep", [3]uint32{18, 215603, 99203}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"beside the cell, deep, by the buffer", [3]uint32{18, 215604, 99203}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"beside the cell, deep", [3]uint32{18, 215605, 99203}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, false},
	{"an ancestor", [3]uint32{10, 842, 387}, 4096, 64, 16, [][2]uint32{{53900, 24800}}, nil, false, true},
	{"no ancestor, by the buffer", [3]uint32{10, 843, 388}, 4096, 64, 16, [][2]uint32{{53951, 24831}}, nil, false, true},
	{"no ancestor, beyond the buffer", [3]uint32{10, 843, 388}, 4096, 64, 16, [][2]uint32{{53950, 24830}}, nil, false, false},
	{"eastwards over the antimeridian", [3]uint32{16, 0, 24800}, 4096, 64, 16, [][2]uint32{{65535, 24800}}, nil, false, true},
	{"westwards over the antimeridian", [3]uint32{16, 65535, 24800}, 4096, 64, 16, [][2]uint32{{0, 24800}}, nil, false, true},
	{"the other end of the world without a buffer", [3]uint32{16, 0, 24800}, 4096, 0, 16, [][2]uint32{{65535, 24800}}, nil, false, false},
	{"not over the north", [3]uint32{16, 100, 0}, 4096, 64, 16, [][2]uint32{{100, 65535}}, nil, false, false},
	{"not over the south", [3]uint32{16, 100, 65535}, 4096, 64, 16, [][2]uint32{{100, 0}}, nil, false, false},
	{"a buffer finer than the world", [3]uint32{24, 256, 256}, 8192, 1, 16, [][2]uint32{{0, 1}}, nil, false, false},
	{"a wide buffer at zoom 1", [3]uint32{1, 0, 0}, 256, 64, 1, [][2]uint32{{1, 1}}, nil, false, true},
	{"in a box", [3]uint32{14, 13475, 6200}, 4096, 64, 16, nil, []uint32{53800, 24700, 54000, 24900}, false, true},
	{"outside a box", [3]uint32{14, 13575, 6200}, 4096, 64, 16, nil, []uint32{53800, 24700, 54000, 24900}, false, false},
	{"a box around the window", [3]uint32{18, 215605, 99203}, 4096, 64, 16, nil, []uint32{53800, 24700, 54000, 24900}, false, true},
}

// TestStale checks the rule on vectors that the client's tests share (web/test/live-stale.test.ts).
func TestStale(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for _, v := range append(named, randomVectors(rng, 200)...) {
		got := v.stale()
		if v.Name != "" && got != v.Stale {
			t.Errorf("%s: got stale %v, want %v", v.Name, got, v.Stale)
		}
		v.Stale = got
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	testkit.Golden(t, "stale.json", "[\n"+strings.Join(lines, ",\n")+"\n]\n")
}

// randomVectors returns tiles near cells, a good part of them at the ends of the world.
func randomVectors(rng *rand.Rand, n int) []vector {
	var out []vector
	for range n {
		v := vector{Extent: 256 << rng.IntN(6), Zoom: uint8(rng.IntN(topZoom + 1))}
		v.Buffer = rng.Uint32N(grid.MaxBuffer(v.Extent) + 1)
		at := anyPlace(rng)
		tile := grid.At(near(rng, at), uint8(rng.IntN(grid.MaxZoom+1)))
		v.Tile = [3]uint32{uint32(tile.Z), tile.X, tile.Y}
		c := cellAt(at, world.Bits-v.Zoom)
		v.Cells = [][2]uint32{{c.x, c.y}}
		out = append(out, v)
	}
	return out
}

// anyPlace is in a city, or at an end of the world.
func anyPlace(rng *rand.Rand) world.Point {
	edge := []uint32{0, 1<<16 - 1, 1 << 31, 1<<32 - 1<<16, 1<<32 - 1}
	p := world.Point{X: 3534000000 + rng.Uint32N(4_000_000), Y: 1627000000 + rng.Uint32N(4_000_000)}
	if rng.IntN(3) == 0 {
		p.X = edge[rng.IntN(len(edge))]
	}
	if rng.IntN(6) == 0 {
		p.Y = edge[rng.IntN(len(edge))]
	}
	return p
}

// near is somewhere around p, at any of several scales.
func near(rng *rand.Rand, p world.Point) world.Point {
	reach := uint32(1) << (6 + rng.IntN(24))
	return world.Point{X: p.X + rng.Uint32N(2*reach) - reach, Y: p.Y + rng.Uint32N(2*reach) - reach}
}

// TestNeverFresh: whatever shows in a tile, in it or in its buffer, makes it stale by what a client hears of
// it, as it does by the versions by which the server rebuilds it.
func TestNeverFresh(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for _, seed := range testkit.Seeds(t, &staleRuns, 2) {
		rng := rand.New(rand.NewPCG(seed, 3))
		met := 0
		for range 60 {
			l := f.layers[[]layers.Name{"a", "b"}[rng.IntN(2)]]
			delta := anyDelta(rng, l.name)
			var d dirty
			d.note(l.zoom, &delta)
			var other dirty // two windows, told as one
			before := anyDelta(rng, l.name)
			var first dirty
			first.note(l.zoom, &before)
			other.merge(&first)
			other.merge(&d)
			versions := cache.NewVersions(l.name)
			versions.Advance(delta)
			for range 40 {
				tile := grid.At(near(rng, anyPlaceOf(rng, &delta)), uint8(rng.IntN(int(l.Tiles.Options().MaxZoom)+1)))
				w := tile.Window(l.Tiles.Options().Extent, l.Tiles.Options().Buffer)
				if !shows(&w, &delta) {
					continue
				}
				met++
				for _, dirty := range []*dirty{&d, &other} {
					v := vector{Tile: [3]uint32{uint32(tile.Z), tile.X, tile.Y}}
					if err := v.of(l, dirty); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					if !v.stale() {
						t.Fatalf("seed %d: tile %s of %s shows what changed and is fresh: %+v", seed, tile, l.name, v)
					}
				}
				if versions.Last(l.name, tile, &w) != delta.Seq {
					t.Fatalf("seed %d: tile %s is stale, and the server does not know", seed, tile)
				}
			}
		}
		if met < 100 {
			t.Errorf("seed %d: only %d tiles showed what changed", seed, met)
		}
	}
}

// anyDelta is of a few places and boxes, of many, of large ones, or of everything.
func anyDelta(rng *rand.Rand, name layers.Name) layers.Delta {
	d := layers.Delta{Layer: name, Seq: 7, Everywhere: rng.IntN(20) == 0}
	points, boxes := rng.IntN(4), rng.IntN(3)
	if rng.IntN(20) == 0 {
		points = 2 * maxCells
	}
	for range points {
		d.Places = append(d.Places, anyPlace(rng))
	}
	for range boxes {
		a := anyPlace(rng)
		d.Boxes = append(d.Boxes, world.EmptyBox.Extend(a).Extend(near(rng, a)))
	}
	if points+boxes == 0 {
		d.Places = []world.Point{anyPlace(rng)}
	}
	return d
}

// anyPlaceOf is one that changed.
func anyPlaceOf(rng *rand.Rand, d *layers.Delta) world.Point {
	if n := len(d.Boxes); n > 0 && (len(d.Places) == 0 || rng.IntN(2) == 0) {
		b := d.Boxes[rng.IntN(n)]
		return []world.Point{b.Min, b.Max, {X: b.Min.X, Y: b.Max.Y}}[rng.IntN(3)]
	}
	return d.Places[rng.IntN(len(d.Places))]
}

func shows(w *grid.Window, d *layers.Delta) bool {
	return d.Everywhere || slices.ContainsFunc(d.Places, w.Contains) || slices.ContainsFunc(d.Boxes, w.Meets)
}

// TestDirty: what becomes a box, and when.
func TestDirty(t *testing.T) {
	t.Parallel()
	points := func(n int) (list []world.Point) {
		for i := range n {
			list = append(list, world.Point{X: uint32(i) << 16, Y: 5 << 16})
		}
		return list
	}
	wide := world.Box{Min: world.Point{X: 10 << 16}, Max: world.Point{X: 10<<16 + maxCells<<16, Y: 3}}
	for _, tt := range []struct {
		name         string
		deltas       []layers.Delta
		cells        int
		boxed, whole bool
		box          span
	}{
		{"cells", []layers.Delta{{Places: points(maxCells)}}, maxCells, false, false, span{}},
		{"again", []layers.Delta{{Places: points(maxCells)}, {Places: points(maxCells)}}, maxCells, false, false, span{}},
		{"one more", []layers.Delta{{Places: points(maxCells + 1)}}, 0, true, false, span{cell{0, 5}, cell{maxCells, 5}}},
		{"a wide box", []layers.Delta{{Places: points(1)}, {Boxes: []world.Box{wide}}}, 0, true, false, span{cell{0, 0}, cell{10 + maxCells, 5}}},
		{"an empty box", []layers.Delta{{Boxes: []world.Box{world.EmptyBox}}}, 0, false, false, span{}},
		{"everywhere", []layers.Delta{{Places: points(5)}, {Everywhere: true}, {Places: points(2)}}, 0, false, true, span{}},
		{"much work", []layers.Delta{{Places: make([]world.Point, maxWork+1)}}, 0, true, false, span{}},
	} {
		var d dirty
		for i := range tt.deltas {
			d.note(topZoom, &tt.deltas[i])
		}
		if len(d.order) != tt.cells || d.boxed != tt.boxed || d.everywhere != tt.whole || d.box != tt.box {
			t.Errorf("%s: got %d cells, boxed %v around %v, everywhere %v", tt.name, len(d.order), d.boxed, d.box, d.everywhere)
		}
	}
}

func TestRecentCells(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	a := f.layers["a"]
	r := recent{most: 3, mostCells: 5}
	for i := range 100 {
		var d dirty
		for j := range i % 9 {
			d.add(span{cell{uint32(j), 0}, cell{uint32(j), 0}})
		}
		a.told = layers.Seq(i + 1)
		r.add(window{tick: uint64(i + 1), moved: map[*layer]move{a: {layers.Seq(i), a.told}}, dirty: map[*layer]*dirty{a: &d}})
		kept := len(r.windows) - r.first
		if cells := i % 9; kept > 3 || r.cells > max(5, cells) || len(r.windows) > 8 {
			t.Fatalf("after %d: %d windows in %d places, %d cells", i, kept, len(r.windows), r.cells)
		}
		if want := layers.Seq(i + 1 - kept); a.base != want || a.dropped != uint64(want) {
			t.Fatalf("after %d: got up to %d dropped, at tick %d, want %d", i, a.base, a.dropped, want)
		}
	}
}

package grid

import (
	"math"
	"math/rand/v2"
	"testing"

	"hutong/layers/world"
)

func TestWindowEdges(t *testing.T) {
	t.Parallel()
	const whole = uint64(1) << 32
	tests := []struct {
		name                        string
		tile                        Tile
		extent, buffer              uint32
		west, north                 uint32
		width, height               uint64
		boxes                       int
		inX, inY                    uint32 // a place in the window
		unitX, unitY                int32  // and its tile units
		outX, outY, outTooX, outToo uint32 // two places outside
	}{
		{
			name: "no buffer", tile: Tile{1, 1, 1}, extent: 4096, west: 1 << 31, north: 1 << 31, width: 1 << 31, height: 1 << 31, boxes: 1,
			inX: math.MaxUint32, inY: math.MaxUint32, unitX: 4095, unitY: 4095, outX: 1<<31 - 1, outY: 1 << 31, outTooX: 1 << 31, outToo: 1<<31 - 1,
		},
		{
			name: "inland", tile: Tile{12, 3372, 1552}, extent: 4096, buffer: 64, west: 3372<<20 - 64<<8, north: 1552<<20 - 64<<8,
			width: 1<<20 + 128<<8, height: 1<<20 + 128<<8, boxes: 1, inX: 3372<<20 - 1, inY: 1553<<20 + 64<<8 - 1, unitX: -1, unitY: 4159,
			outX: 3372<<20 - 64<<8 - 1, outY: 1552 << 20, outTooX: 3372 << 20, outToo: 1553<<20 + 64<<8,
		},
		{
			name: "western and northern edge", tile: Tile{1, 0, 0}, extent: 256, buffer: 64, west: 7 << 29, north: 0,
			width: 1<<31 + 2<<29, height: 1<<31 + 1<<29, boxes: 2, inX: math.MaxUint32, inY: 0, unitX: -1, unitY: 0,
			outX: 7<<29 - 1, outY: 0, outTooX: 0, outToo: math.MaxUint32,
		},
		{
			name: "eastern and southern edge", tile: Tile{2, 3, 3}, extent: 256, buffer: 2, west: 3<<30 - 1<<23, north: 3<<30 - 1<<23,
			width: 1<<30 + 1<<24, height: 1<<30 + 1<<23, boxes: 2, inX: 0, inY: math.MaxUint32, unitX: 256, unitY: 255,
			outX: 1 << 23, outY: math.MaxUint32, outTooX: 0, outToo: 0,
		},
		{
			name: "units finer than the world's", tile: Tile{24, 5, 7}, extent: 8192, buffer: 100, west: 5*256 - 3, north: 7*256 - 3,
			width: 256 + 6, height: 256 + 6, boxes: 1, inX: 5*256 - 3, inY: 7*256 + 255, unitX: -96, unitY: 255 * 32,
			outX: 5*256 - 4, outY: 7 * 256, outTooX: 5 * 256, outToo: 8*256 + 3,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := tt.tile.Window(tt.extent, tt.buffer)
			if w.West != tt.west || w.North != tt.north || w.Width != tt.width || w.Height != tt.height {
				t.Errorf("got x %d + %d, y %d + %d, want x %d + %d, y %d + %d",
					w.West, w.Width, w.North, w.Height, tt.west, tt.width, tt.north, tt.height)
			}
			if _, n := w.Boxes(); n != tt.boxes {
				t.Errorf("got %d boxes, want %d", n, tt.boxes)
			}
			in := world.Point{X: tt.inX, Y: tt.inY}
			if x, y := w.Units(in); !w.Contains(in) || x != tt.unitX || y != tt.unitY {
				t.Errorf("%v: got in %v at %d, %d, want it at %d, %d", in, w.Contains(in), x, y, tt.unitX, tt.unitY)
			}
			for _, out := range []world.Point{{X: tt.outX, Y: tt.outY}, {X: tt.outTooX, Y: tt.outToo}} {
				if w.Contains(out) {
					t.Errorf("%v is in the window", out)
				}
			}
		})
	}
	w := Tile{}.Window(4096, 64)
	if boxes, n := w.Boxes(); n != 1 || boxes[0] != (Tile{}).Box() || w.Width != whole || w.Height != whole {
		t.Errorf("zoom 0: got %+v with boxes %v, want the world once", w, boxes[:n])
	}
}

// TestWindowAgainstFloats compares windows with the plain definition in float64: a place is at
// (p/side − tile)·extent tile units, and in the window when that is in −buffer…extent+buffer.
func TestWindowAgainstFloats(t *testing.T) {
	t.Parallel()
	const seed = 3
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20000 {
		z := uint8(r.IntN(MaxZoom + 1))
		extent := uint32(MinExtent) << r.IntN(6)
		buffer := r.Uint32N(MaxBuffer(extent) + 1)
		tile := Tile{z, r.Uint32N(1 << z), r.Uint32N(1 << z)}
		if r.IntN(4) == 0 {
			tile.X = uint32(r.IntN(2)) * (1<<z - 1)
			tile.Y = uint32(r.IntN(2)) * (1<<z - 1)
		}
		w := tile.Window(extent, buffer)
		side := math.Exp2(float64(32 - z))
		scale := float64(extent) / side
		around := math.Floor(float64(buffer)/scale) * scale // whole world units
		if z == 0 {
			around = 0
		}
		near := func(i uint32) uint32 {
			return uint32(int64((float64(i) + r.Float64()*1.8 - 0.4) * side))
		}
		p := world.Point{X: near(tile.X), Y: near(tile.Y)}
		dx := (float64(p.X) - float64(tile.X)*side) * scale
		if turn := float64(extent) * math.Exp2(float64(z)); z > 0 {
			// The nearest of the place's images around the world.
			dx -= turn * math.Round((dx-float64(extent)/2)/turn)
		}
		dy := (float64(p.Y) - float64(tile.Y)*side) * scale
		limit := float64(extent) + around
		want := dx >= -around && dx < limit && dy >= -around && dy < limit
		if got := w.Contains(p); got != want {
			t.Fatalf("seed %d: %v extent %d buffer %d: %v at %v, %v: got in %v, want %v", seed, tile, extent, buffer, p, dx, dy, got, want)
		}
		inBoxes := 0
		boxes, n := w.Boxes()
		for _, b := range boxes[:n] {
			if b.Empty() {
				t.Fatalf("seed %d: %v has an empty box", seed, tile)
			}
			if b.Contains(p) {
				inBoxes++
			}
		}
		if (inBoxes == 1) != want || inBoxes > 1 {
			t.Fatalf("seed %d: %v: %v is in %d of boxes %v, want in %v", seed, tile, p, inBoxes, boxes[:n], want)
		}
		if !want {
			continue
		}
		if x, y := w.Units(p); float64(x) != math.Floor(dx) || float64(y) != math.Floor(dy) {
			t.Fatalf("seed %d: %v extent %d buffer %d: %v: got %d, %d, want %v, %v", seed, tile, extent, buffer, p, x, y, math.Floor(dx), math.Floor(dy))
		}
	}
}

// TestWindowsNest holds what thinning needs: what is in a tile's window is in its parent's.
func TestWindowsNest(t *testing.T) {
	t.Parallel()
	const seed = 4
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20000 {
		z := uint8(1 + r.IntN(MaxZoom))
		extent := uint32(MinExtent) << r.IntN(6)
		buffer := r.Uint32N(MaxBuffer(extent) + 1)
		tile := Tile{z, r.Uint32N(1 << z), r.Uint32N(1 << z)}
		if r.IntN(4) == 0 {
			tile.X = uint32(r.IntN(2)) * (1<<z - 1)
		}
		parent, _ := tile.Parent()
		outer, inner := parent.Window(extent, buffer), tile.Window(extent, buffer)
		boxes, n := inner.Boxes()
		for _, b := range boxes[:n] {
			if !outer.ContainsBox(b) {
				t.Fatalf("seed %d: %v extent %d buffer %d: box %v is not in the window of %v", seed, tile, extent, buffer, b, parent)
			}
		}
	}
}

func TestContainsBox(t *testing.T) {
	t.Parallel()
	w := Tile{4, 0, 5}.Window(4096, 64) // crosses the antimeridian
	y := uint32(5 << 28)
	box := func(x0, x1 uint32) world.Box {
		return world.Box{Min: world.Point{X: x0, Y: y}, Max: world.Point{X: x1, Y: y + 9}}
	}
	for name, tt := range map[string]struct {
		box  world.Box
		want bool
	}{
		"in the tile":                      {box(0, 1000), true},
		"in the buffer beyond":             {box(math.MaxUint32-1000, math.MaxUint32), true},
		"too far beyond":                   {box(math.MaxUint32-1<<24, math.MaxUint32), false},
		"both ends in, but round the back": {box(1000, math.MaxUint32-1000), false},
		"sticks out":                       {box(0, 1<<29), false},
	} {
		if got := w.ContainsBox(tt.box); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

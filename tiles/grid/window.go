package grid

import (
	"math"
	"math/bits"

	"hutong/layers/world"
)

// Limits of the tile units along an edge of a tile.
const (
	// MinExtent is the fewest.
	MinExtent = 256
	// MaxExtent is the most.
	MaxExtent = 8192
)

// ValidExtent reports whether extent is a power of two in [MinExtent]…[MaxExtent].
func ValidExtent(extent uint32) bool {
	return extent >= MinExtent && extent <= MaxExtent && extent&(extent-1) == 0
}

// MaxBuffer returns the widest buffer of a tile of this extent, in tile units: a quarter of it, so
// that a tile and its buffer go around the world at zoom 0 only.
func MaxBuffer(extent uint32) uint32 { return extent / 4 }

// Window is what a tile shows: the tile with its buffer, and the tile's own coordinates.
//
// A place p is in the window iff p.X−West < Width and p.Y−North < Height, both in wrapping 32-bit
// arithmetic, which is why a window that crosses the antimeridian needs no second test. The window
// of a tile lies within the window of its parent for the same extent and buffer, which thinning
// relies on. At zoom 0 it is the whole world without a buffer, so nothing shows twice.
type Window struct {
	// West is the window's first x in world units; it runs east from there for Width units, past
	// the antimeridian if need be.
	West  uint32
	Width uint64 // 1…2³²
	// North is the window's first y in world units, Height its height; they end with the world.
	North  uint32
	Height uint64 // 1…2³²

	originX, originY uint32 // where the buffered tile would start were there no end of the world
	left, right      uint8  // world units << left >> right are tile units; one of them is 0
	margin           int32  // of origin, in tile units
}

// Window returns the window of t, which must be valid, for an extent that is valid by [ValidExtent]
// and a buffer up to [MaxBuffer], both in tile units. Where tile units are finer than world units
// the buffer is rounded down to world units.
func (t Tile) Window(extent, buffer uint32) Window {
	w := Window{Width: 1 << world.Bits, Height: 1 << world.Bits}
	units := uint8(bits.Len32(extent) - 1)
	if t.Z+units <= world.Bits {
		w.right = world.Bits - t.Z - units
	} else {
		w.left = t.Z + units - world.Bits
	}
	if t.Z == 0 {
		return w
	}
	side := uint64(1) << (world.Bits - t.Z)
	around := uint64(buffer) << w.right >> w.left
	w.margin = int32(around << w.left >> w.right)

	west, north := uint64(t.X)*side, uint64(t.Y)*side
	w.originX, w.originY = uint32(west-around), uint32(north-around)
	w.West, w.Width = w.originX, side+2*around
	first := north - min(north, around)
	last := min(north+side+around, 1<<world.Bits)
	w.North, w.Height = uint32(first), last-first
	return w
}

// Contains reports whether p is in the window.
func (w *Window) Contains(p world.Point) bool {
	return uint64(p.X-w.West) < w.Width && uint64(p.Y-w.North) < w.Height
}

// ContainsBox reports whether all of b, which is not empty, is in the window.
func (w *Window) ContainsBox(b world.Box) bool {
	// A box whose ends are both inside but in the wrong order goes the other way round the world.
	return w.Contains(b.Min) && w.Contains(b.Max) && b.Min.X-w.West <= b.Max.X-w.West
}

// Meets reports whether some of b, which is not empty, is in the window.
func (w *Window) Meets(b world.Box) bool {
	// Of two intervals on a circle that meet, one holds the start of the other.
	x := uint64(b.Min.X-w.West) < w.Width || w.West-b.Min.X <= b.Max.X-b.Min.X
	y := uint64(b.Min.Y) < uint64(w.North)+w.Height && b.Max.Y >= w.North
	return x && y
}

// Units returns where p lies in the tile, in tile units from its north-west corner. p must be in the
// window; it may still be outside the tile, in its buffer.
func (w *Window) Units(p world.Point) (x, y int32) {
	x = int32(uint64(p.X-w.originX)<<(w.left&63)>>(w.right&63)) - w.margin
	y = int32(uint64(p.Y-w.originY)<<(w.left&63)>>(w.right&63)) - w.margin
	return x, y
}

// Reach is a rectangle in tile units, edges included.
type Reach struct{ MinX, MinY, MaxX, MaxY int64 }

// Frame says how a world turns into a tile's units for geometries that may reach beyond the window, and
// where they are cut. Its arithmetic does not wrap: a geometry on the other side of the antimeridian is
// moved by a whole world first, see [Frame.Worlds].
type Frame struct {
	originX, originY int64
	left, right      uint8
	// Cut is the window in tile units, edges included.
	Cut Reach
	// Worlds are the offsets in world units under which a geometry may be in the window: 0, and where
	// the window crosses the antimeridian a whole world more or less.
	Worlds []int64
}

// Frame returns the frame of t for the extent and buffer that its window was made with.
func (t Tile) Frame(extent, buffer uint32) Frame {
	w := t.Window(extent, buffer)
	side := int64(1) << (world.Bits - t.Z)
	f := Frame{originX: int64(t.X) * side, originY: int64(t.Y) * side, left: w.left, right: w.right, Worlds: worlds[1:2]}
	b, e := int64(buffer), int64(extent)
	f.Cut = Reach{-b, -b, e + b, e + b}
	switch {
	case t.Z == 0: // holds the world once
	case t.X == 0:
		f.Worlds = worlds[:2]
	case t.X == 1<<t.Z-1:
		f.Worlds = worlds[1:]
	}
	return f
}

var worlds = [3]int64{-1 << world.Bits, 0, 1 << world.Bits}

// X returns the tile unit of x in world units, which may be outside the world.
func (f *Frame) X(x int64) int64 { return (x - f.originX) << (f.left & 63) >> (f.right & 63) }

// Y returns the tile unit of y.
func (f *Frame) Y(y int64) int64 { return (y - f.originY) << (f.left & 63) >> (f.right & 63) }

// Boxes returns the window as boxes: one, or where it crosses the antimeridian two, the western end
// of the window (which is the eastern end of the world) first.
func (w *Window) Boxes() (boxes [2]world.Box, n int) {
	minY, maxY := w.North, uint32(uint64(w.North)+w.Height-1)
	east := uint64(w.West) + w.Width - 1
	if east <= math.MaxUint32 {
		boxes[0] = world.Box{Min: world.Point{X: w.West, Y: minY}, Max: world.Point{X: uint32(east), Y: maxY}}
		return boxes, 1
	}
	boxes[0] = world.Box{Min: world.Point{X: w.West, Y: minY}, Max: world.Point{X: math.MaxUint32, Y: maxY}}
	boxes[1] = world.Box{Min: world.Point{Y: minY}, Max: world.Point{X: uint32(east), Y: maxY}}
	return boxes, 2
}

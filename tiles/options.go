package tiles

import (
	"errors"
	"fmt"

	"hutong/tiles/grid"
)

// Limits of a layer's options.
const (
	// MinBudget is the smallest budget of a tile, in bytes.
	MinBudget = 1 << 10
	// MaxBudget is the largest.
	MaxBudget = 64 << 20
	// MaxDistinct bounds a declared number of distinct values.
	MaxDistinct = 1 << 30
	// MinVertices is the smallest declared number of vertices: a rectangle has four.
	MinVertices = 4
	// MaxVertices is the largest.
	MaxVertices = 10_000
)

// DefaultVertices is how many vertices a line or polygon is reckoned to have in a full tile.
const DefaultVertices = 8

// DefaultDistinct is how many distinct values a kept string field is reckoned to have in one tile
// unless [Options.Distinct] says.
const DefaultDistinct = 1024

// DefaultTextBytes is how long a kept string is reckoned to be, in bytes, unless the field's
// MaxLength says.
const DefaultTextBytes = 64

// Options say how the tiles of a layer are made. The zero Options are not valid: start from
// [Defaults].
type Options struct {
	// MinZoom and MaxZoom bound the zooms that have tiles, both included, up to [grid.MaxZoom].
	MinZoom, MaxZoom uint8
	// Extent is the number of tile units along an edge of a tile: a power of two from
	// [grid.MinExtent] to [grid.MaxExtent].
	Extent uint32
	// Buffer is how far around the tile its features are still in it, in tile units: 0 to
	// [grid.MaxBuffer] of Extent.
	Buffer uint32
	// Budget is the most bytes of an uncompressed tile, [MinBudget] to [MaxBudget].
	Budget int
	// Distinct declares by field name how many distinct values a kept string field may have in one
	// tile; 1 to [MaxDistinct], [DefaultDistinct] where it says nothing. With the fields' MaxLength
	// it decides how many features a full tile holds ([Builder.Limit]); data beyond it costs
	// features, never the budget.
	Distinct map[string]int
	// Tiny says what becomes of polygons below a pixel.
	Tiny Tiny
	// Vertices declares how many vertices a line or polygon has in a full tile, [MinVertices] to
	// [MaxVertices]; 0 means [DefaultVertices]. More of them let a full tile hold fewer features, and so
	// with more of their vertices.
	Vertices int
}

func (o *Options) vertices() int {
	if o.Vertices == 0 {
		return DefaultVertices
	}
	return o.Vertices
}

// Defaults returns the options of a layer that says nothing: zooms 0 to 18, extent 4096, buffer 64,
// 500,000 bytes.
func Defaults() Options {
	return Options{MaxZoom: 18, Extent: 4096, Buffer: 64, Budget: 500_000}
}

// Validate returns everything that is wrong with o by itself, joined, or nil. [New] also checks o
// against a schema.
func (o Options) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.MaxZoom > grid.MaxZoom {
		fail("max zoom %d is more than %d", o.MaxZoom, grid.MaxZoom)
	}
	if o.MinZoom > o.MaxZoom {
		fail("min zoom %d is more than max zoom %d", o.MinZoom, o.MaxZoom)
	}
	if !grid.ValidExtent(o.Extent) {
		fail("extent %d is not a power of two from %d to %d", o.Extent, grid.MinExtent, grid.MaxExtent)
	} else if o.Buffer > grid.MaxBuffer(o.Extent) {
		fail("buffer %d is more than %d, a quarter of the extent", o.Buffer, grid.MaxBuffer(o.Extent))
	}
	if o.Budget < MinBudget || o.Budget > MaxBudget {
		fail("budget of %d bytes is not %d to %d", o.Budget, MinBudget, MaxBudget)
	}
	if o.Tiny > TinyKeep {
		fail("no policy %d for tiny polygons", o.Tiny)
	}
	if o.Vertices != 0 && (o.Vertices < MinVertices || o.Vertices > MaxVertices) {
		fail("%d vertices are not %d to %d", o.Vertices, MinVertices, MaxVertices)
	}
	for name, n := range o.Distinct {
		if n < 1 || n > MaxDistinct {
			fail("field %q: %d distinct values are not 1 to %d", name, n, MaxDistinct)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("tiles: options: %w", errors.Join(errs...))
}

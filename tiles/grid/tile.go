// Package grid holds the addresses of tiles and their boxes: the XYZ grid of Web Mercator, zoom 0
// being one tile that holds the world, x growing east from the antimeridian and y south from the
// northern Mercator limit (OGC 17-083r4, WebMercatorQuad).
//
// A [Tile] is an address. A [Window] is what one sees through a tile of a stated extent and buffer:
// which places are in it and where they lie in tile units. All places are in world units, see
// package world; nothing here projects.
//
// Everything is a pure function of its arguments and safe from any goroutine.
package grid

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// MaxZoom is the highest zoom of an address: a tile there is 256 world units wide, about 2.4 metres
// on the equator.
const MaxZoom = 24

// The ways in which an address can be wrong.
var (
	// ErrMalformed means that a part of an address is not the plain decimal of a number.
	ErrMalformed = errors.New("grid: malformed tile address")
	// ErrRange means that a well-formed address names no tile of the grid.
	ErrRange = errors.New("grid: tile address out of range")
)

// Tile is the address of a tile. Z is 0…[MaxZoom], X and Y are 0…2^Z−1; see [Tile.Valid].
type Tile struct {
	Z    uint8
	X, Y uint32
}

// Parse returns the tile that the three parts of a path z/x/y name. Only the form that
// [Tile.String] writes is accepted, so each tile has one address: no sign, no leading zero, no
// space. The error is [ErrMalformed] or [ErrRange] and names the part at fault.
func Parse(z, x, y string) (Tile, error) {
	zoom, err := parse("zoom", z, MaxZoom)
	if err != nil {
		return Tile{}, err
	}
	// Both are read before either is judged, so that a malformed y is never called out of range.
	column, errX := parse("x", x, 1<<zoom-1)
	row, errY := parse("y", y, 1<<zoom-1)
	switch {
	case errors.Is(errX, ErrMalformed):
		return Tile{}, errX
	case errors.Is(errY, ErrMalformed):
		return Tile{}, errY
	case errX != nil:
		return Tile{}, errX
	case errY != nil:
		return Tile{}, errY
	}
	return Tile{Z: uint8(zoom), X: column, Y: row}, nil
}

// maxShown is the most bytes of a bad part that an error repeats.
const maxShown = 16

// parse returns the number that s is the canonical decimal of, at most limit.
func parse(part, s string, limit uint32) (uint32, error) {
	shown := s[:min(len(s), maxShown)]
	if s == "" || s[0] == '0' && len(s) > 1 {
		return 0, fmt.Errorf("%w: %s %q", ErrMalformed, part, shown)
	}
	n := uint64(0)
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, fmt.Errorf("%w: %s %q", ErrMalformed, part, shown)
		}
		// Beyond the limit only the form matters; n stops growing so that it cannot overflow.
		if n <= uint64(limit) {
			n = 10*n + uint64(d)
		}
	}
	if n > uint64(limit) {
		return 0, fmt.Errorf("%w: %s %s is more than %d", ErrRange, part, shown, limit)
	}
	return uint32(n), nil
}

// String returns the address as a path, "z/x/y".
func (t Tile) String() string {
	b := strconv.AppendUint(make([]byte, 0, 20), uint64(t.Z), 10)
	b = strconv.AppendUint(append(b, '/'), uint64(t.X), 10)
	b = strconv.AppendUint(append(b, '/'), uint64(t.Y), 10)
	return string(b)
}

// Valid reports whether t is a tile of the grid.
func (t Tile) Valid() bool {
	return t.Z <= MaxZoom && t.X>>t.Z == 0 && t.Y>>t.Z == 0
}

// At returns the tile of zoom z, 0…[MaxZoom], that holds p.
func At(p world.Point, z uint8) Tile {
	return Tile{Z: z, X: uint32(uint64(p.X) >> (world.Bits - z)), Y: uint32(uint64(p.Y) >> (world.Bits - z))}
}

// Parent returns the tile of the zoom above that holds t; ok is false at zoom 0.
func (t Tile) Parent() (parent Tile, ok bool) {
	if t.Z == 0 {
		return Tile{}, false
	}
	return Tile{Z: t.Z - 1, X: t.X >> 1, Y: t.Y >> 1}, true
}

// Children returns the four tiles that t is made of: north-west, north-east, south-west, south-east.
// They are not valid when t is at [MaxZoom].
func (t Tile) Children() [4]Tile {
	z, x, y := t.Z+1, t.X<<1, t.Y<<1
	return [4]Tile{{z, x, y}, {z, x + 1, y}, {z, x, y + 1}, {z, x + 1, y + 1}}
}

// Box returns the places of t, which must be valid, without a buffer. Tiles of one zoom are disjoint.
func (t Tile) Box() world.Box {
	shift := world.Bits - t.Z
	side := uint32(1<<shift - 1)
	nw := world.Point{X: uint32(uint64(t.X) << shift), Y: uint32(uint64(t.Y) << shift)}
	return world.Box{Min: nw, Max: world.Point{X: nw.X + side, Y: nw.Y + side}}
}

// Bound returns the edges of t, which must be valid, in lon/lat degrees.
func (t Tile) Bound() orb.Bound {
	side := float64(uint64(1) << (world.Bits - t.Z))
	west, north := float64(t.X)*side, float64(t.Y)*side
	return orb.Bound{
		Min: orb.Point{world.Lon(west), world.Lat(north + side)},
		Max: orb.Point{world.Lon(west + side), world.Lat(north)},
	}
}

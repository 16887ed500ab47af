// Package hexgrid names the cells of H3 (https://h3geo.org): a grid of hexagons on the sphere, and of twelve
// pentagons, at 16 resolutions. A cell has seven children one resolution finer, a pentagon six, whose union is
// about the cell but not quite: see docs/formats/hexgrid.md.
//
// Places are degrees of WGS-84, longitude first. Everything here is a pure function of its arguments and safe
// from any goroutine. It is the only importer of h3-go. Outlines go through its C library, and lookups that a
// rounding may change; parents and children are bits of the index
// (https://h3geo.org/docs/core-library/h3Indexing) and need none.
package hexgrid

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/uber/h3-go/v4"
)

// Resolution is how fine a grid is: 0 has cells of 1,100 km, [MaxResolution] of half a metre.
type Resolution uint8

// MaxResolution is the finest resolution.
const MaxResolution Resolution = 15

// Bounds of a cell's parts.
const (
	// MaxChildren is the most children of a cell one resolution finer.
	MaxChildren = 7
	// BaseCells is the number of cells at resolution 0.
	BaseCells = 122
	// MaxDisk is the largest k of [Cell.Disk].
	MaxDisk = 100
)

// Validate says what is wrong with r, or nil.
func (r Resolution) Validate() error {
	if r > MaxResolution {
		return fmt.Errorf("hexgrid: resolution %d is not 0 to %d", r, MaxResolution)
	}
	return nil
}

// Cell is a cell of the grid: its H3 index. The zero Cell is none. Cells of one resolution are ordered so that
// the descendants of a cell follow each other.
type Cell uint64

// Where the parts of an index stand, in bits.
const (
	modeShift       = 59
	resolutionShift = 52
	baseShift       = 45
	digitBits       = 3
	digitMask       = 1<<digitBits - 1
	cellMode        = 1
)

// digitShift returns where the digit of resolution r, 1 to 15, stands.
func digitShift(r Resolution) uint { return uint(MaxResolution-r) * digitBits }

// At returns the cell of resolution r that a place lies in. The error says what is not finite or out of range.
// It takes a quarter of a microsecond, and one and a half where the C library is asked: see locate.go.
func At(lon, lat float64, r Resolution) (Cell, error) {
	switch {
	case r > MaxResolution:
		return 0, r.Validate()
	case !(lon >= -180 && lon <= 180):
		return 0, fmt.Errorf("hexgrid: longitude %v is outside -180…180", lon)
	case !(lat >= -90 && lat <= 90):
		return 0, fmt.Errorf("hexgrid: latitude %v is outside -90…90", lat)
	}
	where, sure := locate(lon, lat, r)
	if sure {
		if c, ok := where.known(r); ok {
			return c, nil
		}
	}
	c, err := h3.LatLngToCell(h3.LatLng{Lat: lat, Lng: lon}, int(r))
	if err != nil {
		return 0, fmt.Errorf("hexgrid: cell of %v, %v at resolution %d: %w", lon, lat, r, err)
	}
	if sure {
		where.learn(Cell(c), r)
	}
	return Cell(c), nil
}

// Parse returns the cell that text names as H3 prints it: 15 hexadecimal digits, of either case, with or without
// a 0 before them.
func Parse(text string) (Cell, error) {
	const want = "want the 15 hexadecimal digits of an H3 cell, as 8a31aa42a6b7fff"
	if len(text) != 15 && (len(text) != 16 || text[0] != '0') {
		return 0, fmt.Errorf("hexgrid: %.40q is not 15 digits long: %s", text, want)
	}
	n, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("hexgrid: %q is no hexadecimal number: %s", text, want)
	}
	if c := Cell(n); c.Valid() {
		return c, nil
	}
	return 0, fmt.Errorf("hexgrid: %q is no cell of H3: %s", text, want)
}

// Valid reports whether c is a cell. Those that [At] and [Parse] return are, and what is derived from them.
func (c Cell) Valid() bool { return h3.Cell(c).IsValid() }

// String returns c as H3 prints it, 15 hexadecimal digits for a valid cell.
func (c Cell) String() string { return strconv.FormatUint(uint64(c), 16) }

// appendText appends [Cell.String] to dst.
func (c Cell) appendText(dst []byte) []byte { return strconv.AppendUint(dst, uint64(c), 16) }

// MarshalText returns [Cell.String].
func (c Cell) MarshalText() ([]byte, error) { return c.appendText(nil), nil }

// UnmarshalText reads what MarshalText writes; the error is Parse's.
func (c *Cell) UnmarshalText(text []byte) (err error) {
	*c, err = Parse(string(text))
	return err
}

// Resolution returns how fine c is.
func (c Cell) Resolution() Resolution { return Resolution(c >> resolutionShift & 15) }

// Base returns the number of the cell at resolution 0 that c descends from, below [BaseCells].
func (c Cell) Base() int { return int(c >> baseShift & 127) }

// BaseCell returns the cell at resolution 0 with a number below [BaseCells].
func BaseCell(number int) Cell {
	return Cell(cellMode<<modeShift | uint64(number)<<baseShift | (1<<baseShift - 1))
}

// Digit returns which child of its parent the ancestor of c at resolution r is, 0 to 6; r is 1 to the
// resolution of c.
func (c Cell) Digit(r Resolution) int { return int(c >> digitShift(r) & digitMask) }

// Parent returns the ancestor of c at resolution r, or c itself when it is not finer than that.
func (c Cell) Parent(r Resolution) Cell {
	if r >= c.Resolution() {
		return c
	}
	c = c&^(15<<resolutionShift) | Cell(r)<<resolutionShift
	return c | (1<<digitShift(r) - 1) // all digits below are 7
}

// Child returns a child of c one resolution finer by its digit, 0 to 6; ok is false when there is none: of a
// pentagon digit 1, and of a cell at [MaxResolution] any.
func (c Cell) Child(digit int) (child Cell, ok bool) {
	r := c.Resolution() + 1
	if r > MaxResolution || digit < 0 || digit >= MaxChildren || digit == 1 && c.Pentagon() {
		return 0, false
	}
	c = c&^(15<<resolutionShift) | Cell(r)<<resolutionShift
	return c&^(digitMask<<digitShift(r)) | Cell(digit)<<digitShift(r), true
}

// Children returns the children of c one resolution finer, in ascending order: seven, six of a pentagon, none at
// [MaxResolution].
func (c Cell) Children() []Cell {
	out := make([]Cell, 0, MaxChildren)
	for digit := range MaxChildren {
		if child, ok := c.Child(digit); ok {
			out = append(out, child)
		}
	}
	return out
}

// pentagons are the cells of resolution 0 that are pentagons, by bit.
var pentagons = func() (set [2]uint64) {
	for _, n := range [...]int{4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117} {
		set[n>>6] |= 1 << (n & 63)
	}
	return set
}()

// Pentagon reports whether c is one of the twelve pentagons of its resolution.
func (c Cell) Pentagon() bool {
	base := c.Base()
	if pentagons[base>>6]>>(base&63)&1 == 0 {
		return false
	}
	digits := uint64(c) & (1<<baseShift - 1) >> digitShift(c.Resolution())
	return bits.OnesCount64(digits) == 0
}

// Centre returns the middle of c in degrees, NaN when c is none.
func (c Cell) Centre() (lon, lat float64) {
	at, err := h3.Cell(c).LatLng()
	if err != nil || c == 0 {
		return math.NaN(), math.NaN()
	}
	return at.Lng, at.Lat
}

// LonLat is a place in degrees.
type LonLat struct{ Lon, Lat float64 }

// Boundary returns the vertices of c, counter-clockwise seen from above, the first not repeated: six, five of a
// pentagon, up to ten where edges of the icosahedron cross the cell. Longitudes are −180 to 180, so those of a
// cell across the antimeridian lie at both ends. Edges are parts of great circles. It is nil when c is none.
func (c Cell) Boundary() []LonLat {
	vertices, err := h3.Cell(c).Boundary()
	if err != nil || c == 0 {
		return nil
	}
	out := make([]LonLat, len(vertices))
	for i, v := range vertices {
		out[i] = LonLat{v.Lng, v.Lat}
	}
	return out
}

// Disk returns the cells at most k steps from c, itself included, in ascending order; k is 0 to [MaxDisk].
func (c Cell) Disk(k int) ([]Cell, error) {
	if k < 0 || k > MaxDisk {
		return nil, fmt.Errorf("hexgrid: disk of %d steps: want 0 to %d", k, MaxDisk)
	}
	found, err := h3.Cell(c).GridDisk(k)
	if err != nil {
		return nil, fmt.Errorf("hexgrid: disk of %d steps around %s: %w", k, c, err)
	}
	out := make([]Cell, len(found))
	for i, f := range found {
		out[i] = Cell(f)
	}
	slices.Sort(out)
	return out, nil
}

// averageEdgeMetres are those of https://h3geo.org/docs/core-library/restable.
var averageEdgeMetres = [MaxResolution + 1]float64{
	1281256.011, 483056.8391, 182512.9565, 68979.22179, 26071.75968, 9854.090990, 3724.532667, 1406.475763,
	531.414010, 200.786148, 75.863783, 28.663897, 10.830188, 4.092010, 1.546100, 0.584169,
}

// AverageEdgeMetres returns the mean length of a cell's edge, which is also the mean distance from its middle to
// its vertices; r is at most [MaxResolution]. Cells are up to a third smaller and a fifth larger.
func AverageEdgeMetres(r Resolution) float64 { return averageEdgeMetres[min(r, MaxResolution)] }

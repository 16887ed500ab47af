// Package wkb reads and writes well-known binary, the geometry encoding of GeoPackage, GeoParquet
// and PostGIS (OGC 06-103r4 §8, with the ISO codes of Z and M; of PostGIS's extended form the flags
// are read). Heights and measures are left out: a map does not show them.
//
// Everything here is a pure function of its arguments and safe from any goroutine.
package wkb

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// maxDepth bounds collections inside collections.
const maxDepth = 16

// Kind is the code of a geometry's type, without Z and M.
type Kind uint32

// The codes.
const (
	Point Kind = iota + 1
	LineString
	Polygon
	MultiPoint
	MultiLineString
	MultiPolygon
	Collection
)

var names = [...]string{"", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}

// String returns the type's name as GeoJSON spells it.
func (k Kind) String() string {
	if k >= Point && k <= Collection {
		return names[k]
	}
	return fmt.Sprintf("type %d", uint32(k))
}

// The flags of PostGIS's extended form.
const (
	extendedZ    = 0x80000000
	extendedM    = 0x40000000
	extendedSRID = 0x20000000
)

// header is what stands before a geometry's coordinates.
type header struct {
	order  binary.ByteOrder
	kind   Kind
	values int  // of a position: 2 to 4
	z      bool // the third is a height
	srid   bool // four bytes follow
}

const headerSize = 5

// parseHeader reads the first five bytes of a geometry.
func parseHeader(b []byte) (header, error) {
	var h header
	if len(b) < headerSize {
		return h, fmt.Errorf("%d bytes where a geometry starts, fewer than %d", len(b), headerSize)
	}
	switch b[0] {
	case 0:
		h.order = binary.BigEndian
	case 1:
		h.order = binary.LittleEndian
	default:
		return h, fmt.Errorf("byte order %d is neither 0 nor 1", b[0])
	}
	code := h.order.Uint32(b[1:])
	z, m := code&extendedZ != 0, code&extendedM != 0
	h.srid = code&extendedSRID != 0
	code &^= extendedZ | extendedM | extendedSRID
	iso := code / 1000
	if iso > 3 || iso != 0 && (z || m) {
		return h, fmt.Errorf("no geometry type %d", h.order.Uint32(b[1:]))
	}
	h.kind = Kind(code % 1000)
	if h.kind < Point || h.kind > Collection {
		return h, fmt.Errorf("no geometry type %d: want one of 1 (Point) to 7 (GeometryCollection)", h.order.Uint32(b[1:]))
	}
	z, m = z || iso&1 != 0, m || iso&2 != 0
	h.z, h.values = z, 2
	if z {
		h.values++
	}
	if m {
		h.values++
	}
	return h, nil
}

// TypeOf returns the type of the geometry that b starts with, and whether its positions have a
// height. It looks at the first five bytes only.
func TypeOf(b []byte) (k Kind, z bool, err error) {
	h, err := parseHeader(b)
	if err != nil {
		return 0, false, fmt.Errorf("wkb: %w", err)
	}
	return h.kind, h.z, nil
}

// Decode returns the geometry that b holds, in the units of b, sharing no memory with it. An empty
// point, whose coordinates are not numbers, is an empty MultiPoint, for orb has no other. The error
// says at which byte b goes wrong; no count in b makes Decode take more memory than a small multiple
// of len(b).
func Decode(b []byte) (orb.Geometry, error) {
	d := decoder{b: b}
	g := d.geometry(0, 0)
	if d.err == nil && d.i < len(b) {
		d.fail("%d bytes behind the geometry", len(b)-d.i)
	}
	if d.err != nil {
		return nil, fmt.Errorf("wkb: at byte %d: %w", d.i+1, d.err)
	}
	return g, nil
}

// decoder reads b from i on. The first error stays and ends all loops.
type decoder struct {
	b   []byte
	i   int
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// geometry reads one geometry, which must be of kind want unless that is 0.
func (d *decoder) geometry(want Kind, depth int) orb.Geometry {
	if depth > maxDepth {
		d.fail("collections are nested more than %d deep", maxDepth)
		return nil
	}
	h, err := parseHeader(d.b[d.i:])
	if err == nil && want != 0 && h.kind != want {
		err = fmt.Errorf("a %s where only a %s may be", h.kind, want)
	}
	if err != nil {
		d.fail("%w", err)
		return nil
	}
	d.i += headerSize
	if h.srid {
		if len(d.b)-d.i < 4 {
			d.fail("the reference system is cut off")
			return nil
		}
		d.i += 4
	}
	switch h.kind {
	case Point:
		return d.point(h)
	case LineString:
		return orb.LineString(d.positions(h))
	case Polygon:
		return d.polygon(h)
	case MultiPoint:
		return collect(d, h, Point, depth, func(m orb.MultiPoint, g orb.Geometry) orb.MultiPoint {
			if p, ok := g.(orb.Point); ok { // no empty one
				m = append(m, p)
			}
			return m
		})
	case MultiLineString:
		return collect(d, h, LineString, depth, func(m orb.MultiLineString, g orb.Geometry) orb.MultiLineString {
			l, _ := g.(orb.LineString)
			return append(m, l)
		})
	case MultiPolygon:
		return collect(d, h, Polygon, depth, func(m orb.MultiPolygon, g orb.Geometry) orb.MultiPolygon {
			p, _ := g.(orb.Polygon)
			return append(m, p)
		})
	default:
		return collect(d, h, 0, depth, func(c orb.Collection, g orb.Geometry) orb.Collection { return append(c, g) })
	}
}

// collect reads the members of a multi or a collection.
func collect[T ~[]E, E any](d *decoder, h header, want Kind, depth int, add func(T, orb.Geometry) T) T {
	n := d.count(h, headerSize+4) // a member has at least a count
	all := make(T, 0, min(n, 64)) // members may be 16 bytes here and 9 there
	for range n {
		g := d.geometry(want, depth+1)
		if d.err != nil {
			return nil
		}
		all = add(all, g)
	}
	return all
}

// count reads how many elements of at least so many bytes follow.
func (d *decoder) count(h header, size int) int {
	if d.err != nil {
		return 0
	}
	rest := len(d.b) - d.i - 4
	if rest < 0 {
		d.fail("a count is cut off")
		return 0
	}
	n := h.order.Uint32(d.b[d.i:])
	if int64(n) > int64(rest/size) {
		d.fail("a count of %d, for which %d bytes are too few", n, rest)
		return 0
	}
	d.i += 4
	return int(n)
}

// position reads the first two values of a position.
func (d *decoder) position(h header) orb.Point {
	p := orb.Point{
		math.Float64frombits(h.order.Uint64(d.b[d.i:])),
		math.Float64frombits(h.order.Uint64(d.b[d.i+8:])),
	}
	d.i += 8 * h.values
	return p
}

func (d *decoder) point(h header) orb.Geometry {
	if len(d.b)-d.i < 8*h.values {
		d.fail("the point is cut off")
		return nil
	}
	p := d.position(h)
	if math.IsNaN(p[0]) && math.IsNaN(p[1]) {
		return orb.MultiPoint{}
	}
	return p
}

func (d *decoder) positions(h header) []orb.Point {
	n := d.count(h, 8*h.values)
	points := make([]orb.Point, n)
	for i := range points {
		points[i] = d.position(h)
	}
	return points
}

func (d *decoder) polygon(h header) orb.Polygon {
	n := d.count(h, 4)
	p := make(orb.Polygon, 0, n)
	for range n {
		ring := d.positions(h)
		if d.err != nil {
			return nil
		}
		p = append(p, ring)
	}
	return p
}

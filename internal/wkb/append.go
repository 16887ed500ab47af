package wkb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// ErrType says that a geometry's type has no code.
var ErrType = errors.New("wkb: no type for the geometry")

// Append appends g, little-endian and two-dimensional, and returns the longer slice. An [orb.Bound]
// or [orb.Ring] becomes a polygon. The error is [ErrType] for nil and for types that orb does not
// have; dst is then as it was.
func Append(dst []byte, g orb.Geometry) ([]byte, error) {
	mark := len(dst)
	switch g := g.(type) {
	case orb.Point:
		return appendPoint(start(dst, Point), g), nil
	case orb.LineString:
		return appendPoints(start(dst, LineString), g), nil
	case orb.Ring:
		return appendPolygon(dst, orb.Polygon{g}), nil
	case orb.Bound:
		return appendPolygon(dst, g.ToPolygon()), nil
	case orb.Polygon:
		return appendPolygon(dst, g), nil
	case orb.MultiPoint:
		dst = appendCount(start(dst, MultiPoint), len(g))
		for _, p := range g {
			dst = appendPoint(start(dst, Point), p)
		}
		return dst, nil
	case orb.MultiLineString:
		dst = appendCount(start(dst, MultiLineString), len(g))
		for _, l := range g {
			dst = appendPoints(start(dst, LineString), l)
		}
		return dst, nil
	case orb.MultiPolygon:
		dst = appendCount(start(dst, MultiPolygon), len(g))
		for _, p := range g {
			dst = appendPolygon(dst, p)
		}
		return dst, nil
	case orb.Collection:
		dst = appendCount(start(dst, Collection), len(g))
		for _, member := range g {
			var err error
			if dst, err = Append(dst, member); err != nil {
				return dst[:mark], err
			}
		}
		return dst, nil
	}
	return dst, fmt.Errorf("%w %T", ErrType, g)
}

func start(dst []byte, k Kind) []byte {
	return binary.LittleEndian.AppendUint32(append(dst, 1), uint32(k))
}

func appendCount(dst []byte, n int) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(n)) }

func appendPoint(dst []byte, p orb.Point) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p[0]))
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(p[1]))
}

func appendPoints(dst []byte, points []orb.Point) []byte {
	dst = appendCount(dst, len(points))
	for _, p := range points {
		dst = appendPoint(dst, p)
	}
	return dst
}

func appendPolygon(dst []byte, p orb.Polygon) []byte {
	dst = appendCount(start(dst, Polygon), len(p))
	for _, ring := range p {
		dst = appendPoints(dst, ring)
	}
	return dst
}

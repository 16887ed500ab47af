package catalog

import (
	"strconv"

	"github.com/paulmach/orb"
)

// appendGeometry appends g as a GeoJSON geometry, "null" for none. Coordinates are cell centres with
// seven decimals, which gives back exactly what came in with seven.
func appendGeometry(dst []byte, g orb.Geometry) []byte {
	if g == nil {
		return append(dst, "null"...)
	}
	dst = append(append(dst, `{"type":"`...), g.GeoJSONType()...)
	dst = append(dst, `","coordinates":`...)
	switch g := g.(type) {
	case orb.Point:
		dst = appendPosition(dst, g)
	case orb.MultiPoint:
		dst = appendPositions(dst, g)
	case orb.LineString:
		dst = appendPositions(dst, g)
	case orb.MultiLineString:
		dst = appendList(dst, g, func(dst []byte, line orb.LineString) []byte { return appendPositions(dst, line) })
	case orb.Polygon:
		dst = appendRings(dst, g)
	case orb.MultiPolygon:
		dst = appendList(dst, g, appendRings)
	default:
		panic("catalog: the store holds no " + g.GeoJSONType())
	}
	return append(dst, '}')
}

func appendRings(dst []byte, p orb.Polygon) []byte {
	return appendList(dst, p, func(dst []byte, ring orb.Ring) []byte { return appendPositions(dst, ring) })
}

func appendPositions(dst []byte, list []orb.Point) []byte {
	return appendList(dst, list, appendPosition)
}

func appendPosition(dst []byte, p orb.Point) []byte {
	dst = strconv.AppendFloat(append(dst, '['), p[0], 'f', 7, 64)
	dst = strconv.AppendFloat(append(dst, ','), p[1], 'f', 7, 64)
	return append(dst, ']')
}

// appendList appends a JSON array of list.
func appendList[T any](dst []byte, list []T, each func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst, v)
	}
	return append(dst, ']')
}

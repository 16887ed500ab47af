package files

import (
	"strconv"

	"github.com/paulmach/orb"
)

// appendGeometry appends a geometry as GeoJSON (RFC 7946 §3.1).
func appendGeometry(dst []byte, g orb.Geometry) []byte {
	if g == nil {
		return append(dst, "null"...)
	}
	if members, ok := g.(orb.Collection); ok {
		return append(appendList(append(dst, `{"type":"GeometryCollection","geometries":`...), members, appendGeometry), '}')
	}
	dst = append(append(dst, `{"type":"`...), g.GeoJSONType()...)
	dst = append(dst, `","coordinates":`...)
	switch g := g.(type) {
	case orb.Point:
		dst = appendPosition(dst, g)
	case orb.MultiPoint:
		dst = appendList(dst, g, appendPosition)
	case orb.LineString:
		dst = appendList(dst, g, appendPosition)
	case orb.MultiLineString:
		dst = appendList(dst, g, appendLine)
	case orb.Polygon:
		dst = appendList(dst, g, appendRing)
	case orb.MultiPolygon:
		dst = appendList(dst, g, func(dst []byte, p orb.Polygon) []byte { return appendList(dst, p, appendRing) })
	default: // no table has another
		dst = append(dst, "[]"...)
	}
	return append(dst, '}')
}

func appendRing(dst []byte, r orb.Ring) []byte       { return appendList(dst, r, appendPosition) }
func appendLine(dst []byte, l orb.LineString) []byte { return appendList(dst, l, appendPosition) }

func appendPosition(dst []byte, p orb.Point) []byte {
	dst = strconv.AppendFloat(append(dst, '['), p[0], 'g', -1, 64)
	return append(strconv.AppendFloat(append(dst, ','), p[1], 'g', -1, 64), ']')
}

func appendList[E any](dst []byte, list []E, one func([]byte, E) []byte) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, e)
	}
	return append(dst, ']')
}

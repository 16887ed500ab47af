package files

import (
	"encoding/binary"
	"errors"
	"fmt"

	shp "github.com/jonas-p/go-shp"
	"github.com/paulmach/orb"
)

// plainTypes are the two-dimensional types of shapes, by the types that have them with heights or
// measures.
var plainTypes = map[shp.ShapeType]shp.ShapeType{
	shp.NULL: shp.NULL, shp.POINT: shp.POINT, shp.POLYLINE: shp.POLYLINE, shp.POLYGON: shp.POLYGON, shp.MULTIPOINT: shp.MULTIPOINT,
	shp.POINTZ: shp.POINT, shp.POLYLINEZ: shp.POLYLINE, shp.POLYGONZ: shp.POLYGON, shp.MULTIPOINTZ: shp.MULTIPOINT,
	shp.POINTM: shp.POINT, shp.POLYLINEM: shp.POLYLINE, shp.POLYGONM: shp.POLYGON, shp.MULTIPOINTM: shp.MULTIPOINT,
}

// appendShape appends a record with the shape of content as go-shp can safely read it: every count in
// it was checked, and heights and measures, which may be missing, are left out. The error says what
// is wrong with the shape; dst is then as it was.
func appendShape(dst, content []byte) ([]byte, error) {
	if len(content) < 4 {
		return dst, fmt.Errorf("the shape has %d bytes, too few for a type", len(content))
	}
	code := shp.ShapeType(binary.LittleEndian.Uint32(content))
	plain, ok := plainTypes[code]
	if !ok {
		return dst, fmt.Errorf("the shape has type %d: want a point, line, polygon or multipoint", code)
	}
	body := content[4:]
	size := 0
	var err error
	switch plain {
	case shp.NULL:
	case shp.POINT:
		size = 16
	case shp.MULTIPOINT:
		size, err = multiPointSize(body)
	default:
		size, err = partsSize(body)
	}
	if err == nil && size > len(body) {
		err = fmt.Errorf("the shape is cut off: %d bytes of %d", len(body), size)
	}
	if err != nil {
		return dst, err
	}
	dst = binary.BigEndian.AppendUint32(dst, 0) // its number, which nobody reads
	dst = binary.BigEndian.AppendUint32(dst, uint32((4+size)/2))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(plain))
	return append(dst, body[:size]...), nil
}

const boxSize = 32

// multiPointSize returns the bytes of the two-dimensional part of a multipoint's body.
func multiPointSize(b []byte) (int, error) {
	if len(b) < boxSize+4 {
		return 0, errors.New("the shape is cut off in its counts")
	}
	points := int64(binary.LittleEndian.Uint32(b[boxSize:]))
	return checkedSize(b, boxSize+4, points, 0)
}

// partsSize returns the bytes of the two-dimensional part of a line's or polygon's body, whose parts
// it checks.
func partsSize(b []byte) (int, error) {
	const start = boxSize + 8
	if len(b) < start {
		return 0, errors.New("the shape is cut off in its counts")
	}
	parts, points := int64(binary.LittleEndian.Uint32(b[boxSize:])), int64(binary.LittleEndian.Uint32(b[boxSize+4:]))
	size, err := checkedSize(b, start, points, parts)
	if err != nil {
		return 0, err
	}
	last := int64(0)
	for i := range int(parts) {
		first := int64(binary.LittleEndian.Uint32(b[start+4*i:]))
		if i == 0 && first != 0 || first < last || first > points {
			return 0, fmt.Errorf("part %d of the shape starts at point %d of %d", i+1, first, points)
		}
		last = first
	}
	if parts == 0 && points > 0 {
		return 0, fmt.Errorf("the shape has %d points and no part", points)
	}
	return size, nil
}

func checkedSize(b []byte, start int, points, parts int64) (int, error) {
	size := int64(start) + 4*parts + 16*points
	if size > int64(len(b)) {
		return 0, fmt.Errorf("the shape is cut off: %d bytes for %d parts and %d points", len(b), parts, points)
	}
	return int(size), nil
}

// geometryOf returns what go-shp read as a geometry, nil for the null shape.
func geometryOf(s shp.Shape) (orb.Geometry, error) {
	switch s := s.(type) {
	case *shp.Null:
		return nil, nil //nolint:nilnil // no geometry is no fault
	case *shp.Point:
		return orb.Point{s.X, s.Y}, nil
	case *shp.MultiPoint:
		return orb.MultiPoint(pointsOf(s.Points)), nil
	case *shp.PolyLine:
		lines := make(orb.MultiLineString, 0, len(s.Parts))
		for _, part := range partsOf(s.Parts, s.Points) {
			lines = append(lines, part)
		}
		if len(lines) == 1 {
			return lines[0], nil
		}
		return lines, nil
	case *shp.Polygon:
		rings := make([]orb.Ring, 0, len(s.Parts))
		for _, part := range partsOf(s.Parts, s.Points) {
			if len(part) > 0 {
				rings = append(rings, part)
			}
		}
		polygons, err := assemble(rings)
		if err == nil && len(polygons) == 1 {
			return polygons[0], nil
		}
		return polygons, err
	}
	return nil, fmt.Errorf("a shape %T", s) // appendShape makes no other
}

func pointsOf(points []shp.Point) []orb.Point {
	out := make([]orb.Point, len(points))
	for i, p := range points {
		out[i] = orb.Point{p.X, p.Y}
	}
	return out
}

// partsOf cuts points where parts start.
func partsOf(starts []int32, points []shp.Point) [][]orb.Point {
	all := pointsOf(points)
	parts := make([][]orb.Point, len(starts))
	for i, start := range starts {
		end := len(all)
		if i+1 < len(starts) {
			end = int(starts[i+1])
		}
		parts[i] = all[start:end:end]
	}
	return parts
}

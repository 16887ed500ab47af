package filter

import "github.com/paulmach/orb"

const noCollection = "collections of geometries are not supported: write a test for each and OR between them"

// positions are those of a geometry in one of the encodings, read from where the reader stands on.
type positions interface {
	// each calls item for each member of a list, of which there is one at least, standing before it.
	each(item func() error) error
	// points reads a list of positions.
	points() ([]orb.Point, error)
}

// readShape reads the lines or polygons that a word of [geometryWords] names.
func readShape(word string, p positions) (orb.Geometry, error) {
	switch word {
	case "LINESTRING":
		line, err := p.points()
		return orb.LineString(line), err
	case "MULTILINESTRING":
		var lines orb.MultiLineString
		err := p.each(func() error {
			line, err := p.points()
			lines = append(lines, line)
			return err
		})
		return lines, err
	case "POLYGON":
		return readPolygon(p)
	default:
		var polygons orb.MultiPolygon
		err := p.each(func() error {
			polygon, err := readPolygon(p)
			polygons = append(polygons, polygon)
			return err
		})
		return polygons, err
	}
}

func readPolygon(p positions) (rings orb.Polygon, err error) {
	err = p.each(func() error {
		ring, err := p.points()
		rings = append(rings, ring)
		return err
	})
	return rings, err
}

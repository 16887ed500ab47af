package filter

import (
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"

	"hutong/layers/world"
)

// geometry is a literal place. Its positions are taken to the centres of their world cells, as those of
// features are, so that a place which was given twice in the same way is the same place. Lines between
// them are straight in degrees (RFC 7946 §3.1.1).
type geometry struct {
	shape orb.Geometry // as it was written; nil for a box
	box   []float64    // west, south, east, north in degrees; east is less than west across the antimeridian

	vertices int
	rect     bool        // boxes are the place, not only around it
	boxes    []world.Box // two across the antimeridian
	locator  locator
	whole    geom.Geometry // in degrees within ±180
}

// maxLongitude is how far beyond ±180 longitudes may go, for places across the antimeridian.
const maxLongitude = 540

// newBox returns the box of west, south, east, north.
func newBox(w, s, e, n float64) (*geometry, error) {
	switch {
	case math.Abs(w) > maxLongitude || math.Abs(e) > maxLongitude:
		return nil, fmt.Errorf("the longitudes %v and %v are not within ±%d", w, e, maxLongitude)
	case math.Abs(s) > 90 || math.Abs(n) > 90:
		return nil, fmt.Errorf("the latitudes %v and %v are not within ±90", s, n)
	case s > n:
		return nil, fmt.Errorf("the south, %v, is north of the north, %v: want west, south, east, north in degrees", s, n)
	}
	if e-w >= 360 {
		w, e = -180, 180
	}
	w, e = wrapped(w), wrapped(e)
	g := &geometry{box: []float64{w, s, e, n}, rect: true, vertices: 4}
	east := e
	if w > e {
		east += 360
	}
	if err := g.prepare(rectangle(w, s, east, n)); err != nil {
		return nil, err
	}
	from, to := cell(w, n), cell(e, s)
	g.boxes = []world.Box{{Min: from, Max: to}}
	if w > e {
		g.boxes = []world.Box{
			{Min: from, Max: world.Point{X: math.MaxUint32, Y: to.Y}},
			{Min: world.Point{Y: from.Y}, Max: to},
		}
	}
	return g, nil
}

// wrapped takes a longitude within ±180.
func wrapped(lon float64) float64 {
	switch {
	case lon > 180:
		lon -= 360
	case lon < -180:
		lon += 360
	}
	if lon > 180 || lon < -180 { // 540
		return math.Copysign(180, lon)
	}
	return lon
}

// clampLatitude takes a latitude to where Web Mercator ends.
func clampLatitude(lat float64) float64 {
	return min(max(lat, -world.MaxLatitude), world.MaxLatitude)
}

// cell returns the cell of a place within ±180; latitudes beyond Web Mercator are taken to its end.
func cell(lon, lat float64) world.Point {
	p, err := world.Project(lon, clampLatitude(lat))
	if err != nil { // not within the ranges that were checked before
		return world.Point{}
	}
	return p
}

// rectangle returns a polygon, or a line or point if it has no width or height in world units.
func rectangle(w, s, e, n float64) orb.Geometry {
	from, to := snap(w, n, e > 180), snap(e, s, e > 180)
	switch {
	case from == to:
		return orb.Point{w, n}
	case from[0] == to[0] || from[1] == to[1]:
		return orb.LineString{{w, n}, {e, s}}
	}
	return orb.Polygon{{{w, s}, {e, s}, {e, n}, {w, n}, {w, s}}}
}

// snap returns the centre of the cell of a place in degrees. beyond says that the geometry goes beyond
// 180: then its cells are counted on from there.
func snap(lon, lat float64, beyond bool) orb.Point {
	at := cell(min(max(lon, -180), 180), lat)
	x, y := at.LonLat()
	if beyond {
		x = world.Lon(math.Floor(world.X(lon)) + 0.5)
	}
	return orb.Point{x, y}
}

// newGeometry returns a literal of a geometry.
func newGeometry(shape orb.Geometry) (*geometry, error) {
	g := &geometry{shape: shape}
	err := g.prepare(shape)
	return g, err
}

// prepare makes what tests need of shape.
func (g *geometry) prepare(shape orb.Geometry) error {
	parts := partsOf(shape)
	west, east := math.Inf(1), math.Inf(-1)
	for _, part := range parts.lines {
		for _, p := range part {
			if math.Abs(p[0]) > maxLongitude || math.Abs(p[1]) > 90 {
				return fmt.Errorf("the position %v %v is not a longitude within ±%d and a latitude within ±90", p[0], p[1], maxLongitude)
			}
			west, east = min(west, p[0]), max(east, p[0])
		}
		g.vertices += len(part)
	}
	if east-west > 360 {
		return fmt.Errorf("the geometry goes from longitude %v to %v, more than once around", west, east)
	}
	shift := 0.0
	switch {
	case west < -180:
		shift = 360
	case west >= 180 && east > 180:
		shift = -360
	}
	beyond := east+shift > 180
	box := extent{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i, part := range parts.lines {
		snapped := make([]orb.Point, 0, len(part))
		for _, p := range part {
			at := snap(p[0]+shift, p[1], beyond)
			if n := len(snapped); n > 0 && snapped[n-1] == at && parts.dimension > 0 {
				continue
			}
			box.add(p[0]+shift, p[1])
			snapped = append(snapped, at)
		}
		parts.lines[i] = snapped
	}
	whole, err := parts.build()
	if err != nil {
		return err
	}
	g.boxes, g.locator = box.boxes(), newLocator(parts)
	if g.whole = whole; beyond {
		g.whole, err = parts.wrap(whole)
	}
	return err
}

// extent is a box in degrees that may go on beyond 180.
type extent struct{ west, south, east, north float64 }

func (e *extent) add(lon, lat float64) {
	e.west, e.east = min(e.west, lon), max(e.east, lon)
	e.south, e.north = min(e.south, lat), max(e.north, lat)
}

// boxes returns the boxes of cells, two across the antimeridian.
func (e *extent) boxes() []world.Box {
	from := cell(min(e.west, 180), e.north)
	if e.east <= 180 {
		return []world.Box{{Min: from, Max: cell(e.east, e.south)}}
	}
	to := cell(min(e.east-360, 180), e.south)
	return []world.Box{
		{Min: from, Max: world.Point{X: math.MaxUint32, Y: to.Y}},
		{Min: world.Point{Y: from.Y}, Max: to},
	}
}

// parts are the points, lines or rings of a geometry.
type parts struct {
	dimension int
	lines     [][]orb.Point
	polygons  []int // of polygons: the number of rings of each
}

func partsOf(g orb.Geometry) *parts {
	switch g := g.(type) {
	case orb.Point:
		return &parts{lines: [][]orb.Point{{g}}}
	case orb.MultiPoint:
		return &parts{lines: [][]orb.Point{g}}
	case orb.LineString:
		return &parts{dimension: 1, lines: [][]orb.Point{g}}
	case orb.MultiLineString:
		p := &parts{dimension: 1}
		for _, l := range g {
			p.lines = append(p.lines, l)
		}
		return p
	case orb.Polygon:
		return partsOf(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		p := &parts{dimension: 2}
		for _, polygon := range g {
			p.polygons = append(p.polygons, len(polygon))
			for _, r := range polygon {
				p.lines = append(p.lines, r)
			}
		}
		return p
	}
	return &parts{}
}

// build returns the geometry that the parts make, if it is valid.
func (p *parts) build() (geom.Geometry, error) {
	var g geom.Geometry
	switch p.dimension {
	case 0:
		g = pointsOf(p.lines[0])
	case 1:
		lines := make([]geom.LineString, len(p.lines))
		for i, l := range p.lines {
			if len(l) < 2 {
				return g, errors.New("the line has no length: want two different positions at least")
			}
			lines[i] = lineOf(l)
		}
		if g = geom.NewMultiLineString(lines).AsGeometry(); len(lines) == 1 {
			g = lines[0].AsGeometry()
		}
	default:
		rings := p.lines
		polygons := make([]geom.Polygon, len(p.polygons))
		for i, n := range p.polygons {
			lines := make([]geom.LineString, n)
			for k, r := range rings[:n] {
				switch {
				case r[0] != r[len(r)-1]:
					return g, errors.New("the ring is not closed: want its first position as the last, too")
				case len(r) < 4:
					return g, errors.New("the ring has no area: want three different positions at least")
				}
				lines[k] = lineOf(r)
			}
			polygons[i], rings = geom.NewPolygon(lines), rings[n:]
		}
		if g = geom.NewMultiPolygon(polygons).AsGeometry(); len(polygons) == 1 {
			g = polygons[0].AsGeometry()
		}
	}
	if err := g.Validate(); err != nil {
		return g, fmt.Errorf("the geometry is not valid: %w", err)
	}
	return g, nil
}

func lineOf(points []orb.Point) geom.LineString {
	flat := make([]float64, 0, 2*len(points))
	for _, p := range points {
		flat = append(flat, p[0], p[1])
	}
	return geom.NewLineString(geom.NewSequence(flat, geom.DimXY))
}

func pointsOf(points []orb.Point) geom.Geometry {
	all := make([]geom.Point, len(points))
	for i, p := range points {
		all[i] = geom.XY{X: p[0], Y: p[1]}.AsPoint()
	}
	if len(all) == 1 {
		return all[0].AsGeometry()
	}
	return geom.NewMultiPoint(all).AsGeometry()
}

// wrap returns a geometry that goes on beyond 180 within ±180: cut along the antimeridian.
func (p *parts) wrap(g geom.Geometry) (whole geom.Geometry, err error) {
	if p.dimension == 0 {
		points := make([]orb.Point, 0, len(p.lines[0]))
		for _, at := range p.lines[0] {
			if at[0] > 180 {
				at[0] -= 360
			}
			points = append(points, at)
		}
		return pointsOf(points), nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the geometry cannot be cut along the antimeridian: %v", r)
		}
	}()
	var pieces []geom.Geometry
	for _, from := range [...]float64{-180, 180} {
		window := geom.NewEnvelope(geom.XY{X: from, Y: -90}, geom.XY{X: from + 360, Y: 90}).AsGeometry()
		piece, err := geom.Intersection(g, window)
		if err != nil {
			return g, fmt.Errorf("the geometry cannot be cut along the antimeridian: %w", err)
		}
		piece = piece.TransformXY(func(at geom.XY) geom.XY { return geom.XY{X: at.X - from - 180, Y: at.Y} })
		for _, d := range piece.Dump() {
			if d.Dimension() == p.dimension {
				pieces = append(pieces, d)
			}
		}
	}
	if p.dimension == 1 {
		lines := make([]geom.LineString, len(pieces))
		for i, l := range pieces {
			lines[i] = l.MustAsLineString()
		}
		return geom.NewMultiLineString(lines).AsGeometry(), nil
	}
	polygons := make([]geom.Polygon, len(pieces))
	for i, l := range pieces {
		polygons[i] = l.MustAsPolygon()
	}
	return geom.NewMultiPolygon(polygons).AsGeometry(), nil
}

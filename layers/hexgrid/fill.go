package hexgrid

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/uber/h3-go/v4"
)

// ErrTooMany says that a polygon holds more cells than were asked for.
var ErrTooMany = errors.New("hexgrid: too many cells")

// sparse is how many times as many cells as the limit the box around a polygon may have: what H3 needs for its work
// grows with the box.
const sparse = 32

// Fill returns the cells of resolution r whose centres lie in a polygon, in ascending order: in its first ring and
// in none of the others. Vertices are degrees, their edges straight in degrees; an edge over more than 180° of longitude
// is one across the antimeridian. Holes and exterior may run either way. The error is [ErrTooMany] when there are more
// than limit, or the box around the polygon has more than 32 times as many; or it says what is wrong with a
// vertex. Cost is O(cells · vertices).
func Fill(p orb.Polygon, r Resolution, limit int) ([]Cell, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	loops := make([]h3.GeoLoop, 0, len(p))
	for _, ring := range p {
		loop, err := loopOf(ring)
		if err != nil {
			return nil, err
		}
		loops = append(loops, loop)
	}
	if len(loops) == 0 || len(loops[0]) < 3 {
		return nil, nil
	}
	if n := boxCells(loops[0], r); n > sparse*float64(limit) {
		return nil, fmt.Errorf("%w: the box around the polygon has some %.0f of resolution %d, more than %d times %d", ErrTooMany, n, r, sparse, limit)
	}
	found, err := h3.PolygonToCells(h3.GeoPolygon{GeoLoop: loops[0], Holes: loops[1:]}, int(r))
	if err != nil {
		return nil, fmt.Errorf("hexgrid: fill a polygon at resolution %d: %w", r, err)
	}
	if len(found) > limit {
		return nil, fmt.Errorf("%w: the polygon has %d of resolution %d, more than %d", ErrTooMany, len(found), r, limit)
	}
	out := make([]Cell, len(found))
	for i, c := range found {
		out[i] = Cell(c)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// loopOf returns a ring without its last vertex, if that is the first one again.
func loopOf(ring orb.Ring) (h3.GeoLoop, error) {
	if n := len(ring); n > 1 && ring[0] == ring[n-1] {
		ring = ring[:n-1]
	}
	loop := make(h3.GeoLoop, len(ring))
	for i, at := range ring {
		if !(at[0] >= -180 && at[0] <= 180 && at[1] >= -90 && at[1] <= 90) {
			return nil, fmt.Errorf("hexgrid: vertex %v, %v is outside -180…180, -90…90", at[0], at[1])
		}
		loop[i] = h3.LatLng{Lat: at[1], Lng: at[0]}
	}
	return loop, nil
}

// boxCells returns about how many cells the box around a loop has.
func boxCells(loop h3.GeoLoop, r Resolution) float64 {
	west, east, south, north := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	crosses := false
	for i, v := range loop {
		next := loop[(i+1)%len(loop)]
		crosses = crosses || math.Abs(next.Lng-v.Lng) > 180
		south, north = min(south, v.Lat), max(north, v.Lat)
	}
	for _, v := range loop {
		lng := v.Lng
		if crosses && lng < 0 {
			lng += 360
		}
		west, east = min(west, lng), max(east, lng)
	}
	const radius, degree = 6371007.2, math.Pi / 180
	area := radius * radius * (east - west) * degree * (math.Sin(north*degree) - math.Sin(south*degree))
	edge := AverageEdgeMetres(r)
	return area / (1.5 * math.Sqrt(3) * edge * edge)
}

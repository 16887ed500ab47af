package api

import (
	"errors"
	"strconv"
	"strings"

	"hutong/layers/world"
)

// ParseBox reads a bbox parameter: west, south, east, north in degrees; one with west > east crosses the
// antimeridian and is two boxes.
func ParseBox(values []string) ([]world.Box, error) {
	const form = "bbox is west,south,east,north in degrees, such as 116.3,39.8,116.5,40"
	text, err := Single("bbox", values)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return nil, errors.New(form)
	}
	var b [4]float64
	for i, part := range parts {
		if b[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return nil, errors.New(form)
		}
	}
	west, south, east, north := b[0], b[1], b[2], b[3]
	// Written so that NaN is refused, too.
	if !(west >= -180 && west <= 180 && east >= -180 && east <= 180 && south >= -90 && north <= 90 && south <= north) {
		return nil, errors.New(form + ": longitudes are −180 to 180, latitudes −90 to 90, south before north")
	}
	if west > east {
		return []world.Box{boxOf(west, south, 180, north), boxOf(-180, south, east, north)}, nil
	}
	return []world.Box{boxOf(west, south, east, north)}, nil
}

// boxOf returns a box of degrees in world units; latitudes beyond the map end at its edge.
func boxOf(west, south, east, north float64) world.Box {
	at := func(lon, lat float64) world.Point {
		p, err := world.Project(lon, min(max(lat, -world.MaxLatitude), world.MaxLatitude))
		if err != nil {
			panic(err) // the range was checked
		}
		return p
	}
	nw, se := at(west, north), at(east, south)
	return world.Box{Min: nw, Max: se}
}

package derive

import (
	"math"

	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// Sizes of cells on the screen, in pixels of tiles of 512.
const (
	tilePixels = 512
	// leastPixels is the least mean width of the cells of a zoom. Those of the next finer resolution are √7 times
	// as narrow, so the width is below 23.9.
	leastPixels = 9
	tileUnits   = 4096
)

// ResolutionFor returns the resolution of the cells that stand for features at a zoom: the finest of which the mean width
// (from edge to edge) is 9 pixels or more at a latitude in degrees, so 9 to 23.8, for tiles of 512 pixels; or the one of
// coarsest to finest that is nearest to it. Hexagons meet at the edges of tiles only where all tiles of a zoom have the
// same resolution, so a layer has one latitude, that of its middle, for all.
func ResolutionFor(zoom uint8, latitude float64, coarsest, finest hexgrid.Resolution) hexgrid.Resolution {
	cos := math.Cos(min(math.Abs(latitude), world.MaxLatitude) * math.Pi / 180)
	metres := leastPixels * 2 * math.Pi * world.EarthRadiusMetres * cos / math.Ldexp(tilePixels, int(zoom))
	r := finest
	for r > coarsest && math.Sqrt(3)*hexgrid.AverageEdgeMetres(r) < metres {
		r--
	}
	return r
}

const (
	// largestCell is how much farther from its middle than the mean edge a vertex may be: 1.101 measured.
	largestCell = 1.12
	// gridRadiusMetres is that of the sphere that lengths of H3 are on.
	gridRadiusMetres = 6371007.180918475
)

// Margin returns how far from a feature the polygon or the point of the cell that it counts in may reach, in tile units
// of 4,096 a tile, at a zoom and for cells of resolution r. latitude is in degrees, and the feature's is no farther from
// the equator. A tile depends on the features in its window and that far around it. It is the width of the world where
// a cell may hold a pole.
func Margin(zoom uint8, latitude float64, r hexgrid.Resolution) uint32 {
	// From the feature to the middle of its cell, and from there to what is drawn.
	radius := 2 * reachFactor * largestCell * hexgrid.AverageEdgeMetres(r) / gridRadiusMetres
	const degrees = 180 / math.Pi
	lat := min(math.Abs(latitude), world.MaxLatitude)
	share := 1.0 // of the world
	if lat+radius*degrees < 90 {
		dx := math.Asin(math.Sin(radius)/math.Cos(lat/degrees)) / (2 * math.Pi)
		dy := (world.Y(lat) - world.Y(lat+radius*degrees)) / worldSide
		south := (world.Y(lat-radius*degrees) - world.Y(lat)) / worldSide
		share = min(1, max(dx, dy, south))
	}
	return uint32(min(math.Ceil(math.Ldexp(share*tileUnits, int(zoom)))+1, math.MaxUint32))
}

package api

import (
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// fitPixels is the side of the map window that [Fit] has in mind, in CSS pixels.
const fitPixels = 640

// maxFitZoom is the closest that [Fit] goes, so that a single point has surroundings.
const maxFitZoom = 15

// Fit returns where a map shows all of b, lon/lat degrees: its middle on the map and the highest
// whole zoom, for MapLibre's tiles of 512 pixels, at which b fits into a small window.
func Fit(b orb.Bound) (center orb.Point, zoom float64) {
	nw, errNW := world.Project(b.Min[0], b.Max[1])
	se, errSE := world.Project(b.Max[0], b.Min[1])
	if errNW != nil || errSE != nil {
		return b.Center(), 0 // a store's extent always projects
	}
	center = orb.Point{
		roundTo(world.Lon((float64(nw.X)+float64(se.X)+1)/2), 6),
		roundTo(world.Lat((float64(nw.Y)+float64(se.Y)+1)/2), 6),
	}
	side := float64(max(se.X-nw.X, se.Y-nw.Y)) + 1 // world units
	zoom = math.Floor(world.Bits + math.Log2(fitPixels/512.0/side))
	return center, min(max(zoom, 0), maxFitZoom)
}

// roundTo rounds v to a number of decimals.
func roundTo(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

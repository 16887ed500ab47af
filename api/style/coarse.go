package style

import (
	"math"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// minSide is the least side, in degrees, that steps are a part of: single places have no sides.
const minSide = 0.01

// coarse is b, lon/lat degrees, with its edges moved outward to whole steps: the power of two of which its
// longer side is 16 to 32. What moves at an edge moves it seldom then, and b grows by an eighth at most.
func coarse(b orb.Bound) orb.Bound {
	side := max(b.Max.Lon()-b.Min.Lon(), b.Max.Lat()-b.Min.Lat(), minSide)
	step := math.Exp2(math.Ceil(math.Log2(side)) - 5)
	for i, limit := range [2]float64{180, world.MaxLatitude} {
		b.Min[i] = max(math.Floor(b.Min[i]/step)*step, -limit)
		b.Max[i] = min(math.Ceil(b.Max[i]/step)*step, limit)
	}
	return b
}

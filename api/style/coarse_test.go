package style

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// TestCoarse: coarse bounds hold the exact ones, are little larger, and stay on the map.
func TestCoarse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 0))
	for range 10_000 {
		b := orb.Point{r.Float64()*360 - 180, (r.Float64()*2 - 1) * world.MaxLatitude}.Bound()
		b = b.Extend(orb.Point{
			min(max(b.Min.Lon()+r.NormFloat64(), -180), 180), min(max(b.Min.Lat()+r.NormFloat64(), -world.MaxLatitude), world.MaxLatitude),
		})
		got := coarse(b)
		if !got.Contains(b.Min) || !got.Contains(b.Max) || got.Min.Lon() < -180 || got.Max.Lon() > 180 || got.Max.Lat() > world.MaxLatitude || got.Min.Lat() < -world.MaxLatitude {
			t.Fatalf("%v: got %v", b, got)
		}
		side := max(b.Max.Lon()-b.Min.Lon(), b.Max.Lat()-b.Min.Lat(), minSide)
		for i := range 2 {
			if more := (got.Max[i] - got.Min[i]) - (b.Max[i] - b.Min[i]); more > side/8 {
				t.Fatalf("%v: got %v, which is larger by %v", b, got, more)
			}
		}
	}
}

package spatialstat_test

import (
	"math"
	"testing"

	"hutong/layers/spatialstat"
)

// sixPoints is the textbook case of the issue: points, a distance band of 15, binary weights.
func sixPoints(t testing.TB) (*spatialstat.Neighbours, []float64) {
	t.Helper()
	n, err := spatialstat.FromDistance([][2]float64{{10, 10}, {20, 10}, {40, 10}, {15, 20}, {30, 20}, {30, 30}}, 15)
	if err != nil {
		t.Fatal(err)
	}
	return n, []float64{2, 3, 3.2, 5, 8, 7}
}

// near reports whether two numbers agree to the bar of the oracles, 1e-7, absolutely or of want.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-7*max(1, math.Abs(want)) }

func TestSixPoints(t *testing.T) {
	t.Parallel()
	n, y := sixPoints(t)
	// Printed with 8 decimals, so half of the last one may be off.
	for _, c := range []struct {
		name  string
		local spatialstat.Local
		want  []float64
	}{
		{"Gi*", spatialstat.GiStar, []float64{-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331}},
		{"Gi", spatialstat.Gi, []float64{-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941}},
	} {
		z := make([]float64, 6)
		if err := spatialstat.LocalG(n, c.local, y, z); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if math.Abs(z[i]-want) > 1e-8 {
				t.Errorf("%s of point %d is %.9f, want %.8f", c.name, i, z[i], want)
			}
		}
	}
	g, err := spatialstat.GlobalG(n, y)
	if err != nil {
		t.Fatal(err)
	}
	if want := 0.55709779; math.Abs(g.Value-want) > 1e-8 {
		t.Errorf("global G is %.9f, want %.8f", g.Value, want)
	}
}

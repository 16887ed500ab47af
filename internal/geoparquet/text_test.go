package geoparquet

import (
	"math"
	"testing"
)

func TestFloatsAreShort(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 1.5: "1.5", -1e20: "-100000000000000000000", 1e21: "1e+21", -1e300: "-1e+300", 0.000001: "0.000001", 1e-300: "1e-300",
		math.Inf(1): "+Inf",
	} {
		if got := string(Value{Kind: Float, Float: v}.Append(nil)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

package column

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestAppendFloat compares with encoding/json.
func TestAppendFloat(t *testing.T) {
	t.Parallel()
	list := []float64{0, 1, -1.5, 1e15, 1e20, 123456789012345678901, 1e21, -1e21, 1e300, math.MaxFloat64, 1e-6, 9.99e-7, 1e-7, -1.5e-9, 1e-10, 5e-324}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 10_000 {
		if v := math.Float64frombits(rng.Uint64()); !math.IsNaN(v) && !math.IsInf(v, 0) {
			list = append(list, v)
		}
	}
	for _, v := range list {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got := string(AppendFloat(nil, v))
		if got != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
		if again, err := strconv.ParseFloat(got, 64); err != nil || again != v {
			t.Errorf("%s is read as %v, %v, want %v", got, again, err, v)
		}
	}
}

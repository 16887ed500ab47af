package hexgrid

import (
	"math"
	"math/rand/v2"
	"testing"

	"hutong/internal/testkit"
)

// TestCircle holds the circles of cells of all kinds against their outlines and middles by the library.
func TestCircle(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, seed := range testkit.Seeds(t, &runs, 2) {
		rng := rand.New(rand.NewPCG(seed, 4))
		known := 0
		for range n {
			lon, lat := place(rng)
			c, err := At(lon, lat, Resolution(rng.IntN(int(MaxResolution)+1)))
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := c.middle(); ok {
				known++
			}
			circle := c.Circle()
			middle := onSphere(circle.Lon, circle.Lat)
			if x, y := c.Centre(); angle(middle, onSphere(x, y)) > circle.Radius/1e4+1e-8 {
				t.Fatalf("seed %d: cell %s: the middle of the circle is at %v, %v; want %v, %v", seed, c, circle.Lon, circle.Lat, x, y)
			}
			most := 0.0
			for _, v := range c.Boundary() {
				most = max(most, angle(middle, onSphere(v.Lon, v.Lat)))
			}
			if most > circle.Radius {
				t.Fatalf("seed %d: cell %s: a vertex is %v from the middle, and the radius %v", seed, c, most, circle.Radius)
			}
			if d := angle(middle, onSphere(lon, lat)); d > circle.Radius {
				t.Fatalf("seed %d: cell %s: a place of it is %v from the middle, and the radius %v", seed, c, d, circle.Radius)
			}
		}
		if known < n/2 {
			t.Errorf("seed %d: the library was asked about %d of %d cells", seed, n-known, n)
		}
	}
}

// angle returns the angle between two places of length 1.
func angle(a, b vector) float64 {
	c := a.cross(b)
	return math.Atan2(math.Sqrt(c.dot(c)), a.dot(b))
}

func BenchmarkCircle(b *testing.B) {
	c, err := At(116.4, 39.9, 11)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Circle()
	}
}

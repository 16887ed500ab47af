package hexgrid

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/uber/h3-go/v4"

	"hutong/internal/testkit"
)

// place returns a place of one of the kinds that are hard to look up: about an edge or a vertex of a cell, a
// pentagon, the middle or an edge of a face, a pole, the antimeridian.
func place(rng *rand.Rand) (lon, lat float64) {
	lon, lat = rng.Float64()*360-180, math.Asin(rng.Float64()*2-1)*180/math.Pi
	spread := math.Pow(10, -float64(rng.IntN(17)))
	switch rng.IntN(7) {
	case 0:
		ring := randomCell(lon, lat, rng).Boundary()
		i, t := rng.IntN(len(ring)), float64(rng.IntN(2))*rng.Float64()
		a, b := ring[i], ring[(i+1)%len(ring)]
		lon, lat = a.Lon+t*math.Remainder(b.Lon-a.Lon, 360), a.Lat+t*(b.Lat-a.Lat)
	case 1:
		lon, lat = randomCell(lon, lat, rng).Centre()
	case 2:
		c := randomCell(lon, lat, rng)
		for !c.Parent(0).Pentagon() {
			c = BaseCell(rng.IntN(BaseCells))
		}
		lon, lat = c.Centre()
	case 3:
		f, g := faces[rng.IntN(len(faces))].middle, faces[rng.IntN(len(faces))].middle
		m := f.times(1+1e-9).plus(float64(rng.IntN(2)), g)
		lon, lat = math.Atan2(m[1], m[0])*180/math.Pi, math.Atan2(m[2], math.Hypot(m[0], m[1]))*180/math.Pi
	case 4:
		lon, lat = float64(rng.IntN(5)-2)*90, float64(rng.IntN(5)-2)*45
	default:
		return lon, lat
	}
	lon = math.Remainder(lon+spread*rng.NormFloat64(), 360)
	return lon, min(max(lat+spread*rng.NormFloat64(), -90), 90)
}

func randomCell(lon, lat float64, rng *rand.Rand) Cell {
	c, err := h3.LatLngToCell(h3.LatLng{Lat: lat, Lng: lon}, rng.IntN(int(MaxResolution)+1))
	if err != nil {
		panic(err)
	}
	return Cell(c)
}

// TestAtAgainstLibrary compares lookups with those of the library.
func TestAtAgainstLibrary(t *testing.T) {
	t.Parallel()
	const n = 60_000
	for _, seed := range testkit.Seeds(t, &runs, 2) {
		rng := rand.New(rand.NewPCG(seed, 2))
		for range n {
			lon, lat := place(rng)
			r := Resolution(rng.IntN(int(MaxResolution) + 1))
			want, err := h3.LatLngToCell(h3.LatLng{Lat: lat, Lng: lon}, int(r))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := At(lon, lat, r); err != nil || got != Cell(want) {
				t.Fatalf("seed %d: cell of %v, %v at %d: got %v (%v), want %v", seed, lon, lat, r, got, err, want)
			}
		}
	}
}

// TestAtAsksSeldom shows that the library is asked about few places once it was asked about each part of the faces.
func TestAtAsksSeldom(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 3))
	const n = 20_000
	known := 0
	for range n {
		lon, lat := rng.Float64()*360-180, math.Asin(rng.Float64()*2-1)*180/math.Pi
		if _, err := At(lon, lat, 11); err != nil {
			t.Fatal(err)
		}
		if l, ok := locate(lon, lat, 11); ok {
			if _, ok := l.known(11); ok {
				known++
			}
		}
	}
	if known < n*99/100 {
		t.Errorf("%d of %d places are known without the library, want 99 %%", known, n)
	}
}

// TestFaces looks at the icosahedron.
func TestFaces(t *testing.T) {
	t.Parallel()
	for i, f := range faces {
		nearest := 0
		for _, g := range faces {
			if d := f.middle.dot(g.middle); math.Abs(d-math.Sqrt(5)/3) < 1e-12 {
				nearest++
			}
		}
		if length := math.Sqrt(f.middle.dot(f.middle)); math.Abs(length-1) > 1e-15 || nearest != 3 {
			t.Errorf("face %d: length %v, %d neighbours, want 1 and 3", i, length, nearest)
		}
	}
}

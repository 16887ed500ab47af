package hexgrid

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"hutong/internal/testkit"
)

var fillRuns atomic.Uint64

// TestFill holds the cells of random polygons with holes against a look at every cell around them.
func TestFill(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &fillRuns, 3) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for range 10 {
			lon, lat := rng.Float64()*300-150, rng.Float64()*120-60
			triangle := func(size float64) orb.Ring {
				ring := make(orb.Ring, 3)
				for i := range ring {
					ring[i] = orb.Point{lon + size*(rng.Float64()-0.5), lat + size*(rng.Float64()-0.5)}
				}
				return append(ring, ring[0])
			}
			p := orb.Polygon{triangle(0.2), triangle(0.02)}
			got, err := Fill(p, 8, 100_000)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			middle, err := At(lon, lat, 8)
			if err != nil {
				t.Fatal(err)
			}
			around, err := middle.Disk(60)
			if err != nil {
				t.Fatal(err)
			}
			var want []Cell
			for _, c := range around {
				x, y := c.Centre()
				at := orb.Point{x, y}
				if planar.RingContains(p[0], at) && !planar.RingContains(p[1], at) {
					want = append(want, c)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d: %v: got %d cells, want %d", seed, p, len(got), len(want))
			}
		}
	}
}

func TestFillAcrossTheAntimeridian(t *testing.T) {
	t.Parallel()
	got, err := Fill(orb.Polygon{{{179.9, -17.1}, {-179.9, -17.1}, {-179.9, -16.9}, {179.9, -16.9}}}, 7, 1000)
	if err != nil || len(got) < 50 || len(got) > 150 {
		t.Fatalf("got %d cells, %v; want about 90", len(got), err)
	}
	for _, c := range got {
		if lon, _ := c.Centre(); lon > -179.9 && lon < 179.9 {
			t.Errorf("cell %s lies at %v", c, lon)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	t.Parallel()
	square := orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}
	for _, c := range []struct {
		name       string
		polygon    orb.Polygon
		resolution Resolution
		want       string
	}{
		{"a box that is too large", square, 15, "hexgrid: too many cells: the box"},
		{"too many cells", square, 6, "hexgrid: too many cells: the polygon has"},
		{"a resolution that there is not", square, 16, "hexgrid: resolution 16 is not 0 to 15"},
		{"a vertex that is nowhere", orb.Polygon{{{0, 0}, {181, 0}, {1, 1}}}, 4, "hexgrid: vertex 181, 0"},
	} {
		_, err := Fill(c.polygon, c.resolution, 100)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s…", c.name, err, c.want)
		}
		if strings.Contains(c.want, "too many") != errors.Is(err, ErrTooMany) {
			t.Errorf("%s: got %v for ErrTooMany", c.name, err)
		}
	}
	for _, empty := range []orb.Polygon{nil, {}, {{}}, {{{0, 0}, {1, 1}, {0, 0}}}} {
		if got, err := Fill(empty, 5, 100); len(got) > 0 || err != nil {
			t.Errorf("%v: got %v, %v", empty, got, err)
		}
	}
}

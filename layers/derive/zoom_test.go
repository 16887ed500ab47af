package derive

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

func TestResolutionFor(t *testing.T) {
	t.Parallel()
	for zoom := range uint8(19) {
		last := hexgrid.MaxResolution
		for lat := 0; lat <= 60; lat += 5 {
			r := ResolutionFor(zoom, float64(lat), 0, hexgrid.MaxResolution)
			pixel := 2 * math.Pi * world.EarthRadiusMetres * math.Cos(float64(lat)*math.Pi/180) / (512 * math.Exp2(float64(zoom)))
			if width := math.Sqrt(3) * hexgrid.AverageEdgeMetres(r) / pixel; width < 8 || width > 24 {
				t.Errorf("zoom %d at %d°: resolution %d, cells of %.1f pixels, want 8 to 24", zoom, lat, r, width)
			}
			if r != ResolutionFor(zoom, -float64(lat), 0, hexgrid.MaxResolution) {
				t.Errorf("zoom %d: %d° south is not as north", zoom, lat)
			}
			if lat > 0 && r < last {
				t.Errorf("zoom %d at %d°: coarser than nearer to the equator", zoom, lat)
			}
			last = r
		}
	}
	for _, tt := range []struct {
		zoom                   uint8
		coarsest, finest, want hexgrid.Resolution
	}{{0, 4, 11, 4}, {9, 4, 11, 7}, {24, 4, 11, 11}, {9, 2, 5, 5}, {9, 9, 9, 9}} {
		if got := ResolutionFor(tt.zoom, 39.9, tt.coarsest, tt.finest); got != tt.want {
			t.Errorf("zoom %d of %d to %d: got %d, want %d", tt.zoom, tt.coarsest, tt.finest, got, tt.want)
		}
	}
}

var marginRuns atomic.Uint64

// TestMargin samples features and measures how far what is drawn of their cells reaches.
func TestMargin(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &marginRuns, 1) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for r := range hexgrid.Resolution(12) {
			for _, limit := range []float64{20, 60, world.MaxLatitude} {
				most := 0.0
				zoom := uint8(2 + r)
				margin := Margin(zoom, limit, r)
				for range 400 {
					lat := (rng.Float64()*2 - 1) * limit
					if rng.IntN(3) == 0 {
						lat = math.Copysign(limit, lat)
					}
					far := reaches(t, rng.Float64()*360-180, lat, r) * math.Exp2(float64(zoom)) * 4096
					if far > float64(margin) {
						t.Fatalf("seed %d: resolution %d up to %v°: %v units from a feature at %v°, margin %d", seed, r, limit, far, lat, margin)
					}
					most = max(most, far)
				}
				if limit < 70 && r > 2 && most*2 < float64(margin) {
					t.Errorf("seed %d: resolution %d up to %v°: margin %d is far beyond %v", seed, r, limit, margin, most)
				}
			}
		}
	}
	if got := Margin(24, world.MaxLatitude, 0); got != math.MaxUint32 {
		t.Errorf("the world at zoom 24 is %d units wide, want it bounded", got)
	}
}

// reaches returns how far the outline of the cell that a feature counts in reaches from it, as a share of the world.
func reaches(t *testing.T, lon, lat float64, r hexgrid.Resolution) float64 {
	t.Helper()
	finest, err := hexgrid.At(lon, lat, min(r+4, hexgrid.MaxResolution))
	if err != nil {
		t.Fatal(err)
	}
	far := 0.0
	px, py := world.X(lon), world.Y(lat)
	for _, ring := range newOutline(finest.Parent(r)).rings {
		for i := range ring.x {
			far = max(far, math.Abs(shortest(float64(ring.x[i])-px)), math.Abs(float64(ring.y[i])-py))
		}
	}
	// The mean place may be as far away as another feature of the cell.
	other := finest.Parent(r)
	for other.Resolution() < finest.Resolution() {
		children := other.Children()
		other = children[len(children)-1]
	}
	otherLon, otherLat := other.Centre()
	far = max(far, math.Abs(shortest(world.X(otherLon)-px)), math.Abs(world.Y(otherLat)-py))
	return far / worldSide
}

package world

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Places in both coordinates as other implementations of the same formulas have them.
func TestDatumOfKnownPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                 string
		d                    Datum
		lon, lat, dLon, dLat float64
	}{
		{"Shanghai", GCJ02, 121.5272106, 31.1774276, 121.531541859215, 31.17530398364597},
		{"Shenzhen", GCJ02, 113.912316, 22.543847, 113.9171764808363, 22.540796131694766},
		{"Beijing", GCJ02, 116.377817, 39.911954, 116.38404722455657, 39.91334545536069},
		{"Washington", GCJ02, -77, 38.9, -77, 38.9},
		{"Washington", BD09, -77, 38.9, -77, 38.9},
		{"nowhere", BD09, 0, 0, 0, 0},
		{"anywhere", WGS84, 116.4, 39.9, 116.4, 39.9},
	} {
		lon, lat := tt.d.FromWGS84(tt.lon, tt.lat)
		if math.Abs(lon-tt.dLon) > 1e-6 || math.Abs(lat-tt.dLat) > 1e-6 {
			t.Errorf("%s in %v: got %v, %v, want %v, %v", tt.name, tt.d, lon, lat, tt.dLon, tt.dLat)
		}
	}
}

// There and back is the same place, from either side.
func TestDatumThereAndBack(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	const edge = 0.05 // degrees; more than any shift
	for range 20_000 {
		lon := chinaWest + edge + rng.Float64()*(chinaEast-chinaWest-2*edge)
		lat := chinaSouth + edge + rng.Float64()*(chinaNorth-chinaSouth-2*edge)
		for _, d := range []Datum{WGS84, GCJ02, BD09} {
			x, y := d.FromWGS84(lon, lat)
			if x, y = d.ToWGS84(x, y); math.Abs(x-lon) > 1e-9 || math.Abs(y-lat) > 1e-9 {
				t.Fatalf("%v: %v, %v comes back as %v, %v", d, lon, lat, x, y)
			}
			x, y = d.ToWGS84(lon, lat)
			if x, y = d.FromWGS84(x, y); math.Abs(x-lon) > 1e-9 || math.Abs(y-lat) > 1e-9 {
				t.Fatalf("%v: the other way %v, %v comes back as %v, %v", d, lon, lat, x, y)
			}
			x, y = d.FromWGS84(lon, lat)
			if metres := DistanceMetres(lon, lat, x, y); d != WGS84 && (metres == 0 || metres > 3000) {
				t.Fatalf("%v: %v, %v moves by %v m", d, lon, lat, metres)
			}
		}
	}
}

func TestDatumOfNoPlace(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		for _, d := range []Datum{GCJ02, BD09} {
			if lon, lat := d.ToWGS84(v, 39); lat != 39 || lon != v && !math.IsNaN(v) {
				t.Errorf("%v: %v, 39 becomes %v, %v", d, v, lon, lat)
			}
		}
	}
}

func TestParseDatum(t *testing.T) {
	t.Parallel()
	for _, d := range []Datum{WGS84, GCJ02, BD09} {
		if got, err := ParseDatum(d.String()); got != d || err != nil {
			t.Errorf("%v: got %v, %v", d, got, err)
		}
	}
	if got, err := ParseDatum(""); got != WGS84 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ParseDatum("GCJ-02"); err == nil || err.Error() != `no datum "GCJ-02": there are wgs84, gcj02 and bd09` {
		t.Errorf("got %v", err)
	}
}

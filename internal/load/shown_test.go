package load

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"hutong/tiles/grid"
)

// tileOf returns a tile with points, by number, as another encoder writes it.
func tileOf(t testing.TB, at grid.Tile, layer string, points map[uint64]orb.Point) []byte {
	t.Helper()
	fc := geojson.NewFeatureCollection()
	for id, p := range points {
		f := geojson.NewFeature(p)
		f.ID, f.Properties = float64(id), geojson.Properties{"a": "b", "n": 1.5}
		fc.Append(f)
	}
	other := geojson.NewFeatureCollection()
	other.Append(geojson.NewFeature(orb.LineString{{0, 0}, {1, 1}}))
	set := mvt.NewLayers(map[string]*geojson.FeatureCollection{layer: fc, "other": other})
	set.ProjectToTile(maptile.New(at.X, at.Y, maptile.Zoom(at.Z)))
	b, err := mvt.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestShows(t *testing.T) {
	t.Parallel()
	here := record{number: 9, lon: -770_000_000, lat: 389_000_000}
	lon, lat := here.degrees()
	at := grid.At(here.point(), 14)
	tile := tileOf(t, at, "a", map[uint64]orb.Point{9: {lon, lat}, 8: {lon + 0.001, lat}})
	elsewhere := here
	elsewhere.lon += 10_000 // 0.001 degrees are 86 units
	for _, c := range []struct {
		name  string
		tile  []byte
		layer string
		id    uint64
		r     record
		want  bool
	}{
		{"it", tile, "a", 9, here, true},
		{"another place", tile, "a", 9, elsewhere, false},
		{"another feature there", tile, "a", 8, here, false},
		{"that feature", tile, "a", 8, elsewhere, true},
		{"another layer", tile, "b", 9, here, false},
		{"nothing", nil, "a", 9, here, false},
	} {
		if got, err := shows(c.tile, at, c.layer, c.id, &c.r); err != nil || got != c.want {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	if _, err := shows(tile[:len(tile)-1], at, "a", 9, &here); err == nil {
		t.Error("want an error for a tile that is cut off")
	}
}

func FuzzShows(f *testing.F) {
	here := record{number: 9, lon: -770_000_000, lat: 389_000_000}
	lon, lat := here.degrees()
	at := grid.At(here.point(), 14)
	f.Add(tileOf(f, at, "a", map[uint64]orb.Point{9: {lon, lat}}))
	f.Add([]byte{0x1a, 0x02, 0x28, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := shows(b, at, "a", 9, &here); got && err != nil {
			t.Fatal("both shown and an error")
		}
	})
}

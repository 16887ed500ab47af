package bars

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// citySeed is the seed of every bar.
const citySeed = 20160101

// TestCityIsWhatItSays checks the lengths, cardinalities and shares that the comments state.
func TestCityIsWhatItSays(t *testing.T) {
	t.Parallel()
	const n = 20_000
	city := NewCity(citySeed)
	schema := Schema()
	if err := schema.Validate(); err != nil {
		t.Fatal(err)
	}
	distinct := make([]map[string]int, fields)
	for j := range distinct {
		distinct[j] = map[string]int{}
	}
	lengths := map[int]int{}
	places := map[orb.Point]bool{}
	zeroVotes := 0
	for i := range n {
		f := city.Feature(i, nil)
		if err := schema.Check(0, &layers.Change{Feature: f}); err != nil {
			t.Fatal(err)
		}
		if got := len(f.ID); got != IDBytes {
			t.Fatalf("id %q has %d bytes, want %d", f.ID, got, IDBytes)
		}
		for j, v := range f.Values {
			distinct[j][v.String()]++
		}
		lengths[len(f.Values[FieldTitle].Text())]++
		if f.Values[FieldVotes].Int() == 0 {
			zeroVotes++
		}
		at := f.Geometry.(orb.Point)
		if !Extent.Contains(at) {
			t.Fatalf("feature %d is at %v, outside %v", i, at, Extent)
		}
		places[at] = true
	}
	if len(lengths) != TitleMax-TitleMin+1 {
		t.Errorf("titles have %d lengths, want all of %d–%d", len(lengths), TitleMin, TitleMax)
	}
	for length := range lengths {
		if length < TitleMin || length > TitleMax {
			t.Errorf("a title has %d bytes, want %d–%d", length, TitleMin, TitleMax)
		}
	}
	for _, c := range []struct{ field, want int }{
		{FieldCategory, 48}, {FieldStatus, 8}, {FieldDistrict, 16}, {FieldTitle, n},
	} {
		if got := len(distinct[c.field]); got != c.want {
			t.Errorf("%s has %d distinct values, want %d", fieldNames[c.field], got, c.want)
		}
	}
	if zeroVotes < n*48/100 || zeroVotes > n*52/100 {
		t.Errorf("%d of %d features have no votes, want about half", zeroVotes, n)
	}
	if len(places) < n*3/4 || len(places) == n {
		t.Errorf("%d features stand on %d places, want some to share one", n, len(places))
	}
	commonest := 0
	for _, count := range distinct[FieldCategory] {
		commonest = max(commonest, count)
	}
	if commonest < n/5 || commonest > n/4 {
		t.Errorf("the commonest category has %d of %d features, want 1/H(48) = 22 %%", commonest, n)
	}
	for _, c := range categories {
		if len(c) < 12 || len(c) > 40 {
			t.Errorf("category %q has %d bytes, want 12–40", c, len(c))
		}
	}
}

// TestCityIsDeterministic checks that features depend on seed and number only, and that a line of
// GeoJSON says what the feature says.
func TestCityIsDeterministic(t *testing.T) {
	t.Parallel()
	a, b := NewCity(7), NewCity(7)
	for _, i := range []int{999_999, 0, 12_345} {
		f, g := a.Feature(i, nil), b.Feature(i, nil)
		if f.ID != g.ID || f.Geometry != g.Geometry || !slices.Equal(f.Values, g.Values) {
			t.Errorf("feature %d is %v and %v", i, f, g)
		}
		if a.Title(i, 1) == a.Title(i, 0) || a.Place(i, 1) == a.Place(i, 0) {
			t.Errorf("feature %d does not change with its revision", i)
		}
		var line struct {
			Properties map[string]any
			Geometry   struct{ Coordinates orb.Point }
		}
		if err := json.Unmarshal(a.AppendGeoJSON(nil, i), &line); err != nil {
			t.Fatal(err)
		}
		if got := line.Geometry.Coordinates; got != f.Geometry {
			t.Errorf("feature %d: GeoJSON says %v, the feature %v", i, got, f.Geometry)
		}
		if got := line.Properties["id"]; got != string(f.ID) {
			t.Errorf("feature %d: GeoJSON says id %v, the feature %v", i, got, f.ID)
		}
		if got := line.Properties["title"]; got != f.Values[FieldTitle].Text() {
			t.Errorf("feature %d: GeoJSON says title %v, the feature %v", i, got, f.Values[FieldTitle])
		}
	}
	if NewCity(8).Place(0, 0) == a.Place(0, 0) {
		t.Error("another seed gives the same city")
	}
}

// TestTilesOfTheBar checks that the 100 seeded tiles hold what the bar states: 1–10 k points each.
func TestTilesOfTheBar(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped by -short: places a million points")
	}
	chosen, occupied := barTiles(NewCity(citySeed), Features, barTileCount)
	counts := make([]int, len(chosen))
	for i, c := range chosen {
		counts[i] = c.points
	}
	slices.Sort(counts)
	lo, median, hi := counts[0], counts[len(counts)/2], counts[len(counts)-1]
	t.Logf("%d of %d occupied tiles of zoom %d: min %d, median %d, max %d points",
		len(chosen), occupied, barZoom, lo, median, hi)
	if len(chosen) != barTileCount || lo < barMinPoints || hi > barMaxPoints {
		t.Errorf("got %d tiles of %d–%d points, want %d of %d–%d",
			len(chosen), lo, hi, barTileCount, barMinPoints, barMaxPoints)
	}
}

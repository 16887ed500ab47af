package styles

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

func TestBreaks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field, unit string
		bounds      *[2]float64
		want        []float64
	}{
		{"pm25", "µg/m³", nil, []float64{35, 75, 115, 150, 250}},
		{"PM2.5", "μg/m³", nil, []float64{35, 75, 115, 150, 250}}, // the other micro sign
		{"pm_10", "µg/m³", nil, []float64{50, 150, 250, 350, 420}},
		{"laeq", "dB(A)", nil, []float64{50, 55, 60, 65, 70}},
		{"no2", "µg/m³", &[2]float64{1, 58}, []float64{10, 20, 30, 40, 50}},
		{"n", "", &[2]float64{0, 6}, []float64{1, 2, 3, 4, 5}},
		{"n", "", &[2]float64{0, 1000}, []float64{200, 400, 600, 800}},
		{"n", "", &[2]float64{-0.3, 0.3}, []float64{-0.2, -0.1, 0, 0.1, 0.2}},
		{"n", "", &[2]float64{5, 5}, nil},
		{"n", "", &[2]float64{math.Inf(-1), math.Inf(1)}, nil},
		{"n", "", &[2]float64{-math.MaxFloat64, math.MaxFloat64}, nil},
		{"n", "", &[2]float64{0, math.SmallestNonzeroFloat64}, nil},
		{"n", "", nil, nil},
	} {
		got := breaksOf(tt.field, tt.unit, tt.bounds)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s %v (-want +got):\n%s", tt.field, tt.unit, tt.bounds, diff)
		}
	}
}

// TestRoundBreaks: breaks rise strictly, lie inside and are at most five, whatever the range; a style
// with any others would be invalid.
func TestRoundBreaks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 0))
	for range 20_000 {
		least := (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(30)-12))
		most := least + r.Float64()*math.Pow(10, float64(r.IntN(30)-12))
		got := roundBreaks(least, most)
		if len(got) > 5 || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("%v to %v: got %v", least, most, got)
		}
		if len(got) > 0 && (got[0] <= least || got[len(got)-1] >= most) {
			t.Fatalf("%v to %v: got %v", least, most, got)
		}
	}
}

// TestClassTitles: the titles of classes are told apart and read as people write numbers.
func TestClassTitles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		least, most float64
		want        []string // the first and the second title
	}{
		{0, 6, []string{"< 1", "1–2"}},
		{0, 6e6, []string{"< 1000000", "1000000–2000000"}},
		{1_000_000, 1_000_005, []string{"< 1000001", "1000001–1000002"}},
		{-0.3, 0.3, []string{"< -0.2", "-0.2–-0.1"}},
		{0, 6e15, []string{"< 1e+15", "1e+15–2e+15"}},
		{0, 6e-9, []string{"< 1e-09", "1e-09–2e-09"}},
	} {
		p := &painter{theme: &light}
		var titles []string
		for _, c := range p.classesAt(roundBreaks(tt.least, tt.most)) {
			titles = append(titles, c.title)
		}
		if !slices.Equal(titles[:2], tt.want) {
			t.Errorf("%v to %v: got %q, want %q first", tt.least, tt.most, titles, tt.want)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(titles)))) != len(titles) {
			t.Errorf("%v to %v: got %q, want no title twice", tt.least, tt.most, titles)
		}
	}
}

func TestIsOver(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"closed": true, "CLOSED": true, "Closed (duplicate)": true, "Resolved": true, "已办结": true, "offline": true,
		"open": false, "OPEN": false, "in progress": false, "assigned": false, "3": false, "": false, "undone": false, "closing": false,
	} {
		if got := isOver(status); got != want {
			t.Errorf("isOver(%q): got %v, want %v", status, got, want)
		}
	}
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"motorway": "motorway", "Interstate": "motorway", "Principal Arterial": "avenue", "hutong": "lane", "signed route": "",
		" Ring ": "ring", "residential": "lane", "": "",
	} {
		if got := classOf(value, roadClasses); got != want {
			t.Errorf("classOf(%q): got %q, want %q", value, got, want)
		}
	}
	if got := classOf("residential", parcelClasses); got != "residential" {
		t.Errorf("a parcel: got %q", got)
	}
}

// TestRoadsByClass: larger roads are never narrower than smaller ones, lie over them, and show first.
func TestRoadsByClass(t *testing.T) {
	t.Parallel()
	for i := 1; i < len(roadClasses); i++ {
		larger, smaller := roadClasses[i-1], roadClasses[i]
		for z := range roadStops {
			if roadWidths[larger][z] < roadWidths[smaller][z] {
				t.Errorf("zoom %v: %s is narrower than %s", roadStops[z], larger, smaller)
			}
		}
		if roadZooms[larger] > roadZooms[smaller] || nameZooms[larger] > nameZooms[smaller] {
			t.Errorf("%s shows after %s", larger, smaller)
		}
	}
	c := &classes{input: get("class"), names: roadClasses, middle: middleRoad, values: map[string][]string{
		"motorway": {"motorway"}, "lane": {"alley", "lane"}, "path": {"path"},
	}}
	for zoom, want := range map[float64][]bool{8: {true, false, false, false}, 11: {true, true, false, false}, 13: {true, true, true, false}, 14: {true, true, true, true}} {
		for i, class := range []string{"motorway", "anything", "alley", "path"} {
			filter := roundTrip(t, c.shown(roadZooms))
			if got := evaluate(t, filter, zoom, map[string]any{"class": class}); got != want[i] {
				t.Errorf("zoom %v, %s: got %v, want %v", zoom, class, got, want[i])
			}
		}
	}
}

// TestDensity: the closer points lie the smaller and fainter they are at low zooms, and close up every
// point is large enough for a finger.
func TestDensity(t *testing.T) {
	t.Parallel()
	for i, d := range densities {
		if n := len(d.radius); d.radius[n-2] != 20 || d.radius[n-1] < 12 || after(symbolZoom, d.radius)[0] != symbolZoom {
			t.Errorf("%d: got radii %v", i, d.radius)
		}
		if i > 0 && (densities[i-1].radius[1] <= d.radius[1] || densities[i-1].opacity[1] <= d.opacity[1]) {
			t.Errorf("%d: denser points are not smaller and fainter", i)
		}
	}
}

// TestCrowd: which layers are dense, and which glow how strongly.
func TestCrowd(t *testing.T) {
	t.Parallel()
	washington := &orb.Bound{Min: orb.Point{-77.12, 38.79}, Max: orb.Point{-76.91, 39}}
	for _, tt := range []struct {
		name   string
		count  int
		extent *orb.Bound
		crowd  int
		glows  bool
	}{
		{"nothing", 0, nil, 0, false},
		{"stations of Beijing", 12, around, 0, false},
		{"sensors of Beijing", 200, around, 0, false},
		{"vendors of Beijing", 4000, around, 1, false},
		{"complaints of Beijing", 200_000, around, 2, true},
		{"millions of Beijing", 5_000_000, around, 3, true},
		{"groceries of Washington", 60, washington, 0, false},
		{"wireless of Washington", 550, washington, 1, false},
		{"crimes of Washington", 3000, washington, 2, false},
		{"complaints of Washington", 40_000, washington, 3, true},
		{"one place", 40_000, &orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{1, 1}}, 3, true},
		{"world", 40_000, &orb.Bound{Min: orb.Point{-180, -85}, Max: orb.Point{180, 85}}, 1, false},
	} {
		l := Layer{Count: tt.count, Extent: tt.extent}
		if got := l.crowd(); got != tt.crowd {
			t.Errorf("%s: got %d for %v a pixel, want %d", tt.name, got, l.perPixel(), tt.crowd)
		}
		if got := l.glow(); (got > 0) != tt.glows || got > 1 || math.IsInf(got, 0) {
			t.Errorf("%s: got glow %v", tt.name, got)
		}
	}
	// A style does not change with each feature.
	a, b := Layer{Count: 200_000, Extent: around}, Layer{Count: 200_100, Extent: around}
	if a.glow() != b.glow() {
		t.Errorf("got %v and %v, want the same", a.glow(), b.glow())
	}
	dense := Layer{Count: 40_000, Extent: washington}
	if dense.glow() >= a.glow() {
		t.Errorf("the denser layer glows with %v, the other with %v", dense.glow(), a.glow())
	}
}

// TestOneGlows: of several crowded layers the most crowded one glows, the first of several, and none does in
// its stead in a style without it.
func TestOneGlows(t *testing.T) {
	t.Parallel()
	crowded := func(name layers.Name, count int) Layer {
		return Layer{Name: name, Points: true, Count: count, Extent: around}
	}
	road := crowded("roads", 5_000_000) // nodes of streets; no data
	road.Drawing.Role = Road
	in := Input{BaseURL: "http://h", Layers: []Layer{road, crowded("a", 200_000), crowded("b", 5_000_000), crowded("c", 6_000_000)}}
	for _, tt := range []struct {
		name string
		only []layers.Name
		want []string
	}{
		{"all", nil, []string{"b:glow"}},
		{"it alone", []layers.Name{"b"}, []string{"b:glow"}},
		{"without it", []layers.Name{"a", "c"}, nil},
	} {
		in.Only = tt.only
		var got []string
		for _, l := range parse(t, in).Layers {
			if l.Type == "heatmap" {
				got = append(got, l.ID)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNumberBesideCategory: a number counts beside a category only where a layer says when it was observed,
// as readings do.
func TestNumberBesideCategory(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		category, time string
		want           string
	}{
		{"no category", "", "", "value"},
		{"category", "kind", "", ""},
		{"category and time", "kind", "at", "value"},
	} {
		s := &layers.Schema{Name: "things", TimeField: tt.time, Fields: []layers.Field{{Name: "value", Kind: column.Float}}}
		if tt.category != "" {
			s.Fields = append(s.Fields, layers.Field{Name: tt.category, Kind: column.String, Keep: true})
		}
		if got := (Drawing{}).Chosen(s); got.Number != tt.want || got.Category != tt.category {
			t.Errorf("%s: got number %q and category %q, want %q and %q", tt.name, got.Number, got.Category, tt.want, tt.category)
		}
	}
}

// roundTrip is an expression as a reader of the style has it.
func roundTrip(t *testing.T, e any) any {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

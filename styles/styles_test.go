package styles

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
)

// city is a style with everything that Input can say.
func city() Input {
	return Input{
		Name:    "Washington & <DC>",
		BaseURL: "https://map.example.org/live/",
		Layers: []Layer{
			{Name: "complaints", Title: "Complaints", Points: true},
			{Name: "vendors", Points: true},
			{Name: "sensors", Title: "Sensors “air”", Points: true},
		},
		Center: &orb.Point{-77.0365, 38.8977},
		Zoom:   11.5,
		Bounds: &orb.Bound{Min: orb.Point{-77.12, 38.79}, Max: orb.Point{-76.91, 39}},
	}
}

// shapes is a style with every kind, a layer of which nothing is known yet, and one beyond the palette.
func shapes() Input {
	in := Input{BaseURL: "http://127.0.0.1:8080", Layers: []Layer{
		{Name: "wards", Title: "Wards", Polygons: true},
		{Name: "roads", Lines: true},
		{Name: "plans", Points: true, Polygons: true},
		{Name: "new"},
	}}
	for _, name := range []layers.Name{"a", "b", "c", "d"} {
		in.Layers = append(in.Layers, Layer{Name: name, Points: true})
	}
	in.Layers = append(in.Layers, Layer{Name: "parks", Lines: true, Polygons: true})
	return in
}

// TestDefaultGolden compares with an indented copy of the style, which people can read; compacted it
// is the style's exact bytes.
func TestDefaultGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   Input
	}{
		{"city", city()},
		{"shapes", shapes()},
		{"empty", Input{BaseURL: "http://127.0.0.1:8080"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Default(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			var readable, compact bytes.Buffer
			if err := errors.Join(json.Indent(&readable, got, "", "  "), json.Compact(&compact, got)); err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, tt.name+".json", readable.String())
			if want := compact.String() + "\n"; string(got) != want {
				t.Errorf("got %q, want it compact: %q", got, want)
			}
		})
	}
}

// document is what the tests read of a style.
type document struct {
	Sprite, Glyphs any
	Sources        map[string]struct{ Type, URL string }
	Layers         []struct {
		ID, Type, Source string
		SourceLayer      string `json:"source-layer"`
		Filter           []any
	}
}

func parse(t *testing.T, in Input) document {
	t.Helper()
	data, err := Default(in)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDefaultDrawsExactlyItsLayers: the style draws what it was given, in that order, each from its
// own source, and needs nothing from anywhere else.
func TestDefaultDrawsExactlyItsLayers(t *testing.T) {
	t.Parallel()
	in := Input{BaseURL: "http://127.0.0.1:8080"}
	var want []string
	for name := range strings.FieldsSeq("a b-c d_e f9 g h i j k l m n o p q r s t") {
		in.Layers = append(in.Layers, Layer{Name: layers.Name(name), Points: true})
		want = append(want, name)
	}
	got := parse(t, in)
	var drawn []string
	for i, l := range got.Layers {
		if i == 0 {
			if l.Type != "background" || l.Source != "" {
				t.Errorf("first layer: got %+v, want the background", l)
			}
			continue
		}
		drawn = append(drawn, l.SourceLayer)
		if l.ID != l.SourceLayer || l.Source != l.SourceLayer || l.Type != "circle" {
			t.Errorf("layer %d: got %+v, want circles of one name throughout", i, l)
		}
		src := got.Sources[l.Source]
		if wantURL := "http://127.0.0.1:8080/tiles/" + l.Source + ".json"; src.Type != "vector" || src.URL != wantURL {
			t.Errorf("source %q: got %+v, want a vector source at %s", l.Source, src, wantURL)
		}
	}
	if diff := cmp.Diff(want, drawn); diff != "" {
		t.Errorf("layers drawn (-want +got):\n%s", diff)
	}
	if len(got.Sources) != len(want) {
		t.Errorf("got %d sources, want %d", len(got.Sources), len(want))
	}
	if got.Sprite != nil || got.Glyphs != nil {
		t.Errorf("got sprite %v and glyphs %v, want neither", got.Sprite, got.Glyphs)
	}
}

// TestDefaultOrder: fills lie under outlines, those under lines, those under circles, whatever the
// order of the layers, which each of them keeps; and a style layer draws one type of geometry.
func TestDefaultOrder(t *testing.T) {
	t.Parallel()
	in := Input{BaseURL: "http://127.0.0.1:8080", Layers: []Layer{
		{Name: "points", Points: true},
		{Name: "all", Points: true, Lines: true, Polygons: true},
		{Name: "lines", Lines: true},
		{Name: "unknown"},
		{Name: "polygons", Polygons: true},
	}}
	want := []string{
		"all:fill fill Polygon", "unknown:fill fill Polygon", "polygons:fill fill Polygon",
		"all:outline line Polygon", "unknown:outline line Polygon", "polygons:outline line Polygon",
		"all:line line LineString", "lines:line line LineString", "unknown:line line LineString",
		"points circle Point", "all circle Point", "unknown circle Point",
	}
	got := parse(t, in)
	var drawn []string
	for _, l := range got.Layers[1:] {
		if len(l.Filter) != 5 {
			t.Fatalf("%s: got filter %v, want a match of one arm", l.ID, l.Filter)
		}
		types, isList := l.Filter[2].([]any)
		if !isList || len(types) != 2 || types[1] != "Multi"+types[0].(string) {
			t.Fatalf("%s: got filter %v, want one of a type and its multi", l.ID, l.Filter)
		}
		drawn = append(drawn, l.ID+" "+l.Type+" "+types[0].(string))
		if name, _, _ := strings.Cut(l.ID, ":"); l.Source != name || l.SourceLayer != name {
			t.Errorf("%s: got source %q and layer %q in it, want %q for both", l.ID, l.Source, l.SourceLayer, name)
		}
	}
	if diff := cmp.Diff(want, drawn); diff != "" {
		t.Errorf("style layers (-want +got):\n%s", diff)
	}
	if len(got.Sources) != len(in.Layers) {
		t.Errorf("got %d sources, want one a layer", len(got.Sources))
	}
}

// TestDefaultUndermost: the first layer that has points is the faint one, wherever it stands.
func TestDefaultUndermost(t *testing.T) {
	t.Parallel()
	first, other := circle(1, true), circle(1, false)
	if cmp.Equal(first["circle-opacity"], other["circle-opacity"]) {
		t.Fatal("the undermost layer is as dense as others")
	}
	list := draw([]Layer{{Name: "wards", Polygons: true}, {Name: "b", Points: true}, {Name: "c", Points: true}})
	for i, want := range map[int]any{2: first["circle-opacity"], 3: other["circle-opacity"]} {
		if diff := cmp.Diff(want, list[i].Paint["circle-opacity"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list[i].ID, diff)
		}
	}
}

// TestDefaultSameBytes: maps inside must not show in the bytes.
func TestDefaultSameBytes(t *testing.T) {
	t.Parallel()
	want, err := Default(city())
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		got, err := Default(city())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestDefaultRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Input)
		want   string
	}{
		{"no base", func(in *Input) { in.BaseURL = "" }, `base url "" is not an absolute`},
		{"relative base", func(in *Input) { in.BaseURL = "/maps" }, `base url "/maps" is not an absolute`},
		{"other scheme", func(in *Input) { in.BaseURL = "ftp://h" }, `base url "ftp://h" is not an absolute`},
		{"unreadable base", func(in *Input) { in.BaseURL = "http://a b" }, "base url: parse"},
		{"query", func(in *Input) { in.BaseURL = "http://h?q=1" }, "has more than scheme, host and path"},
		{"bad layer", func(in *Input) { in.Layers[0].Name = "Bad" }, `layer name "Bad" may only have`},
		{"twice", func(in *Input) { in.Layers[1].Name = "complaints" }, `layer "complaints" stands twice`},
		{"center", func(in *Input) { in.Center = &orb.Point{181, 0} }, "center [181 0] is not a place"},
		{"center NaN", func(in *Input) { in.Center = &orb.Point{0, math.NaN()} }, "is not a place"},
		{"bounds", func(in *Input) { in.Bounds.Max[0] = 200 }, "bounds {[-77.12 38.79] [200 39]} are not on the earth"},
		{"zoom", func(in *Input) { in.Zoom = 25 }, "zoom 25 is not 0 to 24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := city()
			tt.change(&in)
			got, err := Default(in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %s, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

// TestCoveragesShowWhatIsUnder lays five coverages over each other: a street under them must still show.
func TestCoveragesShowWhatIsUnder(t *testing.T) {
	t.Parallel()
	through := 1.0
	for i := range 5 {
		opacity, ok := fill(i, true)["fill-opacity"].(float64)
		if !ok {
			t.Fatalf("the opacity of a coverage is %v", fill(i, true)["fill-opacity"])
		}
		through *= 1 - opacity
	}
	if through < 0.75 {
		t.Errorf("five coverages let %.2f through, want 0.75 at least", through)
	}
}

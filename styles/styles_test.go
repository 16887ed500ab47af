package styles

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
)

// TestDrawsExactlyWhatTilesHold is the contract of the package.
func TestDrawsExactlyWhatTilesHold(t *testing.T) {
	t.Parallel()
	for name, in := range goldens() {
		if len(in.Archives) > 0 {
			continue // internal/app holds it against a real archive
		}
		got, err := testkit.StyleProblems(make1(t, in), contents(&in))
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range got {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// TestSameBytes: maps inside must not show in the bytes.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	want := make1(t, demo())
	for range 30 {
		if got := make1(t, demo()); !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// TestSources: each layer and each archive that is drawn has its source, and nothing else has.
func TestSources(t *testing.T) {
	t.Parallel()
	got := parse(t, basemap())
	low, high := uint8(0), uint8(18)
	want := map[string]source{
		"archive:sf": {Type: "vector", URL: "http://127.0.0.1:8080/archives/sf.json"},
		"wifi":       {Type: "vector", Tiles: []string{"http://127.0.0.1:8080/tiles/wifi/{z}/{x}/{y}.mvt"}, MinZoom: &low, MaxZoom: &high},
	}
	if diff := cmp.Diff(want, got.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	for _, l := range got.Layers {
		if l.Source == "archive:sf" && (!strings.HasPrefix(l.ID, "archive:sf:") || l.Metadata[ArchiveKey] != "sf" || l.Metadata[TitleKey] != "San Francisco") {
			t.Errorf("%s: got metadata %v, want that of the archive", l.ID, l.Metadata)
		}
		if l.SourceLayer == "pois" {
			t.Errorf("%s draws points of interest", l.ID)
		}
	}
}

// TestOnly: a style of some layers draws these as the style of all does.
func TestOnly(t *testing.T) {
	t.Parallel()
	all := parse(t, demo())
	in := demo()
	in.Only = []layers.Name{"markets", "roads"} // the order of the layers stays
	some := parse(t, in)
	var want []any
	for _, l := range all.Layers {
		if l.Source == "" || l.SourceLayer == "markets" || l.SourceLayer == "roads" {
			want = append(want, l)
		}
	}
	var got []any
	for _, l := range some.Layers {
		got = append(got, l)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("style layers (-want +got):\n%s", diff)
	}
	if len(some.Sources) != 2 || len(some.Metadata.Layers) != 2 || some.Metadata.Layers[0].Name != "roads" {
		t.Errorf("got sources %v and layers %v, want two each", some.Sources, some.Metadata.Layers)
	}
}

// TestOrder: the ground by its roles, then data by kind, then their texts, whatever the order of the
// layers, which each of these keeps.
func TestOrder(t *testing.T) {
	t.Parallel()
	in := demo()
	for i, j := 0, len(in.Layers)-1; i < j; i, j = i+1, j-1 {
		in.Layers[i], in.Layers[j] = in.Layers[j], in.Layers[i]
	}
	want := strings.Fields(`
		hutong:ground land:fill parcels:fill parcels:outline parks:fill water:fill water:line buildings:fill
		roads:casing roads:line rails:casing rails:line districts:casing districts:outline rails
		markets:fill markets:outline rails:label roads:label water:label water:label-line parks:label
		markets sensors vendors complaints:glow complaints places
		markets:symbol sensors:symbol vendors:symbol complaints:symbol complaints:icon
		markets:label markets:label-area sensors:label vendors:label complaints:label`)
	var got []string
	for _, l := range parse(t, in).Layers {
		got = append(got, l.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("style layers (-want +got):\n%s", diff)
	}
}

// TestNeedsWhatThereIs: without images there are no symbols, without fonts and glyphs no texts, and
// nothing is asked of the server that it lacks.
func TestNeedsWhatThereIs(t *testing.T) {
	t.Parallel()
	for name, in := range goldens() {
		d := parse(t, in)
		if (d.Sprite != nil) != in.Sprite || (d.Glyphs != nil) != in.Glyphs || (len(d.FontFaces) > 0) != (len(in.Fonts) > 0) {
			t.Errorf("%s: got sprite %v, glyphs %v, fonts %v", name, d.Sprite, d.Glyphs, d.FontFaces)
		}
		for _, l := range d.Layers {
			if _, images := l.Layout["icon-image"]; images && !in.Sprite {
				t.Errorf("%s: %s needs images", name, l.ID)
			}
			if _, texts := l.Layout["text-field"]; texts && !in.Glyphs && len(in.Fonts) == 0 {
				t.Errorf("%s: %s needs fonts", name, l.ID)
			}
		}
	}
	d := parse(t, demo())
	if faces := d.FontFaces["Noto Sans Regular"]; len(faces) != 2 || faces[0].URL != "https://map.example.org/live/assets/latin-1A2B.woff" || len(faces[0].Ranges) != 2 {
		t.Errorf("got fonts %v", d.FontFaces)
	}
	if d.Sprite != "https://map.example.org/live/sprites/default" || d.Glyphs != "https://map.example.org/live/fonts/{fontstack}/{range}.pbf" {
		t.Errorf("got sprite %v and glyphs %v", d.Sprite, d.Glyphs)
	}
}

func TestRefuses(t *testing.T) {
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
		{"twice", func(in *Input) { in.Layers[1].Name = "land" }, `layer "land" stands twice`},
		{"only", func(in *Input) { in.Only = []layers.Name{"roads", "moon"} }, `there is no layer "moon" to draw`},
		{"theme", func(in *Input) { in.Theme = "sepia" }, `theme "sepia" is neither`},
		{"language", func(in *Input) { in.Lang = "fr" }, `language "fr" is neither`},
		{"center", func(in *Input) { in.Center = &orb.Point{181, 0} }, "center [181 0] is not a place"},
		{"center NaN", func(in *Input) { in.Center = &orb.Point{0, math.NaN()} }, "is not a place"},
		{"bounds", func(in *Input) { in.Bounds = &orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{200, 39}} }, "are not on the earth"},
		{"zoom", func(in *Input) { in.Zoom = 25 }, "zoom 25 is not 0 to 24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := demo()
			tt.change(&in)
			got, err := Make(in)
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
	for range 5 {
		through *= 1 - fillOpacityOf(true, false).(float64)
	}
	if through < 0.75 {
		t.Errorf("five coverages let %.2f through, want 0.75 at least", through)
	}
}

// TestTogether: the ground comes in one source, as far as it fits, each layer of data in one of its own
// and before it.
func TestTogether(t *testing.T) {
	t.Parallel()
	ground := func(name layers.Name, minZoom, maxZoom uint8, attribution string) Layer {
		return Layer{Name: name, MinZoom: minZoom, MaxZoom: maxZoom, Attribution: attribution, Drawing: Drawing{Role: Park}}
	}
	in := Input{BaseURL: "http://127.0.0.1:8080", Together: 3, Layers: []Layer{
		ground("z", 3, 14, "The city"), ground("short", 0, 12, ""),
		{Name: "data", MaxZoom: 18},
		ground("b", 1, 14, "A & B"),
		ground("hidden", 0, 14, "Nobody"), ground("a", 2, 14, "The city"), ground("late", 0, 14, "Late"),
	}, Only: []layers.Name{"z", "short", "data", "b", "a", "late"}}
	at := func(names string) []string {
		return []string{"http://127.0.0.1:8080/tiles/" + names + "/{z}/{x}/{y}.mvt"}
	}
	zoom := func(z uint8) *uint8 { return &z }
	want := map[string]source{
		"data":       {Type: "vector", Tiles: at("data"), MinZoom: zoom(0), MaxZoom: zoom(18)},
		"short":      {Type: "vector", Tiles: at("short"), MinZoom: zoom(0), MaxZoom: zoom(12)},
		"late":       {Type: "vector", Tiles: at("late"), MinZoom: zoom(0), MaxZoom: zoom(14), Attribution: "Late"},
		groundSource: {Type: "vector", Tiles: at("a,b,z"), MinZoom: zoom(1), MaxZoom: zoom(14), Attribution: "The city, A &amp; B"},
	}
	got := parse(t, in)
	if diff := cmp.Diff(want, got.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if raw := string(make1(t, in)); strings.Index(raw, `"data":{`) > strings.Index(raw, `"`+groundSource+`":{"type"`) {
		t.Errorf("the ground's source comes before that of data: %s", raw)
	}
	for _, l := range got.Layers {
		if own := l.SourceLayer == "data" || l.SourceLayer == "short" || l.SourceLayer == "late"; l.Source != "" && (l.Source == groundSource) == own {
			t.Errorf("%s takes %s from %s", l.ID, l.SourceLayer, l.Source)
		}
	}
	in.Together = 1
	if n := len(parse(t, in).Sources); n != 6 {
		t.Errorf("without composites there are %d sources, want one for each layer", n)
	}
}

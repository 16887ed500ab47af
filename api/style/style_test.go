package style

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// newServer serves the style of two layers with a feature at each of places on the second.
func newServer(t *testing.T, start Start, places ...orb.Geometry) http.Handler {
	t.Helper()
	var list []*api.Layer
	for _, name := range []layers.Name{"vendors", "complaints"} {
		live, err := layers.New(&layers.Schema{Name: name}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if name == "complaints" {
			batch := layers.Batch{Layer: name}
			for i, p := range places {
				batch.Changes = append(batch.Changes, layers.Change{Feature: layers.Feature{ID: layers.FeatureID(rune('a' + i)), Geometry: p}})
			}
			if _, err := live.Apply(batch); err != nil {
				t.Fatal(err)
			}
		}
		v := view.Public(live)
		builder, err := tiles.New(v.Schema(), tiles.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, &api.Layer{View: v, Tiles: builder, Attribution: "The city & others"})
	}
	ls, err := api.NewLayers(list)
	if err != nil {
		t.Fatal(err)
	}
	s := api.NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), New(ls, api.Base{}, Options{Name: styles.Words{EN: "A city", ZH: "一座城"}, TimeZone: time.FixedZone("Asia/Shanghai", 8*3600), Start: start}).Routes())
	s.Ready()
	return s
}

// document is what a test reads of a style.
type document struct {
	Version int
	Name    string
	Center  []float64
	Zoom    float64
	Sources map[string]struct {
		Type, URL, Attribution string
		Tiles                  []string
		MinZoom, MaxZoom       *int
		Bounds                 []float64
	}
	Layers []struct{ ID, Source string }
	// Metadata has what our page reads.
	Metadata struct {
		Bounds []float64               `json:"hutong:bounds"`
		Zone   string                  `json:"hutong:zone"`
		Theme  string                  `json:"hutong:theme"`
		Lang   string                  `json:"hutong:lang"`
		Layers []struct{ Name string } `json:"hutong:layers"`
	}
}

func get(t *testing.T, h http.Handler, target string) (int, document) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example"+target, nil))
	var d document
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatalf("%s: the body %q is no JSON: %v", target, w.Body, err)
	}
	return w.Code, d
}

func TestDefaultStyle(t *testing.T) {
	t.Parallel()
	status, d := get(t, newServer(t, Start{}, orb.Point{116, 39}, orb.Point{117, 40}), "/styles/default.json")
	if status != http.StatusOK || d.Version != 8 || d.Name != "A city" || len(d.Layers) != 6 || d.Metadata.Zone != "Asia/Shanghai" ||
		len(d.Sources) != 2 {
		t.Errorf("got %d %+v", status, d)
	}
	// Whole without its TileJSON, and without the bounds beyond which a map would look for nothing.
	if s := d.Sources["complaints"]; s.URL != "" || !slices.Equal(s.Tiles, []string{"http://city.example/tiles/complaints/{z}/{x}/{y}.mvt"}) ||
		s.MinZoom == nil || *s.MinZoom != 0 || s.MaxZoom == nil || *s.MaxZoom != int(tiles.Defaults().MaxZoom) ||
		s.Attribution != "The city &amp; others" || s.Bounds != nil {
		t.Errorf("got the source %+v", s)
	}
	if len(d.Center) != 2 || math.Abs(d.Center[0]-116.5) > 0.05 || d.Zoom != 8 {
		t.Errorf("got center %v and zoom %v, want the middle of the features", d.Center, d.Zoom)
	}
}

// TestNameInBothLanguages: a style in Chinese has the city's name in Chinese.
func TestNameInBothLanguages(t *testing.T) {
	t.Parallel()
	h := newServer(t, Start{})
	for name, want := range map[string]string{"light": "A city", "dark": "A city", "light-zh": "一座城", "dark-zh": "一座城"} {
		if _, d := get(t, h, "/styles/"+name+".json"); d.Name != want {
			t.Errorf("%s: got the name %q, want %q", name, d.Name, want)
		}
	}
}

// TestDrawsWhatThereIs: a layer is drawn as the kinds that it has, and one without features as all.
func TestDrawsWhatThereIs(t *testing.T) {
	t.Parallel()
	square := orb.Polygon{{{116, 39}, {117, 39}, {117, 40}, {116, 40}, {116, 39}}}
	line := orb.LineString{{116, 39}, {118, 41}}
	all := []string{"complaints:fill", "complaints:outline", "complaints:line", "complaints"}
	tests := []struct {
		name   string
		places []orb.Geometry
		want   []string
	}{
		{"nothing", nil, all},
		{"no place", []orb.Geometry{nil}, all},
		{"point", []orb.Geometry{orb.Point{116, 39}}, []string{"complaints"}},
		{"multipoint", []orb.Geometry{orb.MultiPoint{{116, 39}, {117, 40}}}, []string{"complaints"}},
		{"line", []orb.Geometry{line}, []string{"complaints:line"}},
		{"multiline", []orb.Geometry{orb.MultiLineString{line, {{1, 1}, {2, 2}}}}, []string{"complaints:line"}},
		{"polygon", []orb.Geometry{square}, all[:2]},
		{"multipolygon", []orb.Geometry{orb.MultiPolygon{square, {{{1, 1}, {2, 1}, {2, 2}, {1, 1}}}}}, all[:2]},
		{"mixed", []orb.Geometry{square, orb.Point{116, 39}, line}, all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, d := get(t, newServer(t, Start{}, tt.places...), "/styles/default.json")
			var got []string
			for _, l := range d.Layers {
				if l.Source == "complaints" {
					got = append(got, l.ID)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("style layers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStartOnShapes: lines and polygons count whole, not by one place each.
func TestStartOnShapes(t *testing.T) {
	t.Parallel()
	square := orb.Polygon{{{116, 39}, {117, 39}, {117, 40}, {116, 40}, {116, 39}}}
	_, d := get(t, newServer(t, Start{}, square, orb.LineString{{116.5, 39.5}, {118, 41}}), "/styles/default.json")
	if len(d.Metadata.Bounds) != 4 {
		t.Fatalf("got bounds %v, want four", d.Metadata.Bounds)
	}
	for i, want := range []float64{116, 39, 118, 41} {
		if out := (d.Metadata.Bounds[i] - want) * []float64{-1, -1, 1, 1}[i]; out < -1e-6 || out > 0.13 {
			t.Errorf("got bounds %v, want those of all shapes and little more", d.Metadata.Bounds)
		}
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	_, d := get(t, newServer(t, Start{Center: &orb.Point{-77, 38.9}, Zoom: 11.5}, orb.Point{116, 39}), "/styles/default.json")
	if diff := cmp.Diff([]float64{-77, 38.9, 11.5}, append(d.Center, d.Zoom)); diff != "" {
		t.Errorf("the configured start: %s", diff)
	}
	if _, d := get(t, newServer(t, Start{}), "/styles/default.json"); d.Center != nil {
		t.Errorf("without a feature: got center %v, want none", d.Center)
	}
}

// TestVariants: each style has its theme and language, and the default one is the light one.
func TestVariants(t *testing.T) {
	t.Parallel()
	h := newServer(t, Start{}, orb.Point{116, 39})
	for name, want := range map[string][2]string{
		"default": {"light", "en"}, "light": {"light", "en"}, "dark": {"dark", "en"}, "light-zh": {"light", "zh"}, "dark-zh": {"dark", "zh"},
	} {
		status, d := get(t, h, "/styles/"+name+".json")
		if got := [2]string{d.Metadata.Theme, d.Metadata.Lang}; status != http.StatusOK || got != want {
			t.Errorf("%s: got %d %v, want %v", name, status, got, want)
		}
	}
}

// TestRevalidated: a style that did not change is not sent again.
func TestRevalidated(t *testing.T) {
	t.Parallel()
	h := newServer(t, Start{}, orb.Point{116, 39})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example/styles/dark.json", nil))
	r := httptest.NewRequest(http.MethodGet, "http://city.example/styles/dark.json", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	h.ServeHTTP(again, r)
	if w.Header().Get("ETag") == "" || again.Code != http.StatusNotModified {
		t.Errorf("got tag %q, then %d, want 304", w.Header().Get("ETag"), again.Code)
	}
}

func TestSomeLayers(t *testing.T) {
	t.Parallel()
	h := newServer(t, Start{}, orb.Point{116, 39})
	for query, want := range map[string][]string{
		"?layers=complaints":                        {"complaints"},
		"?layers=complaints,vendors":                {"vendors", "complaints"},
		"?layers=vendors&layers=vendors,complaints": {"vendors", "complaints"},
	} {
		status, d := get(t, h, "/styles/default.json"+query)
		var got []string
		for _, l := range d.Metadata.Layers {
			got = append(got, l.Name)
		}
		if status != http.StatusOK || !slices.Equal(got, want) || len(d.Sources) != len(want) {
			t.Errorf("%s: got %d %v, want %v", query, status, got, want)
		}
	}
	if _, d := get(t, h, "/styles/default.json?layers=vendors"); d.Center != nil {
		t.Errorf("got center %v, want none: there is nothing on what is drawn", d.Center)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newServer(t, Start{})
	for _, tt := range []struct{ target, code, detail string }{
		{"/styles/other.json", "not_found", "/styles/dark-zh.json"},
		{"/styles/default", "not_found", "/styles/default.json"},
		{"/styles/default.json?layers=moon", "layer_not_found", "moon"},
		{"/styles/default.json?layers=", "layer_not_found", "no layer"},
		{"/styles/default.json?theme=dark", "parameter_invalid", `no parameter "theme"; accepted is layers`},
		{"/styles/default.json?layers=%zz", "parameter_invalid", "escaped as in a URL"},
		{"/styles/default.json?layers=vendors&x=%zz", "parameter_invalid", "escaped as in a URL"},
		{"/styles/default.json?layers=vendors;complaints", "parameter_invalid", "escaped as in a URL"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example"+tt.target, nil))
		var p struct{ Code, Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != tt.code || !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s: got %d %s, want %s with %q", tt.target, w.Code, w.Body, tt.code, tt.detail)
		}
	}
}

// TestStyleStays: what moves at the edge of all features does not change the style.
func TestStyleStays(t *testing.T) {
	t.Parallel()
	tag := func(edge float64) string {
		w := httptest.NewRecorder()
		h := newServer(t, Start{}, orb.Point{116.01, 39.01}, orb.Point{edge, 40})
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example/styles/light.json", nil))
		return w.Header().Get("ETag")
	}
	if before, after := tag(117.001), tag(117.002); before == "" || before != after {
		t.Errorf("got the tags %s and %s, want one", before, after)
	}
	if tag(117.001) == tag(119) {
		t.Error("a feature far outside changes nothing")
	}
}

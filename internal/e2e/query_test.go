package e2e

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// found is what tests read of a collection of features.
type found struct {
	Features []struct {
		ID, Layer, Match string
		Geometry         struct{ Type string }
		BBox             []float64
	}
	NumberMatched, NumberReturned int
	Complete                      bool
}

// ask returns what a query finds.
func (s *server) ask(t *testing.T, path string) (f found, ids []string) {
	t.Helper()
	a := s.get(t, path)
	if err := json.Unmarshal(a.body, &f); err != nil || a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/geo+json" {
		t.Fatalf("%s: %d %v in %.300s", path, a.StatusCode, err, a.body)
	}
	for _, feature := range f.Features {
		ids = append(ids, feature.ID)
	}
	return f, ids
}

// TestQueries asks a small city for what is on it, and how it is shown.
func TestQueries(t *testing.T) {
	dir := write(t, map[string]string{
		"reports.csv": "no,lon,lat,state,title,at\n" +
			"1,116.40,39.90,open,Pothole in Yongan Lane,2026-01-01T00:00:00Z\n" +
			"2,116.41,39.90,closed,Noise in Yongan Lane,2026-01-02T00:00:00Z\n" +
			"3,116.42,39.90,waiting,永安里噪声,2026-01-03T00:00:00Z\n",
		"parks.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"no":"p1","name":"Yongan Park"},` +
			`"geometry":{"type":"Polygon","coordinates":[[[116.3,39.8],[116.5,39.8],[116.5,40],[116.3,40],[116.3,39.8]]]}}]}`,
		"city.yaml": `
city: A city
layers:
  parks:
    title: Parks
    title_zh: 公园
    licence: CC0-1.0
    draw: {as: park}
    fields: {name: {type: string, title_zh: 名称}}
  reports:
    title: Reports
    licence: CC0-1.0
    time: at
    fields:
      state: {type: string, keep: true, values: {open: {title: Open, title_zh: 未办理}}}
      title: {type: string}
      at: {type: time}
sources:
  parks: {layer: parks, files: ["${HUTONG_DATA}/parks.geojson"], id: "{no}", fields: {name: name}}
  reports: {layer: reports, files: ["${HUTONG_DATA}/reports.csv"], id: "{no}", csv: {lon: lon, lat: lat}, fields: {state: state, title: title, at: at}}
`,
	})
	t.Setenv("HUTONG_DATA", dir)
	start := time.Now().Add(-time.Minute) // clocks of one machine, and time is rounded
	s := run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))

	var list struct {
		Layers []struct {
			Name, Role string
			TitleZH    string `json:"title_zh"`
			Draw       map[string]string
			Changed    time.Time
			Fields     []struct{ Common []struct{ Title string } }
		}
	}
	if err := json.Unmarshal(s.get(t, "/layers").body, &list); err != nil || len(list.Layers) != 2 {
		t.Fatalf("got %v, %+v", err, list)
	}
	parks, reports := list.Layers[0], list.Layers[1]
	if parks.Role != "park" || parks.TitleZH != "公园" || parks.Draw["label"] != "name" || reports.Draw["status"] != "state" || reports.Role != "" {
		t.Errorf("got %+v", list)
	}
	if parks.Changed.Before(start) || parks.Changed.After(time.Now().Add(time.Minute)) {
		t.Errorf("the parks changed at %v", parks.Changed)
	}

	for path, want := range map[string][]string{
		"/layers/reports/features?bbox=116.395,39.8,116.445,40":                                  {"3", "2", "1"},
		"/layers/reports/features?bbox=116.395,39.8,116.445,40&state=open,closed":                {"2", "1"},
		"/layers/reports/features?bbox=116.395,39.8,116.445,40&datetime=2026-01-02T00:00:00Z/..": {"3", "2"},
		"/layers/reports/features?bbox=170,-90,-170,90":                                          nil,
		"/layers/parks/features?bbox=116.4,39.9,116.4,39.9":                                      {"p1"},
		"/search?q=yongan+LANE&near=116.42,39.9":                                                 {"2", "1"},
		"/search?q=%E5%99%AA%E5%A3%B0":                                                           {"3"},
		"/search?q=P1":                                                                           {"p1"},
		"/search?q=park&layers=reports":                                                          nil,
	} {
		if f, ids := s.ask(t, path); !slices.Equal(ids, want) || !f.Complete || f.NumberReturned != len(want) {
			t.Errorf("%s: got %+v, want %v", path, f, want)
		}
	}
	if f, ids := s.ask(t, "/layers/reports/features?bbox=116,39,117,40&limit=2"); len(ids) != 2 || f.Complete || f.NumberMatched != 3 {
		t.Errorf("a limit: got %+v", f)
	}
	if f, _ := s.ask(t, "/layers/parks/features?bbox=116,39,117,40"); f.Features[0].Geometry.Type != "Polygon" {
		t.Errorf("a park: got %+v", f)
	}
	if f, _ := s.ask(t, "/search?q=yongan+park"); len(f.Features) != 1 || f.Features[0].Geometry.Type != "Point" || len(f.Features[0].BBox) != 4 ||
		f.Features[0].Layer != "parks" || f.Features[0].Match != "name" {
		t.Errorf("a park that was searched for: got %+v", f)
	}
}

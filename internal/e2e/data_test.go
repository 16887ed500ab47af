package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// sourceRead is the log line about a source that was read.
type sourceRead struct {
	Msg, Source, Layer      string
	Read, Accepted, Refused int
}

// sources returns the log lines about sources by name.
func (s *server) sources(t *testing.T) map[string]sourceRead {
	t.Helper()
	found := map[string]sourceRead{}
	for line := range strings.Lines(s.stderr.String()) {
		var r sourceRead
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("the log line %q is no JSON: %v", line, err)
		}
		if r.Msg == "source read" {
			found[r.Source] = r
		}
	}
	return found
}

// wantSources fails unless exactly these sources were read, with these counts.
func (s *server) wantSources(t *testing.T, list []sourceRead) {
	t.Helper()
	sources := s.sources(t)
	for _, want := range list {
		want.Msg = "source read"
		if got := sources[want.Source]; got != want {
			t.Errorf("source %s: got %+v, want %+v", want.Source, got, want)
		}
		delete(sources, want.Source)
	}
	for name := range sources {
		t.Errorf("source %s is read and not checked", name)
	}
}

// TestWashington serves the real city of examples/dc.yaml.
func TestWashington(t *testing.T) {
	t.Parallel()
	testkit.Data(t)
	s := run(t, "serve", "--config", "examples/dc.yaml")

	s.wantSources(t, []sourceRead{
		// One row is null throughout but for a date in 2018, so it has no id.
		{Source: "complaints-dc", Layer: "complaints", Read: 22_583, Accepted: 22_582, Refused: 1},
		{Source: "vendors-street", Layer: "vendors", Read: 701, Accepted: 701},
		{Source: "vendors-sidewalk", Layer: "vendors", Read: 298, Accepted: 298},
		{Source: "vendors-markets", Layer: "vendors", Read: 22, Accepted: 22},
		{Source: "wifi-dc", Layer: "wifi_hotspots", Read: 448, Accepted: 448},
		{Source: "crimes-dc", Layer: "crimes", Read: 2898, Accepted: 2898},
		{Source: "sensors-vehicles", Layer: "sensors", Read: 1643, Accepted: 1643},
		{Source: "sensors-bikeshare", Layer: "sensors", Read: 399, Accepted: 399},
		{Source: "sensors-cameras", Layer: "sensors", Read: 339, Accepted: 339},
		{Source: "sensors-traffic", Layer: "sensors", Read: 55, Accepted: 55},
		{Source: "sensors-redlight", Layer: "sensors", Read: 50, Accepted: 50},
		{Source: "sensors-speed", Layer: "sensors", Read: 48, Accepted: 48},
		{Source: "sensors-bicycles", Layer: "sensors", Read: 37, Accepted: 37},
		{Source: "sensors-counters", Layer: "sensors", Read: 30, Accepted: 30},
		{Source: "groceries-dc", Layer: "groceries", Read: 48, Accepted: 48},
		{Source: "neighbourhoods-dc", Layer: "neighbourhoods", Read: 131, Accepted: 131},
		{Source: "parks-national", Layer: "parks", Read: 457, Accepted: 457},
		{Source: "parks-city", Layer: "parks", Read: 242, Accepted: 242},
		{Source: "campuses-universities", Layer: "campuses", Read: 30, Accepted: 30},
		{Source: "campuses-military", Layer: "campuses", Read: 9, Accepted: 9},
		{Source: "water-dc", Layer: "water", Read: 1273, Accepted: 1273},
		{Source: "roads-snow", Layer: "roads", Read: 2204, Accepted: 2204},
		{Source: "roads-major", Layer: "roads", Read: 1823, Accepted: 1823},
		{Source: "roads-interstate", Layer: "roads", Read: 84, Accepted: 84},
		{Source: "roads-signed", Layer: "roads", Read: 49, Accepted: 49},
		{Source: "roads-service", Layer: "roads", Read: 123, Accepted: 123},
		{Source: "rails-dc", Layer: "rails", Read: 963, Accepted: 963},
		{Source: "rails-metro", Layer: "rails", Read: 8, Accepted: 8},
		{Source: "rails-entrances", Layer: "rails", Read: 88, Accepted: 88},
		{Source: "rails-bikes", Layer: "rails", Read: 91, Accepted: 91},
		{Source: "districts-dc", Layer: "districts", Read: 296, Accepted: 296},
		{Source: "commissions-dc", Layer: "commissions", Read: 40, Accepted: 40},
		{Source: "clusters-dc", Layer: "clusters", Read: 39, Accepted: 39},
		{Source: "police-dc", Layer: "police_areas", Read: 56, Accepted: 56},
		{Source: "wards-dc", Layer: "wards", Read: 8, Accepted: 8},
		{Source: "quadrants-dc", Layer: "quadrants", Read: 4, Accepted: 4},
		{Source: "city-dc", Layer: "city", Read: 1, Accepted: 1},
	})
	// Six requests stand in the complaints twice; the later row replaces the earlier one.
	visible := map[string]int{
		"complaints": 22_576, "vendors": 1021, "wifi_hotspots": 448, "crimes": 2898, "sensors": 2601, "groceries": 48, "neighbourhoods": 131,
		"parks": 699, "campuses": 39, "water": 1273, "roads": 4283, "rails": 1150,
		"districts": 296, "commissions": 40, "clusters": 39, "police_areas": 56, "wards": 8, "quadrants": 4, "city": 1,
	}
	points := []string{"complaints", "vendors", "wifi_hotspots", "crimes", "sensors", "groceries", "neighbourhoods"}
	for _, l := range s.layers(t) {
		if slices.Contains(derivedLayers, l.Name) {
			if l.Count == 0 || l.Located != l.Count {
				t.Errorf("%s: got %d cells, %d of them located", l.Name, l.Count, l.Located)
			}
			continue
		}
		if l.Count != visible[l.Name] || l.Located != l.Count {
			t.Errorf("%s: got %d features, %d of them located, want %d, all located", l.Name, l.Count, l.Located, visible[l.Name])
		}
		delete(visible, l.Name)
		t.Run(l.Name, func(t *testing.T) { s.wantUnion(t, l, 16, slices.Contains(points, l.Name)) })
	}
	for name := range visible {
		t.Errorf("layer %s is missing", name)
	}
}

// TestSanFrancisco serves examples/sf.yaml: every row is accepted, and those at 0, 0 are on no map.
func TestSanFrancisco(t *testing.T) {
	t.Parallel()
	testkit.Data(t)
	s := run(t, "serve", "--config", "examples/sf.yaml")
	s.wantSources(t, []sourceRead{
		{Source: "neighbourhoods-sf", Layer: "neighbourhoods", Read: 37, Accepted: 37},
		{Source: "incidents-sf", Layer: "incidents", Read: 10_000, Accepted: 10_000},
		{Source: "complaints-sf", Layer: "complaints", Read: 10_000, Accepted: 10_000},
		{Source: "vendors-sf", Layer: "vendors", Read: 488, Accepted: 488},
	})
	unlocated := map[string]int{"neighbourhoods": 0, "incidents": 0, "complaints": 4264, "vendors": 33}
	for _, l := range s.layers(t) {
		if want, ok := unlocated[l.Name]; !ok || l.Count-l.Located != want {
			t.Errorf("%s: %d features of %d are without a place, want %d", l.Name, l.Count-l.Located, l.Count, want)
		}
		t.Run(l.Name, func(t *testing.T) { s.wantUnion(t, l, 15, l.Name != "neighbourhoods") })
	}
}

// TestBeijing serves examples/beijing.yaml: of each station's 35,064 hours the last one is visible, at the
// place that a table of stations says.
func TestBeijing(t *testing.T) {
	t.Parallel()
	testkit.Data(t)
	s := run(t, "serve", "--config", "examples/beijing.yaml")
	s.wantSources(t, []sourceRead{
		{Source: "districts-beijing", Layer: "districts", Read: 16, Accepted: 16},
		{Source: "sensors-beijing", Layer: "sensors", Read: 420_768, Accepted: 420_768},
	})
	for _, l := range s.layers(t) {
		if want := map[string]int{"districts": 16, "sensors": 12}[l.Name]; l.Count != want || l.Located != want {
			t.Errorf("%s: %d features, %d of them located, want %d", l.Name, l.Count, l.Located, want)
		}
		t.Run(l.Name, func(t *testing.T) { s.wantUnion(t, l, 11, l.Name == "sensors") })
	}
	var f struct {
		Geometry   struct{ Coordinates []float64 }
		Properties map[string]any
	}
	if err := json.Unmarshal(s.get(t, "/layers/sensors/features/Aotizhongxin").body, &f); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"pm25": 19.0, "o3": 42.0, "temperature": 8.6, "wind": "NNE", "read": "2017-02-28T15:00:00Z"}
	for name, v := range want {
		if f.Properties[name] != v {
			t.Errorf("%s is %v, want %v", name, f.Properties[name], v)
		}
	}
	if at := f.Geometry.Coordinates; len(at) != 2 || at[0] != 116.397 || at[1] != 39.982 {
		t.Errorf("the station is at %v, want 116.397, 39.982", at)
	}
}

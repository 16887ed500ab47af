package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// browserCity is a small city with something private in it.
type browserCity struct {
	config  string         // path of the config
	layers  []string       // names in the order of the config
	least   map[string]int // features that the camera must see of each for a test to mean something
	private string         // a field that nobody may see
	secret  string         // what every value of it holds
}

// writeBrowserCity writes a city's config and data into a folder of the test: 6,000 reports around
// the camera's middle and 400 benches.
func writeBrowserCity(t *testing.T, seed uint64) browserCity {
	t.Helper()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	city := browserCity{
		config: filepath.Join(dir, "city.yaml"), layers: []string{"reports", "benches"},
		least: map[string]int{"reports": 1500, "benches": 100}, private: "phone", secret: "555-01",
	}
	near := func() (lon, lat float64) {
		return camera.lon + rng.NormFloat64()*0.05, camera.lat + rng.NormFloat64()*0.035
	}
	var reports, benches strings.Builder
	categories := []string{"pothole", "noise", "rubbish", "street light"}
	for i := range 6000 {
		lon, lat := near()
		fmt.Fprintf(&reports, `{"type":"Feature","geometry":{"type":"Point","coordinates":[%.7f,%.7f]},"properties":`+
			`{"no":"R-%05d","category":%q,"storey":%d,"note":"Report <b>%d</b> & more","phone":"%s%02d"}}`+"\n",
			lon, lat, i, categories[rng.IntN(len(categories))], rng.IntN(30), i, city.secret, rng.IntN(100))
	}
	for i := range 400 {
		lon, lat := near()
		fmt.Fprintf(&benches, `{"type":"Feature","geometry":{"type":"Point","coordinates":[%.7f,%.7f]},"properties":{"no":%d}}`+"\n",
			lon, lat, i)
	}
	config := fmt.Sprintf(`city: Test city
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    attribution: Made up for a test
    id: {name: id, from_zoom: 14}
    fields:
      category: {type: string, keep: true, max_length: 16, distinct: 8}
      storey: {type: int}
      note: {type: string, detail: true}
      %s: {type: string, private: true}
  benches:
    title: Benches
    licence: CC0-1.0
    id: {name: id}
    fields: {}
sources:
  reports:
    layer: reports
    files: [%q]
    id: "{no}"
    fields: {category: category, storey: storey, note: note, %s: phone}
  benches:
    layer: benches
    files: [%q]
    id: "{no}"
    fields: {}
`, city.private, filepath.Join(dir, "reports.geojsonl"), city.private, filepath.Join(dir, "benches.geojsonl"))
	for path, content := range map[string]string{
		city.config:                            config,
		filepath.Join(dir, "reports.geojsonl"): reports.String(),
		filepath.Join(dir, "benches.geojsonl"): benches.String(),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return city
}

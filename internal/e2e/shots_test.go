package e2e

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// shot is what web/e2e/shots.mjs saw of the page in one look.
type shot struct {
	FirstSeconds float64        // from the page being asked for to the first frame with data
	Features     int            // drawn in the end, pieces of the same counted each
	Layers       map[string]int // of which layers
	Sent         []struct {
		Path  string
		Bytes int
	}
	Complaints []string
}

// pageBytes is the most that the page may weigh on the wire without tiles and fonts: script, worker,
// style sheet, and what the server makes of a city: style, catalogue and sprite.
const pageBytes = 600_000

// unweighed are the paths that do not count: tiles and fonts. What is asked for again counts once.
var unweighed = regexp.MustCompile(`\.(mvt|pbf|woff|woff2)$`)

// TestShots opens the pages of the cities that we show, keeps what they look like, and weighs them.
func TestShots(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "shots.mjs")
	out := artifacts(t)
	for _, city := range []struct {
		name    string
		data    bool // needs the data of HUTONG_DATA
		args    []string
		derived []string // layers that are shown alone, too
	}{
		{"demo", false, []string{"demo", "--live=false"}, nil},
		{"dc", true, []string{"serve", "--config", "examples/dc.yaml"}, []string{"complaints_hexes", "complaints_clusters", "complaints_hot"}},
		{"sf", true, []string{"serve", "--config", "examples/sf.yaml"}, nil},
	} {
		t.Run(city.name, func(t *testing.T) {
			if city.data {
				testkit.Data(t)
			}
			s := run(t, city.args...)
			shown := map[string]string{} // the layer that a look shows alone, "" for what the page shows by itself
			var looks []map[string]string
			for _, layer := range append([]string{""}, city.derived...) {
				for theme, lang := range map[string]string{"light": "en", "dark": "zh"} {
					name, more := city.name+"-"+theme, "lang="+lang+"&theme="+theme
					if layer != "" {
						name, more = name+"-"+layer, more+"&off="+strings.Join(s.besides(t, layer), ",")
					}
					shown[name] = layer
					looks = append(looks, map[string]string{"name": name, "more": more})
				}
			}
			var shots map[string]shot
			visitPage(t, tools, s.url, out, map[string]any{"looks": looks, "width": 1280, "height": 800}, &shots)
			for name, layer := range shown {
				shots[name].check(t, s, name, out)
				if layer != "" && (shots[name].Layers[layer] < 50 || shots[name].Layers["complaints"] > 0) {
					t.Errorf("%s: drawn is %v, want %s and no complaints", name, shots[name].Layers, layer)
				}
			}
		})
	}
}

// besides returns the names of the layers of the server but one and the ground.
func (s *server) besides(t *testing.T, layer string) []string {
	t.Helper()
	var names []string
	for _, l := range s.layers(t) {
		if l.Name != layer && l.Role == "" {
			names = append(names, l.Name)
		}
	}
	return names
}

// check: the page draws much, complains of nothing and is light enough.
func (s shot) check(t *testing.T, on *server, name, out string) {
	t.Helper()
	for _, complaint := range s.Complaints {
		t.Errorf("%s: the page or the browser complains: %s", name, complaint)
	}
	img := readPNG(t, filepath.Join(out, name+".png"))
	if n := colours(img, img.Bounds().Inset(200)); n < 100 || s.Features < 100 {
		t.Errorf("%s: got %d features in %d colours, want a city", name, s.Features, n)
	}
	weights := map[string]int{}
	for _, sent := range s.Sent {
		if !unweighed.MatchString(sent.Path) {
			weights[sent.Path] = max(weights[sent.Path], sent.Bytes)
		}
	}
	// What the map's worker asks for, and the worker itself, the page is not told of.
	workers, err := filepath.Glob(filepath.Join(root, "web", "dist", "assets", "worker-*.js"))
	if err != nil || len(workers) != 1 {
		t.Fatalf("got workers %q, %v, want one", workers, err)
	}
	for _, path := range []string{"/assets/" + filepath.Base(workers[0]), "/sprites/default.json", "/sprites/default.png"} {
		weights[path] = max(weights[path], len(on.get(t, path, "Accept-Encoding", "gzip, br").body))
	}
	total := 0
	for _, path := range slices.Sorted(maps.Keys(weights)) {
		total += weights[path]
		t.Logf("%s: %7d %s", name, weights[path], path)
	}
	t.Logf("%s: %d bytes without tiles and fonts, first features after %.2f s", name, total, s.FirstSeconds)
	if total > pageBytes || total < 100_000 {
		t.Errorf("%s: the page weighs %d bytes, want at most %d", name, total, pageBytes)
	}
}

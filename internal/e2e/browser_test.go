package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"hutong/internal/testkit"
)

// browserPatience is how long one visit may take, browser start included.
const browserPatience = 8 * time.Minute

// camera is what the browser looks at: a whole zoom, so that it needs the tiles of exactly that zoom.
var camera = struct {
	lon, lat      float64
	zoom          maptile.Zoom
	width, height int
}{116.4, 39.91, 13, 1000, 700}

// visit is what web/e2e/page.mjs saw.
type visit struct {
	Policy     string
	Sources    map[string][]uint64 // ids in the tiles of each source
	Rendered   map[string][]uint64 // ids drawn with their middle in the window
	Listed     []string            // the rows of the list of layers
	Clicked    clicked
	Keyed      []entry
	Hidden     int // features drawn with all layers off
	Phone      int `json:"phoneOverflow"` // pixels that stick out of a phone's window
	Complaints []string
	Outage     struct {
		Message     string
		TilesLoaded bool
	}
}

// clicked is the feature that was clicked and what the popup showed.
type clicked struct {
	Source  string
	ID      uint64
	Entries []entry
}

// entry is one feature in a popup.
type entry struct {
	Layer  string
	Source string // where its fields came from: server or tile
	ID     string
	Fields map[string]string
}

// TestBrowser opens the page of a real server in a real browser.
func TestBrowser(t *testing.T) {
	tools := findBrowser(t)
	city := writeBrowserCity(t, 20260801)
	s := run(t, "serve", "--config", city.config)
	out := artifacts(t)
	v := browse(t, tools, s.url, out)
	want := decodeWindow(t, s, city.layers)

	for _, layer := range city.layers {
		t.Run("rendered "+layer, func(t *testing.T) {
			if diff := cmp.Diff(want.inTiles[layer], sorted(v.Sources[layer])); diff != "" {
				t.Errorf("features in the map's tiles (-decoded +map):\n%s", diff)
			}
			if diff := cmp.Diff(want.inWindow[layer], sorted(v.Rendered[layer])); diff != "" {
				t.Errorf("features drawn in the window (-decoded +map):\n%s", diff)
			}
			if got := len(want.inWindow[layer]); got < city.least[layer] {
				t.Errorf("got %d features in the window, want at least %d: the camera shows too little to prove anything", got, city.least[layer])
			}
		})
	}
	t.Run("pixels", func(t *testing.T) {
		points := 0
		for _, layer := range city.layers {
			points += len(want.inWindow[layer])
		}
		checkPixels(t, filepath.Join(out, "map.png"), filepath.Join(out, "empty.png"), points)
		if v.Hidden != 0 {
			t.Errorf("got %d features with all layers off, want none", v.Hidden)
		}
	})
	t.Run("list", func(t *testing.T) {
		want := []string{"Reports\n6,000", "Benches\n400"}
		if diff := cmp.Diff(want, v.Listed); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
	t.Run("popup", func(t *testing.T) { checkPopup(t, s, v, city) })
	t.Run("policy", func(t *testing.T) {
		if len(v.Complaints) > 0 {
			t.Errorf("got complaints %q, want none", v.Complaints)
		}
		for _, open := range []string{"unsafe", "*", "blob:", "http"} {
			if v.Policy == "" || strings.Contains(v.Policy, open) {
				t.Errorf("got policy %q, want one without %q", v.Policy, open)
			}
		}
	})
	t.Run("phone", func(t *testing.T) {
		if v.Phone > 0 {
			t.Errorf("the page sticks out of a phone's window by %d pixels", v.Phone)
		}
	})
	t.Run("outage", func(t *testing.T) {
		if !strings.Contains(v.Outage.Message, "does not answer") || !v.Outage.TilesLoaded {
			t.Errorf("got %+v, want a banner while the server is away and all tiles afterwards", v.Outage)
		}
	})
}

// checkPopup: the popup shows what the server says of the feature, by mouse and by keyboard, and
// nothing private.
func checkPopup(t *testing.T, s *server, v visit, city browserCity) {
	t.Helper()
	if len(v.Clicked.Entries) == 0 || len(v.Keyed) == 0 {
		t.Fatalf("got popups %+v and %+v, want entries in both", v.Clicked.Entries, v.Keyed)
	}
	got := v.Clicked.Entries[0]
	var feature struct {
		ID         string
		Properties map[string]any
	}
	a := s.get(t, fmt.Sprintf("/layers/%s/features?number=%d", v.Clicked.Source, v.Clicked.ID))
	if err := json.Unmarshal(a.body, &feature); err != nil {
		t.Fatalf("feature: %v in %.300s", err, a.body)
	}
	shown := map[string]string{}
	for name, value := range feature.Properties {
		// The id stands in the heading, and nothing is shown for null.
		if name != "id" && value != nil {
			shown[name] = fmt.Sprint(value)
		}
	}
	if diff := cmp.Diff(entry{Layer: v.Clicked.Source, Source: "server", ID: feature.ID, Fields: shown}, got); diff != "" {
		t.Errorf("popup (-server +page):\n%s", diff)
	}
	if diff := cmp.Diff(got, v.Keyed[0]); diff != "" {
		t.Errorf("popup by keyboard (-by mouse +by keyboard):\n%s", diff)
	}
	for _, e := range slices.Concat(v.Clicked.Entries, v.Keyed) {
		for name, value := range e.Fields {
			if name == city.private || strings.Contains(value, city.secret) {
				t.Errorf("the popup shows the private %s: %s", name, value)
			}
		}
	}
}

// decoded are ids by layer, sorted, each once.
type decoded struct{ inTiles, inWindow map[string][]uint64 }

// decodeWindow decodes the tiles that the camera needs with orb and says which features are in them,
// buffers included, and which have their middle in the window.
func decodeWindow(t *testing.T, s *server, layers []string) decoded {
	t.Helper()
	out := decoded{map[string][]uint64{}, map[string][]uint64{}}
	scale := 512 * math.Exp2(float64(camera.zoom)) // pixels of the whole world
	pixel := func(p orb.Point) (x, y float64) {
		sin := math.Sin(p.Lat() * math.Pi / 180)
		return scale * (p.Lon()/360 + 0.5), scale * (0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi))
	}
	x0, y0 := pixel(orb.Point{camera.lon, camera.lat})
	x0, y0 = x0-float64(camera.width)/2, y0-float64(camera.height)/2
	first := maptile.New(uint32(x0/512), uint32(y0/512), camera.zoom)
	last := maptile.New(uint32((x0+float64(camera.width))/512), uint32((y0+float64(camera.height))/512), camera.zoom)
	for _, name := range layers {
		tiles, window := map[uint64]bool{}, map[uint64]bool{}
		for x := first.X; x <= last.X; x++ {
			for y := first.Y; y <= last.Y; y++ {
				for number, place := range decodeTile(t, s, name, maptile.New(x, y, camera.zoom)) {
					px, py := pixel(place)
					tiles[number] = true
					if px >= x0 && px < x0+float64(camera.width) && py >= y0 && py < y0+float64(camera.height) {
						window[number] = true
					}
				}
			}
		}
		out.inTiles[name] = slices.Sorted(maps.Keys(tiles))
		out.inWindow[name] = slices.Sorted(maps.Keys(window))
	}
	return out
}

// decodeTile returns the points of a tile by their ids, in degrees.
func decodeTile(t *testing.T, s *server, layer string, tile maptile.Tile) map[uint64]orb.Point {
	t.Helper()
	path := fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", layer, tile.Z, tile.X, tile.Y)
	a := s.get(t, path)
	if a.StatusCode == http.StatusNoContent {
		return nil
	}
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: got status %d", path, a.StatusCode)
	}
	l := decode(t, a.body, layer)
	l.ProjectToWGS84(tile)
	points := make(map[uint64]orb.Point, len(l.Features))
	for _, f := range l.Features {
		// Ids end at 2⁵³−1, so orb's doubles hold them.
		number, isNumber := f.ID.(float64)
		place, isPoint := f.Geometry.(orb.Point)
		if !isNumber || !isPoint {
			t.Fatalf("%s: got feature %v with %T, want a number and a point", path, f.ID, f.Geometry)
		}
		points[uint64(number)] = place
	}
	return points
}

func sorted(ids []uint64) []uint64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return out
}

// browserTools are what a visit needs.
type browserTools struct{ node, script, chromium string }

// findBrowser returns the tools, or ends the test as [testkit.Missing] says.
func findBrowser(t *testing.T) browserTools {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped by -short: a browser takes long")
	}
	web := filepath.Join(root, "web")
	tools := browserTools{
		node:     testkit.Tool(t, "node", "nodejs"),
		script:   filepath.Join(web, "e2e", "page.mjs"),
		chromium: testkit.Tool(t, "chromium", "chromium"),
	}
	for _, need := range []string{"node_modules/playwright-core", "dist/index.html"} {
		if _, err := os.Stat(filepath.Join(web, need)); err != nil {
			testkit.Missing(t, "web/%s is missing: run npm ci && npm run build in web/", need)
		}
	}
	return tools
}

// artifacts is the folder for screenshots: $HUTONG_ARTIFACTS, or one that goes with the test.
func artifacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HUTONG_ARTIFACTS")
	if dir == "" {
		return t.TempDir()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// browse sends the browser to the server at base; its screenshots go to out.
func browse(t *testing.T, tools browserTools, base, out string) visit {
	t.Helper()
	var v visit
	visitPage(t, tools, base, out, nil, &v)
	return v
}

// visitPage runs the tools' script on the server at base and decodes what it saw into report. extra
// is what the script wants to know beside what all scripts do.
func visitPage(t *testing.T, tools browserTools, base, out string, extra map[string]any, report any) {
	t.Helper()
	args := map[string]any{
		"base": base, "hash": fmt.Sprintf("#%d/%v/%v", camera.zoom, camera.lat, camera.lon),
		"chromium": tools.chromium, "profile": t.TempDir(), "out": out,
		"width": camera.width, "height": camera.height,
	}
	maps.Copy(args, extra)
	options, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, tools.node, tools.script, string(options))
	// Killed node leaves its pipes to the browser; do not wait for that one for ever.
	cmd.WaitDelay = 10 * time.Second
	printed, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("%s: %v\n%s", tools.script, err, exit.Stderr)
		}
		t.Fatal(err)
	}
	if err := json.Unmarshal(printed, report); err != nil {
		t.Fatalf("report %.200q: %v", printed, err)
	}
}

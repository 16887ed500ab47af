package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

// shapes are the demo's layers of lines and polygons.
var shapes = []string{"land", "parcels", "parks", "water", "roads", "lanes", "rails", "districts"}

// derivedLayers are those of the synthetic city, and of Washington, that are computed from complaints, or count them.
var derivedLayers = []string{"complaints_hexes", "complaints_clusters", "complaints_hot", "complaints_weeks"}

// TestDemo looks at one synthetic city from all sides.
func TestDemo(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--live=false", "--features", "1500", "--seed", "7")
	if !strings.HasPrefix(s.url, "http://127.0.0.1:") || strings.HasSuffix(s.url, ":0") {
		t.Errorf("got ready %s, want the real port", s.url)
	}
	list := s.layers(t)
	if len(list) < 12 || s.layer(t, "complaints").Count != 1500 {
		t.Errorf("got layers %+v, want the ground, complaints with 1,500 features, vendors and sensors", list)
	}
	t.Run("unions", func(t *testing.T) {
		for _, l := range list {
			if slices.Contains(derivedLayers, l.Name) {
				continue // their tiles have other cells at each zoom, and cells lie in several tiles
			}
			t.Run(l.Name, func(t *testing.T) {
				t.Parallel()
				if slices.Contains(shapes, l.Name) {
					// Every tile of the extent has some: zoom 14 is the first that shows ids.
					s.wantUnion(t, l, 14, false)
				} else {
					s.wantUnion(t, l, 16, true)
				}
			})
		}
	})
	t.Run("tilejson", func(t *testing.T) {
		for _, l := range list {
			checkTileJSON(t, s, l)
		}
	})
	t.Run("style", func(t *testing.T) { checkStyle(t, s, list) })
	t.Run("statuses", func(t *testing.T) { checkStatuses(t, s) })
	t.Run("encodings", func(t *testing.T) { checkEncodings(t, s) })
	t.Run("head", func(t *testing.T) { checkHead(t, s) })
	t.Run("cors", func(t *testing.T) { checkCORS(t, s) })
	t.Run("page", func(t *testing.T) {
		a := s.get(t, "/")
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("got %d %s", a.StatusCode, a.Header.Get("Content-Type"))
		}
	})
	t.Run("operation", func(t *testing.T) {
		for path, want := range map[string]string{"/livez": "live", "/readyz": "ready", "/metrics": "hutong_tile_features_bucket"} {
			if a := s.get(t, path); a.StatusCode != http.StatusOK || !bytes.Contains(a.body, []byte(want)) {
				t.Errorf("%s: got %d without %s", path, a.StatusCode, want)
			}
		}
	})
	if got := s.stdout.String(); got != demoStdout(s.url) {
		t.Errorf("got stdout %q, want the ready line and where to look, once", got)
	}
}

// demoStdout is all that `hutong demo` writes to stdout.
func demoStdout(url string) string {
	return "ready " + url + "\n" +
		"viewer   " + url + "/\n" +
		"tilejson " + url + "/tiles/complaints.json\n" +
		"style    " + url + "/styles/default.json\n"
}

// checkTileJSON follows a layer's TileJSON to a tile.
func checkTileJSON(t *testing.T, s *server, l layerInfo) {
	t.Helper()
	var doc struct {
		TileJSON     string
		Tiles        []string
		Bounds       []float64
		Center       []float64
		MinZoom      int
		MaxZoom      int
		VectorLayers []struct {
			ID     string
			Fields map[string]string
		} `json:"vector_layers"`
	}
	a := s.get(t, "/tiles/"+l.Name+".json")
	if err := json.Unmarshal(a.body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.TileJSON != "3.0.0" || len(doc.Tiles) != 1 || len(doc.Bounds) != 4 || len(doc.Center) != 3 || doc.MaxZoom != int(l.MaxZoom) ||
		len(doc.VectorLayers) != 1 || doc.VectorLayers[0].ID != l.Name || len(doc.VectorLayers[0].Fields) == 0 {
		t.Errorf("%s: got %s", l.Name, a.body)
	}
	for _, f := range l.Fields {
		want := map[string]string{"string": "String", "bool": "Boolean"}[f.Type]
		if want == "" {
			want = "Number"
		}
		if got := doc.VectorLayers[0].Fields[f.Name]; got != want {
			t.Errorf("%s: field %s is a %q, want %s", l.Name, f.Name, got, want)
		}
	}
	middle := maptile.At(orb.Point{doc.Center[0], doc.Center[1]}, maptile.Zoom(l.MinZoom))
	url := strings.NewReplacer("{z}", strconv.Itoa(int(middle.Z)), "{x}", strconv.Itoa(int(middle.X)), "{y}", strconv.Itoa(int(middle.Y))).Replace(doc.Tiles[0])
	if !strings.HasPrefix(url, s.url+"/") {
		t.Errorf("got tiles at %s, want an absolute URL of this server", url)
	}
	tile := s.get(t, url)
	if tile.StatusCode != http.StatusOK || tile.Header.Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
		t.Fatalf("%s: got %d %v", url, tile.StatusCode, tile.Header)
	}
	for _, f := range decode(t, tile.body, l.Name).Features {
		for name := range f.Properties {
			if doc.VectorLayers[0].Fields[name] == "" {
				t.Fatalf("%s: the tile has a field %q that the TileJSON does not", l.Name, name)
			}
		}
	}
}

func checkStyle(t *testing.T, s *server, list []layerInfo) {
	t.Helper()
	var doc struct {
		Version int
		Sources map[string]struct{ Tiles []string }
	}
	a := s.get(t, "/styles/default.json")
	if err := json.Unmarshal(a.body, &doc); err != nil || doc.Version != 8 {
		t.Fatalf("got %v in %.300s", err, a.body)
	}
	times := map[string]int{}
	for name, source := range doc.Sources {
		if len(source.Tiles) != 1 {
			t.Fatalf("source %s: got tiles at %v, want one address", name, source.Tiles)
		}
		path, own := strings.CutPrefix(source.Tiles[0], s.url)
		world := name != "complaints_hot" // which begins where its cells can be seen
		if !own || world && s.get(t, strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(path)).StatusCode != http.StatusOK {
			t.Errorf("source %s: %s has no tile of the world", name, source.Tiles[0])
		}
		of, _, _ := strings.Cut(strings.TrimPrefix(path, "/tiles/"), "/")
		for one := range strings.SplitSeq(of, ",") {
			times[one]++
		}
	}
	for _, l := range list {
		if times[l.Name] != 1 {
			t.Errorf("layer %s is in %d sources, want one", l.Name, times[l.Name])
		}
	}
}

func checkStatuses(t *testing.T, s *server) {
	t.Helper()
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/tiles/complaints/16/0/0.mvt", 204, ""},
		{"GET", "/tiles/complaints/16/0/0.pbf", 204, ""},
		{"GET", "/tiles/complaints/16/65536/0.mvt", 404, "tile_out_of_range"},
		{"GET", "/tiles/complaints/19/0/0.mvt", 404, "tile_out_of_range"},
		{"GET", "/tiles/complaints/a/0/0.mvt", 400, "tile_malformed"},
		{"GET", "/tiles/complaints/1/-1/0.mvt", 400, "tile_malformed"},
		{"GET", "/tiles/nothing/0/0/0.mvt", 404, "layer_not_found"},
		{"GET", "/tiles/nothing.json", 404, "layer_not_found"},
		{"GET", "/layers/nothing", 404, "layer_not_found"},
		{"GET", "/layers/complaints/features/none", 404, "feature_not_found"},
		{"GET", "/layers/complaints/features?number=x", 400, "parameter_invalid"},
		{"GET", "/styles/other.json", 404, "not_found"},
		{"GET", "/nothing", 404, "not_found"},
		{"GET", "/assets/nothing.js", 404, "not_found"},
		{"POST", "/layers", 405, "method_not_allowed"},
		{"DELETE", "/tiles/complaints/0/0/0.mvt", 405, "method_not_allowed"},
	} {
		a, err := s.do(c.method, c.path)
		if err != nil {
			t.Fatal(err)
		}
		var problem struct {
			Type, Title, Code string
			Status            int
		}
		if c.code != "" {
			err = json.Unmarshal(a.body, &problem)
			if err != nil || a.Header.Get("Content-Type") != "application/problem+json" || problem.Status != c.status ||
				problem.Title == "" || problem.Type == "" {
				t.Errorf("%s %s: got %v in %s %s, want a problem", c.method, c.path, err, a.Header.Get("Content-Type"), a.body)
			}
		}
		if a.StatusCode != c.status || problem.Code != c.code {
			t.Errorf("%s %s: got %d %s, want %d %s", c.method, c.path, a.StatusCode, problem.Code, c.status, c.code)
		}
		if c.status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
	}
}

func checkEncodings(t *testing.T, s *server) {
	t.Helper()
	const path = "/tiles/complaints/0/0/0.mvt"
	plain := s.get(t, path)
	packed := s.get(t, path, "Accept-Encoding", "br, gzip;q=0.8")
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got encodings %q and %q", plain.Header.Get("Content-Encoding"), packed.Header.Get("Content-Encoding"))
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(gz)
	if err != nil || !bytes.Equal(body, plain.body) {
		t.Errorf("gzip and identity differ: %v", err)
	}
	for name, a := range map[string]answer{"identity": plain, "gzip": packed} {
		tag := a.Header.Get("ETag")
		again := s.get(t, path, "Accept-Encoding", map[string]string{"identity": "identity", "gzip": "gzip"}[name], "If-None-Match", tag)
		if again.StatusCode != http.StatusNotModified || len(again.body) != 0 || again.Header.Get("ETag") != tag || again.Header.Get("Vary") == "" {
			t.Errorf("%s: got %d %v, want 304 with all headers", name, again.StatusCode, again.Header)
		}
	}
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Error("two representations have one strong ETag")
	}
}

func checkHead(t *testing.T, s *server) {
	t.Helper()
	for _, path := range []string{"/tiles/complaints/0/0/0.mvt", "/tiles/complaints.json", "/layers", "/styles/default.json", "/livez", "/", "/nothing"} {
		get := s.get(t, path)
		head, err := s.do(http.MethodHead, path)
		if err != nil {
			t.Fatal(err)
		}
		if head.StatusCode != get.StatusCode || len(head.body) != 0 || head.Header.Get("ETag") != get.Header.Get("ETag") ||
			head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: got %d %v, want as GET: %d %v", path, head.StatusCode, head.Header, get.StatusCode, get.Header)
		}
	}
}

func checkCORS(t *testing.T, s *server) {
	t.Helper()
	for _, path := range []string{"/tiles/complaints/0/0/0.mvt", "/tiles/complaints/16/0/0.mvt", "/tiles/complaints.json", "/layers", "/nothing"} {
		if got := s.get(t, path, "Origin", "https://partner.example").Header.Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%s: got Access-Control-Allow-Origin %q, want *", path, got)
		}
	}
	a, err := s.do(http.MethodOptions, "/tiles/complaints/0/0/0.mvt",
		"Origin", "https://partner.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusNoContent || !strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "GET") ||
		!strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("preflight: got %d %v", a.StatusCode, a.Header)
	}
}

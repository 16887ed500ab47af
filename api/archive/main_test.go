package archive

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hutong/api"
	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

func TestMain(m *testing.M) {
	// go-pmtiles' Google client brings a package that starts a goroutine in its init and never stops it.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// plain is what the tiles of lanes hold.
func plain(t grid.Tile) []byte { return []byte("the lanes of tile " + t.String()) }

// lanes is an archive of gzip vector tiles of zooms 1 and 2, without one.
func lanes() archive.Content {
	c := archive.Content{
		Type: archive.TypeMVT, Compression: archive.CompressionGzip, Bounds: [4]float64{-180, -85, 180, 85}, Center: [3]float64{116.4, 39.9, 2},
		Metadata: map[string]any{
			"name": "Lanes", "description": "All of them", "version": "1.2", "attribution": `<a href="https://x">&copy; Lanes &amp; Co</a><script>alert(1)</script>`,
			"vector_layers": []any{map[string]any{"id": "lanes", "fields": map[string]any{"name": "String"}, "minzoom": 1, "maxzoom": 2}},
		},
		Tiles: map[grid.Tile][]byte{},
	}
	for z := uint8(1); z <= 2; z++ {
		for x := range uint32(1) << z {
			for y := range uint32(1) << z {
				t := grid.Tile{Z: z, X: x, Y: y}
				c.Tiles[t] = compress.AppendGzip(nil, plain(t))
			}
		}
	}
	delete(c.Tiles, grid.Tile{Z: 2, X: 3, Y: 3})
	return c
}

// raster is an archive of one uncompressed PNG.
func raster() archive.Content {
	return archive.Content{
		Type: archive.TypePNG, Compression: archive.CompressionNone, Bounds: [4]float64{-180, -85, 180, 85},
		Tiles: map[grid.Tile][]byte{{}: []byte("\x89PNG and so on and so on and so on")},
	}
}

// bytesOf writes an archive.
func bytesOf(t testing.TB, c archive.Content) []byte {
	t.Helper()
	data, err := archive.Append(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// put writes data into a file whose time of change is always the same.
func put(t testing.TB, path string, data []byte) string {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "a.pmtiles")
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000+int64(len(data)), 0)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return path
}

// fixture serves archives by name.
type fixture struct {
	http.Handler
	surface *Archives
	metrics *telemetry.Metrics
	log     *testkit.Buffer
}

// newFixture serves places by name, in the order of the names.
func newFixture(t testing.TB, places map[string]string, o Options, ao archive.Options) fixture {
	t.Helper()
	var list []Entry
	for _, name := range slices.Sorted(maps.Keys(places)) {
		location, err := archive.ParseLocation(places[name])
		if err != nil {
			t.Fatal(err)
		}
		a := archive.New(location, ao)
		t.Cleanup(func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
		list = append(list, Entry{Name: name, Licence: "CC0-1.0", Archive: a})
	}
	log := &testkit.Buffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	m := telemetry.NewMetrics()
	s, err := New(list, api.Base{}, logger, m, o)
	if err != nil {
		t.Fatal(err)
	}
	server := api.NewServer(logger, m, s.Routes())
	server.Ready()
	return fixture{server, s, m, log}
}

// do asks with these header pairs.
func (f fixture) do(ctx context.Context, method, target string, pairs ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "http://city.example"+target, nil)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func (f fixture) get(t testing.TB, target string, pairs ...string) *httptest.ResponseRecorder {
	t.Helper()
	return f.do(t.Context(), http.MethodGet, target, pairs...)
}

// wantMetric fails unless a line is in the metrics.
func (f fixture) wantMetric(t *testing.T, line string) {
	t.Helper()
	w := httptest.NewRecorder()
	f.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), line+"\n") {
		t.Errorf("the metrics lack %s", line)
	}
}

// snapshot is an answer as text: status, headers in order, and the body if it is text.
func snapshot(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", w.Code)
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		for _, value := range w.Header()[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if body := w.Body.String(); strings.Contains(w.Header().Get("Content-Type"), "json") {
		b.WriteString("\n" + strings.TrimSpace(body) + "\n")
	} else {
		fmt.Fprintf(&b, "\n(%d bytes)\n", len(body))
	}
	return b.String()
}

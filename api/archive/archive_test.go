package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// archiveOptions are the defaults.
var archiveOptions archive.Options

// TestHeaders snapshots the answer of every kind.
func TestHeaders(t *testing.T) {
	t.Parallel()
	broken := lanes()
	broken.Tiles[grid.Tile{Z: 1}] = []byte("no gzip")
	brotli := raster()
	brotli.Type, brotli.Compression = archive.TypeMVT, archive.CompressionBrotli
	f := newFixture(t, map[string]string{
		"lanes": put(t, "", bytesOf(t, lanes())), "raster": put(t, "", bytesOf(t, raster())), "broken": put(t, "", bytesOf(t, broken)),
		"brotli": put(t, "", bytesOf(t, brotli)), "gone": filepath.Join(t.TempDir(), "none.pmtiles"),
	}, Options{}, archiveOptions)
	f.get(t, "/archives/lanes.json")
	tag := f.get(t, "/archives/lanes.pmtiles").Header().Get("ETag")
	tile := f.get(t, "/archives/lanes/1/0/1.mvt", "Accept-Encoding", "gzip").Header().Get("ETag")
	var b strings.Builder
	for _, c := range []struct {
		method, target string
		pairs          []string
	}{
		{"GET", "/archives", nil},
		{"GET", "/archives/lanes.json", nil},
		{"GET", "/archives/raster.json", nil},
		{"GET", "/archives/lanes.pmtiles", nil},
		{"HEAD", "/archives/lanes.pmtiles", []string{"Range", "bytes=0-126"}},
		{"GET", "/archives/lanes.pmtiles", []string{"Range", "bytes=0-126"}},
		{"GET", "/archives/lanes.pmtiles", []string{"Range", "bytes=0-6,100-106"}},
		{"GET", "/archives/lanes.pmtiles", []string{"Range", "bytes=99999-"}},
		{"GET", "/archives/lanes.pmtiles", []string{"If-None-Match", tag}},
		{"GET", "/archives/lanes.pmtiles", []string{"If-Match", `"other"`}},
		{"GET", "/archives/lanes/1/0/1.mvt", []string{"Accept-Encoding", "gzip"}},
		{"GET", "/archives/lanes/1/0/1.mvt", nil},
		{"HEAD", "/archives/lanes/1/0/1.pbf", []string{"Accept-Encoding", "gzip"}},
		{"GET", "/archives/lanes/1/0/1.mvt", []string{"Accept-Encoding", "gzip", "If-None-Match", tile}},
		{"GET", "/archives/lanes/2/3/3.mvt", nil},
		{"GET", "/archives/lanes/3/0/0.mvt", nil},
		{"GET", "/archives/lanes/1/2/0.mvt", nil},
		{"GET", "/archives/lanes/1/x/0.mvt", nil},
		{"GET", "/archives/lanes/1/0/0.png", nil},
		{"GET", "/archives/raster/0/0/0.png", []string{"Accept-Encoding", "gzip"}},
		{"GET", "/archives/broken/1/0/0.mvt", nil},
		{"GET", "/archives/brotli/0/0/0.mvt", []string{"Accept-Encoding", "gzip, br"}},
		{"GET", "/archives/brotli/0/0/0.mvt", []string{"Accept-Encoding", "gzip"}},
		{"GET", "/archives/gone.pmtiles", nil},
		{"GET", "/archives/none.pmtiles", nil},
		{"POST", "/archives/lanes.pmtiles", nil},
		{"OPTIONS", "/archives/lanes.pmtiles", []string{"Origin", "https://map.example", "Access-Control-Request-Method", "GET"}},
	} {
		fmt.Fprintf(&b, "%s %s %s\n", c.method, c.target, strings.Join(c.pairs, " "))
		b.WriteString(snapshot(f.do(t.Context(), c.method, c.target, c.pairs...)) + "\n")
	}
	testkit.Golden(t, "headers.txt", b.String())
	if !strings.Contains(f.log.String(), `"kind":"corrupt"`) || !strings.Contains(f.log.String(), `"archive":"broken"`) {
		t.Errorf("the log does not say what is wrong: %s", f.log)
	}
	f.wantMetric(t, `hutong_archive_errors_total{archive="broken",kind="corrupt"} 1`)
	f.wantMetric(t, `hutong_archive_errors_total{archive="gone",kind="not_found"} 1`)
	f.wantMetric(t, `hutong_archive_open{archive="lanes"} 1`)
}

// TestTilesRawAndDecoded reads all tiles by the route, and their bytes by ranges.
func TestTilesRawAndDecoded(t *testing.T) {
	t.Parallel()
	c := lanes()
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, c))}, Options{}, archiveOptions)
	whole := f.get(t, "/archives/lanes.pmtiles").Body.Bytes()
	if !bytes.Equal(whole, bytesOf(t, c)) {
		t.Fatal("the raw archive is another")
	}
	for address, stored := range c.Tiles {
		target := "/archives/lanes/" + address.String() + ".mvt"
		packed := f.get(t, target, "Accept-Encoding", "br, gzip")
		if packed.Code != 200 || packed.Header().Get("Content-Encoding") != "gzip" || !bytes.Equal(packed.Body.Bytes(), stored) {
			t.Errorf("%s: got %d %v, want the stored bytes", target, packed.Code, packed.Header())
		}
		bare := f.get(t, target)
		if bare.Code != 200 || bare.Header().Get("Content-Encoding") != "" || !bytes.Equal(bare.Body.Bytes(), plain(address)) {
			t.Errorf("%s: got %d %q, want %q", target, bare.Code, bare.Body, plain(address))
		}
		if bare.Header().Get("ETag") == packed.Header().Get("ETag") {
			t.Errorf("%s: two representations have one ETag", target)
		}
		if !bytes.Contains(whole, stored) {
			t.Errorf("%s: not in the archive", target)
		}
	}
}

// TestPlainTiles serves tiles that are stored without compression.
func TestPlainTiles(t *testing.T) {
	t.Parallel()
	c := lanes()
	c.Compression = archive.CompressionNone
	long := bytes.Repeat([]byte("lane "), 1000)
	c.Tiles[grid.Tile{Z: 1}] = long
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, c))}, Options{}, archiveOptions)
	packed := f.get(t, "/archives/lanes/1/0/0.mvt", "Accept-Encoding", "gzip")
	got, err := compress.GunzipWithin(nil, packed.Body.Bytes(), len(long))
	if err != nil || !bytes.Equal(got, long) || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("got %v, %v, want it compressed on the way", packed.Header(), err)
	}
	if bare := f.get(t, "/archives/lanes/1/0/0.mvt"); !bytes.Equal(bare.Body.Bytes(), long) {
		t.Errorf("got %d bytes, want %d", bare.Body.Len(), len(long))
	}
}

func TestBomb(t *testing.T) {
	t.Parallel()
	c := lanes()
	c.Tiles[grid.Tile{Z: 1}] = compress.AppendGzip(nil, make([]byte, archive.MaxPlainTileBytes+1))
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, c))}, Options{}, archiveOptions)
	w := f.get(t, "/archives/lanes/1/0/0.mvt")
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"archive_broken"`) || strings.Contains(w.Body.String(), "pmtiles") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	f.wantMetric(t, `hutong_archive_errors_total{archive="lanes",kind="bomb"} 1`)
}

// TestReplaced asks for ranges of an archive that is replaced meanwhile.
func TestReplaced(t *testing.T) {
	t.Parallel()
	path := put(t, "", bytesOf(t, lanes()))
	f := newFixture(t, map[string]string{"lanes": path}, Options{}, archiveOptions)
	first := f.get(t, "/archives/lanes.pmtiles", "Range", "bytes=0-99")
	tag := first.Header().Get("ETag")
	newer := lanes()
	newer.Metadata["name"] = "Newer lanes"
	put(t, path, bytesOf(t, newer))
	w := f.get(t, "/archives/lanes.pmtiles", "Range", "bytes=100-199", "If-Range", tag)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), bytesOf(t, newer)) || w.Header().Get("ETag") == tag {
		t.Errorf("got %d %v, want the whole new archive", w.Code, w.Header())
	}
	if w := f.get(t, "/archives/lanes.json"); !strings.Contains(w.Body.String(), "Newer lanes") {
		t.Errorf("got %s, want the new name", w.Body)
	}
	if w := f.get(t, "/archives/lanes.pmtiles", "If-None-Match", tag); w.Code != 200 {
		t.Errorf("the old tag: got %d, want 200", w.Code)
	}
	put(t, path, []byte("broken"))
	if w := f.get(t, "/archives/lanes/1/0/0.mvt"); w.Code != 500 || !strings.Contains(w.Body.String(), `"archive_broken"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := f.get(t, "/archives"); !strings.Contains(w.Body.String(), `"available":false`) {
		t.Errorf("got %s", w.Body)
	}
	f.wantMetric(t, `hutong_archive_reopened{archive="lanes"} 2`)
}

// TestReplacedWhileStreaming replaces an archive between two chunks: the connection is cut.
func TestReplacedWhileStreaming(t *testing.T) {
	t.Parallel()
	c := raster()
	c.Tiles[grid.Tile{}] = bytes.Repeat([]byte("x"), 3*chunkBytes)
	path := put(t, "", bytesOf(t, c))
	f := newFixture(t, map[string]string{"big": path}, Options{}, archiveOptions)
	defer func() {
		if recover() == nil {
			t.Error("the answer ended as if it were whole")
		}
	}()
	w := &meddler{ResponseRecorder: httptest.NewRecorder(), meddle: func() { put(t, path, bytesOf(t, lanes())) }}
	f.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/archives/big.pmtiles", nil))
}

// meddler does something before the first byte of a body is written.
type meddler struct {
	*httptest.ResponseRecorder
	meddle func()
}

func (m *meddler) Write(p []byte) (int, error) {
	if m.meddle != nil {
		m.meddle()
		m.meddle = nil
	}
	return m.ResponseRecorder.Write(p)
}

// TestRemote proxies ranges of an archive on a server that goes down and comes back.
func TestRemote(t *testing.T) {
	t.Parallel()
	data := bytesOf(t, lanes())
	var down atomic.Bool
	down.Store(true)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "secret detail", http.StatusBadGateway)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer upstream.Close()
	f := newFixture(t, map[string]string{"far": upstream.URL + "/a.pmtiles?key=secret"}, Options{}, archiveOptions)
	for _, target := range []string{"/archives/far.pmtiles", "/archives/far.json", "/archives/far/1/0/0.mvt"} {
		w := f.get(t, target)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"archive_unavailable"`) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: got %d %v %s", target, w.Code, w.Header(), w.Body)
		}
	}
	if strings.Contains(f.log.String(), "secret") {
		t.Errorf("the log holds the query: %s", f.log)
	}
	f.wantMetric(t, `hutong_archive_errors_total{archive="far",kind="unavailable"} 3`)
	down.Store(false)
	f = newFixture(t, map[string]string{"far": upstream.URL + "/a.pmtiles"}, Options{}, archiveOptions)
	w := f.get(t, "/archives/far.pmtiles", "Range", "bytes=10-19,100-199")
	if w.Code != 206 || !bytes.Contains(w.Body.Bytes(), data[100:200]) {
		t.Errorf("got %d, want two parts", w.Code)
	}
	if w := f.get(t, "/archives/far/1/0/0.mvt"); !bytes.Equal(w.Body.Bytes(), plain(grid.Tile{Z: 1})) {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, lanes()))}, Options{Tiles: 1, Streams: 1, Wait: time.Nanosecond}, archiveOptions)
	e := f.surface.byName["lanes"]
	e.tiles.Enter(t.Context())
	e.streams.Enter(t.Context())
	for _, target := range []string{"/archives/lanes.pmtiles", "/archives/lanes/1/0/0.mvt"} {
		w := f.get(t, target)
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"busy"`) {
			t.Errorf("%s: got %d %s", target, w.Code, w.Body)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if w := f.do(ctx, http.MethodGet, target); w.Code == 200 {
			t.Errorf("%s: a client that left was answered", target)
		}
	}
	f.wantMetric(t, `hutong_archive_refused_total{archive="lanes",what="raw"} 1`)
	e.leaveAll()
	if w := f.get(t, "/archives/lanes/1/0/0.mvt"); w.Code != 200 {
		t.Errorf("got %d once there is room", w.Code)
	}
}

func (e *served) leaveAll() {
	e.tiles.Leave()
	e.streams.Leave()
}

// TestNamesAreNoPaths asks for what lies beside an archive.
func TestNamesAreNoPaths(t *testing.T) {
	t.Parallel()
	path := put(t, "", bytesOf(t, lanes()))
	f := newFixture(t, map[string]string{"lanes": path}, Options{}, archiveOptions)
	put(t, filepath.Join(filepath.Dir(path), "beside.pmtiles"), bytesOf(t, lanes()))
	for _, name := range []string{
		"beside", "a", "..%2Fbeside", "%2e%2e%2fbeside", "lanes%2F..%2Fbeside", "..%5Cbeside", strings.ReplaceAll(path, "/", "%2F"), "lanes%00", "LANES", "",
	} {
		for _, ext := range []string{".pmtiles", ".json"} {
			if w := f.get(t, "/archives/"+name+ext); w.Code != 404 {
				t.Errorf("%s%s: got %d, want 404", name, ext, w.Code)
			}
		}
	}
	for _, target := range []string{"/archives/lanes", "/archives/lanes.mbtiles", "/archives/lanes/", "/archives/lanes/1/0", "/archives/"} {
		if w := f.get(t, target); w.Code != 404 {
			t.Errorf("%s: got %d, want 404", target, w.Code)
		}
	}
}

func TestAttribution(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain": "plain", `<a href="x">&copy; OSM</a>`: "© OSM", "a<br>b": "a b", "<script>x": "x", "a < b": "a", "&lt;b&gt;": "<b>",
		"<<a>b>c": "b>c", "<": "",
	} {
		if got := textOf(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, lanes()))}, Options{}, archiveOptions)
	f.surface.byName["lanes"].Attribution = "Ours <b>"
	var got struct{ Attribution string }
	if err := json.Unmarshal(f.get(t, "/archives/lanes.json").Body.Bytes(), &got); err != nil || got.Attribution != "Ours &lt;b&gt;" {
		t.Errorf("got %q, %v", got.Attribution, err)
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	f := newFixture(t, map[string]string{"lanes": put(t, "", bytesOf(t, lanes()))}, Options{}, archiveOptions)
	e := f.surface.list[0].Entry
	if _, err := New([]Entry{e, e}, f.surface.base, f.surface.log, telemetry.NewMetrics(), Options{}); err == nil {
		t.Error("a name that stands twice was accepted")
	}
}

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb/encoding/mvt"

	"hutong/internal/compress"
	"hutong/internal/testkit"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// archiveCity is a config with an empty layer and archives at these places, by name.
func archiveCity(t *testing.T, places map[string]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("city: A city\nlayers:\n  complaints: {title: Complaints, licence: CC0-1.0, fields: {}}\narchives:\n")
	for name, place := range places {
		fmt.Fprintf(&b, "  %s: {url: %q, title: %s, licence: CC0-1.0}\n", name, place, name)
	}
	return filepath.Join(write(t, map[string]string{"city.yaml": b.String()}), "city.yaml")
}

// smallArchive is an archive of five vector tiles.
func smallArchive(t *testing.T) (data []byte, tiles map[grid.Tile][]byte) {
	t.Helper()
	tiles = map[grid.Tile][]byte{}
	for _, address := range []grid.Tile{{}, {Z: 1}, {Z: 1, X: 1}, {Z: 1, Y: 1}, {Z: 1, X: 1, Y: 1}} {
		plain, err := mvt.Marshal(mvt.Layers{{Name: "lanes-" + strings.ReplaceAll(address.String(), "/", "-"), Version: 2, Extent: 4096}})
		if err != nil {
			t.Fatal(err)
		}
		tiles[address] = compress.AppendGzip(nil, plain)
	}
	data, err := archive.Append(nil, archive.Content{
		Type: archive.TypeMVT, Compression: archive.CompressionGzip, Bounds: [4]float64{-180, -85, 180, 85},
		Metadata: map[string]any{"vector_layers": []any{}}, Tiles: tiles,
	})
	if err != nil {
		t.Fatal(err)
	}
	return data, tiles
}

// TestArchive serves a small archive and reads it raw, by ranges and decoded.
func TestArchive(t *testing.T) {
	t.Parallel()
	data, tiles := smallArchive(t)
	file := filepath.Join(write(t, map[string]string{"a.pmtiles": string(data)}), "a.pmtiles")
	s := run(t, "serve", "--config", archiveCity(t, map[string]string{"lanes": file}))
	checkArchive(t, s, "lanes", data, tiles)
	checkRanges(t, s, data)
	var doc struct{ Tiles []string }
	if err := json.Unmarshal(s.get(t, "/archives/lanes.json").body, &doc); err != nil || len(doc.Tiles) != 1 || doc.Tiles[0] != s.url+"/archives/lanes/{z}/{x}/{y}.mvt" {
		t.Errorf("got %v, %v, want an absolute URL", doc, err)
	}
}

// checkArchive reads tiles by the decoded route, in both encodings, and by a raw range each.
func checkArchive(t *testing.T, s *server, name string, data []byte, tiles map[grid.Tile][]byte) {
	t.Helper()
	whole := s.get(t, "/archives/"+name+".pmtiles")
	if whole.StatusCode != http.StatusOK || !bytes.Equal(whole.body, data) {
		t.Fatalf("raw: got %d and %d bytes, want the file's %d", whole.StatusCode, len(whole.body), len(data))
	}
	for address, stored := range tiles {
		path := "/archives/" + name + "/" + address.String() + ".mvt"
		packed := s.get(t, path, "Accept-Encoding", "gzip")
		if packed.StatusCode != http.StatusOK || packed.Header.Get("Content-Encoding") != "gzip" || !bytes.Equal(packed.body, stored) {
			t.Fatalf("%s: got %d %v, want the stored tile", path, packed.StatusCode, packed.Header)
		}
		plain, err := compress.GunzipWithin(nil, stored, 16<<20)
		if err != nil {
			t.Fatal(err)
		}
		if bare := s.get(t, path); bare.Header.Get("Content-Encoding") != "" || !bytes.Equal(bare.body, plain) {
			t.Errorf("%s: the decoded tile is another", path)
		}
		at := bytes.Index(data, stored)
		part := s.get(t, "/archives/"+name+".pmtiles", "Range", fmt.Sprintf("bytes=%d-%d", at, at+len(stored)-1), "If-Range", whole.Header.Get("ETag"))
		if part.StatusCode != http.StatusPartialContent || !bytes.Equal(part.body, stored) {
			t.Errorf("%s: the range at %d: got %d", path, at, part.StatusCode)
		}
	}
}

// checkRanges asks for ranges as readers do.
func checkRanges(t *testing.T, s *server, data []byte) {
	t.Helper()
	const path = "/archives/lanes.pmtiles"
	if a := s.get(t, path, "Range", "bytes=0-16383"); a.StatusCode != http.StatusPartialContent || !bytes.Equal(a.body, data) ||
		a.Header.Get("Content-Range") != fmt.Sprintf("bytes 0-%d/%d", len(data)-1, len(data)) {
		t.Errorf("the first 16 kB: got %d %v", a.StatusCode, a.Header)
	}
	a := s.get(t, path, "Range", "bytes=0-6,-4")
	_, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for m := multipart.NewReader(bytes.NewReader(a.body), params["boundary"]); ; {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, part.Header.Get("Content-Range")+" "+string(body))
	}
	want := []string{
		fmt.Sprintf("bytes 0-6/%d PMTiles", len(data)),
		fmt.Sprintf("bytes %d-%d/%d %s", len(data)-4, len(data)-1, len(data), data[len(data)-4:]),
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got parts %q, want %q", got, want)
	}
	head, err := s.do(http.MethodHead, path)
	if err != nil || head.StatusCode != http.StatusOK || head.ContentLength != int64(len(data)) || head.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("HEAD: got %d %v, %v", head.StatusCode, head.Header, err)
	}
	if a := s.get(t, path, "If-None-Match", head.Header.Get("ETag")); a.StatusCode != http.StatusNotModified {
		t.Errorf("If-None-Match: got %d", a.StatusCode)
	}
	if a := s.get(t, path, "Range", "bytes=9999999-"); a.StatusCode != http.StatusRequestedRangeNotSatisfiable || a.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(data)) {
		t.Errorf("beyond the end: got %d %v", a.StatusCode, a.Header)
	}
}

// TestSanFranciscoBasemap serves the real basemap: all 133 tiles of it.
func TestSanFranciscoBasemap(t *testing.T) {
	t.Parallel()
	file := testkit.Data(t, "basemap-sf/sf.pmtiles")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), file, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	tiles := map[grid.Tile][]byte{}
	for _, top := range []grid.Tile{{}} {
		collect(t, a, top, 14, tiles)
	}
	if len(tiles) != 133 {
		t.Fatalf("got %d tiles, want 133", len(tiles))
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	s := run(t, "serve", "--config", archiveCity(t, map[string]string{"basemap": absolute}))
	checkArchive(t, s, "basemap", data, tiles)
	var doc struct {
		VectorLayers []struct{ ID string } `json:"vector_layers"`
		MinZoom      int
		MaxZoom      int
	}
	if err := json.Unmarshal(s.get(t, "/archives/basemap.json").body, &doc); err != nil || len(doc.VectorLayers) != 9 || doc.MaxZoom != 14 {
		t.Errorf("got %+v, %v, want nine layers up to zoom 14", doc, err)
	}
}

// collect adds all tiles from t down to a zoom; below a missing tile there are none.
func collect(t *testing.T, a *archive.Archive, at grid.Tile, zoom uint8, tiles map[grid.Tile][]byte) {
	t.Helper()
	tile, ok, err := a.Tile(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return
	}
	tiles[at] = tile.Data
	if at.Z < zoom {
		for _, child := range at.Children() {
			collect(t, a, child, zoom, tiles)
		}
	}
}

// TestBrokenArchiveEndsTheStart names the archive and what is wrong with it.
func TestBrokenArchiveEndsTheStart(t *testing.T) {
	t.Parallel()
	data, _ := smallArchive(t)
	file := filepath.Join(write(t, map[string]string{"a.pmtiles": string(data[:200])}), "a.pmtiles")
	p := launch(t, nil, "serve", "--config", archiveCity(t, map[string]string{"lanes": file}), "--listen", "127.0.0.1:0")
	if status := p.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	for _, want := range []string{"lanes", file, "truncated"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, p.stderr)
		}
	}
}

// TestServerOfArchiveIsDown starts without it, answers 503, and serves it once it is there.
func TestServerOfArchiveIsDown(t *testing.T) {
	t.Parallel()
	data, tiles := smallArchive(t)
	var up atomic.Bool
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer upstream.Close()
	s := run(t, "serve", "--config", archiveCity(t, map[string]string{"lanes": upstream.URL + "/a.pmtiles"}))
	if a := s.get(t, "/archives/lanes/0/0/0.mvt"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %v, want 503", a.StatusCode, a.Header)
	}
	up.Store(true)
	for deadline := time.Now().Add(patience); s.get(t, "/archives/lanes.json").StatusCode != http.StatusOK; {
		if time.Now().After(deadline) {
			t.Fatal("it is not tried again")
		}
	}
	checkArchive(t, s, "lanes", data, tiles)
}

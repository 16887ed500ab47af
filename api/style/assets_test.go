package style

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/styles/glyph"
	"hutong/styles/sprite"
	"hutong/tiles"
)

func icon(d string) string { return `<svg viewBox="0 0 15 15"><path d="` + d + `"/></svg>` }

// spriteServer serves the sprites of a layer whose drawing names "box" and an icon that there is not.
func spriteServer(t *testing.T, icons map[string]string) http.Handler {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: "complaints"}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := view.Public(live)
	builder, err := tiles.New(v.Schema(), tiles.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	drawing := styles.Drawing{Fields: map[string]styles.FieldLook{"status": {Values: map[string]styles.ValueLook{
		"open": {Icon: "box"}, "shut": {Icon: "nothing"}, "other": {},
	}}}}
	ls, err := api.NewLayers([]*api.Layer{{View: v, Tiles: builder, Drawing: drawing}})
	if err != nil {
		t.Fatal(err)
	}
	return serverOf(NewSprites(sprite.New(icons), ls).Routes())
}

func serverOf(routes []api.Route) http.Handler {
	s := api.NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), routes)
	s.Ready()
	return s
}

func TestSprites(t *testing.T) {
	t.Parallel()
	h := spriteServer(t, map[string]string{"box": icon("M2 3H12V11H2z"), "bus": icon("M1 1H9V9z"), "wedge": icon("M1 1H9V9z")})
	for target, want := range map[string]struct {
		side  int
		has   string
		lacks string
	}{
		"default": {21, "box bus shape-ring shape-up-3 shape-down-1", "wedge nothing"}, "default@2x": {42, "box bus shape-ring", "wedge nothing"},
		"all": {21, "box bus wedge shape-star", "nothing"}, "all@2x": {42, "box bus wedge", "nothing"},
	} {
		w := testkit.Ask(h, http.MethodGet, "/sprites/"+target+".json")
		var index map[string]struct {
			Width int
			SDF   bool
		}
		if err := json.Unmarshal(w.Body.Bytes(), &index); err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s.json: got %d %v %v", target, w.Code, w.Header(), err)
		}
		for name := range strings.FieldsSeq(want.has) {
			if got := index[name]; got.Width != want.side || !got.SDF {
				t.Errorf("%s: got %+v for %s, want %d pixels", target, got, name, want.side)
			}
		}
		for name := range strings.FieldsSeq(want.lacks) {
			if _, ok := index[name]; ok {
				t.Errorf("%s: it has %s", target, name)
			}
		}
		w = testkit.Ask(h, http.MethodGet, "/sprites/"+target+".png", "Accept-Encoding", "gzip")
		if _, err := png.Decode(w.Body); err != nil || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s.png: got %v and %v, want a picture that is packed once", target, w.Header(), err)
		}
	}
}

// TestSpriteAnswers: sprites are revalidated, so that a new icon in a config is there at once.
func TestSpriteAnswers(t *testing.T) {
	t.Parallel()
	h := spriteServer(t, nil)
	for _, target := range []string{"/sprites/default.json", "/sprites/default@2x.png", "/sprites/default%402x.png"} {
		w := testkit.Ask(h, http.MethodGet, target)
		tag := w.Header().Get("ETag")
		if w.Code != http.StatusOK || tag == "" || w.Header().Get("Cache-Control") != "no-cache" ||
			w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %d %v", target, w.Code, w.Header())
		}
		if w := testkit.Ask(h, http.MethodHead, target); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("HEAD %s: got %d with %d bytes and %v", target, w.Code, w.Body.Len(), w.Header())
		}
		if w := testkit.Ask(h, http.MethodGet, target, "If-None-Match", tag); w.Code != http.StatusNotModified {
			t.Errorf("%s with its ETag: got %d, want 304", target, w.Code)
		}
	}
	other := spriteServer(t, map[string]string{"box": icon("M2 3H12V11H2z")})
	for _, target := range []string{"/sprites/default.json", "/sprites/default.png", "/sprites/all@2x.png"} {
		if tag := testkit.Ask(h, http.MethodGet, target).Header().Get("ETag"); tag == testkit.Ask(other, http.MethodGet, target).Header().Get("ETag") {
			t.Errorf("%s: got ETag %s with an icon and without", target, tag)
		}
	}
	for _, target := range []string{"default", "default.gif", "other.png", "default@3x.png", "default@2x", ".png", "default.png.json"} {
		w := testkit.Ask(h, http.MethodGet, "/sprites/"+target)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "default and all") {
			t.Errorf("%s: got %d %s, want 404 and what there is", target, w.Code, w.Body)
		}
	}
}

// TestBrokenIcon: an icon that cannot be drawn is a fault of ours and ends no server.
func TestBrokenIcon(t *testing.T) {
	t.Parallel()
	h := spriteServer(t, map[string]string{"box": "<svg"})
	for range 2 {
		if w := testkit.Ask(h, http.MethodGet, "/sprites/default.png"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "svg") {
			t.Errorf("got %d %s, want a plain 500", w.Code, w.Body)
		}
	}
}

// ownFont is the font of the tests of package glyph; reads counts how often its file is read.
func ownFont(name string, reads *atomic.Int32) *glyph.Font {
	return glyph.New(name, []glyph.File{{
		Spans: []glyph.Span{{First: 0, Last: 0xFFFF}},
		Read: func() ([]byte, error) {
			reads.Add(1)
			return os.ReadFile(filepath.Join("..", "..", "styles", "glyph", "testdata", "own.woff"))
		},
	}})
}

func TestFonts(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	h := serverOf(NewFonts(telemetry.NewMetrics(), ownFont("Own Regular", &reads), ownFont("Own Bold", &reads)).Routes())
	w := testkit.Ask(h, http.MethodGet, "/fonts/Own%20Regular/0-255.pbf", "Accept-Encoding", "gzip")
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(unpacked)
	want, other := os.ReadFile(filepath.Join("..", "..", "styles", "glyph", "testdata", "own.pbf"))
	if err != nil || other != nil {
		t.Fatal(err, other)
	}
	// They differ in the name alone.
	if !bytes.HasSuffix(got, want[bytes.Index(want, []byte("0-255")):]) {
		t.Errorf("got %d bytes, want the glyphs of own.pbf", len(got))
	}
	if w.Header().Get("Content-Type") != "application/x-protobuf" || w.Header().Get("Cache-Control") != "public, max-age=86400" ||
		w.Header().Get("ETag") == "" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %v", w.Header())
	}
	again := testkit.Ask(h, http.MethodGet, "/fonts/Own%20Regular/0-255.pbf", "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Header().Get("Cache-Control") != "public, max-age=86400" {
		t.Errorf("with its ETag: got %d %v, want 304 for a day", again.Code, again.Header())
	}
	if head := testkit.Ask(h, http.MethodHead, "/fonts/Own%20Regular/0-255.pbf"); head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("HEAD: got %d with %d bytes", head.Code, head.Body.Len())
	}
	if reads.Load() != 1 {
		t.Errorf("the file was read %d times, want once", reads.Load())
	}
}

func TestFontPaths(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	h := serverOf(NewFonts(telemetry.NewMetrics(), ownFont("Own Regular", &reads)).Routes())
	tests := []struct {
		path   string
		status int
		want   string
	}{
		{"Own%20Regular/65280-65535.pbf", 200, "65280-65535"},
		{"Own%20Regular/19968-20223.pbf", 200, "19968-20223"},
		{"Nothing,Own%20Regular/256-511.pbf", 200, "256-511"},
		{"Nothing%2C%20Own%20Regular/256-511.pbf", 200, "256-511"},
		{"Own%20Regular,Nothing/256-511.pbf", 200, "256-511"},
		{"Nothing/0-255.pbf", 404, "Own Regular"},
		{"own%20regular/0-255.pbf", 404, "Own Regular"},
		{",/0-255.pbf", 404, "Own Regular"},
		{"Own%20Regular/0-255", 404, "{range}.pbf"},
		{"Own%20Regular/0-255.json", 404, "{range}.pbf"},
		{"Own%20Regular/65536-65791.pbf", 400, "0-255 to 65280-65535"},
		{"Own%20Regular/0-256.pbf", 400, "256 characters"},
		{"Own%20Regular/1-256.pbf", 400, "256 characters"},
		{"Own%20Regular/256-255.pbf", 400, "256 characters"},
		{"Own%20Regular/00-255.pbf", 400, "256 characters"},
		{"Own%20Regular/+0-255.pbf", 400, "256 characters"},
		{"Own%20Regular/-256--1.pbf", 400, "256 characters"},
		{"Own%20Regular/a-b.pbf", 400, "256 characters"},
		{"Own%20Regular/.pbf", 400, "256 characters"},
	}
	for _, tt := range tests {
		if w := testkit.Ask(h, http.MethodGet, "/fonts/"+tt.path); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d %.200q, want %d with %q", tt.path, w.Code, w.Body, tt.status, tt.want)
		}
	}
	none := serverOf(NewFonts(telemetry.NewMetrics()).Routes())
	if w := testkit.Ask(none, http.MethodGet, "/fonts/Own%20Regular/0-255.pbf"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "without fonts") {
		t.Errorf("without fonts: got %d %s", w.Code, w.Body)
	}
}

// TestBrokenFont: a file that cannot be read is a fault of ours and ends no server.
func TestBrokenFont(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func() ([]byte, error){
		"error": func() ([]byte, error) { return nil, errors.New("the disk is gone") },
		"panic": func() ([]byte, error) { panic("the disk is gone") },
	} {
		h := serverOf(NewFonts(telemetry.NewMetrics(), glyph.New("Own", []glyph.File{{Spans: []glyph.Span{{First: 0, Last: 9}}, Read: read}})).Routes())
		for try := range 2 {
			w := testkit.Ask(h, http.MethodGet, "/fonts/Own/0-255.pbf")
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "disk") {
				t.Errorf("%s, try %d: got %d %s, want a plain 500", name, try, w.Code, w.Body)
			}
		}
	}
}

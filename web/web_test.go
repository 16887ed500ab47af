package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

// bundle is a small build as build.mjs leaves it.
func bundle() fstest.MapFS {
	return fstest.MapFS{
		"dist/.gitignore":                {Data: []byte("*")},
		"dist/index.html":                {Data: []byte("<!doctype html>page")},
		"dist/index.html.gz":             {Data: []byte("packed page")},
		"dist/live.js":                   {Data: []byte("live script")},
		"dist/assets/main-ABC123.js":     {Data: []byte("script")},
		"dist/assets/main-ABC123.js.gz":  {Data: []byte("packed script")},
		"dist/assets/main-ABC123.js.br":  {Data: []byte("denser script")},
		"dist/assets/main-DEF456.css":    {Data: []byte("style")},
		"dist/assets/icon-GHI789.svg":    {Data: []byte("<svg/>")},
		"dist/assets/latin-MNO234.woff":  {Data: []byte("font")},
		"dist/assets/licences-JKL01.txt": {Data: []byte("licences")},
	}
}

func newTestSite(t *testing.T, fsys fstest.MapFS) *site {
	t.Helper()
	s, err := newSite(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, bundle())
	tests := []struct {
		name, path, accept                   string
		status                               int
		mediaType, cache, encoding, wantBody string
	}{
		{"page", "/", "", 200, "text/html; charset=utf-8", revalidate, "", "<!doctype html>page"},
		{"page packed", "/", "br, gzip", 200, "text/html; charset=utf-8", revalidate, "gzip", "packed page"},
		{"script", "/assets/main-ABC123.js", "", 200, "text/javascript; charset=utf-8", forever, "", "script"},
		{"script for other pages", "/live.js", "", 200, "text/javascript; charset=utf-8", revalidate, "", "live script"},
		{"script packed", "/assets/main-ABC123.js", "gzip", 200, "text/javascript; charset=utf-8", forever, "gzip", "packed script"},
		{"script packed more densely", "/assets/main-ABC123.js", "gzip, deflate, br", 200, "text/javascript; charset=utf-8", forever, "br", "denser script"},
		{"style has no twin", "/assets/main-DEF456.css", "gzip", 200, "text/css; charset=utf-8", forever, "", "style"},
		{"icon", "/assets/icon-GHI789.svg", "", 200, "image/svg+xml", forever, "", "<svg/>"},
		{"font", "/assets/latin-MNO234.woff", "gzip", 200, "font/woff", forever, "", "font"},
		{"licences", "/assets/licences-JKL01.txt", "", 200, "text/plain; charset=utf-8", forever, "", "licences"},
		{"twin by name", "/assets/main-ABC123.js.gz", "", 404, "application/problem+json", "no-store", "", ""},
		{"other twin by name", "/assets/main-ABC123.js.br", "", 404, "application/problem+json", "no-store", "", ""},
		{"other asset", "/assets/main-000000.js", "", 404, "application/problem+json", "no-store", "", ""},
		{"folder", "/assets/", "", 404, "application/problem+json", "no-store", "", ""},
		{"upwards", "/assets/../index.html", "", 404, "application/problem+json", "no-store", "", ""},
		{"by file name", "/index.html", "", 404, "application/problem+json", "no-store", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := testkit.Ask(s, http.MethodGet, tt.path, "Accept-Encoding", tt.accept)
			got := map[string]string{
				"type": w.Header().Get("Content-Type"), "cache": w.Header().Get("Cache-Control"),
				"encoding": w.Header().Get("Content-Encoding"),
			}
			want := map[string]string{"type": tt.mediaType, "cache": tt.cache, "encoding": tt.encoding}
			if diff := cmp.Diff(want, got); diff != "" || w.Code != tt.status {
				t.Errorf("got status %d, want %d; headers (-want +got):\n%s", w.Code, tt.status, diff)
			}
			if tt.wantBody != "" && w.Body.String() != tt.wantBody {
				t.Errorf("got body %q, want %q", w.Body, tt.wantBody)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
				"Content-Security-Policy": ContentSecurityPolicy, "Access-Control-Allow-Origin": "*",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s: got %q, want %q", header, got, want)
				}
			}
		})
	}
}

// TestFramed: any site may frame the page, sandboxed too, and that opens nothing else.
func TestFramed(t *testing.T) {
	t.Parallel()
	policy := ContentSecurityPolicy
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "worker-src 'self' data:;", "style-src 'self';", "connect-src 'self';"} {
		if !strings.Contains(policy, part) {
			t.Errorf("got policy %q, want %q in it", policy, part)
		}
	}
	for _, part := range []string{"frame-ancestors", "unsafe", "blob:", "*"} {
		if strings.Contains(policy, part) {
			t.Errorf("got policy %q, want no %q in it", policy, part)
		}
	}
}

func TestServeProblem(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, bundle())
	w := testkit.Ask(s, http.MethodPost, "/")
	want := `{"type":"urn:hutong:problem:method_not_allowed","title":"Method not allowed","status":405,"code":"method_not_allowed"}`
	if got := w.Body.String(); w.Code != 405 || got != want || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("got %d %s (Allow %q), want 405 %s", w.Code, got, w.Header().Get("Allow"), want)
	}
	if got := testkit.Ask(s, http.MethodHead, "/"); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("HEAD: got %d with %d bytes, want 200 without", got.Code, got.Body.Len())
	}
}

// TestRevalidate: each representation has its own ETag, and either is answered with 304.
func TestRevalidate(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, bundle())
	plain := testkit.Ask(s, http.MethodGet, "/").Header()
	gzip := testkit.Ask(s, http.MethodGet, "/", "Accept-Encoding", "gzip").Header()
	if plain.Get("ETag") == gzip.Get("ETag") {
		t.Errorf("got the same ETag %s for both representations", plain.Get("ETag"))
	}
	for _, h := range []http.Header{plain, gzip} {
		if got := h.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("got Vary %q, want Accept-Encoding", got)
		}
		w := testkit.Ask(s, http.MethodGet, "/", "Accept-Encoding", h.Get("Content-Encoding"), "If-None-Match", h.Get("ETag"))
		if w.Code != http.StatusNotModified || w.Header().Get("ETag") != h.Get("ETag") {
			t.Errorf("If-None-Match %s: got %d with ETag %s, want 304", h.Get("ETag"), w.Code, w.Header().Get("ETag"))
		}
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZip ; Q=0.5"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"br, zstd"}, false},
		{[]string{"br", "deflate, gzip"}, true},
		{[]string{"*"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"gzip;q=0, *"}, false},
		{[]string{"*, gzip;q=0.0"}, false},
		{[]string{"*;q=0, gzip;q=1"}, true},
		{[]string{"gzip;q=much"}, false},
		{[]string{"gzip;level=1"}, true},
	}
	for _, tt := range tests {
		if got := accepts(tt.lines, "gzip"); got != tt.want {
			t.Errorf("%q: got %t, want %t", tt.lines, got, tt.want)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, fstest.MapFS{"dist/.gitignore": {Data: []byte("*")}})
	w := testkit.Ask(s, http.MethodGet, "/")
	if got := w.Body.String(); w.Code != 200 || !strings.Contains(got, "make run") || !strings.Contains(got, "npm ci") {
		t.Errorf("got %d %s, want 200 and what to run", w.Code, got)
	}
	if strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "style=") {
		t.Errorf("got %s, want a page that its own policy allows", w.Body)
	}
}

func TestBrokenBundles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"no assets", fstest.MapFS{"dist/index.html": {Data: []byte("x")}}, "web: a page without assets"},
		{"unknown kind", fstest.MapFS{
			"dist/index.html":   {Data: []byte("x")},
			"dist/assets/a.exe": {Data: []byte("x")},
		}, "web: no media type for dist/assets/a.exe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := newSite(tt.fsys); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestEmbedded holds for whatever is embedded now: the page answers, every asset that it names
// answers too, by a hashed name, and nothing in the page is inline.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	h := Handler()
	w := testkit.Ask(h, http.MethodGet, "/")
	if w.Code != http.StatusOK {
		t.Fatalf("/: got %d, want 200", w.Code)
	}
	if !Built() {
		// A full run builds the page first.
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	page := w.Body.String()
	assets := regexp.MustCompile(`(?:href|src)="(assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(assets) < 3 {
		t.Errorf("got %d assets in the page, want a script, a style sheet and an icon at least", len(assets))
	}
	hashed := regexp.MustCompile(`^assets/[a-z-]+-[A-Z0-9]{8}\.[a-z]+$`)
	for _, a := range assets {
		if got := testkit.Ask(h, http.MethodGet, "/"+a[1]).Code; got != http.StatusOK || !hashed.MatchString(a[1]) {
			t.Errorf("%s: got %d, want 200 and a hashed name", a[1], got)
		}
	}
	for _, inline := range []string{`<style`, ` style=`, ` onclick=`, `<script>`, `http:`, `https:`} {
		if strings.Contains(page, inline) {
			t.Errorf("the page has %q", inline)
		}
	}
}

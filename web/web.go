// Package web serves the page on /, what it loads from /assets/, and /live.js for maps on other pages. The page is TypeScript (src/),
// bundled by build.mjs into dist/, which is embedded here and never committed. Without a bundle, as
// after a plain `go build ./...`, / answers a page that says what to run.
//
// The assets' names hold a hash of their content, so they are cached for ever; the page is
// revalidated by ETag. Nothing served here depends on data, so there is one [Handler] for a process,
// safe from any goroutine. The policy that the page runs under is [ContentSecurityPolicy].
package web

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

// dist holds the bundle, or only its .gitignore, which keeps the folder there for go:embed.
//
//go:embed all:dist
var dist embed.FS

//go:embed placeholder.html
var placeholder embed.FS

// ContentSecurityPolicy is what the page may do: run its own scripts, style sheets and worker, talk
// to its own server and show its own fonts and its own and inlined images. It needs neither inline
// styles nor blob: workers, because MapLibre's worker is an asset of its own; data: is for the worker
// in a sandboxed frame, whose page has no origin that could be 'self' to a worker. Any site may frame
// the page, since it shows public data only and a click on it changes nothing on the server.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self' data:; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"

// Caching of the page, whose name stays, and of the assets, whose names change with their content.
const (
	revalidate = "no-cache"
	forever    = "public, max-age=31536000, immutable"
)

// Built reports whether the page's bundle is in this binary.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

// script is the path of what keeps maps on other pages up to date.
const script = "/live.js"

// Handler returns what answers GET and HEAD of /, of /live.js and of /assets/*: mount it on all three. Any other path
// is a 404, any other method a 405.
func Handler() http.Handler {
	s, err := newSite(dist)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return s
}

// site is the page and its assets by URL path. It never changes.
type site struct{ files map[string]file }

var _ http.Handler = (*site)(nil)

// newSite reads the bundle in fsys/dist, or takes the placeholder if there is no page in it.
func newSite(fsys fs.FS) (*site, error) {
	s := &site{files: map[string]file{}}
	page, err := readFile(fsys, "dist/index.html", revalidate)
	if err != nil {
		s.files["/"], err = readFile(placeholder, "placeholder.html", revalidate)
		return s, err
	}
	s.files["/"] = page
	assets, err := fs.ReadDir(fsys, "dist/assets")
	if err != nil {
		return nil, fmt.Errorf("web: a page without assets: %w", err)
	}
	for _, entry := range assets {
		if isTwin(entry.Name()) {
			continue
		}
		f, err := readFile(fsys, "dist/assets/"+entry.Name(), forever)
		if err != nil {
			return nil, err
		}
		s.files["/assets/"+entry.Name()] = f
	}
	// Pages of other sites name it, so its name stays.
	if s.files[script], err = readFile(fsys, "dist/live.js", revalidate); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers with the file at r's path, compressed if the client takes that.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", ContentSecurityPolicy)
	// In a sandboxed frame even the page's own scripts are another origin's, and maps on other sites
	// write with our fonts.
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		problem(w, http.StatusMethodNotAllowed, "method_not_allowed", "Method not allowed")
		return
	}
	f, ok := s.files[r.URL.Path]
	if !ok {
		problem(w, http.StatusNotFound, "not_found", "Nothing at this path")
		return
	}
	b, coding := f.choose(r.Header.Values("Accept-Encoding"))
	if f.varies() {
		h.Set("Vary", "Accept-Encoding")
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	content, err := b.open()
	if err != nil {
		panic(err) // it was there when the site was made
	}
	defer content.Close()
	h.Set("Content-Type", f.mediaType)
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", b.etag)
	// ServeContent handles If-None-Match, ranges and HEAD; the zero time leaves Last-Modified out.
	http.ServeContent(w, r, "", time.Time{}, content)
}

// problem answers as [hutong/api] refuses; web stands beside that package and cannot import it.
func problem(w http.ResponseWriter, status int, code, title string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that went away cannot be told.
	_, _ = fmt.Fprintf(w, `{"type":"urn:hutong:problem:%s","title":%q,"status":%d,"code":%q}`, code, title, status, code)
}

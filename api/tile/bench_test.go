package tile

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"hutong/tiles"
)

// discard is a ResponseWriter that keeps nothing but its headers.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkServe is what a cached answer costs beside net/http: everything from the server's first
// line on.
func BenchmarkServe(b *testing.B) {
	f := newFixture(b, tiles.Defaults(), point("7", 116.39, 39.91))
	const target = "/tiles/complaints/10/843/387.mvt"
	tag := f.get(b, target, "Accept-Encoding", "gzip").Header().Get("ETag")
	for name, condition := range map[string]string{"200": "", "304": tag} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "http://city.example"+target, nil)
			r.Header.Set("Accept-Encoding", "gzip")
			if condition != "" {
				r.Header.Set("If-None-Match", condition)
			}
			w := &discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				f.ServeHTTP(w, r)
			}
		})
	}
}

package archive

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// panicking panics in every request while on is set.
type panicking struct {
	http.RoundTripper
	on bool
}

func (p *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.on {
		panic("on purpose")
	}
	return p.RoundTripper.RoundTrip(r)
}

// TestPanicsGiveTheirTurnBack panics in more tiles than may be read at once.
func TestPanicsGiveTheirTurnBack(t *testing.T) {
	t.Parallel()
	data := bytesOf(t, lanes())
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer upstream.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	p := &panicking{RoundTripper: transport}
	f := newFixture(t, map[string]string{"far": upstream.URL + "/a.pmtiles"}, Options{Tiles: 1, Wait: time.Nanosecond}, archive.Options{Transport: p})
	const target = "/archives/far/1/0/0.mvt"
	if w := f.get(t, target); w.Code != 200 {
		t.Fatalf("got %d", w.Code)
	}
	p.on = true
	for range 3 {
		if w := f.get(t, target); w.Code != 500 {
			t.Errorf("got %d, want 500", w.Code)
		}
	}
	p.on = false
	if w := f.get(t, target); w.Code != 200 || w.Body.String() != string(plain(grid.Tile{Z: 1})) {
		t.Errorf("got %d %s, want the tile", w.Code, w.Body)
	}
}

package archive

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// TestLogTellsChanges asks again and again for what cannot be read: the log has a line for each kind of
// failure and one once all is well, the metric has every failure.
func TestLogTellsChanges(t *testing.T) {
	t.Parallel()
	c := lanes()
	c.Tiles[grid.Tile{Z: 1}] = []byte("no gzip")
	data := bytesOf(t, c)
	var down atomic.Bool
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer upstream.Close()
	f := newFixture(t, map[string]string{"far": upstream.URL + "/a.pmtiles"}, Options{}, archive.Options{Revalidate: time.Nanosecond})
	now := time.Unix(1_700_000_000, 0)
	f.surface.now = func() time.Time { return now }
	const broken, good, raw = "/archives/far/1/0/0.mvt", "/archives/far/1/0/1.mvt", "/archives/far.pmtiles"
	ask := func(want int, targets ...string) {
		t.Helper()
		for _, target := range targets {
			if w := f.get(t, target); w.Code != want {
				t.Errorf("%s: got %d, want %d", target, w.Code, want)
			}
		}
	}
	logged := func(failed, again int) {
		t.Helper()
		log := f.log.String()
		if n := strings.Count(log, `"msg":"archive cannot be read"`); n != failed {
			t.Errorf("%d lines of failures, want %d:\n%s", n, failed, log)
		}
		if n := strings.Count(log, `"msg":"archive can be read again"`); n != again {
			t.Errorf("%d lines of recovery, want %d:\n%s", n, again, log)
		}
	}

	ask(200, good, raw, "/archives/far.json")
	logged(0, 0)
	for range 5 { // a broken tile among good ones
		ask(500, broken)
		ask(200, good, raw)
		now = now.Add(calm - 1)
	}
	logged(1, 0)
	down.Store(true)
	ask(503, broken, good, raw, "/archives/far.json")
	logged(2, 0)
	f.wantMetric(t, `hutong_archive_errors_total{archive="far",kind="corrupt"} 5`)
	f.wantMetric(t, `hutong_archive_errors_total{archive="far",kind="unavailable"} 4`)

	down.Store(false)
	ask(200, good)
	logged(2, 0)
	now = now.Add(calm)
	ask(200, good, raw, good)
	logged(2, 1)
	if !strings.Contains(f.log.String(), `"archive":"far","failures":9`) {
		t.Errorf("the log does not say how many failures there were: %s", f.log)
	}

	for i, target := range []string{good, raw, "/archives/far.json"} { // any of them says so
		ask(500, broken, broken)
		logged(3+i, 1+i)
		now = now.Add(calm)
		ask(200, target)
		logged(3+i, 2+i)
	}
}

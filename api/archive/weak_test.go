package archive

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWeakConditions reads from a server that may still change the archive within the second of its
// Last-Modified, and has no ETag: only weak comparisons hold.
func TestWeakConditions(t *testing.T) {
	t.Parallel()
	data := bytesOf(t, lanes())
	at := time.Unix(1_700_000_000, 0)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", at.UTC().Format(http.TimeFormat))
		http.ServeContent(w, r, "", at, bytes.NewReader(data))
	}))
	defer upstream.Close()
	f := newFixture(t, map[string]string{"far": upstream.URL + "/a.pmtiles"}, Options{}, archiveOptions)
	tag := f.get(t, "/archives/far.pmtiles").Header().Get("ETag")
	opaque, weak := strings.CutPrefix(tag, "W/")
	if !weak {
		t.Errorf("got the tag %s, want a weak one", tag)
	}
	for _, c := range []struct {
		name, value string
		want        int
	}{
		{"If-None-Match", tag, 304},
		{"If-None-Match", opaque, 304},
		{"If-None-Match", `"a"`, 206},
		{"If-Match", tag, 412},
		{"If-Match", opaque, 412},
		{"If-Match", "*", 206},
		{"If-Range", tag, 200},
		{"If-Range", opaque, 200},
		{"Accept", "*/*", 206},
	} {
		if w := f.get(t, "/archives/far.pmtiles", c.name, c.value, "Range", "bytes=0-9"); w.Code != c.want {
			t.Errorf("%s: %s: got %d, want %d", c.name, c.value, w.Code, c.want)
		}
	}
}

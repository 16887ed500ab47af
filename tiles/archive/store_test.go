package archive

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fakeStore answers as S3 does to HEAD and GET of one object.
type fakeStore struct {
	data atomic.Pointer[[]byte]
	etag atomic.Pointer[string]
	hang chan struct{} // GETs wait until it is closed
}

func (s *fakeStore) put(data []byte, etag string) {
	s.data.Store(&data)
	s.etag.Store(&etag)
}

func (s *fakeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/tiles/maps/a.pmtiles" || !strings.Contains(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<Error><Code>NoSuchKey</Code></Error>"))
		return
	}
	if s.hang != nil && r.Method == http.MethodGet {
		select {
		case <-s.hang:
		case <-r.Context().Done():
			return
		}
	}
	if etag := *s.etag.Load(); etag != "" {
		w.Header().Set("ETag", etag)
	} else {
		r.Header.Del("If-Match") // a store that knows no versions
	}
	http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(*s.data.Load()))
}

// newStore starts a store and returns the place of its object.
func newStore(t *testing.T, data []byte) (*fakeStore, string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	s := &fakeStore{}
	s.put(data, `"v1"`)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, "s3://tiles/maps/a.pmtiles?region=eu-central-1&hostname_immutable=true&use_path_style=true&endpoint=" + server.URL
}

func TestStore(t *testing.T) {
	s, place := newStore(t, small().bytes())
	a := open(t, place, Options{})
	wantTiles(t, a)
	if got := a.Location().String(); got != "s3://tiles/maps/a.pmtiles" {
		t.Errorf("got %s", got)
	}
	raw, err := a.Raw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newer := small()
	newer.header.CenterZoom = 2
	s.put(newer.bytes(), `"v2"`)
	if err := raw.ReadAt(t.Context(), make([]byte, 10), 0); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	wantTiles(t, a)
	s.put(newer.bytes(), "")
	if _, _, err := a.Tile(t.Context(), address(0)); !errors.Is(err, ErrServer) {
		t.Errorf("without ETag: got %v, want ErrServer", err) // go-pmtiles' bucket panics on it
	}
}

func TestStoreFailures(t *testing.T) {
	s, place := newStore(t, small().bytes())
	if _, err := Open(t.Context(), strings.Replace(place, "maps/a", "maps/none", 1), Options{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such object: got %v, want ErrNotFound", err)
	}
	s.put(nil, `"v1"`)
	if _, err := Open(t.Context(), place, Options{}); !errors.Is(err, ErrTruncated) {
		t.Errorf("an empty object: got %v, want ErrTruncated", err)
	}
	s.put(small().bytes(), "")
	if _, err := Open(t.Context(), place, Options{}); !errors.Is(err, ErrRanges) {
		t.Errorf("no ETag: got %v, want ErrRanges", err)
	}
	s.put(small().bytes(), `"v1"`)
	s.hang = make(chan struct{})
	defer close(s.hang)
	if _, err := Open(t.Context(), place, Options{Timeout: 50 * time.Millisecond}); !errors.Is(err, ErrStalled) {
		t.Errorf("a store that hangs: got %v, want ErrStalled", err)
	}
}

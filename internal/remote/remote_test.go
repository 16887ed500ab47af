package remote

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hutong/internal/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a server at a test's handler, below a prefix.
func serve(t *testing.T, key auth.Secret, h http.HandlerFunc) *Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := New(server.URL+"/maps/", key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestAsk(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	var asked []string
	s := serve(t, key, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key.Reveal() {
			t.Error("the key is missing")
		}
		asked = append(asked, r.Method+" "+r.URL.String())
		if strings.HasSuffix(r.URL.Path, "/replay") {
			_, _ = w.Write([]byte(`{"letters": 2, "accepted": 1, "refused": 1, "missing": [9]}`))
			return
		}
		_, _ = w.Write([]byte(`{"letters": [{"id": 3, "refusal": {"reason": "id", "want": "an id"}, "raw": "{}"}], "next": 3}`))
	})
	page, err := s.Refused(t.Context(), "hotline", 2, 10)
	if err != nil || page.Next != 3 || len(page.Letters) != 1 || page.Letters[0].Raw != "{}" {
		t.Errorf("got %+v, %v", page, err)
	}
	result, err := s.Replay(t.Context(), "hotline", []uint64{3, 9})
	if err != nil || result.Accepted != 1 || !cmp.Equal(result.Missing, []uint64{9}) {
		t.Errorf("got %+v, %v", result, err)
	}
	if want := []string{"GET /maps/ingest/hotline/refused?after=2&limit=10", "POST /maps/ingest/hotline/replay?ids=3%2C9"}; !cmp.Equal(asked, want) {
		t.Errorf("got %q, want %q", asked, want)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a problem": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"title": "Too busy", "detail": "The server has too much to do."}`))
		}, "answers 503: Too busy: The server has too much to do. Try again in 5 s."},
		"a page":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "answers 404 Not Found"},
		"no JSON":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, "does not answer as a server of ours does"},
		"a redirect":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "answers 302 Found"},
		"a broken-off": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100") }, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, key, c.answer).Refused(t.Context(), "hotline", 0, 1)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), key.Reveal()) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://a", "http://", "http://u:p@a", "http://a?b", "http://a#b"} {
		if _, err := New(address, key); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

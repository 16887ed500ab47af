package load

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReady(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	answers := map[string]http.HandlerFunc{
		"/ready/readyz": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready\n") },
		"/loading/readyz": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"code":"loading","detail":"The layers are not served yet."}`)
		},
		"/moved/readyz": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/ready/readyz", http.StatusFound)
		},
		"/slow/readyz": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer := answers[r.URL.Path]; answer != nil {
			answer(w, r)
			return
		}
		http.NotFound(w, r)
	})
	s := httptest.NewServer(handler)
	defer s.Close()
	defer close(release)
	secure := httptest.NewTLSServer(handler) // its certificate is nobody's
	defer secure.Close()
	for _, c := range []struct {
		name, url string
		timeout   time.Duration
		notReady  bool
		want      string // a part of the error; "" is none
	}{
		{"ready", s.URL + "/ready", time.Minute, false, ""},
		{"ready with a slash", s.URL + "/ready/", time.Minute, false, ""},
		{"over TLS on this machine", secure.URL + "/ready", time.Minute, false, ""},
		{"loading", s.URL + "/loading", time.Minute, true, "503 Service Unavailable: The layers are not served yet."},
		{"a redirect is no answer", s.URL + "/moved", time.Minute, true, "302 Found"},
		{"no such route", s.URL + "/none", time.Minute, true, "404 Not Found"},
		{"too slow", s.URL + "/slow", time.Millisecond, false, "deadline exceeded"},
		{"nobody", "http://127.0.0.1:1", time.Minute, false, "refused"},
		{"no URL", "127.0.0.1:8080", time.Minute, false, "not an http or https URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Ready(t.Context(), c.url, c.timeout)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrNotReady) != c.notReady {
				t.Errorf("got %v, want %q in it, not ready %v", err, c.want, c.notReady)
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:80":     "http://127.0.0.1:80",
		":8080":          "http://127.0.0.1:8080",
		"[::]:8080":      "http://[::1]:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"10.1.2.3:8080":  "http://10.1.2.3:8080",
		"city:8080":      "http://city:8080",
		"127.0.0.1:0":    "",
		"127.0.0.1":      "",
		"127.0.0.1:":     "",
		"":               "",
	} {
		if got, err := BaseURL(listen); got != want || (err != nil) != (want == "") {
			t.Errorf("BaseURL(%q) = %q, %v, want %q", listen, got, err, want)
		}
	}
}

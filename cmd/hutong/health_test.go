package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("it asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer s.Close()
	listen := strings.TrimPrefix(s.URL, "http://")
	env := func(name string) (string, bool) { return listen, name == "HUTONG_LISTEN" }
	for _, c := range []struct {
		name           string
		args           []string
		answer, status int
		want           string // a part of stdout if the status is 0, else of stderr
	}{
		{"URL", []string{"health", s.URL}, 200, exitDone, "ready " + s.URL + "\n"},
		{"flag", []string{"health", "--listen", listen}, 200, exitDone, "ready " + s.URL + "\n"},
		{"environment", []string{"health"}, 200, exitDone, "ready " + s.URL + "\n"},
		{"not ready", []string{"health"}, 503, exitFailed, "503 Service Unavailable"},
		{"nobody", []string{"health", "http://127.0.0.1:1"}, 200, exitFailed, "refused"},
		{"no URL", []string{"health", listen}, 200, exitUsage, "not an http or https URL"},
		{"no port", []string{"health", "--listen", "127.0.0.1:0"}, 200, exitUsage, "--listen"},
		{"both", []string{"health", s.URL, "--listen", listen}, 200, exitUsage, "not both"},
		{"no time", []string{"health", "--seconds", "0"}, 200, exitUsage, "--seconds 0"},
		{"too much", []string{"health", s.URL, s.URL}, 200, exitUsage, "at most 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status = c.answer
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), c.args, env, &stdout, &stderr)
			text := stderr.String()
			if c.status == exitDone {
				text = stdout.String()
			}
			if got != c.status || !strings.Contains(text, c.want) {
				t.Errorf("got %d, stdout %q, stderr %q; want %d and %q", got, &stdout, &stderr, c.status, c.want)
			}
		})
	}
}

package admin

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
)

// keysOf are the keys of a server.
func keysOf(t *testing.T, m *telemetry.Metrics, keys ...auth.Key) *auth.Keys {
	t.Helper()
	k, err := auth.New(keys, auth.Options{Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestMetricsKey: once a key is for metrics nobody reads them without one that is, and probes go on without.
func TestMetricsKey(t *testing.T) {
	t.Parallel()
	scraper, gateway, m := auth.NewSecret(), auth.NewSecret(), telemetry.NewMetrics()
	keys := keysOf(t, m, auth.Key{Name: "prometheus", Hash: scraper.Hash(), Scopes: []auth.Scope{{Action: auth.Metrics}}},
		auth.Key{Name: "gateway", Hash: gateway.Hash(), Scopes: []auth.Scope{{Action: auth.Ingest, Name: auth.Any}, {Action: auth.Backup}}})
	s := api.NewServer(slog.New(slog.DiscardHandler), m, Routes(func() (api.Code, string) { return "", "" }, m.Handler(), keys, api.Base{}))
	for _, c := range []struct {
		name, method, target, key string
		status                    int
	}{
		{"with the key", http.MethodGet, "/metrics", scraper.Reveal(), http.StatusOK},
		{"without", http.MethodGet, "/metrics", "", http.StatusUnauthorized},
		{"only the head", http.MethodHead, "/metrics", "", http.StatusUnauthorized},
		{"with another", http.MethodGet, "/metrics", gateway.Reveal(), http.StatusForbidden},
		{"with an unknown one", http.MethodGet, "/metrics", auth.NewSecret().Reveal(), http.StatusUnauthorized},
		{"alive", http.MethodGet, "/livez", "", http.StatusOK},
		{"ready", http.MethodGet, "/readyz", "", http.StatusOK},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, c.target, http.NoBody)
		if c.key != "" {
			r.Header.Set("Authorization", "Bearer "+c.key)
		}
		s.ServeHTTP(w, r)
		if told := strings.Contains(w.Body.String(), "hutong_"); w.Code != c.status || told != (c.name == "with the key") {
			t.Errorf("%s: got %d, and the metrics: %v", c.name, w.Code, told)
		}
		if c.target == "/metrics" && !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%s: a cache may keep it: %v", c.name, w.Header())
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	ready := false
	m := telemetry.NewMetrics()
	// The server is never made ready: these routes answer all the same.
	s := api.NewServer(slog.New(slog.DiscardHandler), m, Routes(func() (api.Code, string) {
		if ready {
			return "", ""
		}
		return api.CodeLoading, "Later."
	}, m.Handler(), keysOf(t, m), api.Base{}))
	get := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		return w
	}
	if w := get("/livez"); w.Code != http.StatusOK {
		t.Errorf("/livez: got %d, want 200", w.Code)
	}
	if w := get("/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"code":"loading"`) {
		t.Errorf("/readyz before: got %d %s, want 503 loading", w.Code, w.Body)
	}
	ready = true
	if w := get("/readyz"); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("/readyz: got %d %v, want 200", w.Code, w.Header())
	}
	if w := get("/metrics"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `hutong_http_requests_total{route="livez",status="2xx"} 1`) {
		t.Errorf("/metrics: got %d %s", w.Code, w.Body)
	}
}

package admin

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/api"
	"hutong/internal/telemetry"
)

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
	}, m.Handler()))
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

package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/api"
	"hutong/ingest"
	"hutong/internal/auth"
	"hutong/internal/erasure"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// TestEraseRoute: each outcome has its answer, and the log never has the id.
func TestEraseRoute(t *testing.T) {
	t.Parallel()
	const id = "a b/c"
	one, all := auth.NewSecret(), auth.NewSecret()
	keys, err := auth.New([]auth.Key{
		{Name: "one", Hash: one.Hash(), Scopes: []auth.Scope{{Action: auth.Erase, Name: "reports"}, {Action: auth.Ingest, Name: auth.Any}}},
		{Name: "all", Hash: all.Hash(), Scopes: []auth.Scope{{Action: auth.Erase, Name: auth.Any}}},
	}, auth.Options{Metrics: telemetry.NewMetrics()})
	if err != nil {
		t.Fatal(err)
	}
	var found erasure.Proof
	found.Found.Addf("message 9 of the log")
	for _, c := range []struct {
		name, layer string
		key         auth.Secret
		err         error
		status      int
		want        string
	}{
		{"done", "reports", one, nil, 200, `"hash":"00ff"`},
		{"another layer", "other", one, nil, 403, "erase:other"},
		{"any layer", "other", all, nil, 200, `"layer":"other"`},
		{"no such layer", "nowhere", all, fmt.Errorf("x: %w", layers.ErrLayer), 404, "layer_not_found"},
		{"unknown key", "reports", auth.NewSecret(), nil, 401, "unauthorized"},
		{"found", "reports", one, found.Err(), 500, `still in message 9 of the log; erase it again`},
		{"read-only", "reports", one, fmt.Errorf("x: %w", ingest.ErrReadOnly), 503, "read_only"},
		{"unavailable", "reports", one, fmt.Errorf("x: %w", ingest.ErrUnavailable), 503, "erase it again"},
		{"busy", "reports", one, fmt.Errorf("x: %w", ingest.ErrBusy), 503, "Another erasure"},
		{"slow", "reports", one, context.DeadlineExceeded, 503, "too long"},
		{"broken", "reports", one, errors.New("secret disk"), 500, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			erase := func(_ context.Context, layer layers.Name, got layers.FeatureID) (*erasure.Report, error) {
				if got != id {
					t.Errorf("got id %q, want %q", got, id)
				}
				return &erasure.Report{Layer: layer, Hash: "00ff"}, c.err
			}
			s := api.NewServer(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), telemetry.NewMetrics(),
				[]api.Route{EraseRoute(erase, keys, api.Base{})})
			s.Ready()
			r := httptest.NewRequest(http.MethodDelete, "/admin/erase/"+c.layer+"/a%20b%2Fc", http.NoBody)
			r.Header.Set("X-Api-Key", c.key.Reveal())
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("got %d, %s; want %d, %s", w.Code, w.Body, c.status, c.want)
			}
			if c.status == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if !strings.Contains(log.String(), `"path":"/admin/erase/{layer}/{id}"`) || strings.Contains(log.String(), "%2Fc") {
				t.Errorf("got log %s", &log)
			}
		})
	}
}

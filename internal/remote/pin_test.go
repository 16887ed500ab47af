package remote

import (
	"errors"
	"net/http"
	"testing"

	"hutong/internal/auth"
)

func TestPin(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	s := serve(t, key, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key.Reveal() {
			t.Error("the key is missing")
		}
		switch r.Method + " " + r.URL.String() {
		case http.MethodPut + " /maps/admin/snapshots/july?asof=2026-07-01T12%3A00%3A00%2B08%3A00&layers=a%2Cb":
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"name": "july", "sequence": 7, "cite": "A", "layers": [{"name": "a", "features": 3}]}`))
		case http.MethodDelete + " /maps/admin/snapshots/july":
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"title": "No such snapshot", "code": "snapshot_not_found"}`))
		}
	})
	made, err := s.Pin(t.Context(), "july", "a,b", "2026-07-01T12:00:00+08:00")
	if err != nil || made.Sequence != 7 || made.Layers[0].Features != 3 {
		t.Errorf("got %+v, %v", made, err)
	}
	if err := s.Unpin(t.Context(), "july"); err != nil {
		t.Error(err)
	}
	var problem *ProblemError
	if err := s.Unpin(t.Context(), "june"); !errors.As(err, &problem) || problem.Code != "snapshot_not_found" {
		t.Errorf("got %v", err)
	}
	if _, err := s.Pin(t.Context(), "june", "", ""); !errors.As(err, &problem) || problem.Status != http.StatusNotFound {
		t.Errorf("got %v", err)
	}
}

package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestEraseWords erases features whose ids are words that the files of a data folder have of themselves.
func TestEraseWords(t *testing.T) {
	t.Parallel()
	load, key, _ := eraseCity(t)
	a, _, _ := served(t, load())
	push := func(source, body string) {
		t.Helper()
		if w := pushTo(a.Handler(), key, "/ingest/"+source, body); w.Code != http.StatusOK {
			t.Fatalf("push: got %d, %s", w.Code, w.Body)
		}
	}
	push("desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "as it was"}, {"no": "e", "x": 999, "y": 39.9}]`) // the second is refused
	push("hotline", `[{"no": "z", "x": 999, "y": 39.9}]`)                                                        // so is this
	words := []string{
		"erased", "features", "sequence", "written", "observed", // checkpoints
		"reports", "hotline", "geometry", // names
		"subjects", "storage", "hutong", "truncated", "Nats-Expected-Stream", "filler", // the log
		"refusal", "received", "position", "longitude", // refused records
	}
	for _, id := range words {
		push("hotline", fmt.Sprintf(`[{"no": %q, "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z", "state": "new"}]`, id))
		w, got := eraseOf(a.Handler(), key, "/admin/erase/reports/"+id)
		if w.Code != http.StatusOK || !got.Feature {
			t.Errorf("%s: got %d, %s", id, w.Code, w.Body)
		}
		of := slices.ContainsFunc(got.Proof.Unsearched, func(s string) bool { return strings.Contains(s, "a word that they have") })
		if got.Proof.Plain == of {
			t.Errorf("%s: plain is %t, and unsearched %q", id, got.Proof.Plain, got.Proof.Unsearched)
		}
	}
	if _, got := eraseOf(a.Handler(), key, "/admin/erase/reports/H-13800138000"); !got.Proof.Plain {
		t.Error("an id that is no word was not searched for")
	}
}

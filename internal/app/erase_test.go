package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/erasure"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/tiles"
)

const eraseConfig = `city: A city
journal: {folder: "%[1]s/data", low_disk: 1048576}
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string}, at: {type: time}, phone: {type: string, private: true, max_length: 12}}}
  other: {title: Other, licence: CC0-1.0, fields: {state: {type: string}}}
keys:
  gateway: {hash_file: "%[1]s/hash", scopes: ["ingest:*", "erase:reports"]}
sources:
  hotline:
    layer: reports
    push: {position: {lon: x, lat: y}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
  desk: {layer: other, push: {position: {lon: x, lat: y}}, id: "{no}", fields: {state: state}}
`

// eraseCity returns a city that keeps what is pushed, its key and its data folder.
func eraseCity(t *testing.T) (load func() *City, key auth.Secret, data string) {
	t.Helper()
	dir := t.TempDir()
	key = auth.NewSecret()
	for name, text := range map[string]string{"hash": key.Hash().String() + "\n", "city.yaml": fmt.Sprintf(eraseConfig, dir)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func() *City {
		c, err := config.Load(filepath.Join(dir, "city.yaml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		city, err := FromConfig(c)
		if err != nil {
			t.Fatal(err)
		}
		return city
	}, key, filepath.Join(dir, "data")
}

// served runs a city until stop is called.
func served(t *testing.T, city *City) (a *App, log *testkit.Buffer, stop func()) {
	t.Helper()
	a, log = newTestApp(t, city, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- a.Run(ctx, func(string) { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	var stopped atomic.Bool
	stop = func() {
		if stopped.Swap(true) {
			return
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return a, log, stop
}

// eraseOf asks for an erasure.
func eraseOf(h http.Handler, key auth.Secret, path string) (*httptest.ResponseRecorder, *erasure.Report) {
	r := httptest.NewRequest(http.MethodDelete, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+key.Reveal())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	report := &erasure.Report{}
	_ = json.Unmarshal(w.Body.Bytes(), report)
	return w, report
}

// searched returns the files of a folder that have an id.
func searched(t *testing.T, folder string, id layers.FeatureID) []string {
	t.Helper()
	var proof erasure.Proof
	if err := erasure.NewPattern(id).Folder(t.Context(), folder, &proof, func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if proof.Files == 0 {
		t.Fatal("nothing was searched")
	}
	return proof.Found.Places
}

// TestErase pushes, erases while others push, and looks: state, log, checkpoints, refused records and bytes.
func TestErase(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	load, key, data := eraseCity(t)
	a, log, stop := served(t, load())
	push := func(source, body string) string {
		t.Helper()
		w := pushTo(a.Handler(), key, "/ingest/"+source, body)
		if w.Code != http.StatusOK {
			t.Fatalf("push: got %d, %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	report := func(at, phone string) string {
		return fmt.Sprintf(`[{"no": %q, "x": 116.4, "y": 39.9, "at": %q, "state": "new", "phone": %q}]`, id, at, phone)
	}
	push("hotline", report("2026-01-01T00:00:00Z", "1"))
	push("hotline", report("2026-01-01T00:00:00Z", "much too long"))                                // a refused record
	push("hotline", `[{"no": "H-13800138000-b", "x": 116.4, "y": 39.9, "phone": "much too long"}]`) // another's
	push("desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "see H-13800138000"}]`)
	if err := a.durable.request(t.Context(), a.durable.checkpoint); err != nil {
		t.Fatal(err)
	}
	push("hotline", report("2026-01-02T00:00:00Z", "2"))
	if len(searched(t, data, id)) == 0 {
		t.Fatal("the id is nowhere before")
	}
	// Others go on.
	ctx, cancel := context.WithCancel(t.Context())
	pushing := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			w := pushTo(a.Handler(), key, "/ingest/hotline", fmt.Sprintf(`[{"no": "o%d", "x": 116.4, "y": 39.9, "at": "2026-01-02T00:00:00Z"}]`, n))
			if w.Code != http.StatusOK {
				t.Errorf("got %d, %s", w.Code, w.Body)
			}
		}
		pushing <- n
	}()
	w, got := eraseOf(a.Handler(), key, "/admin/erase/reports/"+id)
	cancel()
	others := <-pushing
	if w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	if !got.Feature || !got.Remembered || len(got.Letters) != 1 || got.Letters[0] != (erasure.Letters{Source: "hotline", Count: 1}) || len(got.Removed) != 1 ||
		got.Truncated == 0 || got.Checkpoint <= got.Truncated || got.Proof.Messages == 0 || got.Proof.Rows < 2 || got.Proof.Letters != 1 || !got.Proof.Plain || got.Proof.Files < 5 {
		t.Errorf("got %+v", got)
	}
	if got.Proof.Mentions.Count == 0 || got.Proof.Found.Count > 0 {
		t.Errorf("got mentions %v, found %v", got.Proof.Mentions, got.Proof.Found)
	}
	if strings.Contains(w.Body.String(), id) || strings.Contains(log.String(), id) || !strings.Contains(log.String(), string(got.Hash)) {
		t.Errorf("the answer or the log has the id, or no hash: %s\n%s", w.Body, log)
	}
	// A resent report stays out, a newer one comes in; before that, once more changes nothing.
	if out := push("hotline", report("2026-01-02T00:00:00Z", "2")); !strings.Contains(out, `"late":1`) {
		t.Errorf("resent: got %s", out)
	}
	if w, got := eraseOf(a.Handler(), key, "/admin/erase/reports/"+id); w.Code != http.StatusOK || got.Feature {
		t.Errorf("again: got %d, %s", w.Code, w.Body)
	}
	stop()
	a, _, _ = served(t, load())
	l := a.store.layers["reports"]
	if _, there := l.Snapshot().Find(id); there || l.Snapshot().Count() != others {
		t.Errorf("after a restart: got it there: %v, %d features, want %d", there, l.Snapshot().Count(), others)
	}
	if out := push("hotline", report("2026-01-02T00:00:00Z", "2")); !strings.Contains(out, `"late":1`) {
		t.Errorf("resent after a restart: got %s", out)
	}
	if out := push("hotline", report(time.Now().Add(time.Minute).UTC().Format(time.RFC3339), "2")); !strings.Contains(out, `"applied":1`) {
		t.Errorf("newer: got %s", out)
	}
}

// TestEraseRefuses what is not to be erased.
func TestEraseRefuses(t *testing.T) {
	t.Parallel()
	load, key, _ := eraseCity(t)
	a, _, _ := served(t, load())
	for path, want := range map[string]int{
		"/admin/erase/reports/": http.StatusMethodNotAllowed, "/admin/erase/other/d": http.StatusForbidden, "/admin/erase/*/d": http.StatusForbidden,
		"/admin/erase/reports/" + strings.Repeat("x", layers.MaxID+1): http.StatusBadRequest, "/admin/erase/nowhere/d": http.StatusForbidden,
	} {
		if w, _ := eraseOf(a.Handler(), key, path); w.Code != want {
			t.Errorf("%s: got %d, %s; want %d", path, w.Code, w.Body, want)
		}
	}
	if w, _ := eraseOf(a.Handler(), auth.NewSecret(), "/admin/erase/reports/d"); w.Code != http.StatusUnauthorized {
		t.Errorf("another key: got %d", w.Code)
	}
	if _, err := a.Erase(t.Context(), "nowhere", "d"); !errors.Is(err, layers.ErrLayer) {
		t.Errorf("got %v", err)
	}
	a.erasing.Lock()
	defer a.erasing.Unlock()
	if w, _ := eraseOf(a.Handler(), key, "/admin/erase/reports/d"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("two at once: got %d, %s", w.Code, w.Body)
	}
}

// TestEraseInFolder erases where no server runs, in a layer without times, an id that is short and one that
// is nowhere.
func TestEraseInFolder(t *testing.T) {
	t.Parallel()
	load, key, data := eraseCity(t)
	a, _, stop := served(t, load())
	for _, body := range []string{`[{"no": "7", "x": 116.4, "y": 39.9, "state": "a"}, {"no": "17", "x": 116.4, "y": 39.9}]`, `[{"no": "7", "x": "east"}, {"no": "17", "x": "west"}]`} {
		if w := pushTo(a.Handler(), key, "/ingest/desk", body); w.Code != http.StatusOK {
			t.Fatalf("got %d, %s", w.Code, w.Body)
		}
	}
	stop()
	for id, want := range map[layers.FeatureID]erasure.Report{"7": {Feature: true, Letters: []erasure.Letters{{Source: "desk", Count: 1}}}, "nobody's": {}} {
		got, err := Erase(t.Context(), load(), Options{Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics()}, "other", id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Feature != want.Feature || got.Remembered || len(got.Letters) != len(want.Letters) || got.Proof.Found.Count > 0 || got.Proof.Plain != (len(id) >= erasure.MinPlain) {
			t.Errorf("%s: got %+v", id, got)
		}
	}
	if found := searched(t, data, "nobody's"); len(found) > 0 {
		t.Errorf("found in %v", found)
	}
	a, _, _ = served(t, load())
	s := a.store.layers["other"].Snapshot()
	if _, there := s.Find("17"); !there || s.Count() != 1 {
		t.Errorf("got %d features, 17 there: %v", s.Count(), there)
	}
	if letters, err := a.letters.List(t.Context(), "desk", 0, 10); err != nil || len(letters) != 1 || !strings.Contains(string(letters[0].Raw), "17") {
		t.Errorf("got letters %v, %v", letters, err)
	}
}

// TestEraseInMemory: without a data folder there is the layer, and what was refused.
func TestEraseInMemory(t *testing.T) {
	t.Parallel()
	city, _, key, _ := pushCity(t)
	a, _, _ := served(t, city)
	for _, phone := range []string{"1", strings.Repeat("1", 31)} {
		body := fmt.Sprintf(`[{"no": "gone", "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z", "phone": %q}]`, phone)
		if w := pushTo(a.Handler(), key, "/ingest/hotline", body); w.Code != http.StatusOK {
			t.Fatalf("got %d, %s", w.Code, w.Body)
		}
	}
	got, err := a.Erase(t.Context(), "reports", "gone")
	if err != nil || !got.Feature || !got.Remembered || len(got.Letters) != 1 || got.Checkpoint != 0 || got.Truncated != 0 || got.Proof.Files != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	s := a.store.layers["reports"].Snapshot()
	if _, there := s.Find("gone"); there || s.Count() != 1 {
		t.Errorf("got it there: %v, %d features", there, s.Count())
	}
	if _, err := a.Erase(t.Context(), "reports", ""); !errors.Is(err, ErrID) {
		t.Errorf("no id: got %v", err)
	}
}

// TestEraseReachesSummaries: what is told of a layer's values is, at once behind an erasure, of what is left of it, and so
// is that of its views.
func TestEraseReachesSummaries(t *testing.T) {
	t.Parallel()
	load, key, _ := eraseCity(t)
	city := load()
	city.Layers[0].Drawing.Category = "state"
	city.Views = []View{
		{Layer: "reports", Policy: view.Policy{Name: "states", Fields: []string{"state"}}, Tiles: tiles.Defaults()},
		{Layer: "reports", Policy: view.Policy{Name: "moved", Snap: new(hexgrid.Resolution(7))}, Tiles: tiles.Defaults()},
	}
	a, _, _ := served(t, city)
	const told = "a-state-of-one"
	pages := []string{"/layers/reports", "/layers/states", "/layers/moved", "/layers", "/styles/default.json"}
	look := func(when string, want bool) {
		t.Helper()
		for _, page := range pages {
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, page, http.NoBody))
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), told) != want {
				t.Errorf("%s: %s: got %d, the value there: %v", when, page, w.Code, !want)
			}
		}
	}
	body := `[{"no": "gone", "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z", "state": "` + told + `"},
		{"no": "2", "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z", "state": "open"}]`
	if w := pushTo(a.Handler(), key, "/ingest/hotline", body); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	look("before", true)
	if _, err := a.Erase(t.Context(), "reports", "gone"); err != nil {
		t.Fatal(err)
	}
	look("behind the erasure", false)
}

// TestEraseKeepsWhatIsNotApplied: the log is never let go beyond what a checkpoint has, whoever asks for it.
func TestEraseKeepsWhatIsNotApplied(t *testing.T) {
	t.Parallel()
	load, key, _ := eraseCity(t)
	a, _, stop := served(t, load())
	if w := pushTo(a.Handler(), key, "/ingest/desk", `[{"no": "d", "x": 116.4, "y": 39.9}]`); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	stop()
	d := a.durable
	d.journal = nil // nobody may ask it
	behind := d.store.seqNow() + 1
	if _, removed, err := d.beginAt(t.Context(), behind); err == nil || len(removed) > 0 || !strings.Contains(err.Error(), "erase again") {
		t.Errorf("message %d is not applied: got %v, removed %v", behind, err, removed)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	d.requests = make(chan request, 32)
	for range cap(d.requests) { // of two cases that are ready either is taken
		if err := d.request(gone, d.checkpoint); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
	if n := len(d.requests); n > 0 {
		t.Errorf("work of callers that had left was begun %d times", n)
	}
}

// TestEraseLooksAside: what a start has put aside is neither explained by what the log has, nor passed over in silence
// when its bytes cannot be searched.
func TestEraseLooksAside(t *testing.T) {
	t.Parallel()
	load, key, data := eraseCity(t)
	a, _, _ := served(t, load())
	aside := filepath.Join(data, "log.lost-1", "jetstream", "$G", "streams", "hutong", "msgs")
	err := errors.Join(os.MkdirAll(aside, 0o700), os.WriteFile(filepath.Join(aside, "1.blk"), []byte("of H-13800138000 it tells"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if w := pushTo(a.Handler(), key, "/ingest/desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "see H-13800138000"}]`); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	var incomplete *erasure.IncompleteError
	if _, err := a.Erase(t.Context(), "reports", "H-13800138000"); !errors.As(err, &incomplete) || len(incomplete.Found.Places) != 1 || !strings.HasPrefix(incomplete.Found.Places[0], "file log.lost-1/") {
		t.Errorf("got %v, want the file found", err)
	}
	report, err := a.Erase(t.Context(), "reports", "H-1")
	if err != nil || !strings.Contains(strings.Join(report.Proof.Unsearched, "; "), "log.lost-1, which a start put aside") {
		t.Errorf("a short id: got %v, %v, want the folder named", report.Proof.Unsearched, err)
	}
}

// TestEraseOfAGoneSource: what a source has refused that is no longer in the config is erased too, whatever the id.
func TestEraseOfAGoneSource(t *testing.T) {
	t.Parallel()
	load, _, _ := eraseCity(t)
	a, _, _ := served(t, load())
	letters := []ingest.Letter{{Raw: []byte(`{"no": "H-1"}`)}, {Raw: []byte(`{"no": "H-2"}`)}}
	if err := a.letters.Put(t.Context(), "gone", letters); err != nil {
		t.Fatal(err)
	}
	report, err := a.Erase(t.Context(), "reports", "H-1")
	if err != nil || len(report.Letters) != 1 || report.Letters[0] != (erasure.Letters{Source: "gone", Count: 1}) || report.Proof.Letters != 1 {
		t.Errorf("got %+v, %v, want one of its records removed", report, err)
	}
}

package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
)

func TestStoreTakesLaterBatches(t *testing.T) {
	t.Parallel()
	city := newCity()
	m := telemetry.NewMetrics()
	s, err := NewStore(city, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: "complaints", Changes: []layers.Change{
		point("c", 116.5, 40), {Op: layers.Delete, Feature: layers.Feature{ID: "1"}}, {Op: layers.Delete, Feature: layers.Feature{ID: "b"}},
	}}
	if err := publish(t.Context(), s, batch); err != nil {
		t.Fatal(err)
	}
	v := s.Public().All()[0].View.Now()
	if _, ok := v.Feature("c"); v.Count() != 1 || !ok {
		t.Errorf("got %d features, c there: %v, want only c", v.Count(), ok)
	}
	bad := layers.Batch{Layer: "complaints", Changes: []layers.Change{point("", 1, 2)}}
	var refused *layers.ChangeError
	if err := publish(t.Context(), s, bad); !errors.As(err, &refused) {
		t.Errorf("a bad change: got %v, want a *layers.ChangeError", err)
	}
	if err := publish(t.Context(), s, layers.Batch{Layer: "nothing"}); !errors.Is(err, layers.ErrLayer) {
		t.Errorf("no such layer: got %v, want layers.ErrLayer", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := publish(done, s, batch); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`hutong_layer_features{layer="complaints"} 1`,
		`hutong_layer_located_features{layer="empty"} 0`,
		`hutong_layer_store_bytes{layer="complaints"} `,
		`hutong_filter_kept_bytes{layer="complaints"} 0`, `hutong_filter_forgotten{layer="complaints"} 0`,
		`hutong_ingest_accepted_total{source="hotline"} 2`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// TestStoreTellsWhenLayersChanged: a load counts, a batch that changes nothing does not.
func TestStoreTellsWhenLayersChanged(t *testing.T) {
	t.Parallel()
	city := newCity()
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.now = func() time.Time { return now }
	complaints, empty := s.Public().Named("complaints"), s.Public().Named("empty")
	if at := complaints.Fresh.Changed(); !at.IsZero() {
		t.Errorf("before anything is loaded: got %v", at)
	}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := complaints.Fresh.Changed(); !got.Equal(now) || !empty.Fresh.Changed().IsZero() {
		t.Errorf("loaded: got %v and %v, want %v, and nothing of a layer without sources", got, empty.Fresh.Changed(), now)
	}
	loaded := now
	for _, step := range []struct {
		name    string
		change  layers.Change
		changes bool
	}{
		{"a new feature", point("c", 116.5, 40), true},
		{"the same once more", point("c", 116.5, 40), false},
		{"a feature moves", point("c", 116.6, 40), true},
		{"nobody is deleted", layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "none"}}, false},
		{"a feature is deleted", layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "c"}}, true},
	} {
		now = now.Add(time.Minute)
		if err := publish(t.Context(), s, layers.Batch{Layer: "complaints", Changes: []layers.Change{step.change}}); err != nil {
			t.Fatal(err)
		}
		want := loaded
		if step.changes {
			want = now
		}
		if got := complaints.Fresh.Changed(); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", step.name, got, want)
		}
		loaded = complaints.Fresh.Changed()
	}
}

func TestSourcesOfALayerRunInOrder(t *testing.T) {
	t.Parallel()
	moved := point("1", 117, 41)
	city := newCity(
		&fakeSource{name: "first", layer: "complaints", changes: []layers.Change{point("1", 116, 39)}},
		&fakeSource{name: "second", layer: "complaints", changes: []layers.Change{moved}},
	)
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	v := s.Public().All()[0].View.Now()
	b, _ := v.Extent()
	if v.Count() != 1 || b.Min[0] < 116.9 {
		t.Errorf("got %d features around %v, want one where the second source has it", v.Count(), b)
	}
}

func TestReportIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	city := newCity(&fakeSource{
		name: "hotline", layer: "complaints", changes: []layers.Change{point("1", 116, 39)},
		refuse: []ingest.Refusal{
			{Reason: ingest.ReasonZero, File: "a.csv", Line: 7, Field: "lon", Value: "0", Want: "a place"},
			{Reason: ingest.ReasonZero, File: "a.csv", Line: 9, Field: "lon", Value: "0", Want: "a place"},
		},
	})
	m := telemetry.NewMetrics()
	s, err := NewStore(city, m)
	if err != nil {
		t.Fatal(err)
	}
	log := &testkit.Buffer{}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.NewJSONHandler(log, nil))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"msg":"records refused"`, `"reason":"zero","count":2`, `a.csv:7: lon: 0: want a place`, `"read":3,"accepted":1,"refused":2`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := `hutong_ingest_refused_total{reason="zero",source="hotline"} 2`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("the metrics lack %s", want)
	}
}

func TestNewStoreNamesEveryProblem(t *testing.T) {
	t.Parallel()
	city := newCity(&fakeSource{name: "stray", layer: "nothing"})
	_, err := NewStore(city, telemetry.NewMetrics())
	if err == nil || !strings.Contains(err.Error(), "source stray feeds layer nothing") {
		t.Errorf("got %v, want an error about the source", err)
	}
	city = newCity()
	city.Layers[0].Tiles.Extent = 17
	city.Layers[1].Tiles.Budget = 1
	_, err = NewStore(city, telemetry.NewMetrics())
	if err == nil || !strings.Contains(err.Error(), "extent 17") || !strings.Contains(err.Error(), "budget of 1 bytes") {
		t.Errorf("got %v, want both problems", err)
	}
	city = newCity()
	city.Layers[1].Schema.Name = "complaints"
	_, err = NewStore(city, telemetry.NewMetrics())
	if err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v, want an error about the name", err)
	}
}

// TestMetricNames holds all metrics against the house's rules.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	a, _ := newTestApp(t, newCity(), func(o *Options) { o.Metrics = m })
	start(t, a)
	seen := 0
	for line := range strings.Lines(scrape(m)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[0] != "#" || !strings.HasPrefix(fields[2], "hutong_") {
			continue
		}
		seen++
		name := fields[2]
		if fields[1] == "TYPE" && (fields[3] == "counter") != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s: counters, and only they, end in _total", name, fields[3])
		}
		if fields[1] == "HELP" && !strings.HasSuffix(strings.TrimSpace(line), ".") {
			t.Errorf("%s: the help is no sentence: %s", name, line)
		}
		for _, unit := range []string{"_ms", "_millis", "_kb", "_mb", "_minutes"} {
			if strings.Contains(name, unit) {
				t.Errorf("%s: %s is no base unit", name, unit)
			}
		}
	}
	if seen < 20 {
		t.Errorf("got %d lines about our metrics: the test looks at nothing", seen)
	}
}

// TestReadersWhileWriting asks for tiles and features while batches come in; the race detector looks
// on.
func TestReadersWhileWriting(t *testing.T) {
	t.Parallel()
	city := newCity()
	a, _ := newTestApp(t, city, nil)
	if err := a.Store().Load(t.Context(), city.Sources, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	a.server.Ready()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				for _, path := range []string{"/tiles/complaints/0/0/0.mvt", "/layers", "/layers/complaints/features?near=116.3,39.9", "/metrics"} {
					w := httptest.NewRecorder()
					a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
					if w.Code != http.StatusOK {
						t.Errorf("%s: got %d %.200s", path, w.Code, w.Body)
					}
				}
			}
		})
	}
	for i := range 100 {
		batch := layers.Batch{Layer: "complaints"}
		for j := range 20 {
			batch.Changes = append(batch.Changes, point(layers.FeatureID("n"+strconv.Itoa((i*7+j)%200)), 116+float64(i)/100, 39+float64(j)/100))
		}
		if err := publish(t.Context(), a.Store(), batch); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if seq := a.Store().Public().All()[0].View.Now().Seq(); seq != 101 {
		t.Errorf("got seq %d, want 101: one load and 100 batches", seq)
	}
}

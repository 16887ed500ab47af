package app

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/ingest/expiry"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles"
)

// noon is the time of these tests.
var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// sighting is an upsert of an age, as a feed has it.
func sighting(id layers.FeatureID, age time.Duration) layers.Change {
	return layers.Change{Feature: layers.Feature{
		ID: id, Values: []column.Value{column.TimeOf(noon.Add(-age)), column.StringOf(expiry.Fresh)},
	}}
}

// agingStore is a store of a layer whose features age, and its file with a fresh, a stale and an expired feature.
func agingStore(t *testing.T) (s *Store, file *fakeSource, ager *expiry.Ager, m *telemetry.Metrics) {
	t.Helper()
	file = &fakeSource{name: "file", layer: "seen", changes: []layers.Change{
		sighting("fresh", time.Minute), sighting("stale", 2*time.Hour), sighting("expired", 48*time.Hour),
	}}
	city := &City{Title: "A city", Sources: []ingest.Source{file}, Layers: []Layer{{
		Title: "Seen", Licence: "CC0-1.0", Tiles: tiles.Defaults(), TTL: TTL{Stale: time.Hour, Expired: 24 * time.Hour, Field: "freshness"},
		Schema: &layers.Schema{Name: "seen", TimeField: "at", Observed: "at", Fields: []layers.Field{
			{Name: "at", Kind: column.Time}, {Name: "freshness", Kind: column.String},
		}},
	}}}
	m = telemetry.NewMetrics()
	s, err := NewStore(city, m)
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return noon }
	if ager, err = expiry.New(s.layers["seen"].Layer, s, slog.New(slog.DiscardHandler), s.layers["seen"].aging); err != nil {
		t.Fatal(err)
	}
	return s, file, ager, m
}

// aged returns "id class" of all features, sorted.
func aged(s *Store) string {
	var out []string
	s.layers["seen"].Snapshot().Scan(nil, func(r layers.Row) bool {
		f := r.Feature()
		out = append(out, string(f.ID)+" "+f.Values[1].Text())
		return true
	})
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestFilesThatAreReadAgainStayAged: a file that still has what has expired, and says nothing of what is stale, does
// not bring the one back or make the other fresh, not even until the next look.
func TestFilesThatAreReadAgainStayAged(t *testing.T) {
	t.Parallel()
	s, file, ager, m := agingStore(t)
	if err := s.Load(t.Context(), []ingest.Source{file}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	const want = "fresh fresh, stale stale"
	for _, step := range []func() error{
		func() error { return nil },
		func() error { return ager.Step(t.Context()) },
		func() error {
			return file.Run(t.Context(), publisher{store: s, source: "file", snapshot: true}, &ingest.Report{})
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if got := aged(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	metrics := scrape(m)
	if !strings.Contains(metrics, `hutong_ingest_outcomes_total{outcome="duplicate",source="file"} 2`) || strings.Contains(metrics, `source="expiry"`) {
		t.Error("reading the file again changed something")
	}
	receipt, err := s.Accept(t.Context(), "file", layers.Batch{Layer: "seen", Changes: file.changes, Snapshot: true})
	if want := []layers.Outcome{layers.Duplicate, layers.Duplicate, layers.Late}; err != nil || !slices.Equal(receipt.Outcomes, want) {
		t.Errorf("got %v, %v; want %v", receipt.Outcomes, err, want)
	}
	receipt, err = s.Accept(t.Context(), "file", layers.Batch{Layer: "seen", Changes: file.changes[2:], Snapshot: true})
	if want := []layers.Outcome{layers.Late}; err != nil || !slices.Equal(receipt.Outcomes, want) {
		t.Errorf("only what has expired: got %v, %v; want %v", receipt.Outcomes, err, want)
	}
	if metrics := scrape(m); !strings.Contains(metrics, `hutong_ingest_outcomes_total{outcome="late",source="file"} 3`) {
		t.Error("what has expired is not counted as late")
	}
}

// TestAgingIsNoLag: that a feature turns stale an hour after its report, or is in its file no more, says nothing of how
// late reports come.
func TestAgingIsNoLag(t *testing.T) {
	t.Parallel()
	s, _, ager, m := agingStore(t)
	batch := layers.Batch{Layer: "seen", Changes: []layers.Change{sighting("a", 59*time.Minute)}}
	if _, err := s.Accept(t.Context(), "gate", batch); err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return noon.Add(2 * time.Minute) }
	if err := ager.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := aged(s); got != "a stale" {
		t.Errorf("got %q, want a stale", got)
	}
	l := s.layers["seen"]
	if n, err := ingest.Absent(t.Context(), s, "file", l.Schema(), l.Snapshot(), func(layers.FeatureID) bool { return false }); n != 1 || err != nil {
		t.Errorf("got %d absent, %v; want 1", n, err)
	}
	if metrics := scrape(m); !strings.Contains(metrics, `hutong_layer_event_lag_seconds_count{layer="seen"} 1`) ||
		!strings.Contains(metrics, `hutong_layer_tile_lag_seconds_count{layer="seen"} 3`) {
		t.Error("want one lag from event time, the report's, and three from receipt")
	}
}

package app

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

// TestOutcomesAreCountedBySource: each accepted change is counted by what became of it, for the source that sent it.
func TestOutcomesAreCountedBySource(t *testing.T) {
	t.Parallel()
	s, _, _, m := agingStore(t)
	gone := layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "x", Values: []column.Value{column.TimeOf(noon)}}}
	const month = 31 * 24 * time.Hour // longer than deletes are remembered
	for _, c := range []struct {
		source   string
		change   layers.Change
		received time.Time
		want     layers.Outcome
	}{
		{"gate", sighting("x", 2*time.Hour), noon, layers.Applied},
		{"gate", sighting("x", 2*time.Hour), noon, layers.Duplicate},
		{"desk", sighting("x", 2*time.Hour), noon, layers.Duplicate},
		{"gate", sighting("x", 3*time.Hour), noon, layers.Late},
		{"desk", gone, noon, layers.Applied},
		{"desk", sighting("y", -month), noon.Add(month), layers.Applied}, // what was deleted is forgotten now
		{"gate", sighting("z", time.Hour), noon.Add(month), layers.TooLate},
	} {
		batch := layers.Batch{Layer: "seen", Changes: []layers.Change{c.change}, Received: c.received.UnixMicro()}
		receipt, err := s.Accept(t.Context(), c.source, batch)
		if err != nil || len(receipt.Outcomes) != 1 || receipt.Outcomes[0] != c.want {
			t.Errorf("%s from %s: got %v, %v; want %s", c.change.Feature.ID, c.source, receipt.Outcomes, err, c.want)
		}
	}
	metrics := scrape(m)
	for _, want := range []string{
		`{outcome="applied",source="gate"} 1`, `{outcome="duplicate",source="gate"} 1`, `{outcome="late",source="gate"} 1`,
		`{outcome="too_late",source="gate"} 1`, `{outcome="applied",source="desk"} 2`, `{outcome="duplicate",source="desk"} 1`,
	} {
		if !strings.Contains(metrics, "hutong_ingest_outcomes_total"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// TestStaleSinceOfSources: while a live source of it fails a layer says since when, until the source delivers, or has
// come to its end.
func TestStaleSinceOfSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := NewStore(newCity(), telemetry.NewMetrics())
		if err != nil {
			t.Fatal(err)
		}
		source := &failing{runs: []bool{false, false, true}}
		began := time.Now()
		go s.Follow(t.Context(), source, slog.New(slog.DiscardHandler))
		got := []string{"not asked yet"}
		for range 100 { // longer than all waits, in steps below the shortest
			since := ""
			synctest.Wait()
			if state := s.layers["complaints"].fresh.State(); state != nil {
				since = state.StaleSince
			}
			if since != got[len(got)-1] {
				got = append(got, since)
			}
			time.Sleep(firstRetry / 10)
		}
		synctest.Wait()
		// The second failure is no new one; the third run delivered, and failed anew; the fourth ended.
		if want := []string{api.Instant(began), api.Instant(source.starts[2]), ""}; !slices.Equal(got[1:], want) {
			t.Errorf("stale since %q, want %q", got[1:], want)
		}
	})
}

package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/telemetry"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestFreshnessOfNothing(t *testing.T) {
	var none *Freshness
	if none.State() != nil || none.Header() != nil || !none.Changed().IsZero() {
		t.Error("a nil freshness knows something")
	}
	f := NewFreshness("parks", nil)
	if f.State() != nil || f.Header() != nil || !f.Changed().IsZero() {
		t.Error("a new freshness knows something")
	}
	f.Loaded(noon)
	if got := f.Changed(); !got.Equal(noon) {
		t.Errorf("loaded: changed at %v, want %v", got, noon)
	}
	f.Passed(Passage{Received: noon, Visible: noon})
	if f.Header() == nil {
		t.Error("a change has no lag")
	}
	f.Loaded(noon)
	if f.Header() != nil {
		t.Errorf("a load has the lag %q", f.Header())
	}
}

func TestFreshness(t *testing.T) {
	for _, c := range []struct {
		name, header, state string
		passage             Passage
	}{
		{
			name:    "all times",
			passage: Passage{Observed: noon.Add(-90 * time.Second), Received: noon.Add(-43 * time.Millisecond), Durable: noon.Add(-40 * time.Millisecond), Visible: noon},
			header:  "changed=@1767355200, event-lag=90.000, tile-lag=0.043",
			state: `{"changed":"2026-01-02T12:00:00.000Z","observed":"2026-01-02T11:58:30.000Z",` +
				`"event_lag_seconds":{"p50":90,"p99":90},"receipt_lag_seconds":{"p50":0.003,"p99":0.003},"tile_lag_seconds":{"p50":0.043,"p99":0.043}}`,
		},
		{
			name:    "a private event time",
			passage: Passage{Observed: noon.Add(-90 * time.Second), Private: true, Received: noon.Add(-time.Second), Visible: noon},
			header:  "changed=@1767355200, tile-lag=1.000",
			state:   `{"changed":"2026-01-02T12:00:00.000Z","tile_lag_seconds":{"p50":1,"p99":1}}`,
		},
		{
			name:    "no event time, no journal",
			passage: Passage{Received: noon.Add(-time.Second), Visible: noon},
			header:  "changed=@1767355200, tile-lag=1.000",
			state:   `{"changed":"2026-01-02T12:00:00.000Z","tile_lag_seconds":{"p50":1,"p99":1}}`,
		},
		{
			name:    "an event that is still to come",
			passage: Passage{Observed: noon.Add(time.Minute), Visible: noon},
			header:  "changed=@1767355200, event-lag=0.000",
			state:   `{"changed":"2026-01-02T12:00:00.000Z","observed":"2026-01-02T12:01:00.000Z","event_lag_seconds":{"p50":0,"p99":0}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFreshness("parks", nil)
			f.Passed(c.passage)
			if got := strings.Join(f.Header(), "; "); got != c.header {
				t.Errorf("header: got %q, want %q", got, c.header)
			}
			got, err := json.Marshal(f.State())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.state, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLags: the quantiles are of the last batches only, and the histograms of all.
func TestLags(t *testing.T) {
	m := telemetry.NewMetrics()
	f := NewFreshness("parks", NewLagMetrics(m))
	pass := func(lag time.Duration) { f.Passed(Passage{Received: noon.Add(-lag), Visible: noon}) }
	for range recentBatches {
		pass(time.Hour)
	}
	for i := range recentBatches {
		pass(time.Duration(i+1) * time.Millisecond)
	}
	want := &Lag{P50: 0.256, P99: 0.507}
	if diff := cmp.Diff(want, f.State().Tile); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{
		`hutong_layer_tile_lag_seconds_bucket{layer="parks",le="0.005"} 5`,
		`hutong_layer_tile_lag_seconds_count{layer="parks"} 1024`,
		`hutong_layer_event_lag_seconds_count{layer="parks"} 0`,
	} {
		if text := scraped(m); !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

// scraped returns the metrics as text.
func scraped(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestStaleSince is the time of the source that failed first, of those that still do.
func TestStaleSince(t *testing.T) {
	f := NewFreshness("parks", nil)
	since := func() string {
		if s := f.State(); s != nil {
			return s.StaleSince
		}
		return ""
	}
	f.Down("a", noon)
	f.Down("b", noon.Add(time.Minute))
	f.Down("a", noon.Add(time.Hour)) // still
	if got, want := since(), "2026-01-02T12:00:00.000Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Up("a")
	if got, want := since(), "2026-01-02T12:01:00.000Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.Up("b")
	if got := since(); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

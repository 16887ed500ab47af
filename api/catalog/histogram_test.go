package catalog

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	const day = 86_400.0
	for _, c := range []struct {
		name, query string
		want        histogramOf
	}{
		{"all, with a feature without a place", "?bins=4", histogramOf{From: "2026-01-01T12:00:00Z", To: "2026-01-05T12:00:00Z", Width: day + 1e-6, Counts: []int{2, 1, 1, 1}}},
		{"a window", "?bins=4&bbox=116,39,117,40", histogramOf{From: "2026-01-01T12:00:00Z", To: "2026-01-05T12:00:00Z", Width: day + 1e-6, Counts: []int{2, 1, 0, 0}}},
		{
			"given ends", "?bins=1&from=2026-01-02T20:00:00%2B08:00&to=2026-01-04T11:59:59Z",
			histogramOf{From: "2026-01-02T12:00:00Z", To: "2026-01-04T11:59:59Z", Width: 2*day - 1 + 1e-6, Counts: []int{2}, Before: 1, After: 2},
		},
		{"a filter of bins that stay", "?bins=4&filter=status='nothing'", histogramOf{From: "2026-01-01T12:00:00Z", To: "2026-01-05T12:00:00Z", Width: day + 1e-6, Counts: []int{0, 0, 0, 0}}},
		{"a filter", "?bins=2&filter=status='open'", histogramOf{From: "2026-01-01T12:00:00Z", To: "2026-01-05T12:00:00Z", Width: 2*day + 1e-6, Counts: []int{1, 2}}},
		{"a filter of the newest", "?bins=2&datetime=2026-01-04T00:00:00Z/..", histogramOf{From: "2026-01-01T12:00:00Z", To: "2026-01-05T12:00:00Z", Width: 2*day + 1e-6, Counts: []int{0, 2}}},
		{"from beyond all there are", "?bins=2&from=2027-01-01T00:00:00Z", histogramOf{From: "2027-01-01T00:00:00Z", To: "2027-01-01T00:00:00Z", Width: 1e-6, Counts: []int{0, 0}, Before: 5}},
	} {
		w := get(t, h, "/layers/reports/histogram"+c.query)
		var got histogramOf
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %d %s, %v", c.name, w.Code, w.Body, err)
			continue
		}
		c.want.Layer, c.want.Field, c.want.Snapshot, c.want.Complete = "reports", "at", 1, true
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	var plain histogramOf
	w := get(t, h, "/layers/reports/histogram")
	if err := json.Unmarshal(w.Body.Bytes(), &plain); err != nil || len(plain.Counts) != defaultBins {
		t.Errorf("got %s, %v, want %d bins", w.Body, err, defaultBins)
	}
	r := httptest.NewRequest(http.MethodGet, "/layers/reports/histogram", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	if h.ServeHTTP(again, r); again.Code != http.StatusNotModified {
		t.Errorf("got %d for the ETag that was given, want 304", again.Code)
	}
}

func TestHistogramProblems(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	for query, want := range map[string]string{
		"?bins=0": "bins is a number from 1 to 500", "?bins=501": "bins is a number from 1 to 500", "?bins=1&bins=2": "bins stands 2 times",
		"?bbox=1,2,3": "bbox is west,south,east,north", "?from=2026": "from: \\\"2026\\\" is not an RFC 3339 time", "?to=": "to: ",
		"?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "from is later than to", "?at=1": "accepted are bins, bbox, from, to, filter, filter-lang, datetime", "?filter=phony='x'": "\"code\":\"filter_invalid\"", "?%": "the query is not made of",
	} {
		if w := get(t, h, "/layers/reports/histogram"+query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want 400 with %s", query, w.Code, w.Body, want)
		}
	}
	if w := get(t, h, "/layers/nothing/histogram"); w.Code != http.StatusNotFound {
		t.Errorf("got %d for no layer, want 404", w.Code)
	}
}

// TestHistogramOfPrivateTimes: a layer whose times are private is answered as one without (S10).
func TestHistogramOfPrivateTimes(t *testing.T) {
	t.Parallel()
	at := layers.Field{Name: "at", Kind: column.Time, Private: true}
	feature := []layers.Feature{{ID: "1", Geometry: orb.Point{1, 2}, Values: []column.Value{column.MicrosOf(1)}}}
	private := publicOf(t, &layers.Schema{Name: "timed", TimeField: "at", Fields: []layers.Field{at}}, feature)
	at.Private = false
	none := publicOf(t, &layers.Schema{Name: "plain", Fields: []layers.Field{at}}, feature)
	ls, err := api.NewLayers([]*api.Layer{{View: private}, {View: none}})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
	one, other := get(t, h, "/layers/timed/histogram"), get(t, h, "/layers/plain/histogram")
	if one.Code != http.StatusNotFound || strings.ReplaceAll(one.Body.String(), "timed", "plain") != other.Body.String() {
		t.Errorf("private times are told from none:\n%d %s\n%d %s", one.Code, one.Body, other.Code, other.Body)
	}
}

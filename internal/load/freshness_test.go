package load

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"hutong/internal/testkit"
)

// freshness runs against a city.
func freshness(t *testing.T, ctx context.Context, c *city, change func(*FreshnessOptions)) *FreshnessResult { //nolint:revive // t is first in tests
	t.Helper()
	o := FreshnessOptions{Changes: c.changes(), Layer: "a", Zoom: 14}
	o.Changes.Duration, o.Changes.Rate, o.Changes.Batch = time.Second, 100, 4
	change(&o)
	client := NewClient(16)
	defer client.CloseIdleConnections()
	r, err := Freshness(ctx, client, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFreshness follows changes to their tiles, which are new at the third question.
func TestFreshness(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.stale = 2
	targets, err := LayerWalk(c.URL, "a", 12, 14, [4]float64{-77.2, 38.7, -76.8, 39.1}, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := freshness(t, t.Context(), c, func(o *FreshnessOptions) {
		o.Tiles = Options{Targets: targets, Connections: 2, Rate: 100, Encoding: "gzip"}
		o.Idle = time.Second
	})
	n := r.Changes.Requests
	if n == 0 || r.Fresh.Count != n || r.Told.Count != n || r.Fetched.Count != n || r.Whole.Count != n || r.Untold+r.Unshown+r.Unfollowed != 0 {
		t.Errorf("got %+v and %+v, want each request followed to its tile", r, r.Changes)
	}
	if r.NotYet == 0 || r.Without != 0 || r.Whole.P50 < r.Fresh.P50 || r.Fresh.P50 < 2*float64(probePoll.Milliseconds()) {
		t.Errorf("got %+v, want two answers that there is nothing new before each tile", r)
	}
	if r.Idle == nil || r.Loaded == nil || r.Idle.Requests == 0 || r.Loaded.Requests == 0 || r.Ratio == nil || *r.Ratio <= 0 {
		t.Errorf("got idle %+v, loaded %+v", r.Idle, r.Loaded)
	}
}

// TestLoneChanges come one after the other.
func TestLoneChanges(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	r := freshness(t, t.Context(), c, func(o *FreshnessOptions) {
		o.Changes.Rate, o.Changes.Count, o.Changes.Duration, o.Pause = 0, 5, time.Minute, time.Millisecond
	})
	if n := r.Changes.Sent; n != 5 || n != r.Changes.Requests || r.Fresh.Count != n || r.Idle != nil {
		t.Errorf("got %+v and %+v, want lone changes with pauses", r, r.Changes)
	}
}

// TestLostChanges: what was not seen is counted. The end of the run, once changes were looked for in vain, stands for that
// of their patience.
func TestLostChanges(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*city){
		"no event": func(c *city) { c.silent = true }, "not in the tile": func(c *city) { c.hidden = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			change(c)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.looked = func(times int) {
				if c.silent || times == 3 { // the third look tells that the second was counted
					cancel()
				}
			}
			r := freshness(t, ctx, c, func(o *FreshnessOptions) { o.Changes.Rate, o.Changes.Duration = 0, time.Minute })
			if r.Fresh.Count != 0 || r.Unfollowed != r.Changes.Requests || !r.Stopped || c.hidden != (r.Without > 0) {
				t.Errorf("got %+v and %+v, want none that was seen", r, r.Changes)
			}
		})
	}
}

func TestFreshnessOptions(t *testing.T) {
	t.Parallel()
	o := FreshnessOptions{Zoom: 99, Pause: -1, Tiles: Options{Rate: 1}}
	err := o.Validate()
	for _, want := range []string{"a duration", "no name", "zoom 99", "a pause", "0 targets"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q too", err, want)
		}
	}
}

func TestWriteFreshness(t *testing.T) {
	t.Parallel()
	ratio := 2.28
	r := FreshnessResult{
		Stopped: true, Fresh: Latency{120, 26, 55, 68.5, 75}, Told: Latency{120, 25, 48, 65, 74}, Fetched: Latency{120, 0.85, 3.75, 18, 52}, Whole: Latency{120, 38, 72, 103, 108},
		NotYet: 1, Without: 2, Untold: 3, Unshown: 4, Unfollowed: 5, FirstError: "9 in tile 14/1/2: the answer is 500", Reconnects: 1, StreamError: "the stream ended",
		Changes: &IngestResult{Acknowledged: 12_000, Sent: 12_000, Seconds: 6, PerSecond: 2000, RequestsPerSecond: 20},
		Idle:    &Result{Requests: 999, P50: 1, P95: 6, P99: 20, Max: 35, Statuses: map[string]int64{"200": 999}},
		Loaded:  &Result{Requests: 1197, P50: 1.5, P95: 23, P99: 46, Max: 71, Statuses: map[string]int64{"200": 1197}}, Ratio: &ratio,
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "freshness.txt", b.String())
}

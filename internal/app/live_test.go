package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
)

// feed is a live source: it publishes what it is handed.
type feed struct {
	layer   layers.Name
	changes chan []layers.Change
	ended   chan error // takes what Run returns
}

var _ ingest.Source = (*feed)(nil)

func (f *feed) Name() string       { return "feed" }
func (f *feed) Layer() layers.Name { return f.layer }

func (f *feed) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) (err error) {
	defer func() { f.ended <- err }()
	for {
		select {
		case changes := <-f.changes:
			if err := to.Publish(ctx, layers.Batch{Layer: f.layer, Changes: changes}); err != nil {
				return err
			}
			report.Accept(len(changes))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestLiveSourcesArePartOfServing publishes while the city is served: tiles and their ETags show it, the
// metrics count it, and the source ends before Run does.
func TestLiveSourcesArePartOfServing(t *testing.T) {
	t.Parallel()
	city := newCity()
	live := &feed{layer: "complaints", changes: make(chan []layers.Change), ended: make(chan error, 1)}
	city.Live = []ingest.Source{live}
	a, log := newTestApp(t, city, nil)
	r := start(t, a)
	etag := func() string {
		res, err := r.client.Get(r.url + "/tiles/complaints/0/0/0.mvt")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("got %s", res.Status)
		}
		return res.Header.Get("ETag")
	}
	before := etag()
	live.changes <- []layers.Change{point("new", 116.35, 39.92), point("b", 116.41, 39.96)}
	live.changes <- nil // the batch before this one was taken
	if after := etag(); after == before {
		t.Errorf("the tile has ETag %s before and after two changes", before)
	}
	if status, body, err := r.get("/layers/complaints/features/new"); err != nil || status != http.StatusOK {
		t.Errorf("got %d %s, %v for the new feature", status, body, err)
	}
	if _, body, err := r.get("/metrics"); err != nil || !strings.Contains(body, `hutong_ingest_accepted_total{source="feed"} 2`) {
		t.Errorf("the metrics lack two accepted records of the feed: %v", err)
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
	select {
	case err := <-live.ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the source ended with %v", err)
		}
	default:
		t.Error("the source still runs after Run has returned")
	}
	if strings.Contains(log.String(), "failed") {
		t.Errorf("the log tells of a failure: %s", log)
	}
}

// failing is a live source whose runs fail after a while, each with or without having published.
type failing struct {
	runs   []bool // whether each publishes
	starts []time.Time
}

var _ ingest.Source = (*failing)(nil)

func (f *failing) Name() string       { return "feed" }
func (f *failing) Layer() layers.Name { return "complaints" }

func (f *failing) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	f.starts = append(f.starts, time.Now())
	n := len(f.starts) - 1
	if n == len(f.runs) {
		return nil
	}
	if f.runs[n] {
		if err := to.Publish(ctx, layers.Batch{Layer: "complaints", Changes: []layers.Change{point("x", 116, 40)}}); err != nil {
			return err
		}
		report.Accept(1)
	}
	report.Refuse(ingest.Refusal{Reason: ingest.ReasonJSON, Want: "JSON"})
	return errors.New("broken pipe")
}

// TestFollowRunsAgain looks when a source that fails is run again, by a clock that only waits move.
func TestFollowRunsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.NewMetrics()
		s, err := NewStore(newCity(), m)
		if err != nil {
			t.Fatal(err)
		}
		log := &testkit.Buffer{}
		source := &failing{runs: []bool{false, false, false, false, false, false, false, false, true, false}}
		s.Follow(t.Context(), source, slog.New(slog.NewJSONHandler(log, nil)))
		most := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 1, 2} // seconds
		if len(source.starts) != len(most)+1 {
			t.Fatalf("got %d runs, want %d", len(source.starts), len(most)+1)
		}
		for i, limit := range most {
			limit *= time.Second
			if wait := source.starts[i+1].Sub(source.starts[i]); wait <= limit/2-1 || wait > limit {
				t.Errorf("run %d came after %v, want %v to %v", i+1, wait, limit/2, limit)
			}
		}
		metrics := scrape(m)
		for _, want := range []string{
			`hutong_ingest_restarts_total{source="feed"} 10`, `hutong_ingest_accepted_total{source="feed"} 1`,
			`hutong_ingest_refused_total{reason="json",source="feed"} 10`,
		} {
			if !strings.Contains(metrics, want) {
				t.Errorf("the metrics lack %s", want)
			}
		}
		for _, want := range []string{"broken pipe", `"msg":"source ended"`, `"msg":"records refused","source":"feed","layer":"complaints"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s: %s", want, log)
			}
		}
	})
}

// sour is a live source that refuses what it reads, a record a second, and never ends by itself.
type sour struct{}

var _ ingest.Source = sour{}

func (sour) Name() string       { return "feed" }
func (sour) Layer() layers.Name { return "complaints" }

func (sour) Run(ctx context.Context, _ ingest.Publisher, report *ingest.Report) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			report.Refuse(ingest.Refusal{Reason: ingest.ReasonJSON, Want: "JSON"})
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestRefusalsCountWhileASourceRuns looks at the metrics and the log of a source that does not return: each
// refusal is counted once, and the log tells of the first, then of all at the end.
func TestRefusalsCountWhileASourceRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.NewMetrics()
		s, err := NewStore(newCity(), m)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		log := &testkit.Buffer{}
		ended := make(chan struct{})
		go func() {
			s.Follow(ctx, sour{}, slog.New(slog.NewJSONHandler(log, nil)))
			close(ended)
		}()
		logged := func() int { return strings.Count(log.String(), `"msg":"records refused"`) }
		const line = `hutong_ingest_refused_total{reason="json",source="feed"} `
		time.Sleep(10*time.Second + countEvery + time.Millisecond) // of the test's own clock; the source refuses 11
		if got := scrape(m); !strings.Contains(got, line+"10\n") && !strings.Contains(got, line+"11\n") || logged() != 1 {
			t.Errorf("while it runs: the metrics lack %s10 or 11, or the log has not one line but %d", line, logged())
		}
		cancel()
		<-ended
		if got := scrape(m); !strings.Contains(got, line+"11\n") || logged() != 2 {
			t.Errorf("at the end: the metrics lack %s11, or the log has not two lines but %d", line, logged())
		}
	})
}

// TestFollowStopsWhileItWaits ends the context between two runs.
func TestFollowStopsWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := NewStore(newCity(), telemetry.NewMetrics())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		source := &failing{runs: make([]bool, 100)}
		begun := time.Now()
		s.Follow(ctx, source, slog.New(slog.DiscardHandler))
		if took := time.Since(begun); took != 20*time.Second {
			t.Errorf("it took %v to stop, want it at once", took-20*time.Second)
		}
	})
}

func TestLiveSourceOfNoLayer(t *testing.T) {
	t.Parallel()
	city := newCity()
	city.Live = []ingest.Source{&feed{layer: "nothing"}}
	if _, err := NewStore(city, telemetry.NewMetrics()); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("got %v, want that there is no such layer", err)
	}
}

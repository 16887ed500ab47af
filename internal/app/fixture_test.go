package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/api"
	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/tiles"
)

func TestMain(m *testing.M) {
	// go-pmtiles' Google client brings a package that starts a goroutine in its init and never stops it.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// secret is in every private value.
const secret = "s3cret-number"

// fakeSource publishes what it holds, in one batch.
type fakeSource struct {
	name    string
	layer   layers.Name
	changes []layers.Change
	before  func(ctx context.Context) error // called first; may be nil
	refuse  []ingest.Refusal
	err     error // returned at the end
}

var _ ingest.Source = (*fakeSource)(nil)

func (s *fakeSource) Name() string       { return s.name }
func (s *fakeSource) Layer() layers.Name { return s.layer }

func (s *fakeSource) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	if s.before != nil {
		if err := s.before(ctx); err != nil {
			return err
		}
	}
	for _, r := range s.refuse {
		report.Refuse(r)
	}
	if err := to.Publish(ctx, layers.Batch{Layer: s.layer, Changes: s.changes}); err != nil {
		return err
	}
	report.Accept(len(s.changes))
	return s.err
}

// point is an upsert with a status and a private phone number.
func point(id layers.FeatureID, lon, lat float64) layers.Change {
	return layers.Change{Feature: layers.Feature{
		ID: id, Geometry: orb.Point{lon, lat}, Values: []column.Value{column.StringOf("open"), column.StringOf(secret)},
	}}
}

// newCity has two layers: complaints from sources, or from one with two features, and empty.
func newCity(sources ...ingest.Source) *City {
	if sources == nil {
		sources = []ingest.Source{&fakeSource{
			name: "hotline", layer: "complaints",
			changes: []layers.Change{point("1", 116.3, 39.9), point("b", 116.4, 39.95)},
		}}
	}
	city := &City{Title: "A city", Sources: sources}
	for _, name := range []layers.Name{"complaints", "empty"} {
		city.Layers = append(city.Layers, Layer{
			Schema: &layers.Schema{Name: name, IDField: "ref", Fields: []layers.Field{
				{Name: "status", Kind: column.String},
				{Name: "phone", Kind: column.String, Private: true},
			}},
			Title: "Layer " + string(name), Licence: "CC0-1.0", Tiles: tiles.Defaults(),
		})
	}
	city.Layers[0].Cells = &derive.Spec{Min: 4, Max: 11, Counts: []derive.CountField{{Field: "status", Values: []string{"open"}}}}
	return city
}

// newTestApp returns an app on a free port and its log.
func newTestApp(t *testing.T, city *City, change func(*Options), more ...api.Route) (*App, *testkit.Buffer) {
	t.Helper()
	log := &testkit.Buffer{}
	o := Options{Listen: "127.0.0.1:0", Log: slog.New(slog.NewJSONHandler(log, nil)), Metrics: telemetry.NewMetrics()}
	if change != nil {
		change(&o)
	}
	a, err := newApp(city, o, more...)
	if err != nil {
		t.Fatal(err)
	}
	return a, log
}

// running is an app under way.
type running struct {
	url    string
	stop   context.CancelFunc
	result chan error
	client *http.Client
}

// start runs a until it is ready.
func start(t *testing.T, a *App) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{stop: cancel, result: make(chan error, 1), client: &http.Client{Transport: &http.Transport{}}}
	urls := make(chan string, 2)
	go func() { r.result <- a.Run(ctx, func(url string) { urls <- url }) }()
	t.Cleanup(func() {
		cancel()
		r.client.CloseIdleConnections()
	})
	select {
	case r.url = <-urls:
	case err := <-r.result:
		t.Fatalf("Run ended before it was ready: %v", err)
	}
	return r
}

// get returns the status and the body at a path.
func (r *running) get(path string) (int, string, error) {
	req, err := http.NewRequest(http.MethodGet, r.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", fmt.Errorf("GET %s: %w", path, err)
	}
	return res.StatusCode, string(body), nil
}

// publish accepts a batch of a source without a name.
func publish(ctx context.Context, s *Store, batch layers.Batch) error {
	_, err := s.Accept(ctx, "test", batch)
	return err
}

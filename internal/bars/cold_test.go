package bars

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/internal/app"
	"hutong/internal/load"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/cache"
)

// Bars on tiles that are not in the cache, over HTTP with gzip: a walk over zooms 10 to 13 by two clients.
const (
	coldTiles       = 300
	coldClients     = 2
	coldWholeRate   = 150
	coldShippedRate = 500
	coldSeed        = 13
)

// citySource feeds the seeded city as a source of its own, so that a server loads it as any other.
type citySource struct {
	city *City
	n    int
}

var _ ingest.Source = citySource{}

func (citySource) Name() string       { return "city" }
func (citySource) Layer() layers.Name { return Schema().Name }

func (s citySource) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	for i := 0; i < s.n; i += batchSize {
		b := newBatch(batchSize)
		for j := i; j < min(i+batchSize, s.n); j++ {
			b.add(s.city, j)
		}
		if err := to.Publish(ctx, layers.Batch{Layer: s.Layer(), Changes: b.changes}); err != nil {
			return err
		}
		report.Accept(len(b.changes))
	}
	return nil
}

// childCold serves the city without keeping any tile: as its schema ships, or whole, with every field at
// every zoom and the largest budget there is.
func childCold(whole bool) func(s size, _ figures) error {
	return func(s size, _ figures) error {
		schema, o := Schema(), tiles.Defaults()
		if whole {
			o.Budget = tiles.MaxBudget
			schema.IDFromZoom = 0
			for i := range schema.Fields {
				schema.Fields[i].FromZoom = 0
			}
		}
		a, err := app.New(&app.City{
			Title: "City", Layers: []app.Layer{{Schema: schema, Tiles: o}}, Sources: []ingest.Source{citySource{NewCity(citySeed), s.features}},
		}, app.Options{
			Listen: "127.0.0.1:0", Metrics: telemetry.NewMetrics(), Tiles: cache.Options{Bytes: 1, Tags: 1},
			Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		})
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx, func(url string) { fmt.Println(url) }) }()
		_, err = io.Copy(io.Discard, os.Stdin) // until the parent has seen enough
		cancel()
		return errors.Join(err, <-ended)
	}
}

// barCold asks a fresh server for the tiles of the walk.
func barCold(t *testing.T, s size, r *Report) {
	for _, c := range []struct {
		what, child string
		rate        float64
	}{
		{"every field and feature", "cold-whole", coldWholeRate},
		{"as shipped", "cold-shipped", coldShippedRate},
	} {
		url, stop := startCold(t, c.child)
		client := load.NewClient(coldClients)
		set, err := load.Describe(t.Context(), client, url+"/tiles/"+string(Schema().Name)+".json")
		if err != nil {
			t.Fatal(err)
		}
		if set, err = set.Narrow(10, 13, set.Bounds); err != nil {
			t.Fatal(err)
		}
		var targets []string
		for _, tile := range set.Walk(coldTiles, coldSeed) {
			targets = append(targets, set.URL(tile))
		}
		rounds := s.rounds
		if !s.full() {
			rounds = 1
		}
		var rates, cpus []float64
		bytes := int64(0)
		for range rounds {
			got, err := load.Run(t.Context(), client, load.Options{Targets: targets, Connections: coldClients, Count: coldTiles, Encoding: "gzip"})
			if err != nil || got.Errors > 0 || got.Requests != coldTiles || got.ServerCPU == nil {
				t.Fatalf("%s: %+v, %v", c.what, got, err)
			}
			rates, cpus, bytes = append(rates, got.PerSecond), append(cpus, *got.ServerCPU), got.Bytes
		}
		features, left := coldFeatures(t, url)
		r.AtLeast("cold: tiles/s, "+c.what, median(rates), c.rate, "%.0f")
		r.Add("cold:   "+c.what, "%.2f ms of CPU a tile, %.0f features and %d bytes as gzip a tile, %.2f %% of features left out by the budget",
			median(cpus), features, bytes/coldTiles, 100*left)
		stop()
	}
}

// startCold starts a child and returns its URL and what ends it.
func startCold(t *testing.T, child string) (url string, stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-bars.child="+child, "-bars="+strconv.FormatBool(*runBars))
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	stop = func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	}
	if err != nil {
		stop()
		t.Fatalf("the server said %q: %v", line, err)
	}
	return strings.TrimSpace(line), stop
}

// coldFeatures returns the mean number of features of the tiles that a server has built, and the share of
// features that budgets left out of them.
func coldFeatures(t *testing.T, url string) (mean, left float64) {
	t.Helper()
	text, err := plain(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string) float64 {
		m := regexp.MustCompile(`(?m)^` + name + `\{layer="reports"\} ([0-9.e+]+)$`).FindSubmatch(text)
		if m == nil {
			t.Fatalf("no metric %s", name)
		}
		v, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sum, dropped := value("hutong_tile_features_sum"), value("hutong_tile_dropped_features_total")
	return sum / value("hutong_tile_features_count"), dropped / (sum + dropped)
}

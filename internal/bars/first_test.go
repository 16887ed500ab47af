package bars

import (
	"context"
	"encoding/json"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutong/ingest/synthetic"
	"hutong/internal/app"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/web"
)

// The page's bar: from a browser being sent to it to the first frame with a feature of a layer of
// data, in headless Chromium with its software renderer, browser and server on the same processors.
const (
	firstSeconds = 2.0
	firstRounds  = 5
	// firstPatience is how long all rounds together may take.
	firstPatience = 5 * time.Minute
)

// barFirst opens the page of the demo and of Washington DC, each time with nothing kept. It runs at
// full size only: internal/e2e runs the same script in every run of the tests.
func barFirst(t *testing.T, s size, r *Report) {
	if !s.full() {
		return
	}
	if !web.Built() {
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	demo, err := app.Demo(synthetic.DefaultComplaints, 1, synthetic.DefaultSpeed)
	if err != nil {
		t.Fatal(err)
	}
	r.AtMost("page: s to the first features of the demo", firstFeatures(t, demo), firstSeconds, "%.2f")
	data, ok := testkit.FindData(t)
	if !ok {
		r.Add("page: s to the first features of Washington DC", "skipped: there is no data folder")
		return
	}
	c, err := config.Load(dcExample, func(name string) (string, bool) { return data, name == config.EnvData })
	if err != nil {
		t.Fatal(err)
	}
	dc, err := app.FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	r.AtMost("page: s to the first features of Washington DC", firstFeatures(t, dc), firstSeconds, "%.2f")
}

// firstFeatures serves a city and returns the median of the seconds that its page took.
func firstFeatures(t *testing.T, city *app.City) float64 {
	t.Helper()
	a, err := app.New(city, app.Options{Listen: "127.0.0.1:0", Metrics: telemetry.NewMetrics(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Run(ctx, func(url string) { urls <- url }) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	var base string
	select {
	case base = <-urls:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	looks := make([]map[string]string, firstRounds)
	for i := range looks {
		looks[i] = map[string]string{"name": "round-" + string(rune('a'+i)), "more": "lang=en&theme=light"}
	}
	options, err := json.Marshal(map[string]any{
		"base": base, "chromium": testkit.Tool(t, "chromium", "chromium"), "out": t.TempDir(), "width": 1280, "height": 800, "looks": looks,
	})
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join("..", "..", "web", "e2e", "shots.mjs")
	within, stop := context.WithTimeout(t.Context(), firstPatience)
	defer stop()
	var said strings.Builder
	cmd := exec.CommandContext(within, testkit.Tool(t, "node", "nodejs"), script, string(options))
	cmd.Stderr = &said
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, said.String())
	}
	var rounds map[string]struct {
		FirstSeconds float64
		Complaints   []string
	}
	if err := json.Unmarshal(printed, &rounds); err != nil {
		t.Fatalf("%s: %v in %.200s", script, err, printed)
	}
	if len(rounds) != firstRounds {
		t.Fatalf("%s: got %d rounds, want %d", script, len(rounds), firstRounds)
	}
	var seconds []float64
	for name, round := range rounds {
		seconds = append(seconds, round.FirstSeconds)
		for _, complaint := range round.Complaints {
			t.Errorf("%s: the page or the browser complains: %s", name, complaint)
		}
	}
	t.Logf("%.2f s", seconds)
	return median(seconds)
}

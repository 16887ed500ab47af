package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/tiles/grid"
)

// hotConfig is a city whose reports are pushed, with hot spots of the open ones; %s are the hash of a key and what else
// the city has.
const hotConfig = `city: A city
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    h3: {resolutions: [4, 9]}
    fields: {state: {type: string}, phone: {type: string, private: true}}
derived:
  hot: {of: reports, as: hotspots, title: Hot spots, title_zh: 热点, resolution: 8, every: 1s, filter: "state = 'open'"}
keys:
  gateway: {hash: "%s", scopes: ["ingest:hotline"]}
sources:
  hotline:
    layer: reports
    push: {position: {lon: x, lat: y}}
    id: "{no}"
    fields: {state: state}
%s`

// hotCity returns that city with its key.
func hotCity(t *testing.T, more string) (*City, auth.Secret) {
	t.Helper()
	key := auth.NewSecret()
	c, err := config.Parse("hot.yaml", fmt.Appendf(nil, hotConfig, key.Hash(), more), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	city.HotSpots[0].Every = time.Millisecond
	return city, key
}

// hotMiddle is the cell in the middle of these tests' city.
func hotMiddle(t *testing.T) hexgrid.Cell {
	t.Helper()
	c, err := hexgrid.At(116.4, 39.9, 8)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reportsIn returns a body with so many reports in the middle of each of cells.
func reportsIn(cells []hexgrid.Cell, n int, prefix string) string {
	var list []string
	for _, c := range cells {
		lon, lat := c.Centre()
		for i := range n {
			list = append(list, fmt.Sprintf(`{"no": "%s-%s-%d", "x": %.7f, "y": %.7f, "state": "open"}`, prefix, c, i, lon, lat))
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// hotAnswer is what the catalogue tells of the layer.
type hotAnswer struct {
	Count    int              `json:"count"`
	Analysis *derive.Analysis `json:"analysis"`
}

func (r *running) json(t *testing.T, path string, into any) {
	t.Helper()
	status, body, err := r.get(path)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: got %d %s, %v", path, status, body, err)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// bin returns the bin of a cell.
func (r *running) bin(t *testing.T, c hexgrid.Cell) int {
	t.Helper()
	var feature struct {
		Properties struct {
			Bin int `json:"bin"`
		} `json:"properties"`
	}
	r.json(t, "/layers/hot/features/"+c.String(), &feature)
	return feature.Properties.Bin
}

// changes opens a stream of a layer's changes from an id, and returns the data of its changes and resets with their ids.
func (r *running) changes(t *testing.T, path string) <-chan [2]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.client.Do(req) //nolint:bodyclose // by the goroutine
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan [2]string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer res.Body.Close()
		defer close(out)
		id, hello := "", false
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "id":
				id = value
			case "event":
				hello = value == "hello"
			case "data":
				if hello {
					value = ""
				}
				out <- [2]string{id, value}
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	if first := <-out; first[1] != "" {
		t.Fatalf("the stream begins with %v", first)
	}
	return out
}

// TestHotSpots pushes reports: the layer of hot spots, its tiles and its streams tell where they lie together.
func TestHotSpots(t *testing.T) {
	t.Parallel()
	city, key := hotCity(t, "")
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	var hot hotAnswer
	r.json(t, "/layers/hot", &hot)
	if hot.Count != 0 || hot.Analysis == nil || !strings.Contains(hot.Analysis.Reason, "nothing is counted") {
		t.Fatalf("without reports: got %+v", hot)
	}
	for _, path := range []string{"/tiles/hot.json", "/styles/light.json", "/layers", "/tiles/hot,reports/10/843/387.mvt"} {
		if status, body, err := r.get(path); err != nil || status >= 300 {
			t.Errorf("%s: got %d %s, %v", path, status, body, err)
		}
	}
	stream := r.changes(t, "/live?layers=hot")
	middle := hotMiddle(t)
	around, err := middle.Disk(5)
	if err != nil {
		t.Fatal(err)
	}
	if w := pushTo(a.Handler(), key, "/ingest/hotline", reportsIn(around, 1, "a")); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	if change := <-stream; !strings.Contains(change[1], `"hot"`) {
		t.Fatalf("got %v", change)
	}
	tile := func() string {
		status, body, err := r.get("/tiles/hot/10/843/387.mvt")
		if err != nil || status != http.StatusOK {
			t.Fatalf("got %d, %v", status, err)
		}
		return body
	}
	before := tile()
	if bin := r.bin(t, middle); bin != 0 {
		t.Errorf("alike everywhere: got bin %d", bin)
	}
	body := strings.Replace(reportsIn([]hexgrid.Cell{middle}, 30, "b"), `"open"`, `"closed"`, 10)
	if w := pushTo(a.Handler(), key, "/ingest/hotline", body); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	if change := <-stream; !strings.Contains(change[1], `"hot"`) {
		t.Fatalf("got %v", change)
	}
	if tile() == before {
		t.Error("the tile is as it was when clients hear that it is not")
	}
	if bin := r.bin(t, middle); bin != 3 {
		t.Errorf("20 more in the middle: got bin %d, want 3", bin)
	}
	r.json(t, "/layers/hot", &hot)
	if n := 127; hot.Count != n || hot.Analysis.Cells != n || hot.Analysis.Counted != 91+20 || hot.Analysis.Filter != "state = 'open'" || len(hot.Analysis.Caveats) == 0 {
		t.Errorf("got %d features and %+v", hot.Count, hot.Analysis)
	}
	if _, err := a.Store().Accept(t.Context(), "x", layers.Batch{Layer: "hot"}); err == nil {
		t.Error("the layer takes changes from outside")
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
}

// TestHotSpotsAfterRestart: another process shows the same, and tells clients that come back that everything may differ.
func TestHotSpotsAfterRestart(t *testing.T) {
	t.Parallel()
	city, key := hotCity(t, "journal: {folder: '"+t.TempDir()+"'}\n")
	middle := hotMiddle(t)
	around, err := middle.Disk(5)
	if err != nil {
		t.Fatal(err)
	}
	state := func(a *App) []layers.Feature {
		var out []layers.Feature
		for b := range a.Store().hot.list[0].layer.Snapshot().All() {
			for i := range b.Len() {
				out = append(out, (layers.Row{Block: b, Index: i}).Feature())
			}
		}
		return out
	}
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	stream := r.changes(t, "/live?layers=hot")
	body := strings.TrimSuffix(reportsIn(around, 1, "a"), "]") + "," + strings.TrimPrefix(reportsIn([]hexgrid.Cell{middle}, 20, "b"), "[")
	if w := pushTo(a.Handler(), key, "/ingest/hotline", body); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	change := <-stream
	want, was := state(a), a.Store().hot.list[0].layer.Snapshot().Seq()
	if began := layers.Seq(time.Now().Add(-time.Hour).UnixMilli()); was <= began {
		t.Errorf("states are numbered from %d on, want the time of the start", was)
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Fatal(err)
	}
	again, _ := newTestApp(t, city, nil)
	r = start(t, again)
	if got := state(again); len(got) != 127 || cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)) != "" {
		t.Errorf("got %d features, other than before", len(got))
	}
	if now := again.Store().hot.list[0].layer.Snapshot().Seq(); now <= was {
		t.Errorf("state %d after state %d of the process before", now, was)
	}
	if resumed := <-r.changes(t, "/live?layers=hot&since="+change[0]); !strings.Contains(resumed[1], `"all":true`) {
		t.Errorf("a client that comes back from %s hears %v", change[0], resumed)
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
}

// TestHotSpotsPace: while reports keep coming hot spots are computed once in their interval. Clients are told under a number
// that they know, once tiles are known to be out of date (S3, S4).
func TestHotSpotsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city, _ := hotCity(t, "")
		city.HotSpots[0].Every = 2 * time.Second
		s, err := NewStore(city, telemetry.NewMetrics())
		if err != nil {
			t.Fatal(err)
		}
		world := grid.Tile{}
		window := world.Window(4096, 64)
		told := 0
		s.tell = func(d layers.Delta) {
			if d.Layer != "hot" {
				return
			}
			told++
			if now := s.hot.list[0].layer.Snapshot().Seq(); d.Seq != s.seq || s.versions.Last("hot", world, &window) != now {
				t.Errorf("told under %d in state %d; its tiles are known to be of %d, not %d", d.Seq, s.seq, s.versions.Last("hot", world, &window), now)
			}
		}
		middle := hotMiddle(t)
		around, err := middle.Disk(4)
		if err != nil {
			t.Fatal(err)
		}
		publish := func(c hexgrid.Cell, n int) {
			lon, lat := c.Centre()
			f := layers.Feature{ID: layers.FeatureID(fmt.Sprint(c, n)), Geometry: orb.Point{lon, lat}, Values: []column.Value{column.StringOf("open")}}
			if _, err := s.Accept(t.Context(), "x", layers.Batch{Layer: "reports", Changes: []layers.Change{{Feature: f}}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range around {
			publish(c, 0)
		}
		log := slog.New(slog.DiscardHandler)
		s.hot.first(t.Context(), log)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.hot.run(ctx, log) })
		for i := range 200 {
			time.Sleep(50 * time.Millisecond)
			publish(around[i%7], i+1)
		}
		time.Sleep(3 * time.Second)
		cancel()
		running.Wait()
		if told < 6 || told > 7 {
			t.Errorf("told %d times in 13 s of an interval of 2 s", told)
		}
		if got := s.hot.list[0].analysis.Load(); got.Counted != len(around)+200 || got.SourceSeq != s.seq {
			t.Errorf("got %d counted in state %d, want %d in %d", got.Counted, got.SourceSeq, len(around)+200, s.seq)
		}
	})
}

// TestHotSpotsOfHiddenLayers: a city that was made in code is held to what a config is, whose layers everybody sees.
func TestHotSpotsOfHiddenLayers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		from HotSpots
	}{
		{"counted", HotSpots{Of: "secret"}},
		{"study area", HotSpots{Of: "reports", Area: "secret"}},
		{"divided by", HotSpots{Of: "reports", Rate: &derive.RateBase{Of: "secret"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			city, _ := hotCity(t, "")
			city.Layers = append(city.Layers, Layer{Schema: &layers.Schema{Name: "secret"}, Hidden: true})
			spec := city.HotSpots[0]
			spec.Of, spec.Area, spec.Rate = test.from.Of, test.from.Area, test.from.Rate
			city.HotSpots = []HotSpots{spec}
			if _, err := NewStore(city, telemetry.NewMetrics()); err == nil || !strings.Contains(err.Error(), `no layer "secret" that everybody sees`) {
				t.Errorf("got %v, want a refusal of the hidden layer", err)
			}
		})
	}
}

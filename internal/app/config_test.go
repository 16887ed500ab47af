package app

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hutong/ingest/synthetic"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/world"
	"hutong/styles"
)

func TestFromConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "rows.csv")
	rows := "no,x,y,state,phone\n7,116.39,39.91,open," + secret + "\n8,0,0,open," + secret + "\n,116.39,39.91,open," + secret + "\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("city.yaml", []byte(`
city: A city
public_url: https://maps.example/city
center: [116.4, 39.9]
zoom: 9.5
layers:
  complaints:
    title: Complaints
    title_zh: 投诉
    description: What people report.
    licence: CC0-1.0
    attribution: The city
    id: {name: ref}
    zooms: [2, 16]
    budget: 250000
    fields:
      status: {type: string, keep: true, max_length: 20, distinct: 9}
      phone: {type: string, private: true}
    draw: {as: place, status: status}
sources:
  hotline:
    layer: complaints
    files: ["`+file+`"]
    id: "{no}"
    csv: {lon: x, lat: y}
    fields: {status: state, phone: phone}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	if city.Title != "A city" || city.PublicURL != "https://maps.example/city" || city.Center == nil || city.Zoom != 9.5 {
		t.Errorf("got city %+v", city)
	}
	l := city.Layers[0]
	if l.Title != "Complaints" || l.Licence != "CC0-1.0" || l.Attribution != "The city" || l.Tiles.MinZoom != 2 ||
		l.Tiles.MaxZoom != 16 || l.Tiles.Budget != 250_000 || l.Tiles.Distinct["status"] != 9 ||
		l.Drawing.TitleZH != "投诉" || l.Drawing.Role != styles.Place || l.Drawing.Status != "status" {
		t.Errorf("got layer %+v", l)
	}
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	log := &testkit.Buffer{}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.NewJSONHandler(log, nil))); err != nil {
		t.Fatal(err)
	}
	if n := s.Public().All()[0].View.Now().Count(); n != 1 {
		t.Errorf("got %d features, want the one good row; the log:\n%s", n, log)
	}
	if !strings.Contains(log.String(), `"read":3,"accepted":1,"refused":2`) || strings.Contains(log.String(), secret) {
		t.Errorf("got log %s, want what was refused and no private value", log)
	}
}

func TestSourceFilesThatDoNotExist(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("city.yaml", []byte(`
city: A city
layers:
  complaints: {title: Complaints, licence: CC0-1.0, fields: {}}
sources:
  hotline: {layer: complaints, files: [no/such/file.geojson], id: "{no}", fields: {}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := newTestApp(t, city, nil)
	err = a.Run(t.Context(), func(string) { t.Error("it said that it is ready") })
	if err == nil || !strings.Contains(err.Error(), "no/such/file.geojson") || !strings.Contains(err.Error(), "hotline") {
		t.Errorf("got %v, want an error with the source and the file", err)
	}
}

func TestDemoCity(t *testing.T) {
	t.Parallel()
	city, err := Demo(500, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), city.Sources, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	s.hot.first(t.Context(), slog.New(slog.DiscardHandler))
	for _, l := range s.Public().All() {
		v := l.View.Now()
		if v.Count() == 0 || l.Name() == "complaints" && v.Count() != 500 {
			t.Errorf("%s: got %d features", l.Name(), v.Count())
		}
	}
	for _, n := range []int{-1, synthetic.MaxComplaints + 1} {
		if _, err := Demo(n, 1, 0); err == nil {
			t.Errorf("%d features were accepted", n)
		}
	}
	if len(city.Live) != 0 {
		t.Errorf("a still city has %d live sources", len(city.Live))
	}
	for _, speed := range []int{-1, synthetic.MaxSpeed + 1} {
		if _, err := Demo(1, 1, speed); err == nil {
			t.Errorf("speed %d was accepted", speed)
		}
	}
}

// TestDemoCityLives runs the live sources of a demo for six seconds, which are an hour of the city from nine in the
// morning, and reads off its layers what has happened. It also checks from which zoom on layers have tiles.
func TestDemoCityLives(t *testing.T) {
	t.Parallel()
	city, err := Demo(20_000, 1, 600)
	if err != nil {
		t.Fatal(err)
	}
	lowest := map[layers.Name]uint8{"parcels": 13, "lanes": 12}
	for _, l := range city.Layers {
		if got, want := l.Tiles.MinZoom, lowest[l.Schema.Name]; got != want {
			t.Errorf("%s: the lowest zoom is %d, want %d", l.Schema.Name, got, want)
		}
	}
	var names []string
	for _, source := range city.Live {
		names = append(names, source.Name())
	}
	if want := []string{"live-markets", "live-complaints", "live-vendors", "live-sensors"}; !slices.Equal(names, want) {
		t.Fatalf("got sources %q, want %q", names, want)
	}
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if err := s.Load(t.Context(), city.Sources, log); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, time.January, 6, 1, 0, 0, 0, time.UTC) // 09:00 in the city
	// latest returns the latest time of a field and how many features have text in another.
	latest := func(name layers.Name, field, kept, text string) (last time.Time, count int) {
		for _, l := range s.Public().All() {
			if l.Name() != name {
				continue
			}
			v := l.View.Now()
			at, is := v.Schema().FieldIndex(field), v.Schema().FieldIndex(kept)
			v.Search(world.Box{Max: world.Point{X: math.MaxUint32, Y: math.MaxUint32}}, func(f layers.Feature) bool {
				if at >= 0 && !f.Values[at].IsNull() && f.Values[at].Time().After(last) {
					last = f.Values[at].Time()
				}
				if f.Values[is].Text() == text {
					count++
				}
				return true
			})
		}
		return last, count
	}
	_, opened := latest("vendors", "", "open", "open")
	for _, of := range [][2]string{{"complaints", "changed"}, {"sensors", "read"}} {
		if last, _ := latest(layers.Name(of[0]), of[1], "status", ""); last.After(start) {
			t.Errorf("%s are as of %v before the clock starts", of[0], last)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, source := range city.Live {
			running.Go(func() { s.Follow(ctx, source, log) })
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		cancel()
		running.Wait()
	})
	end := start.Add(time.Hour)
	for _, of := range [][2]string{{"complaints", "changed"}, {"sensors", "read"}} {
		last, _ := latest(layers.Name(of[0]), of[1], "status", "")
		if last.After(end) || last.Before(end.Add(-15*time.Minute)) {
			t.Errorf("%s are as of %v, want about %v", of[0], last, end)
		}
	}
	if _, now := latest("vendors", "", "open", "open"); now <= opened {
		t.Errorf("%d stalls are open at ten after %d at nine", now, opened)
	}
}

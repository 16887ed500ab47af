package app

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
)

// rateConfig is a city with hot spots of reports over what another layer counts; %s is what it divides by.
const rateConfig = `city: A city
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    h3: {resolutions: [4, 9]}
    fields: {state: {type: string}}
  homes:
    title: Homes
    licence: CC0-1.0
    h3: {resolutions: [4, 10], numbers: [floors, people]}
    fields: {floors: {type: int}, people: {type: int}}
derived:
  hot: {of: reports, as: hotspots, title: Hot spots, title_zh: 热点, resolution: 8, every: 1s, rate: {of: homes%s}}
`

func rateCity(t *testing.T, number string) *City {
	t.Helper()
	c, err := config.Parse("rate.yaml", fmt.Appendf(nil, rateConfig, number), nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	return city
}

// TestHotSpotsOfARate: reports are divided by what the cells of the other layer hold, those that its hexagons are made
// of: nothing more is counted of it.
func TestHotSpotsOfARate(t *testing.T) {
	t.Parallel()
	middle := hotMiddle(t)
	around, err := middle.Disk(5)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, number string
		want         float64 // in the middle, with two homes of 3 floors and 40 people each, and 4 reports
	}{
		{"homes", "", 2},
		{"people", ", number: people", 0.05},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := NewStore(rateCity(t, c.number), telemetry.NewMetrics())
			if err != nil {
				t.Fatal(err)
			}
			publish := func(layer layers.Name, id string, at orb.Point, values ...column.Value) {
				t.Helper()
				f := layers.Feature{ID: layers.FeatureID(id), Geometry: at, Values: values}
				if _, err := s.Accept(t.Context(), "x", layers.Batch{Layer: layer, Changes: []layers.Change{{Feature: f}}}); err != nil {
					t.Fatal(err)
				}
			}
			for _, cell := range around {
				lon, lat := cell.Centre()
				n := 1
				if cell == middle {
					n = 4
				}
				for i := range n {
					publish("reports", fmt.Sprint(cell, i), orb.Point{lon, lat}, column.StringOf("open"))
				}
				for i := range 2 {
					publish("homes", fmt.Sprint(cell, i), orb.Point{lon, lat}, column.IntOf(3), column.IntOf(40))
				}
			}
			s.hot.first(t.Context(), slog.New(slog.DiscardHandler))
			hot := s.hot.list[0]
			row, ok := hot.layer.Snapshot().Find(layers.FeatureID(middle.String()))
			if !ok {
				t.Fatalf("the middle has no hot spot: %+v", hot.analysis.Load())
			}
			if got := row.Feature().Values[hot.hot.Schema().FieldIndex("rate")].Float(); got != c.want {
				t.Errorf("got a rate of %v, want %v", got, c.want)
			}
			if n := len(slices.Collect(s.layers["homes"].Snapshot().AllDerived())); n != 1 {
				t.Errorf("%d derivers run in commits of homes, want 1", n)
			}
		})
	}
}

// TestHotSpotsOfNoRate refuses what is not counted by cell.
func TestHotSpotsOfNoRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(city *City)
		want   string
	}{
		{"no layer", func(city *City) { city.HotSpots[0].Rate.Of = "house" }, `app: hot spots hot: there is no layer "house"`},
		{"no cells", func(city *City) { city.Layers[1].Cells = nil }, "app: hot spots hot: the layer homes is not counted by cell"},
		{"coarse cells", func(city *City) { city.Layers[1].Cells.Max = 7 }, "app: hot spots hot: the layer homes is counted up to resolution 7, and the hot spots are of 8"},
		{"no sums", func(city *City) { city.HotSpots[0].Rate = &derive.RateBase{Of: "homes", Number: "cars"} }, `app: hot spots hot: the layer homes has no sums of "cars"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			city := rateCity(t, "")
			if city.Layers[1].Schema.Name != "homes" {
				slices.Reverse(city.Layers)
			}
			c.change(city)
			if _, err := NewStore(city, telemetry.NewMetrics()); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

package styles

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/layers"
)

// cellFields are the fields that tiles have of cells, as in schema above.
var cellFields = map[CellKind][]string{
	Hexes:    {"h3", "#count", "#resolution", "newest", "#category_noise", "#days_mean"},
	Clusters: {"h3", "cluster", "#point_count", "point_count_abbreviated", "#count", "newest"},
	Hotspots: {"h3", "#bin", "#z", "#p", "#count", "significant", "class"},
}

// derived is a layer of cells at all zooms.
func derived(name layers.Name, kind CellKind, l Layer) Layer {
	l.Name, l.Cells, l.Below = name, kind, 19
	l.Schema, l.MaxZoom = schema(name, cellFields[kind]...), 18
	return l
}

// breaksBy are breaks that change at a few zooms.
func breaksBy(zoom uint8) []float64 {
	switch {
	case zoom < 5:
		return []float64{100, 1000, 5000}
	case zoom < 9:
		return []float64{10, 50, 100, 500, 1000}
	case zoom < 16:
		return []float64{2, 5}
	}
	return nil
}

// cells is a city of which tiles hold cells: of some layers below a zoom, of others at all.
func cells() Input {
	overview := func(l Layer, kind CellKind, below uint8) Layer {
		l.Cells, l.Below, l.Breaks = kind, below, breaksBy
		return l
	}
	hexes := derived("complaint-hexes", Hexes, Layer{Title: "Complaints by area", Breaks: breaksBy, Of: "complaints", Drawing: Drawing{Hidden: true}})
	hexes.Schema.Fields, hexes.Schema.IDField = hexes.Schema.Fields[1:], cellField
	vendors := demoVendors()
	vendors.Schema = schema("vendors", "kind", "status", "title", "cluster") // a field of their own of that name
	return Input{
		BaseURL: "http://127.0.0.1:8080", Sprite: true, Glyphs: true, Layers: []Layer{
			overview(demoComplaints(), Hexes, 10), overview(vendors, Clusters, 15), overview(demoMarkets(), Hexes, 13),
			hexes, derived("complaint-clusters", Clusters, Layer{}),
			derived("hot-complaints", Hotspots, Layer{Title: "Hot spots of complaints", Drawing: Drawing{TitleZH: "投诉热点"}}),
			derived("withheld", Hexes, Layer{Title: "Reports by area", Breaks: breaksBy, Least: 5}),
		},
	}
}

// withCells is what the tiles of l hold: features as one says, and its cells.
func withCells(l *Layer, one testkit.Contents) testkit.Contents {
	if l.Cells == "" {
		return one
	}
	hold := testkit.Contents{Fields: map[string]float64{}, Everywhere: true, Kinds: []string{"Polygon"}}
	if l.Cells == Clusters {
		hold.Kinds = []string{"Point"}
	}
	for _, name := range cellFields[l.Cells] {
		hold.Fields[strings.TrimPrefix(name, "#")] = 0
	}
	if l.Below > l.MaxZoom {
		return hold
	}
	one.Cells, one.Below = &hold, float64(l.Below)
	return one
}

// TestCellsHandOver: cells are drawn below their zoom and features from it on, each where it is nothing
// else, and layers whose tiles hold cells at all zooms are drawn at all.
func TestCellsHandOver(t *testing.T) {
	t.Parallel()
	in := cells()
	for _, l := range parse(t, in).Layers {
		if l.SourceLayer == "" {
			continue
		}
		one := layerOf(&in, layers.Name(l.SourceLayer))
		below := float64(one.Below)
		switch isCell := strings.Contains(l.ID, ":cells"); {
		case one.Below > one.MaxZoom:
			from := 0.0
			if one.Cells == Hotspots && l.Type == "symbol" {
				from = float64(one.MinZoom) + strokesAfter
			}
			if !isCell || l.MinZoom != from || l.MaxZoom != 0 {
				t.Errorf("%s: got zooms %v to %v, want cells from %v on", l.ID, l.MinZoom, l.MaxZoom, from)
			}
		case isCell && (l.MinZoom != 0 || l.MaxZoom != below):
			t.Errorf("%s: got zooms %v to %v, want those below %v", l.ID, l.MinZoom, l.MaxZoom, below)
		case !isCell && (l.MinZoom < below || l.MaxZoom != 0 && l.MaxZoom <= l.MinZoom):
			t.Errorf("%s: got zooms %v to %v, want some from %v on", l.ID, l.MinZoom, l.MaxZoom, below)
		}
		filter, err := json.Marshal(l.Filter)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"complaints": `["has","h3"]`, "markets": `["has","h3"]`, "vendors": `"has"`} {
			// A field of the features that is called as one of cells tells nothing.
			if l.SourceLayer == name && strings.Contains(string(filter), want) != (name != "vendors") {
				t.Errorf("%s: got filter %s", l.ID, filter)
			}
		}
	}
}

// TestCellsTold: what the metadata tells of cells.
func TestCellsTold(t *testing.T) {
	t.Parallel()
	told := map[layers.Name]described{}
	for _, d := range parse(t, cells()).Metadata.Layers {
		told[d.Name] = d
	}
	froms := func(d described) (list []uint8) {
		for _, one := range d.Cells.Legends {
			list = append(list, one.From)
		}
		return list
	}
	complaints := told["complaints"]
	if c := complaints.Cells; c == nil || c.Kind != Hexes || c.Below != 10 || c.Field != "count" ||
		!slices.Equal(c.IDs, []string{"complaints:cells", "complaints:cells-outline"}) || !slices.Equal(froms(complaints), []uint8{0, 5, 9}) {
		t.Errorf("got %+v of hexagons", c)
	}
	if complaints.Field != "category" || !slices.Equal(complaints.Kinds, []string{"point"}) || len(complaints.IDs) <= 2 {
		t.Errorf("got %+v, want the features told as ever", complaints)
	}
	hexes := told["complaint-hexes"]
	if c := hexes.Cells; c.Below != 0 || c.Of != "complaints" || hexes.Field != "count" || !slices.Equal(hexes.Kinds, []string{"polygon"}) ||
		!slices.Equal(froms(hexes), []uint8{0, 5, 9}) || !slices.Equal(hexes.IDs, c.IDs) || cmp.Diff(hexes.Legend, c.Legends[0].Legend) != "" {
		t.Errorf("got %+v, want cells at all zooms", hexes)
	}
	var got []string
	for _, e := range hexes.Cells.Legends[2].Legend {
		got = append(got, e.Title+" "+e.Colour+" "+e.Kind)
	}
	if want := []string{"< 2 #dcb80c polygon", "2–5 #2b9c80 polygon", "≥ 5 #3b0a4a polygon"}; !slices.Equal(got, want) {
		t.Errorf("got legend %q, want %q", got, want)
	}
	withheld := told["withheld"].Cells
	got = nil
	for _, one := range withheld.Legends {
		first := one.Legend[0]
		got = append(got, strconv.Itoa(len(one.Legend))+" "+first.Title+" from "+decimal(*first.From))
	}
	if want := []string{"4 5–100 from 5", "6 5–10 from 5", "2 5–10 from 5"}; withheld.Least != 5 || !slices.Equal(got, want) {
		t.Errorf("got %d and legends %q of counts of which small ones are withheld, want %q", withheld.Least, got, want)
	}
	clusters := told["complaint-clusters"] // nothing is known of its counts
	if l := clusters.Legend; len(l) != 6 || l[0].Title != "< 10" || l[0].Radius >= l[5].Radius || l[0].Shape != "circle" || clusters.Kinds[0] != "point" {
		t.Errorf("got %+v of clusters", clusters)
	}
	hot := told["hot-complaints"]
	got = nil
	for _, e := range hot.Legend {
		got = append(got, *e.Value+" "+e.Colour+" "+e.Shape+" "+e.Title)
	}
	want := []string{
		"3 #b2182b up-3 Hot spot, 99 % confidence", "2 #d6604d up-2 Hot spot, 95 % confidence", "1 #f4a582 up-1 Hot spot, 90 % confidence",
		"0 #f7f7f7  Not significant",
		"-1 #92c5de down-1 Cold spot, 90 % confidence", "-2 #4393c3 down-2 Cold spot, 95 % confidence", "-3 #2166ac down-3 Cold spot, 99 % confidence",
	}
	if diff := cmp.Diff(want, got); diff != "" || hot.Field != "bin" {
		t.Errorf("hot spots by %q (-want +got):\n%s", hot.Field, diff)
	}
}

// TestCellLegendIsThePaint: at each zoom cells have the colours, sizes and strokes that the legend of that
// zoom says.
func TestCellLegendIsThePaint(t *testing.T) {
	t.Parallel()
	lines := 0
	for _, name := range []string{"cells", "cells-dark-zh"} {
		in := goldens()[name]
		d := parse(t, in)
		for _, told := range d.Metadata.Layers {
			for i, legend := range told.Cells.Legends {
				zooms := []float64{float64(legend.From)}
				if i+1 < len(told.Cells.Legends) {
					zooms = append(zooms, float64(told.Cells.Legends[i+1].From)-0.1)
				}
				for _, e := range legend.Legend {
					lines++
					properties := propertiesOf(t, told.Cells.Field, e)
					for _, l := range d.Layers {
						if l.SourceLayer != string(told.Name) || !strings.Contains(l.ID, ":cells") {
							continue
						}
						for _, zoom := range zooms {
							paint := l.Paint[paintOf[l.Type]]
							if l.Type == "fill" || l.Type == "circle" {
								if got := evaluate(t, paint, zoom, properties); got != e.Colour {
									t.Errorf("%s: %s paints %v %v at zoom %v, the legend says %s", name, l.ID, properties, got, zoom, e.Colour)
								}
							}
							if opacity, ok := l.Paint["fill-opacity"]; ok {
								if got := evaluate(t, opacity, zoom, properties); got != e.Opacity {
									t.Errorf("%s: %s has opacity %v for %v, the legend says %v", name, l.ID, got, properties, e.Opacity)
								}
							}
							if radius, ok := l.Paint["circle-radius"]; ok {
								if got := evaluate(t, radius, zoom, properties); got != e.Radius {
									t.Errorf("%s: %s has radius %v for %v, the legend says %v", name, l.ID, got, properties, e.Radius)
								}
							}
							if image := l.Layout["icon-image"]; image != nil {
								if got := evaluate(t, image, zoom, properties); got != "" && got != "shape-"+e.Shape || got == "" && e.Shape != "" {
									t.Errorf("%s: %s has image %v for %v, the legend says %q", name, l.ID, got, properties, e.Shape)
								}
								if got := evaluate(t, l.Paint["icon-color"], zoom, properties); e.Shape != "" && got != e.Ink {
									t.Errorf("%s: %s has strokes in %v for %v, the legend says %q", name, l.ID, got, properties, e.Ink)
								}
							}
						}
					}
				}
			}
		}
	}
	if lines < 80 {
		t.Errorf("got %d lines of legends, want more", lines)
	}
}

// propertiesOf are those of a cell that is in a line of a legend.
func propertiesOf(t *testing.T, field string, e entry) map[string]any {
	t.Helper()
	switch {
	case e.Value != nil:
		var v float64
		if err := json.Unmarshal([]byte(*e.Value), &v); err != nil {
			t.Fatal(err)
		}
		return map[string]any{field: v}
	case e.To != nil:
		return map[string]any{field: *e.To - 0.001}
	}
	return map[string]any{field: *e.From}
}

// TestPromotedIDs: what a layer of cells holds has the cell's id; where tiles hold features too, all keep
// the number that they have.
func TestPromotedIDs(t *testing.T) {
	t.Parallel()
	in := cells()
	late := derived("late", Hexes, Layer{})
	late.Schema.Fields[0].FromZoom = 3
	none := derived("none", Hexes, Layer{})
	none.Schema = nil
	mixed := derived("mixed", Hexes, Layer{})
	mixed.Below = 10
	in.Layers = append(in.Layers, late, none, mixed)
	got := map[string]string{}
	for _, s := range parse(t, in).Sources {
		maps.Copy(got, s.PromoteID)
	}
	want := map[string]string{"complaint-hexes": "h3", "complaint-clusters": "h3", "hot-complaints": "h3", "withheld": "h3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("promoted ids (-want +got):\n%s", diff)
	}
}

func TestCountBreaks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		given, want []float64
	}{
		{"nothing known", nil, nil},
		{"few", []float64{2, 5}, []float64{2, 5}},
		{"as many as there are colours", []float64{1, 2, 5, 10, 20}, []float64{1, 2, 5, 10, 20}},
		{"more", []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}, []float64{2, 10, 50, 200, 1000}},
		{"not rising", []float64{5, 2, 5, 10}, []float64{5, 10}},
		{"not numbers", []float64{math.NaN(), 0, -1, 3, math.Inf(1)}, []float64{3}},
		{"no numbers", []float64{math.NaN()}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, countBreaks(tt.given)); diff != "" {
				t.Errorf("breaks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoCells: a layer of which no zoom has cells is drawn as if it were of none, and kinds that there are
// not are refused.
func TestNoCells(t *testing.T) {
	t.Parallel()
	in := demo()
	want := string(make1(t, in))
	l := layerOf(&in, "complaints")
	l.Cells = Hexes
	if got := string(make1(t, in)); got != want {
		t.Error("a layer with cells at no zoom is drawn with cells")
	}
	l.Cells = "squares"
	if _, err := Make(in); err == nil || !strings.Contains(err.Error(), `layer "complaints": cells "squares" are none of`) {
		t.Errorf("got %v, want squares refused", err)
	}
}

// TestCellsTakeNoGlow: the most crowded layer that glows is one that has points to glow beneath.
func TestCellsTakeNoGlow(t *testing.T) {
	t.Parallel()
	in := cells()
	in.Layers[0].Below = 8
	in.Layers = append(in.Layers, derived("crowd", Clusters, Layer{Count: 10_000_000, Extent: around}))
	var got []string
	for _, l := range parse(t, in).Layers {
		if l.Type == "heatmap" {
			got = append(got, l.ID)
		}
	}
	if !slices.Equal(got, []string{"complaints:glow"}) {
		t.Errorf("got the glows %q, want that of complaints", got)
	}
}

// TestCellsLeaveColoursAlone: what other layers look like does not depend on one being of cells.
func TestCellsLeaveColoursAlone(t *testing.T) {
	t.Parallel()
	colour := func(kind CellKind) string {
		in := Input{BaseURL: "http://h", Layers: []Layer{{Name: "a", MaxZoom: 18, Below: 19, Cells: kind}, {Name: "b", Points: true}}}
		return parse(t, in).Metadata.Layers[1].Legend[0].Colour
	}
	want := colour("")
	for _, kind := range []CellKind{Hexes, Clusters, Hotspots} {
		if got := colour(kind); got != want {
			t.Errorf("after %s: got %s, want %s", kind, got, want)
		}
	}
}

// TestHidden: a layer that is not shown at first is drawn by nobody who does not ask for it, and told of all
// the same; in a style of layers that somebody named it is shown.
func TestHidden(t *testing.T) {
	t.Parallel()
	in := cells()
	in.Layers[0].Drawing.Hidden = true // with texts, whose layouts hold more
	for name, c := range map[string]struct {
		only []layers.Name
		want []layers.Name
	}{
		"all":   {nil, []layers.Name{"complaints", "complaint-hexes"}},
		"named": {[]layers.Name{"complaints", "complaint-hexes", "vendors"}, nil},
	} {
		in.Only = c.only
		d := parse(t, in)
		var told []layers.Name
		for _, l := range d.Metadata.Layers {
			if l.Shown != nil {
				told = append(told, l.Name)
			}
			if l.Shown != nil && (*l.Shown || len(l.IDs) == 0) {
				t.Errorf("%s: %s is told to be shown, or has no style layers", name, l.Name)
			}
		}
		if diff := cmp.Diff(c.want, told); diff != "" {
			t.Errorf("%s: not shown at first: -want +got\n%s", name, diff)
		}
		for _, l := range d.Layers {
			hidden := slices.Contains(c.want, layers.Name(l.Metadata[LayerKey]))
			if got := l.Layout["visibility"] == "none"; got != hidden {
				t.Errorf("%s: %s: not visible: %t, want %t", name, l.ID, got, hidden)
			}
		}
	}
}

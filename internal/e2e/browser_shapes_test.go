package e2e

import (
	"fmt"
	"image/color"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shapesVisit is what web/e2e/shapes.mjs saw.
type shapesVisit struct {
	Bounds     [4]float64 // of the window on a page without a camera in its address
	Listed     []legend
	Rendered   []string // the style layers that draw something
	Pixels     map[string][2]float64
	Hovered    map[string]string  // the pointer's shape
	Found      map[string][]entry // what a click shows
	Without    []string           // as Rendered, with one layer off
	Complaints []string
}

// legend is a row of the list of layers.
type legend struct {
	Title    string
	Swatches []string
}

// places are where the visit points. The stop lies on the road, and the road crosses the park, which
// has a pond. A tile ends by chance 4 pixels from where it is clicked.
var places = map[string][2]float64{
	"stop":    {116.405, 39.915},
	"road":    {116.425, 39.915},
	"park":    {116.405, 39.903},
	"pond":    {116.415, 39.910},
	"outside": {116.405, 39.8965},
}

// writeShapes writes a city of a point, a line and a polygon with a hole, the point's layer first.
func writeShapes(t *testing.T) (config string) {
	t.Helper()
	feature := `{"type":"Feature","properties":{"no":%d,"name":%q},"geometry":{"type":%q,"coordinates":%s}}` + "\n"
	data := write(t, map[string]string{
		"stops.geojsonl": fmt.Sprintf(feature, 3, "A stop", "Point", "[116.405,39.915]"),
		"roads.geojsonl": fmt.Sprintf(feature, 7, "A road", "LineString", "[[116.395,39.915],[116.415,39.915],[116.438,39.915]]"),
		"parks.geojsonl": fmt.Sprintf(feature, 1, "A park", "Polygon",
			"[[[116.40,39.90],[116.43,39.90],[116.43,39.92],[116.40,39.92],[116.40,39.90]],"+
				"[[116.41,39.907],[116.41,39.913],[116.42,39.913],[116.42,39.907],[116.41,39.907]]]"),
	})
	var city, sources strings.Builder
	for _, name := range []string{"stops", "roads", "parks"} {
		fmt.Fprintf(&city, "  %s: {title: The %[1]s, licence: CC0-1.0, id: {name: id}, fields: {name: {type: string}}}\n", name)
		fmt.Fprintf(&sources, "  %s: {layer: %[1]s, files: [%q], id: \"{no}\", fields: {name: name}}\n",
			name, filepath.Join(data, name+".geojsonl"))
	}
	return filepath.Join(write(t, map[string]string{"city.yaml": "city: Shapes\nlayers:\n" + city.String() + "sources:\n" + sources.String()}), "city.yaml")
}

// TestBrowserShapes opens a page of points, lines and polygons of a real server in a real browser.
func TestBrowserShapes(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "shapes.mjs")
	s := run(t, "serve", "--config", writeShapes(t))
	out := artifacts(t)
	var v shapesVisit
	visitPage(t, tools, s.url, out, map[string]any{"places": places, "off": "parks"}, &v)

	t.Run("policy and style", func(t *testing.T) {
		if len(v.Complaints) > 0 {
			t.Errorf("got complaints %q, want none", v.Complaints)
		}
	})
	t.Run("list", func(t *testing.T) {
		want := []legend{{"The stops", []string{"point"}}, {"The roads", []string{"line"}}, {"The parks", []string{"polygon"}}}
		if diff := cmp.Diff(want, v.Listed); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
	t.Run("drawn", func(t *testing.T) {
		if diff := cmp.Diff([]string{"parks:fill", "parks:outline", "roads:line", "stops"}, unlabelled(v.Rendered)); diff != "" {
			t.Errorf("style layers (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"roads:line", "stops"}, unlabelled(v.Without)); diff != "" {
			t.Errorf("style layers without parks (-want +got):\n%s", diff)
		}
	})
	t.Run("picked", func(t *testing.T) { checkPicked(t, v) })
	t.Run("pixels", func(t *testing.T) { checkShapePixels(t, v, out) })
	t.Run("fit", func(t *testing.T) {
		west, south, east, north := v.Bounds[0], v.Bounds[1], v.Bounds[2], v.Bounds[3]
		if west > 116.395 || south > 39.90 || east < 116.438 || north < 39.92 {
			t.Errorf("got a window of %v, want one around all shapes", v.Bounds)
		}
		if east-west > 3*0.043 {
			t.Errorf("got a window of %v, want one that fits the shapes", v.Bounds)
		}
	})
}

// unlabelled leaves out the labels among style layers: which of them have room is the map's affair.
func unlabelled(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return strings.Contains(id, ":label") })
}

// checkPicked: at each place the point comes before the line before the polygon, a hole is outside,
// and the pointer shows whether there is something to click.
func checkPicked(t *testing.T, v shapesVisit) {
	t.Helper()
	stop, road, park := "stops 3 A stop", "roads 7 A road", "parks 1 A park"
	want := map[string][]string{
		"stop": {stop, road, park}, "road": {road, park}, "park": {park}, "pond": nil, "outside": nil,
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		var got []string
		for _, e := range v.Found[name] {
			got = append(got, fmt.Sprintf("%s %s %s", e.Layer, e.ID, e.Fields["name"]))
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("found at the %s (-want +got):\n%s", name, diff)
		}
		pointer := ""
		if len(want[name]) > 0 {
			pointer = "pointer"
		}
		if got := v.Hovered[name]; got != pointer {
			t.Errorf("over the %s: got cursor %q, want %q", name, got, pointer)
		}
	}
}

// checkShapePixels: the park is tinted, its pond and the land around it are not, and the road and the
// stop have colours of their own on it.
func checkShapePixels(t *testing.T, v shapesVisit, out string) {
	t.Helper()
	full, without := readPNG(t, filepath.Join(out, "shapes.png")), readPNG(t, filepath.Join(out, "shapes-without.png"))
	at := map[string]color.Color{}
	for name, p := range v.Pixels {
		at[name] = full.At(int(p[0]), int(p[1]))
	}
	ground := at["outside"]
	if d := distance(at["pond"], ground); d > 0 {
		t.Errorf("the pond differs from the land outside by %d, want the same ground", d)
	}
	if d := distance(at["park"], ground); d < 16 || d > 128 {
		t.Errorf("the park differs from the ground by %d, want a tint", d)
	}
	for _, name := range []string{"stop", "road"} {
		if d := distance(at[name], at["park"]); d < 48 {
			t.Errorf("the %s differs from the park under it by %d, want a colour of its own", name, d)
		}
	}
	p := v.Pixels["park"]
	if d := distance(without.At(int(p[0]), int(p[1])), ground); d > 0 {
		t.Errorf("with the park off its place differs from the ground by %d", d)
	}
}

package app

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
	"hutong/styles"
	"hutong/tiles/grid"
)

// derivedCity has complaints with an overview and all kinds of layers derived from them.
func derivedCity() *City {
	city := newCity()
	city.Layers[0].Overview = Overview{Below: 10, As: styles.Hexes}
	city.Derived = []Derived{
		{Name: "hexes", Of: "complaints", As: styles.Hexes, Title: "Hexes", TitleZH: "六边形"},
		{Name: "clusters", Of: "complaints", As: styles.Clusters, Title: "Clusters"},
	}
	return city
}

// countsIn returns the values of a field of the features of a tile's only layer, sorted.
func countsIn(t *testing.T, body, field string) []float64 {
	t.Helper()
	if body == "" {
		return nil
	}
	found, err := mvt.Unmarshal([]byte(body))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d layers, %v", len(found), err)
	}
	var list []float64
	for _, f := range found[0].Features {
		v, _ := f.Properties[field].(float64)
		list = append(list, v)
	}
	slices.Sort(list)
	return list
}

// TestDerivedLayers: what is derived is served as layers are, and follows what it is derived from at once.
func TestDerivedLayers(t *testing.T) {
	t.Parallel()
	a, _ := newTestApp(t, derivedCity(), nil)
	r := start(t, a)
	get := func(path string) string {
		t.Helper()
		status, body, err := r.get(path)
		if err != nil || status != http.StatusOK && status != http.StatusNoContent {
			t.Fatalf("%s: %d %s %v", path, status, body, err)
		}
		return body
	}
	for path, field := range map[string]string{
		"/tiles/complaints/0/0/0.mvt": "count", "/tiles/hexes/0/0/0.mvt": "count", "/tiles/clusters/0/0/0.mvt": "point_count",
	} {
		if got := countsIn(t, get(path), field); !slices.Equal(got, []float64{2}) {
			t.Errorf("%s: counts %v, want one of 2", path, got)
		}
	}
	for path, want := range map[string][]float64{
		"/tiles/hexes/0/0/0.mvt?filter=count%3E1": {2}, "/tiles/hexes/0/0/0.mvt?filter=count%3E2": nil,
		"/tiles/clusters/0/0/0.mvt?filter=point_count%3D2&filter-lang=cql2-text": {2}, "/tiles/clusters/0/0/0.mvt?filter=status_open%3C2": nil,
	} {
		field := "count"
		if strings.Contains(path, "clusters") {
			field = "point_count"
		}
		if got := countsIn(t, get(path), field); !slices.Equal(got, want) {
			t.Errorf("%s: counts %v, want %v", path, got, want)
		}
	}
	// At zoom 12 the two complaints are in cells of their own, and 13 tiles apart.
	if got := countsIn(t, get("/tiles/hexes/12/3371/1552.mvt"), "count"); !slices.Equal(got, []float64{1}) {
		t.Errorf("zoom 12: counts %v, want one of 1", got)
	}
	// Cells count features of all times, so a time does not select among them.
	for path, code := range map[string]string{
		"/tiles/hexes/0/0/0.mvt?datetime=2026-01-01/..": "parameter_invalid", "/tiles/clusters.json?datetime=2026-01-01": "parameter_invalid",
		"/layers/hexes/features?bbox=0,0,1,1&datetime=2026-01-01": "parameter_invalid", "/layers/clusters/histogram": "not_found",
	} {
		if _, body, err := r.get(path); err != nil || !strings.Contains(body, `"code":"`+code+`"`) {
			t.Errorf("%s: got %s, %v, want %s", path, body, err, code)
		}
	}
	if body := get("/tiles/complaints/12/3371/1552.mvt"); len(countsIn(t, body, "count")) != 1 || strings.Contains(body, "count") {
		t.Errorf("above the overview: %q, want a feature", body)
	}
	stream := r.changes(t, "/live?layers=clusters,complaints,hexes")
	if _, err := a.Store().Accept(t.Context(), "test", layers.Batch{Layer: "complaints", Changes: []layers.Change{point("c", 116.3, 39.9)}}); err != nil {
		t.Fatal(err)
	}
	var told struct {
		Layers map[string]struct {
			Zoom  uint8
			Cells [][2]uint32
		}
	}
	if err := json.Unmarshal([]byte((<-stream)[1]), &told); err != nil {
		t.Fatal(err)
	}
	at, err := world.Project(116.3, 39.9)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"complaints", "hexes", "clusters"} { // each by the place of what came
		l := told.Layers[name]
		if tile := grid.At(at, l.Zoom); l.Zoom < 10 || !slices.Contains(l.Cells, [2]uint32{tile.X, tile.Y}) {
			t.Errorf("clients of %s are told %+v of one more", name, told.Layers)
		}
	}
	for path, field := range map[string]string{
		"/tiles/complaints/0/0/0.mvt": "count", "/tiles/hexes/0/0/0.mvt": "count", "/tiles/clusters/0/0/0.mvt": "point_count",
	} {
		if got := countsIn(t, get(path), field); !slices.Equal(got, []float64{3}) {
			t.Errorf("%s: counts %v after one more, want one of 3", path, got)
		}
	}
	if got := get("/h3/complaints/9"); strings.Count(got, `"count":2`) != 1 || !strings.Contains(got, `"status_open":2`) {
		t.Errorf("cells: %s", got)
	}
	if got := get("/layers/hexes/features?bbox=116,39,117,41"); strings.Count(got, `"count":`) != 2 {
		t.Errorf("features: %s", got)
	}
	closed := point("d", 116.3, 39.9)
	closed.Feature.Values[0] = column.StringOf("closed")
	if _, err := a.Store().Accept(t.Context(), "test", layers.Batch{Layer: "complaints", Changes: []layers.Change{closed}}); err != nil {
		t.Fatal(err)
	}
	if got := get("/h3/complaints/9"); strings.Count(got, `"count":3`) != 1 {
		t.Errorf("cells of all: %s", got)
	}
	if got := get("/h3/complaints/9?filter=status%3D%27open%27"); strings.Count(got, `"count":2`) != 1 || strings.Count(got, `"count":1`) != 1 || !strings.Contains(got, `"status_open":2`) {
		t.Errorf("cells of what is open: %s", got)
	}
	if status, body, _ := r.get("/h3/complaints/9?filter=phone%3D%27" + secret + "%27"); status != http.StatusBadRequest || strings.Contains(body, `"count"`) {
		t.Errorf("a filter of a private field: %d %s", status, body)
	}
	var document struct {
		MaxZoom      int
		VectorLayers []struct{ Fields map[string]string } `json:"vector_layers"`
		Overview     map[string]struct{ MinZoom, MaxZoom int }
	}
	if err := json.Unmarshal([]byte(get("/tiles/complaints.json")), &document); err != nil {
		t.Fatal(err)
	}
	fields := document.VectorLayers[0].Fields
	if o := document.Overview["complaints"]; o.MinZoom != 0 || o.MaxZoom != 9 || fields["count"] != "Number" || fields["status"] != "String" {
		t.Errorf("TileJSON: %+v", document)
	}
	if err := json.Unmarshal([]byte(get("/tiles/hexes.json")), &document); err != nil || document.MaxZoom < 15 || document.MaxZoom > 18 {
		t.Errorf("the deepest zoom of hexes is %d (%v)", document.MaxZoom, err)
	}
}

// TestCellsFitTheirZoom: what tiles show in place of features has the size that the zoom wants, at the latitude of the city.
func TestCellsFitTheirZoom(t *testing.T) {
	t.Parallel()
	city := derivedCity()
	city.Center = &orb.Point{116.4, 39.9}
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	at, err := world.Project(116.3, 39.9)
	if err != nil {
		t.Fatal(err)
	}
	for zoom := range uint8(10) {
		pixel := 2 * math.Pi * world.EarthRadiusMetres * math.Cos(39.9*math.Pi/180) / (512 * math.Exp2(float64(zoom)))
		tile := grid.At(at, zoom)
		for name, pixels := range map[string][2]float64{"complaints": {8, 24}, "hexes": {8, 24}, "clusters": {24, 64}} {
			_, body, err := r.get(fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", name, zoom, tile.X, tile.Y))
			if err != nil {
				t.Fatal(err)
			}
			levels := slices.Compact(countsIn(t, body, "resolution"))
			if len(levels) != 1 {
				t.Errorf("%s at zoom %d has the resolutions %v", name, zoom, levels)
				continue
			}
			width := math.Sqrt(3) * hexgrid.AverageEdgeMetres(hexgrid.Resolution(levels[0])) / pixel
			if whole := name == "clusters" && levels[0] == 0; (width < pixels[0] || width > pixels[1]) && !whole { // nothing is coarser
				t.Errorf("%s at zoom %d: cells of resolution %v are %.1f pixels wide, want %v", name, zoom, levels[0], width, pixels)
			}
		}
	}
}

// TestFilteredTileJSON: a filter is of features, and its tiles show them at all zooms, so nothing is said of cells; a filter
// of cells has cells.
func TestFilteredTileJSON(t *testing.T) {
	t.Parallel()
	a, _ := newTestApp(t, derivedCity(), nil)
	r := start(t, a)
	for path, want := range map[string]bool{
		"/tiles/complaints.json": true, "/tiles/complaints.json?filter=status=%27open%27": false,
		"/tiles/hexes.json?filter=count%3E1": true, "/tiles/clusters.json?filter=point_count%3E1": true,
	} {
		_, body, err := r.get(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(body, `"overview"`); got != want {
			t.Errorf("%s: an overview %v, want %v: %s", path, got, want, body)
		}
		if got := strings.Contains(body, `"resolution":"Number"`); got != want {
			t.Errorf("%s: fields of cells %v, want %v: %s", path, got, want, body)
		}
	}
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]float64{0.4: 1, 1.2: 1, 1.5: 2, 3: 2, 3.5: 5, 8: 10, 140: 100, 149: 200, 3400: 5000} {
		if got := roundBreak(v); got != want && (want != 1 || got > 1) {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	c, err := newCells(&City{}, &derivedCity().Layers[0])
	if err != nil {
		t.Fatal(err)
	}
	if c.live, err = layers.New(derivedCity().Layers[0].Schema, layers.Options{Derivers: c.derivers()}); err != nil {
		t.Fatal(err)
	}
	d := c.as(styles.Hexes, "hexes")
	if got := d.breaks(9); got != nil {
		t.Errorf("breaks of nothing: %v", got)
	}
	var b layers.Batch
	b.Layer = "complaints"
	for i := range 400 {
		b.Changes = append(b.Changes, point(layers.FeatureID(string(rune('a'+i))), 116.3, 39.9))
	}
	if _, err := c.live.Apply(b); err != nil {
		t.Fatal(err)
	}
	if got, want := d.breaks(9), []float64{100, 200, 500, 1000, 2000, 5000}; !slices.Equal(got, want) {
		t.Errorf("breaks around 400: %v, want %v", got, want)
	}
}

// TestCellsOfATime counts by cell what a span of time selects.
func TestCellsOfATime(t *testing.T) {
	t.Parallel()
	city := newCity()
	schema := city.Layers[0].Schema
	schema.Fields = append(schema.Fields, layers.Field{Name: "at", Kind: column.Time})
	schema.TimeField = "at"
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	var changes []layers.Change
	for day := range 9 {
		c := point(layers.FeatureID("day"+strconv.Itoa(day)), 116.3, 39.9)
		c.Feature.Values = append(c.Feature.Values, column.TimeOf(time.Date(2026, 8, 1+day, 12, 0, 0, 0, time.UTC)))
		changes = append(changes, c)
	}
	if _, err := a.Store().Accept(t.Context(), "test", layers.Batch{Layer: "complaints", Changes: changes}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"datetime=2026-08-03/2026-08-05": `"count":3,`, "datetime=2026-08-05/..": `"count":5,`, "datetime=2026-08-05T12:00:00Z": `"count":1,`,
		"datetime=2027-01-01": `"cells":[` + "\n]", "datetime=../2026-08-05&filter=status%3D%27open%27": `"count":5,`,
	} {
		for _, resolution := range []string{"4", "8", "11"} {
			if status, body, err := r.get("/h3/complaints/" + resolution + "?" + query); err != nil || status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s at %s: got %d %s %v, want %s", query, resolution, status, body, err, want)
			}
		}
	}
}

package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hutong/api"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

// loaded returns an app of city with all that its sources have.
func loaded(t *testing.T, city *City) *App {
	t.Helper()
	a, _ := newTestApp(t, city, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	if err := a.load(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	a.store.hot.first(t.Context(), a.opts.Log)
	if err := a.store.counts.first(t.Context(), a.opts.Log); err != nil {
		t.Fatal(err)
	}
	a.server.Ready()
	t.Cleanup(func() { _ = a.archives.close() })
	return a
}

// styleOf returns one of the app's styles.
func styleOf(t *testing.T, a *App, name string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example/styles/"+name+".json", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: got %d %s", name, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// holds says what the tiles of a layer hold at this moment: every value there is, and those that its
// owner names, whether or not a feature has them.
func holds(l *api.Layer) testkit.Contents {
	c := holdsOf(l, l.View.Now(), l.Tiles)
	if o := l.Overview; o != nil && o.Below() <= l.Tiles.Options().MaxZoom {
		below := holdsOf(l, o.Views[0].Now(), o.Builder)
		c.Cells, c.Below = &below, float64(o.Below())
	}
	return c
}

// holdsOf is holds for tiles that b builds of v.
func holdsOf(l *api.Layer, v *view.View, b *tiles.Builder) testkit.Contents {
	kinds := v.Kinds()
	c := testkit.Contents{
		Fields: map[string]float64{}, Values: map[string][]string{},
		Everywhere: l.Drawing.Role == styles.Data, Named: l.Drawing.Role == styles.Place,
	}
	for kind, n := range map[string]int{
		"Point":      v.Points() + kinds[shape.MultiPoint],
		"LineString": kinds[shape.Line] + kinds[shape.MultiLine],
		"Polygon":    kinds[shape.Polygon] + kinds[shape.MultiPolygon],
	} {
		if n > 0 {
			c.Kinds = append(c.Kinds, kind)
		}
	}
	if c.Kinds == nil { // it may get any
		c.Kinds = []string{"Point", "LineString", "Polygon"}
	}
	seen := map[string]map[string]bool{}
	for _, f := range b.Fields() {
		c.Fields[f.Name] = float64(f.FromZoom)
		if f.Kind == column.String && v.Schema().FieldIndex(f.Name) >= 0 {
			seen[f.Name] = map[string]bool{}
			for value := range l.Drawing.Fields[f.Name].Values {
				seen[f.Name][value] = true
			}
		}
	}
	v.Scan(nil, func(f layers.Feature) bool {
		for i, value := range f.Values {
			if values := seen[v.Schema().Fields[i].Name]; values != nil && !value.IsNull() {
				values[value.Text()] = true
			}
		}
		return true
	})
	for name, values := range seen {
		c.Values[name] = []string{}
		for value := range values {
			c.Values[name] = append(c.Values[name], value)
		}
	}
	return c
}

// wantTrueStyles fails unless every style of a draws exactly what its tiles hold.
func wantTrueStyles(t *testing.T, a *App) {
	t.Helper()
	contents := map[string]testkit.Contents{}
	for _, l := range a.store.Public().All() {
		contents[string(l.Name())+"/"+string(l.Name())] = holds(l)
	}
	for _, ar := range a.archives.vector() {
		for _, l := range ar.Layers { // of any kind, and any values
			c := testkit.Contents{Kinds: []string{"Point", "LineString", "Polygon"}, Fields: map[string]float64{}}
			for _, f := range l.Fields {
				c.Fields[f] = 0
			}
			contents["archive:"+ar.Name+"/"+l.Name] = c
		}
	}
	for _, v := range styles.Variants() {
		problems, err := testkit.StyleProblems(styleOf(t, a, v.Name), contents)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if !strings.HasPrefix(p, "archive:") || !strings.Contains(p, ": nothing draws ") {
				t.Errorf("%s: %s", v.Name, p)
			}
		}
	}
}

// TestStylesOfTheDemo: the synthetic city's styles draw exactly what its tiles hold.
func TestStylesOfTheDemo(t *testing.T) {
	t.Parallel()
	city, err := Demo(5000, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantTrueStyles(t, loaded(t, city))
}

// TestStylesOfRealCities: so do those of the examples.
func TestStylesOfRealCities(t *testing.T) {
	t.Parallel()
	data := testkit.Data(t)
	for _, name := range []string{"beijing", "dc", "sf"} {
		c, err := config.Load("../../examples/"+name+".yaml", func(key string) (string, bool) { return data, key == "HUTONG_DATA" })
		if err != nil {
			t.Fatal(err)
		}
		city, err := FromConfig(c)
		if err != nil {
			t.Fatal(err)
		}
		a := loaded(t, city)
		wantTrueStyles(t, a)
		if name == "sf" && !strings.Contains(string(styleOf(t, a, "light")), `"archive:basemap:roads:line"`) {
			t.Error("the base map of San Francisco is not drawn")
		}
	}
}

// TestStyleOfAnArchive: an archive of a schema that is known is drawn beneath the layers, any other is
// not, nor is one of images.
func TestStyleOfAnArchive(t *testing.T) {
	t.Parallel()
	fields := func(names ...string) map[string]string {
		all := map[string]string{}
		for _, n := range names {
			all[n] = "String"
		}
		return all
	}
	known := []map[string]any{
		{"id": "roads", "fields": fields("kind", "kind_detail", "name", "name:zh")},
		{"id": "water", "fields": fields("kind")},
		{"id": "places", "fields": fields("kind", "kind_detail", "name")},
	}
	dir := t.TempDir()
	write := func(name string, kind archive.TileType, vectorLayers []map[string]any) Archive {
		data, err := archive.Append(nil, archive.Content{
			Type: kind, Compression: archive.CompressionNone, Bounds: [4]float64{116, 39, 117, 40}, Center: [3]float64{116.4, 39.9, 3},
			Metadata: map[string]any{"vector_layers": vectorLayers}, Tiles: map[grid.Tile][]byte{{}: {0x1a, 0}},
		})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".pmtiles")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		location, err := archive.ParseLocation(path)
		if err != nil {
			t.Fatal(err)
		}
		return Archive{Name: name, Location: location}
	}
	city := newCity()
	city.Archives = []Archive{
		write("streets", archive.TypeMVT, known),
		write("other", archive.TypeMVT, []map[string]any{{"id": "roads", "fields": fields("highway")}}),
		write("pictures", archive.TypePNG, known),
	}
	a := loaded(t, city)
	wantTrueStyles(t, a)
	var d struct {
		Sources map[string]struct{ URL string }
		Layers  []struct{ ID, Source string }
	}
	if err := json.Unmarshal(styleOf(t, a, "dark"), &d); err != nil {
		t.Fatal(err)
	}
	if got := d.Sources["archive:streets"].URL; len(d.Sources) != 3 || got != "http://city.example/archives/streets.json" {
		t.Errorf("got sources %v, want two layers and the archive that is known", d.Sources)
	}
	var order []string
	for _, l := range d.Layers {
		if l.Source != "" && (len(order) == 0 || order[len(order)-1] != l.Source) {
			order = append(order, l.Source)
		}
	}
	if i := slices.Index(order, "archive:streets"); i != 0 {
		t.Errorf("got sources from below %q, want the archive first", order)
	}
}

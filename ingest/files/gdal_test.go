package files

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// ogr2ogr converts a file with GDAL, the independent writer of these tests.
func ogr2ogr(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(testkit.Tool(t, "ogr2ogr", "gdal-bin"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ogr2ogr %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// city is a small collection with every type and value, whose Shapefiles need one type each.
const city = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","name":"Café 胡同","votes":-12,"score":1.5,"open":true,"day":"2016-08-03"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}},
{"type":"Feature","properties":{"id":"b","name":null,"votes":2147483647,"score":-0.125,"open":false,"day":null},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]],[[[20,0],[29,0],[29,9],[20,9],[20,0]]]]}},
{"type":"Feature","properties":{"id":"c","name":"none","votes":null,"score":null,"open":null,"day":"1900-02-28"},"geometry":null}
]}`

// cityMapping reads city from any format.
func cityMapping(t testing.TB) *ingest.Mapping {
	t.Helper()
	return &ingest.Mapping{
		Schema: &layers.Schema{Name: "city", Fields: []layers.Field{
			{Name: "name", Kind: column.String},
			{Name: "votes", Kind: column.Int},
			{Name: "score", Kind: column.Float},
			{Name: "open", Kind: column.Bool},
			{Name: "day", Kind: column.Time},
		}},
		ID: template(t, "{id}"),
		Fields: []ingest.FieldMapping{
			{From: "name"}, {From: "votes"}, {From: "score"}, {From: "open"}, {From: "day", Layouts: []string{"2006-01-02"}},
		},
	}
}

// features reads a file and returns its features by id, polygons in one form: a writer may start a
// ring anywhere and turn it around.
func features(t *testing.T, path string, m *ingest.Mapping) []layers.Feature {
	t.Helper()
	s, err := New(Options{Name: "test", Layer: m.Schema.Name, Paths: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	changes, sum, err := run(t, s)
	if err != nil || sum.Refused > 0 {
		t.Fatalf("%s: %v, %v", filepath.Base(path), err, sum)
	}
	all := make([]layers.Feature, len(changes))
	for i := range changes {
		all[i] = changes[i].Feature
		all[i].Geometry = normal(all[i].Geometry)
	}
	return all
}

// normal returns a polygon as a multipolygon whose rings start at their smallest position, outer ones
// counterclockwise, ordered, with nine decimals: what a projection and back leaves.
func normal(g orb.Geometry) orb.Geometry {
	var m orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		m = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		m = g
	default:
		return g
	}
	compare := func(a, b orb.Point) int { return slices.Compare(a[:], b[:]) }
	compareRings := func(a, b orb.Ring) int { return slices.CompareFunc(a, b, compare) }
	out := orb.MultiPolygon{}
	for _, p := range m {
		q := orb.Polygon{}
		for i, r := range p {
			r = slices.Clone(r[:len(r)-1])
			for k, p := range r {
				r[k] = orb.Point{math.Round(p[0]*1e9) / 1e9, math.Round(p[1]*1e9) / 1e9}
			}
			if (signedArea(r) > 0) != (i == 0) {
				slices.Reverse(r)
			}
			start := slices.Index(r, slices.MinFunc(r, compare))
			r = append(slices.Clone(r[start:]), r[:start]...)
			q = append(q, append(r, r[0]))
		}
		slices.SortFunc(q[1:], compareRings)
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b orb.Polygon) int { return compareRings(a[0], b[0]) })
	return out
}

// What GDAL writes of the same features in every format is read as the same features.
func TestFormatsOfGDAL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "city.geojson")
	if err := os.WriteFile(source, []byte(city), 0o600); err != nil {
		t.Fatal(err)
	}
	want := expected(t, []byte(city), cityValues)
	for name, args := range map[string][]string{
		"city.gpkg":      {"-f", "GPKG"},
		"mercator.gpkg":  {"-f", "GPKG", "-t_srs", "EPSG:3857"},
		"city.shp":       {"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"},
		"mercator.shp":   {"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:3857"},
		"zipped.shp.zip": {"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name)
			ogr2ogr(t, append(args, path, source)...)
			got := features(t, path, cityMapping(t))
			if diff := cmp.Diff(want, got, cmp.Comparer(sameValue)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// expected returns the features of a collection as orb reads them, ids from the property "id".
func expected(t *testing.T, collection []byte, values func(geojson.Properties) []column.Value) []layers.Feature {
	t.Helper()
	c, err := geojson.UnmarshalFeatureCollection(collection)
	if err != nil {
		t.Fatal(err)
	}
	var all []layers.Feature
	for _, f := range c.Features {
		all = append(all, layers.Feature{ID: layers.FeatureID(fmt.Sprint(f.Properties["id"])), Geometry: normal(f.Geometry), Values: values(f.Properties)})
	}
	return all
}

// cityValues are the values of the fields of [cityMapping].
func cityValues(p geojson.Properties) []column.Value {
	values := make([]column.Value, 5)
	if v, ok := p["name"].(string); ok {
		values[0] = column.StringOf(v)
	}
	if v, ok := p["votes"].(float64); ok {
		values[1] = column.IntOf(int64(v))
	}
	if v, ok := p["score"].(float64); ok {
		values[2] = column.FloatOf(v)
	}
	if v, ok := p["open"].(bool); ok {
		values[3] = column.BoolOf(v)
	}
	if v, ok := p["day"].(string); ok {
		day, err := time.Parse(time.DateOnly, v)
		if err != nil {
			panic(err)
		}
		values[4] = column.TimeOf(day)
	}
	return values
}

// The wards of Washington as GDAL writes them in every format are the wards of the GeoJSON file.
func TestWardsInEveryFormat(t *testing.T) {
	t.Parallel()
	packed, err := os.Open(testkit.Data(t, "boundaries/dc/ward-2012.geojson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	text, err := decode("ward.gz", packed)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte(`"WARD_ID"`), []byte(`"id"`))
	dir := t.TempDir()
	source := filepath.Join(dir, "wards.geojson")
	if err := os.WriteFile(source, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	want := expected(t, raw, func(p geojson.Properties) []column.Value {
		name, _ := p["NAME"].(string)
		area, _ := p["AREASQMI"].(float64)
		return []column.Value{column.StringOf(name), column.FloatOf(area)}
	})
	if len(want) != 8 {
		t.Fatalf("%d wards", len(want))
	}
	for name, args := range map[string][]string{
		"wards.gpkg": {"-f", "GPKG"}, "wards.shp": {"-f", "ESRI Shapefile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name)
			ogr2ogr(t, append(args, path, source)...)
			m := dcMapping(t, "{id}", "NAME string", "AREASQMI float")
			if diff := cmp.Diff(want, features(t, path, m), cmp.Comparer(sameValue)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func sameValue(a, b column.Value) bool {
	if a.Kind() == column.Float && b.Kind() == column.Float {
		return math.Abs(a.Float()-b.Float()) < 1e-9 // a Shapefile has so many decimals
	}
	return a == b
}

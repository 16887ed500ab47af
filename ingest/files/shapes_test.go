package files

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
)

// Every line and polygon of the real data comes out as orb/geojson reads it.
func TestRealShapes(t *testing.T) {
	t.Parallel()
	root := testkit.Data(t)
	var paths []string
	for _, pattern := range []string{"boundaries/*/*.geojson*", "basemap-dc/*.geojson.gz"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) < 20 {
		t.Fatalf("only %d files: %v", len(paths), paths)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			m := &ingest.Mapping{Schema: &layers.Schema{Name: "shapes", IDField: "id"}, ID: template(t, "{"+idOf(path)+"}")}
			s, err := New(Options{Name: "shapes", Layer: "shapes", Paths: []string{path}, Mapping: m})
			if err != nil {
				t.Fatal(err)
			}
			changes, sum, err := run(t, s)
			if err != nil || sum.Refused != 0 {
				t.Fatalf("%v, %v", sum, err)
			}
			want := testkit.Features(t, path)
			if len(want) != len(changes) {
				t.Fatalf("got %d features, want %d", len(changes), len(want))
			}
			for i, f := range want {
				if got := changes[i].Feature.Geometry; !same(got, f.Geometry) {
					t.Errorf("feature %d: got %v, want %v", i+1, got, f.Geometry)
				}
			}
		})
	}
}

// idOf returns a property that every feature of a file has.
func idOf(path string) string {
	switch name := filepath.Base(path); {
	case strings.HasPrefix(name, "beijing"):
		return "name"
	case strings.HasPrefix(name, "metro-station"):
		return "OBJECTID_1"
	case !strings.Contains(filepath.Dir(path), "dc"):
		return "cartodb_id"
	}
	return "OBJECTID"
}

// same compares a geometry with one in which positions may have heights left out and empty ones are
// not nil.
func same(got, want orb.Geometry) bool {
	if got == nil || want == nil {
		return got == nil && want == nil
	}
	return orb.Equal(got, want)
}

// A collection of several kinds of shapes, in chunks of a few bytes.
func TestShapesOfEveryType(t *testing.T) {
	t.Parallel()
	text := `{"type":"FeatureCollection","features":[` + strings.Join([]string{
		shaped(`{"type":"LineString","coordinates":[[1,2],[3,4,5]]}`),
		shaped(`{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9]],[]]}`),
		shaped(`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`),
		shaped(`{"type":"MultiPolygon","coordinates":[]}`),
	}, ",") + "]}"
	const want = `"a" LINESTRING(1 2,3 4) null null null null null null
"a" POLYGON((0 0,9 0,9 9,0 0)) null null null null null null
"a" - null null null null null null
`
	changes, sum, err := run(t, source(t, Options{Mapping: reports(t)}, map[string]string{"f.geojson": text}, 16))
	if got := show(changes); err != nil || got != want || counts(sum) != "geometry 1" {
		t.Errorf("got\n%s%v, %v, want\n%s", got, sum, err, want)
	}
}

package tiles

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// judged collects polygons of tiles for GEOS to judge.
type judged struct {
	fc    *geojson.FeatureCollection
	rings int
}

func (j *judged) add(t grid.Tile, d decodedShape) {
	f := geojson.NewFeature(d.geometry)
	f.Properties = geojson.Properties{"name": t.String() + " " + d.id}
	j.fc.Append(f)
	switch g := d.geometry.(type) {
	case orb.Polygon:
		j.rings += len(g)
	case orb.MultiPolygon:
		for _, p := range g {
			j.rings += len(p)
		}
	}
}

var invalidName = regexp.MustCompile(`name \(String\) = (.*)\n.*reason \(String\) = (.*)\n`)

// invalid returns which of the polygons GEOS calls invalid, by Debian's gdal-bin, and why.
func (j *judged) invalid(t *testing.T, ogrinfo string) []string {
	t.Helper()
	text, err := json.Marshal(j.fc)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "judged.geojson")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	//nolint:gosec // fixed words
	cmd := exec.CommandContext(t.Context(), ogrinfo, "-ro", "-q", "-geom=NO", "-dialect", "SQLite", "-sql",
		"SELECT name, IsValidReason(geometry) AS reason FROM judged WHERE NOT ST_IsValid(geometry)", path)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ogrinfo: %v", err)
	}
	var found []string
	for _, m := range invalidName.FindAllStringSubmatch(string(out), -1) {
		found = append(found, m[1]+": "+m[2])
	}
	return found
}

// TestGEOSJudgesTiles gives all polygons of many tiles to GEOS: of made shapes, and of real ones where
// the data is there. At the source's detail none may be invalid, elsewhere one ring in a thousand.
func TestGEOSJudgesTiles(t *testing.T) {
	t.Parallel()
	ogrinfo := testkit.Tool(t, "ogrinfo", "gdal-bin") // with GEOS
	const seed = 41
	sets := map[string][]layers.Feature{"made": randomShapes(250, rand.New(rand.NewPCG(seed, 0)))}
	for _, name := range []string{"boundaries/dc/ward-2012", "boundaries/dc/police-service-areas-psa", "basemap-dc/national-parks", "boundaries/san-francisco/planning-neighborhoods"} {
		if features := realFeatures(t, name+".geojson.gz"); features != nil {
			sets[name] = features
		}
	}
	for name, features := range sets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			for _, coverage := range []bool{false, true} {
				v := loaded(t, shapeSchema(coverage), layers.Options{}, features)
				o := Defaults()
				o.Budget = MaxBudget
				b := builder(t, v, o)
				detail, elsewhere := judged{fc: geojson.NewFeatureCollection()}, judged{fc: geojson.NewFeatureCollection()}
				for range 400 {
					at := shapeTile(r, features, o.MaxZoom)
					if r.IntN(4) == 0 {
						at = zoomedIn(r, features, o.MaxZoom)
					}
					tile, _ := build(t, b, v, at)
					for _, d := range decodeShapes(t, tile) {
						switch {
						case !isPolygon(d.geometry):
						case at.Z == o.MaxZoom:
							detail.add(at, d)
						default:
							elsewhere.add(at, d)
						}
					}
				}
				if bad := detail.invalid(t, ogrinfo); len(bad) > 0 {
					t.Errorf("seed %d, coverage %v: %d polygons of %d rings at zoom %d are invalid: %v", seed, coverage, len(bad), detail.rings, o.MaxZoom, head(bad))
				}
				if bad := elsewhere.invalid(t, ogrinfo); len(bad)*1000 > elsewhere.rings {
					t.Errorf("seed %d, coverage %v: %d polygons of %d rings are invalid, more than one in a thousand: %v", seed, coverage, len(bad), elsewhere.rings, head(bad))
				}
				t.Logf("coverage %v: %d rings at zoom %d, %d elsewhere", coverage, detail.rings, o.MaxZoom, elsewhere.rings)
			}
		})
	}
}

func head(list []string) []string { return list[:min(len(list), 5)] }

// zoomedIn returns a tile of the highest zoom at a vertex of one of the features.
func zoomedIn(r *rand.Rand, features []layers.Feature, zoom uint8) grid.Tile {
	var at []orb.Point
	for _, p := range testkit.Positions(features[r.IntN(len(features))].Geometry) {
		at = append(at, *p)
	}
	if len(at) == 0 {
		return grid.Tile{}
	}
	vertex := at[r.IntN(len(at))]
	p, err := world.Project(vertex[0], vertex[1])
	if err != nil {
		return grid.Tile{}
	}
	return grid.At(p, zoom)
}

// realFeatures returns the features of a GeoJSON file of the real data, nil where there is none.
func realFeatures(tb testing.TB, name string) []layers.Feature {
	tb.Helper()
	path, ok := testkit.FindData(tb, name)
	if !ok {
		return nil
	}
	var out []layers.Feature
	for i, f := range testkit.Features(tb, path) {
		if f.Geometry != nil {
			out = append(out, layers.Feature{
				ID: layers.FeatureID(strconv.Itoa(i)), Geometry: f.Geometry,
				Values: []column.Value{column.StringOf(fmt.Sprint("kind ", i%9)), column.StringOf("note")},
			})
		}
	}
	return out
}

// viewOf loads features as a coverage or not.
func viewOf(tb testing.TB, coverage bool, features []layers.Feature) *view.View {
	tb.Helper()
	return loaded(tb, shapeSchema(coverage), layers.Options{}, features)
}

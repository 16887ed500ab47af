package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"hutong/internal/testkit"
)

// read is a feature as some reader of tiles sees it: its vertices in tile units, rings closed, in the
// tile's order, and its properties without times of day or types that a reader changes.
type read struct {
	id         string
	kind       string // point, line or polygon
	parts      [][]orb.Point
	properties map[string]string
}

// readersConfig has a layer of points, lines and polygons each, with every kind of property.
const readersConfig = `
city: Readers
layers:
  points:` + readersLayer + `
  lines:` + readersLayer + `
  polygons:
    tiny: keep` + readersLayer + `
sources:
`

const readersLayer = `
    title: Features
    licence: CC0-1.0
    fields:
      name: {type: string, keep: true}
      count: {type: int}
      level: {type: float}
      open: {type: bool}
      seen: {type: time}`

// readersSource is the source of one layer.
const readersSource = `  %s:
    layer: %s
    files: [%q]
    id: "{$id}"
    fields: {name: name, count: count, level: level, open: open, seen: seen}
`

// TestIndependentReaders compares what three readers of tiles see with what the store has: GDAL's MVT
// driver, Mapbox's @mapbox/vector-tile and orb. Every property must be there, every vertex within one
// tile unit of one of the feature's or on the edge of the tile's window, and rings wound as MVT wants.
func TestIndependentReaders(t *testing.T) {
	t.Parallel()
	const seed = 61
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	config := []string{readersConfig}
	source := map[string]*geojson.FeatureCollection{}
	for _, name := range []string{"points", "lines", "polygons"} {
		fc := geojson.NewFeatureCollection()
		for i := range 60 {
			f := geojson.NewFeature(readersGeometry(r, name))
			f.ID = strconv.Itoa(i + 1)
			f.Properties = geojson.Properties{
				"name": fmt.Sprintf("name %d 北京", i%7), "count": i - 30, "level": float64(i) / 4, "open": i%2 == 0,
				"seen": "2016-08-03T20:47:11Z",
			}
			if i%5 == 0 {
				f.Properties["level"] = nil
			}
			fc.Append(f)
		}
		text, err := fc.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".geojson")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		config = append(config, fmt.Sprintf(readersSource, name, name, path))
		source[name] = fc
	}
	path := filepath.Join(dir, "readers.yaml")
	if err := os.WriteFile(path, []byte(strings.Join(config, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	s := run(t, "serve", "--config", path)
	for name, fc := range source {
		for _, z := range []maptile.Zoom{9, 12, 14, 17} {
			vertices := testkit.Positions(fc.Features[r.IntN(len(fc.Features))].Geometry)
			readTile(t, s, dir, name, fc, maptile.At(*vertices[r.IntN(len(vertices))], z))
		}
	}
}

// readersGeometry returns a geometry around a place in the middle of Beijing.
func readersGeometry(r *rand.Rand, layer string) orb.Geometry {
	at := orb.Point{round7(116.39 + r.NormFloat64()*0.02), round7(39.9 + r.NormFloat64()*0.02)}
	size := 0.0005 + 0.01*r.Float64()
	ring := func(size float64, n int) orb.Ring {
		var out orb.Ring
		for i := range n {
			a, d := 2*math.Pi*float64(i)/float64(n), size*(0.6+0.4*r.Float64())
			out = append(out, orb.Point{round7(at[0] + d*math.Cos(a)), round7(at[1] + d*math.Sin(a))})
		}
		return append(out, out[0])
	}
	switch layer {
	case "points":
		return at
	case "lines":
		var line orb.LineString
		for range 2 + r.IntN(12) {
			line = append(line, at)
			at = orb.Point{round7(at[0] + r.NormFloat64()*size/3), round7(at[1] + r.NormFloat64()*size/3)}
		}
		return line
	default:
		if r.IntN(2) == 0 {
			return orb.Polygon{ring(size, 9), ring(size/3, 5)}
		}
		return orb.Polygon{ring(size, 14)}
	}
}

func round7(v float64) float64 { return math.Round(v*1e7) / 1e7 }

// readTile fetches one tile and compares its readers with each other and with the source.
func readTile(t *testing.T, s *server, dir, layer string, fc *geojson.FeatureCollection, at maptile.Tile) {
	t.Helper()
	where := fmt.Sprintf("%s/%d/%d/%d", layer, at.Z, at.X, at.Y)
	a := s.get(t, "/tiles/"+where+".mvt")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d", where, a.StatusCode)
	}
	seen := map[string][]read{
		"orb":         readByOrb(t, a.body, layer),
		"vector-tile": readByVectorTile(t, a.body),
		"gdal":        readByGDAL(t, dir, where, a.body, at),
	}
	for _, features := range seen {
		slices.SortFunc(features, func(a, b read) int { return cmp.Compare(a.id, b.id) })
	}
	for reader, features := range seen {
		if len(features) != len(seen["orb"]) {
			t.Fatalf("%s: %s sees %d features, orb %d", where, reader, len(features), len(seen["orb"]))
		}
		for i := range features {
			compareToSource(t, where+" by "+reader, &features[i], fc, at)
			if got, want := len(features[i].parts), len(seen["orb"][i].parts); got != want {
				t.Errorf("%s: %s sees %d parts in feature %s, orb %d", where, reader, got, features[i].id, want)
			}
		}
	}
	if len(seen["orb"]) == 0 {
		t.Errorf("%s: nothing in the tile", where)
	}
}

// compareToSource checks one feature that was read.
func compareToSource(t *testing.T, where string, f *read, fc *geojson.FeatureCollection, at maptile.Tile) {
	t.Helper()
	i := slices.IndexFunc(fc.Features, func(o *geojson.Feature) bool { return o.ID == f.id })
	if i < 0 {
		t.Fatalf("%s: there is no feature %q", where, f.id)
	}
	source := fc.Features[i]
	want := map[string]string{}
	for name, v := range source.Properties {
		switch {
		case v == nil:
		case name == "seen":
			want[name] = "1470257231000"
		default:
			want[name] = fmt.Sprint(v)
		}
	}
	for name, v := range f.properties {
		if v != want[name] {
			t.Errorf("%s: feature %s has %s %q, want %q", where, f.id, name, v, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("%s: feature %s lacks %v", where, f.id, want)
	}
	const lo, hi = -64, 4096 + 64
	for k, part := range f.parts {
		for _, p := range part {
			near := p[0] <= lo || p[0] >= hi || p[1] <= lo || p[1] >= hi
			for _, v := range testkit.Positions(source.Geometry) {
				u := tileUnits(*v, at)
				near = near || math.Abs(math.Floor(u[0])-p[0]) <= 1 && math.Abs(math.Floor(u[1])-p[1]) <= 1
			}
			if !near {
				t.Fatalf("%s: feature %s has a vertex at %v, where the source has none", where, f.id, p)
			}
		}
		if f.kind == "polygon" && k == 0 && ringArea(part) <= 0 {
			t.Errorf("%s: the exterior of feature %s is wound the wrong way", where, f.id)
		}
	}
}

// tileUnits returns where a place lies in a tile of 4,096 units, not rounded.
func tileUnits(p orb.Point, at maptile.Tile) orb.Point {
	n := math.Exp2(float64(at.Z))
	x := (p[0] + 180) / 360 * n
	y := (1 - math.Asinh(math.Tan(p[1]*math.Pi/180))/math.Pi) / 2 * n
	return orb.Point{(x - float64(at.X)) * 4096, (y - float64(at.Y)) * 4096}
}

// ringArea is by the surveyor's formula, positive for an exterior in tile units.
func ringArea(ring []orb.Point) float64 {
	sum := 0.0
	for i := range len(ring) - 1 {
		sum += ring[i][0]*ring[i+1][1] - ring[i+1][0]*ring[i][1]
	}
	return sum / 2
}

// partsOf returns a geometry's kind and parts.
func partsOf(g orb.Geometry) (kind string, parts [][]orb.Point) {
	switch g := g.(type) {
	case orb.Point:
		return "point", [][]orb.Point{{g}}
	case orb.LineString:
		return "line", [][]orb.Point{g}
	case orb.MultiLineString:
		for _, l := range g {
			parts = append(parts, l)
		}
		return "line", parts
	case orb.Polygon:
		for _, ring := range g {
			parts = append(parts, ring)
		}
		return "polygon", parts
	case orb.MultiPolygon:
		for _, p := range g {
			for _, ring := range p {
				parts = append(parts, ring)
			}
		}
		return "polygon", parts
	}
	return "", nil
}

func readByOrb(t *testing.T, tile []byte, layer string) []read {
	t.Helper()
	var out []read
	for _, f := range decode(t, tile, layer).Features {
		one := read{id: fmt.Sprint(f.ID), properties: map[string]string{}}
		one.kind, one.parts = partsOf(f.Geometry)
		for name, v := range f.Properties {
			one.properties[name] = plainNumber(v)
		}
		out = append(out, one)
	}
	return out
}

// plainNumber prints a value; whole floats without exponent.
func plainNumber(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func readByVectorTile(t *testing.T, tile []byte) []read {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testkit.Tool(t, "node", "nodejs"), filepath.Join(root, "web", "e2e", "decode.mjs"))
	cmd.Stdin = bytes.NewReader(tile)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("decode.mjs: %v", err)
	}
	var features []struct {
		ID         float64
		Type       int
		Properties map[string]any
		Geometry   json.RawMessage
	}
	if err := json.Unmarshal(text, &features); err != nil {
		t.Fatalf("decode.mjs wrote %.200s: %v", text, err)
	}
	var out []read
	for _, f := range features {
		one := read{id: plainNumber(f.ID), kind: []string{"", "point", "line", "polygon"}[f.Type], properties: map[string]string{}}
		for name, v := range f.Properties {
			one.properties[name] = plainNumber(v)
		}
		var parts [][]orb.Point
		if f.Type == 3 {
			var polygons [][][]orb.Point
			if err := json.Unmarshal(f.Geometry, &polygons); err != nil {
				t.Fatal(err)
			}
			for _, p := range polygons {
				parts = append(parts, p...)
			}
		} else if err := json.Unmarshal(f.Geometry, &parts); err != nil {
			t.Fatal(err)
		}
		one.parts = parts
		out = append(out, one)
	}
	return out
}

// readByGDAL has GDAL read the tile from a file that is named by its address, so that GDAL knows where
// it is, and turns its metres back into tile units.
func readByGDAL(t *testing.T, dir, where string, tile []byte, at maptile.Tile) []read {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(where)+".pbf")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, tile, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), testkit.Tool(t, "ogr2ogr", "gdal-bin"), "-f", "GeoJSON", "/vsistdout/", path, "-oo", "CLIP=NO")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("ogr2ogr: %v", err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(text)
	if err != nil {
		t.Fatal(err)
	}
	const half = math.Pi * 6378137
	scale := math.Exp2(float64(at.Z)) * 4096 / (2 * half)
	var out []read
	for _, f := range fc.Features {
		one := read{properties: map[string]string{}}
		for name, v := range f.Properties {
			switch {
			case v == nil:
			case name == "mvt_id":
				one.id = plainNumber(v)
			default:
				one.properties[name] = plainNumber(v)
			}
		}
		one.kind, one.parts = partsOf(f.Geometry)
		for _, part := range one.parts {
			for i, p := range part {
				part[i] = orb.Point{
					math.Round((p[0]+half)*scale - float64(at.X)*4096),
					math.Round((half-p[1])*scale - float64(at.Y)*4096),
				}
			}
		}
		out = append(out, one)
	}
	return out
}

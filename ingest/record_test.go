package ingest

import (
	"encoding/json"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/world"
)

// records reads geometries of a typed table and returns what became of each, one a line.
func records(t testing.TB, datum world.Datum, geometries ...orb.Geometry) string {
	t.Helper()
	m := mapping(t)
	m.Datum = datum
	m.Fields = make([]FieldMapping, len(m.Fields))
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	columns, err := mapper.NewColumns([]string{"id"})
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(len(geometries))
	for i, g := range geometries {
		p.Record(columns, []Cell{TextCell("a")}, g, Place{Feature: i + 1})
	}
	return show(t, mapper, p.Finish())
}

// A geometry of a typed table is treated as one of GeoJSON.
func TestRecordGeometry(t *testing.T) {
	t.Parallel()
	ring := orb.Ring{{0, 0}, {9, 0}, {9, 9}, {0, 0}}
	got := records(t, world.WGS84,
		nil, orb.Point{1, 2}, orb.MultiPoint{{1, 2}}, orb.LineString{{1, 2}, {3, 4}}, orb.MultiLineString{{{1, 2}, {3, 4}}, nil}, orb.Polygon{ring, {}}, orb.MultiPolygon{{ring}, {}},
		ring, ring[:3], orb.MultiPoint{}, orb.Polygon{{}}, orb.Collection{orb.MultiLineString{}, orb.Collection{ring, nil}}, orb.Collection{orb.Point{1, 2}, orb.Point{3, 4}},
		orb.Collection{orb.Point{1, 2}, ring}, orb.Polygon{{}, ring}, orb.Polygon{ring, {{1, 1}, {2, 2}, {1, 1}}}, orb.MultiPoint{{0, 0}}, orb.Bound{Max: orb.Point{1, 1}},
	)
	const want = `"a"
"a" at 1, 2
"a" at MULTIPOINT((1 2))
"a" at LINESTRING(1 2,3 4)
"a" at MULTILINESTRING((1 2,3 4))
"a" at POLYGON((0 0,9 0,9 9,0 0))
"a" at MULTIPOLYGON(((0 0,9 0,9 9,0 0)))
"a" at POLYGON((0 0,9 0,9 9,0 0))
"a" at POLYGON((0 0,9 0,9 9,0 0))
"a"
"a"
"a" at MULTIPOLYGON(((0 0,9 0,9 9,0 0)))
"a" at MULTIPOINT((1 2),(3 4))
geometry  feature 14: geometry: a collection of points and polygons: want one of them in a feature: points, lines or polygons; a layer takes features of each
geometry  feature 15: geometry: ring 2 in an empty exterior: want an exterior ring before its holes
geometry  feature 16: geometry: ring 2: 2 different positions: want rings with at least three different positions
geometry  feature 18: geometry: Polygon: want a Point, LineString, Polygon, one of their multis, a GeometryCollection of them, or null
zero  feature 17: a point at 0, 0: want a position, or an address: 0, 0 stands for an unknown place`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A datum does not write to the caller's geometry.
func TestRecordKeepsTheGeometry(t *testing.T) {
	t.Parallel()
	line := orb.LineString{{116, 39}, {117, 40}}
	if got := records(t, world.GCJ02, line); got == `"a" at LINESTRING(116 39,117 40)` {
		t.Errorf("not shifted: %s", got)
	}
	if line[0] != (orb.Point{116, 39}) {
		t.Errorf("the caller's line is now %v", line)
	}
}

// TestAppendJSON: any text comes back as it was, and one that is not UTF-8 with its bytes.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a\"b\\c", "\x00\n\r\t\x1f\x7f", "\u80e1\u540c \U0001f600 \u2028\ufffd", "<&>", `\ufffd`} {
		var got string
		if err := json.Unmarshal(TextCell(text).AppendJSON(nil), &got); err != nil || got != text {
			t.Errorf("%q comes back as %q, %v", text, got, err)
		}
	}
	if got, want := string(TextCell("caf\xe9\"").AppendJSON(nil)), "\"caf\xe9\\\"\""; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

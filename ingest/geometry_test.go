package ingest

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
)

func TestGeometry(t *testing.T) {
	t.Parallel()
	const in = "geometry :1: geometry: "
	tests := []struct{ name, geometry, want string }{
		{"points", `{"type":"MultiPoint","coordinates":[[1,2],[3,4,9]]}`, `MULTIPOINT((1 2),(3 4))`},
		{"a multi of one point", `{"type":"MultiPoint","coordinates":[[1,2]]}`, `MULTIPOINT((1 2))`},
		{"a line", `{"type":"LineString","coordinates":[[1,2],[3.5,-4.25],[1,2]]}`, `LINESTRING(1 2,3.5 -4.25,1 2)`},
		{"lines", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8],[9,10]]]}`, `MULTILINESTRING((1 2,3 4),(5 6,7 8,9 10))`},
		{"a polygon", `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[5,1],[6,1],[6,2],[5,1]]]}`, `POLYGON((0 0,9 0,9 9,0 0),(5 1,6 1,6 2,5 1))`},
		{
			"polygons", `{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]]],[[[20,0],[29,0],[29,9],[20,0]],[[25,1],[26,1],[26,2],[25,1]]]]}`,
			`MULTIPOLYGON(((0 0,9 0,9 9,0 0)),((20 0,29 0,29 9,20 0),(25 1,26 1,26 2,25 1)))`,
		},
		{"heights, measures and white space", "{ \"type\" :\"LineString\" , \"coordinates\" : [\n[ 1 , 2 , 3 , 4 ] ,\t[3,4,null,{\"a\":[1]}] ] }", `LINESTRING(1 2,3 4)`},
		{"coordinates before the type", `{"coordinates":[[1,2],[3,4]],"bbox":[1,2,3,4],"type":"LineString"}`, `LINESTRING(1 2,3 4)`},
		{"the last of several", `{"type":"Point","coordinates":[[[1]]],"type":"LineString","coordinates":[[1,2],[3,4]]}`, `LINESTRING(1 2,3 4)`},
		{"an escaped type", `{"type":"Line\u0053tring","coordinates":[[1,2],[3,4]]}`, `LINESTRING(1 2,3 4)`},
		{"an open ring", `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9]]]}`, `POLYGON((0 0,9 0,9 9,0 0))`},
		{"exponents and many digits", `{"type":"LineString","coordinates":[[1e1,-2.5E-1],[116.39127599999999,39.907]]}`, `LINESTRING(10 -0.25,116.39127599999999 39.907)`},

		{"a collection of one", `{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`, `LINESTRING(1 2,3 4)`},
		{"a collection of one point", `{"geometries":[{"coordinates":[1,2],"type":"Point"}],"type":"GeometryCollection"}`, `1, 2`},
		{
			"a collection in a collection", `{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]},null,` +
				`{"type":"GeometryCollection","geometries":[{"type":"MultiPolygon","coordinates":[[[[20,0],[29,0],[29,9],[20,0]]]]},{"type":"LineString","coordinates":[]}]}]}`,
			`MULTIPOLYGON(((0 0,9 0,9 9,0 0)),((20 0,29 0,29 9,20 0)))`,
		},
		{
			"points of a collection", `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"Point","coordinates":[]},{"type":"MultiPoint","coordinates":[[3,4],[5,6]]}]}`,
			`MULTIPOINT((1 2),(3 4),(5 6))`,
		},
		{
			"a collection of several dimensions", `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`,
			in + "a collection of points and lines: want one of them in a feature: points, lines or polygons; a layer takes features of each",
		},
		{
			"a collection that nests", strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 18) + strings.Repeat("]}", 18),
			in + "a collection in too many others: want collections that nest less deeply, or none",
		},
		{"a collection of something", `{"type":"GeometryCollection","geometries":[7]}`, in + "a member that is no geometry: want " + wantGeometry},
		{"a collection without members", `{"type":"GeometryCollection"}`, in + "GeometryCollection without geometries: want " + wantGeometry},
		{"a collection of an unknown type", `{"type":"GeometryCollection","geometries":[{"type":"Circle","coordinates":[1,2]}]}`, in + "Circle: want " + wantGeometry},

		{"no points", `{"type":"MultiPoint","coordinates":[]}`, ""},
		{"an empty point among points", `{"type":"MultiPoint","coordinates":[[1,2],[]]}`, `MULTIPOINT((1 2))`},
		{"no vertices", `{"type":"LineString","coordinates":[]}`, ""},
		{"an empty line among lines", `{"type":"MultiLineString","coordinates":[[],[[1,2],[3,4]]]}`, `MULTILINESTRING((1 2,3 4))`},
		{"no rings", `{"type":"Polygon","coordinates":[]}`, ""},
		{"an empty ring", `{"type":"Polygon","coordinates":[[]]}`, ""},
		{"an empty hole", `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[]]}`, `POLYGON((0 0,9 0,9 9,0 0))`},
		{"empty polygons", `{"type":"MultiPolygon","coordinates":[[],[[]]]}`, ""},
		{"an empty collection", `{"type":"GeometryCollection","geometries":[]}`, ""},
		{"a hole in nothing", `{"type":"Polygon","coordinates":[[],[[0,0],[9,0],[9,9],[0,0]]]}`, in + "ring 2 in an empty exterior: want an exterior ring before its holes"},
		{"an empty position in a line", `{"type":"LineString","coordinates":[[1,2],[],[3,4]]}`, in + "an empty position in a line or ring: want " + wantCoordinates},

		{"a line of one position", `{"type":"LineString","coordinates":[[1,2]]}`, in + "one position: want a line with at least two different positions"},
		{"a line without length", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[1,2],[1,2],[1,2]]]}`, in + "line 2: 3 equal positions: want a line with at least two different positions"},
		{"a ring of two positions", `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[5,1],[6,1],[5,1]]]}`, in + "ring 2: 2 different positions: want rings with at least three different positions"},
		{
			"a ring of one position", `{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]]],[[[5,1],[5,1],[5,1],[5,1]]]]}`,
			in + "ring 1 of polygon 2: 1 different positions: want rings with at least three different positions",
		},

		{"a flat ring", `{"type":"Polygon","coordinates":[[[0,0],[0,2],[0,1]]]}`, "geometry :1: the polygon has no area: want three different positions at least that are not in a line"},
		{"a line within a cell", `{"type":"LineString","coordinates":[[1,1],[1.000000001,1]]}`, "geometry :1: the line has no length: want two different positions at least"},

		{"too flat", `{"type":"Polygon","coordinates":[[1,2],[3,4],[5,6]]}`, in + "something else where a position should be: want " + wantCoordinates},
		{"too deep", `{"type":"LineString","coordinates":[[[1,2],[3,4]]]}`, in + "something else than numbers in a position: want " + wantCoordinates},
		{"a position for a line", `{"type":"LineString","coordinates":[1,2]}`, in + "one position as the coordinates of a LineString: want " + wantCoordinates},
		{"an object for coordinates", `{"type":"Polygon","coordinates":{"x":1}}`, in + "no list where positions nest deeper: want " + wantCoordinates},
		{"null for coordinates", `{"type":"Point","coordinates":null}`, in + "something else where a position should be: want " + wantCoordinates},
		{"no coordinates", `{"type":"Polygon"}`, in + "Polygon without coordinates: want " + wantGeometry},
		{"another case", `{"type":"POINT","coordinates":[1,2]}`, in + "POINT: want " + wantGeometry},
		{"texts", `{"type":"LineString","coordinates":[[1,2],["3","4"]]}`, in + "coordinates as texts: want " + wantNumbers},
		{"no JSON", `{"type":"LineString","coordinates":[[1,2],[3,04]]}`, "json :1: want JSON: at byte 100, a comma or ]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			switch {
			case want == "":
				want = `"a"`
			case !strings.Contains(want, " :1: "):
				want = `"a" at ` + want
			}
			if got := parse(t, mapping(t), geometryOf(tt.geometry)); got != want {
				t.Errorf("%s\n got %s\nwant %s", tt.geometry, got, want)
			}
		})
	}
}

func TestLenientCoordinates(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.LenientCoordinates = true
	got := parse(t, m,
		geometryOf(`{"type":"Point","coordinates":[" 13.4","5\u0032.5 ","35"]}`),
		geometryOf(`{"type":"LineString","coordinates":[["1","2"],[3,"4e0"]]}`),
		geometryOf(`{"type":"Point","coordinates":["13,4","52,5"]}`),
		geometryOf(`{"type":"Point","coordinates":["","52.5"]}`),
		geometryOf(`{"type":"Point","coordinates":["inf","52.5"]}`),
		geometryOf(`{"type":"Point","coordinates":["0","0.0"]}`),
	)
	const want = `"a" at 13.4, 52.5
"a" at LINESTRING(1 2,3 4)
geometry :3: geometry: 13,4: want numbers, or texts with decimal numbers
geometry :4: geometry: want numbers, or texts with decimal numbers
geometry :5: geometry: inf: want numbers, or texts with decimal numbers
zero :6: 0, 0: want a position, or an address: 0, 0 stands for an unknown place`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Places of another datum are shifted before the gate sees them, those outside China are not.
func TestDatum(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Datum = world.GCJ02
	m.Gate.Bounds = &orb.Bound{Min: orb.Point{-80, 39.91195}, Max: orb.Point{116.37782, 39.91196}} // around 116.377817, 39.911954
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(4)
	for _, g := range []string{
		`{"type":"Point","coordinates":[116.38404722455657,39.91334545536069]}`, `{"type":"MultiPoint","coordinates":[[116.38404722455657,39.91334545536069],[-77,39]]}`,
		`{"type":"Polygon","coordinates":[[[116.38404722455657,39.91334545536069],[116.39,39.9],[116.4,39.9]]]}`, `{"type":"Point","coordinates":[0,0]}`,
	} {
		p.Feature(geometryOf(g), Place{})
	}
	slab := p.Finish()
	if len(slab.Changes) != 3 || slab.Refused.counts[ReasonZero.index()] != 1 {
		t.Fatalf("%d accepted, want 3, and one at 0, 0 refused", len(slab.Changes))
	}
	want := orb.Point{116.377817, 39.911954}
	multi := slab.Changes[1].Feature.Geometry.(orb.MultiPoint)
	for _, got := range []orb.Point{slab.Changes[0].Feature.Geometry.(orb.Point), multi[0], slab.Changes[2].Feature.Geometry.(orb.Polygon)[0][0]} {
		if math.Abs(got[0]-want[0]) > 1e-6 || math.Abs(got[1]-want[1]) > 1e-6 {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if multi[1] != (orb.Point{-77, 39}) {
		t.Errorf("a place outside China is moved to %v", multi[1])
	}
	ring := slab.Changes[2].Feature.Geometry.(orb.Polygon)[0]
	if ring[0] != ring[3] {
		t.Error("the ring is open")
	}
}

// A feature has at most so many vertices, those that close a ring included.
func TestMaxVertices(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		form     string
		vertices int
		ok       bool
	}{
		{`{"type":"LineString","coordinates":[%s]}`, layers.MaxVertices, true},
		{`{"type":"LineString","coordinates":[%s]}`, layers.MaxVertices + 1, false},
		{`{"type":"Polygon","coordinates":[[%s]]}`, layers.MaxVertices, false},
	} {
		var b strings.Builder
		for i := range tt.vertices {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "[%d,%d]", i%170, 1+i/1000%80)
		}
		mapper, err := mapping(t).Compile()
		if err != nil {
			t.Fatal(err)
		}
		p := mapper.NewParser()
		p.Begin(1)
		p.Feature(geometryOf(fmt.Sprintf(tt.form, b.String())), Place{})
		slab := p.Finish()
		if got := len(slab.Changes) == 1; got != tt.ok {
			t.Errorf("%d vertices in %s: accepted is %v", tt.vertices, tt.form, got)
		}
		if !tt.ok && slab.Refused.counts[ReasonTooLong.index()] != 1 {
			t.Errorf("%d vertices in %s: not too_long", tt.vertices, tt.form)
		}
	}
}

// Later geometries must not write into earlier ones, nor hold on to the record.
func TestGeometriesOwnTheirMemory(t *testing.T) {
	t.Parallel()
	mapper, err := mapping(t).Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(2)
	p.Feature(geometryOf(`{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[5,1],[6,1],[6,2],[5,1]]]}`), Place{})
	p.Feature(geometryOf(`{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}`), Place{})
	slab := p.Finish()
	want := orb.Polygon{{{0, 0}, {9, 0}, {9, 9}, {0, 0}}, {{5, 1}, {6, 1}, {6, 2}, {5, 1}}}
	polygon := slab.Changes[0].Feature.Geometry.(orb.Polygon)
	if !orb.Equal(polygon, want) {
		t.Errorf("got %v", polygon)
	}
	_ = append(polygon[0], orb.Point{-1, -1}) // must not reach the hole
	if !orb.Equal(polygon, want) {
		t.Errorf("rings can write into each other: %v", polygon)
	}
}

// FuzzGeometry compares with encoding/json on any text for a geometry.
func FuzzGeometry(f *testing.F) {
	for _, s := range []string{
		`null`, `{}`, `{"type":"Point","coordinates":[1,2]}`, `{"type":"MultiPoint","coordinates":[[1,2],[]]}`, `{"type":"LineString","coordinates":[[1,2],[3,4]]}`,
		`{"type":"MultiLineString","coordinates":[[],[[1,2],[1,2]]]}`, `{"coordinates":[[[0,0],[9,0],[9,9]],[]],"type":"Polygon"}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,80],[9,80],[9,89],[0,80]]]]}`, `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[]},null]}`,
		`{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[["1",2],[3,4,5]]}]}]}`,
		`{"type":"LineString","coordinates":[[1e400,2],[3,-91]]}`, `{"type":"LineString","coordinates":[[1,2],[3,null]]}`, `[1,{"a":"\u0031"}]`,
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	m := mapping(f)
	m.LenientCoordinates = true
	mapper, err := m.Compile()
	if err != nil {
		f.Fatal(err)
	}
	m = mapping(f)
	m.Gate.Bounds = &orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{10, 10}}
	strict, err := m.Compile()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string, lenient bool) {
		use := strict
		if lenient {
			use = mapper
		}
		p := use.NewParser()
		p.Begin(1)
		record := geometryOf(s)
		p.Feature(record, Place{})
		slab := p.Finish()
		if n := len(slab.Changes) + int(slab.Refused.Count()); n != 1 {
			t.Fatalf("%d records for one", n)
		}
		if len(slab.Changes) == 0 {
			return
		}
		if !json.Valid([]byte(record)) {
			t.Fatal("taken, but it is no JSON")
		}
		if err := use.Schema().Check(0, &slab.Changes[0]); err != nil {
			t.Fatalf("accepted, but the layer refuses it: %v", err)
		}
	})
}

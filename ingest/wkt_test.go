package ingest

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
)

// cells reads cells of one column and returns what became of each, one a line.
func cells(t testing.TB, where PlaceColumns, texts ...string) string {
	t.Helper()
	m := mapping(t)
	m.Nulls = []string{"NA"}
	m.Fields = make([]FieldMapping, len(m.Fields))
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	columns, err := mapper.Columns([]string{"place", "id"}, where)
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(len(texts))
	for i, s := range texts {
		p.Row(columns, []string{s, "a"}, Place{Line: i + 1})
	}
	return show(t, mapper, p.Finish())
}

func TestWKT(t *testing.T) {
	t.Parallel()
	const in = "geometry :1: place: "
	tests := []struct{ name, cell, want string }{
		{"a point", "POINT (13.4 52.5)", "13.4, 52.5"},
		{"any case and spaces", " point(\t13.4\n52.5 ) ", "13.4, 52.5"},
		{"Z", "POINT Z (13.4 52.5 34)", "13.4, 52.5"},
		{"Z in the word", "POINTZ(13.4 52.5 34)", "13.4, 52.5"},
		{"M and ZM", "LINESTRING ZM (1 2 3 4, 5 6 7 8)", "LINESTRING(1 2,5 6)"},
		{"a height without Z", "LINESTRING (1 2 3, 5 6 7)", "LINESTRING(1 2,5 6)"},
		{"an SRID", "SRID=4326;POINT(13.4 52.5)", "13.4, 52.5"},
		{"another SRID", "SRID=25833;POINT(391779 5820072)", in + "SRID=25833: want longitude and latitude in degrees: SRID=4326, or none"},
		{"an SRID without an end", "srid=4326 POINT(1 2)", in + "SRID=4326 POINT(1 2): want longitude and latitude in degrees: SRID=4326, or none"},
		{"points", "MULTIPOINT ((1 2), (3 4), EMPTY)", "MULTIPOINT((1 2),(3 4))"},
		{"points without parentheses", "MULTIPOINT (1 2, 3 4)", "MULTIPOINT((1 2),(3 4))"},
		{"lines", "MULTILINESTRING ((1 2, 3 4), EMPTY, (5 6, 7 8))", "MULTILINESTRING((1 2,3 4),(5 6,7 8))"},
		{"a polygon", "POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2))", "POLYGON((0 0,9 0,9 9,0 0),(5 1,6 1,6 2,5 1))"},
		{"polygons", "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0)), ((20 0, 29 0, 29 9, 20 0)))", "MULTIPOLYGON(((0 0,9 0,9 9,0 0)),((20 0,29 0,29 9,20 0)))"},
		{"a collection", "GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION (MULTIPOINT (3 4)), POINT EMPTY)", "MULTIPOINT((1 2),(3 4))"},
		{"exponents and signs", "POINT (+1.5e1 -.5)", "15, -0.5"},
		{"nothing", "POLYGON EMPTY", ""},
		{"an empty cell", " ", ""},
		{"a null marker", "NA", ""},
		{"a collection that mixes", "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))", in + "a collection of points and lines: want one of them in a feature: points, lines or polygons; a layer takes features of each"},
		{"a short ring", "POLYGON ((0 0, 1 1, 0 0))", in + "ring 1: 2 different positions: want rings with at least three different positions"},
		{"another type", "CIRCULARSTRING (0 0, 1 1, 2 0)", in + "CIRCULARSTRING (0 0, 1 1, 2 0): want WKT, such as POINT (13.4 52.5): at byte 1, POINT, LINESTRING, POLYGON, one of their multis or GEOMETRYCOLLECTION"},
		{"a comma in a point", "POINT (1, 2)", in + "POINT (1, 2): want WKT, such as POINT (13.4 52.5): at byte 9, a decimal number"},
		{"no parentheses", "POINT 1 2", in + "POINT 1 2: want WKT, such as POINT (13.4 52.5): at byte 7, EMPTY or ("},
		{"five numbers", "POINT (1 2 3 4 5)", in + "POINT (1 2 3 4 5): want WKT, such as POINT (13.4 52.5): at byte 16, a number or )"},
		{"cut off", "LINESTRING (1 2, 3", in + "LINESTRING (1 2, 3: want WKT, such as POINT (13.4 52.5): at byte 19, a decimal number"},
		{"something behind", "POINT (1 2) x", in + "POINT (1 2) x: want WKT, such as POINT (13.4 52.5): at byte 13, nothing behind the geometry"},
		{"not a number", "POINT (NaN 2)", in + "POINT (NaN 2): want WKT, such as POINT (13.4 52.5): at byte 8, a decimal number"},
		{"too deep", strings.Repeat("GEOMETRYCOLLECTION(", 18) + "POINT(1 2)" + strings.Repeat(")", 18), in + "a collection in too many others: want collections that nest less deeply, or none"},
		{"beyond the world", "POINT (13.4 152.5)", "position :1: 13.4, 152.5: want a longitude in -180…180 and a latitude in ±85.0511288"},
	}
	for _, tt := range tests {
		want := `"a"`
		if tt.want != "" {
			want += " at " + tt.want
		}
		if strings.Contains(tt.want, " :1: ") {
			want = tt.want
		}
		if got := cells(t, PlaceColumns{WKT: "place"}, tt.cell); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.cell, got, want)
		}
	}
}

func TestPointCell(t *testing.T) {
	t.Parallel()
	good := []string{"(40.7, -73.9)", "40.7,-73.9", " ( 40.7 ;-73.9 ) ", "40.7 -73.9", "40.7\t,\n-73.9", "POINT (-73.9 40.7)", "SRID=4326;POINT Z(-73.9 40.7 1)", "Brooklyn\n(40.7, -73.9)", "1 Main St (rear)\n(40.7, -73.9)", "Point Reyes (40.7, -73.9)"}
	want := strings.TrimSuffix(strings.Repeat("\"a\" at -73.9, 40.7\n", len(good)), "\n")
	if got := cells(t, PlaceColumns{Point: "place", Order: LatLon}, good...); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := cells(t, PlaceColumns{Point: "place", Order: LonLat}, "(-73.9, 40.7)", "POINT (-73.9 40.7)", "", "NA", "POINT EMPTY"); got != "\"a\" at -73.9, 40.7\n\"a\" at -73.9, 40.7\n\"a\"\n\"a\"\n\"a\"" {
		t.Errorf("got\n%s", got)
	}
	for _, bad := range []string{"(40.7, -73.9", "40.7, -73.9)", "40.7", "(40.7)", "40.7-73.9", "40.7, -73.9, 3", "40.7 N, 73.9 W", "()", "(", ",", "40,7 -73,9", "40.7, x", "\"40.7\", 1", "LINESTRING (1 2, 3 4)", ")", "Brooklyn 40.7, -73.9"} {
		got := cells(t, PlaceColumns{Point: "place", Order: LatLon}, bad)
		if want := "geometry :1: place: " + bad + ": want " + wantPointCell[LatLon]; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	got := cells(t, PlaceColumns{Point: "place", Order: LatLon}, "(0.0, 0.0)")
	if want := "zero :1: 0, 0: want " + wantNoZero; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPlaceColumnsProblem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    PlaceColumns
		want string // how the problem starts
	}{
		{PlaceColumns{}, ""},
		{PlaceColumns{Lon: "x", Lat: "y"}, ""},
		{PlaceColumns{Point: "p", Order: LonLat}, ""},
		{PlaceColumns{WKT: "w"}, ""},
		{PlaceColumns{Lon: "x"}, "lon and lat are both needed"},
		{PlaceColumns{Point: "p"}, "point needs to know"},
		{PlaceColumns{Point: "p", Order: "xy"}, "point needs to know"},
		{PlaceColumns{Lon: "x", Lat: "y", WKT: "w"}, "the place of a row comes from"},
	} {
		if got := tt.c.Problem(); !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%+v: got %q, want %q", tt.c, got, tt.want)
		}
	}
}

// What orb writes is read back as it was.
func TestWKTRoundTrip(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	line := func(n int) (run []orb.Point) {
		for range n {
			run = append(run, orb.Point{rng.Float64()*360 - 180, rng.Float64()*180 - 90})
		}
		return run
	}
	ring := func() orb.Ring { r := orb.Ring(line(3 + rng.IntN(5))); return append(r, r[0]) }
	for range 500 {
		polygon := func() orb.Polygon { return orb.Polygon{ring(), ring()} }
		for _, g := range []orb.Geometry{
			line(1)[0], orb.MultiPoint(line(1 + rng.IntN(4))), orb.LineString(line(2 + rng.IntN(4))), orb.MultiLineString{line(2), line(3)}, polygon(), orb.MultiPolygon{polygon(), polygon()},
		} {
			var sh shape
			text := wkt.MarshalString(g)
			if f := sh.readWKT(text); f != nil {
				t.Fatalf("%s: %v", text, f)
			}
			if got := sh.geometry(); !orb.Equal(got, g) {
				t.Fatalf("got %v, want %v", got, g)
			}
		}
	}
}

func FuzzPlaceCell(f *testing.F) {
	for _, s := range []string{
		"POINT (13.4 52.5)", "SRID=4326;POINT Z(1 2 3)", "MULTIPOINT (1 2, (3 4), EMPTY)", "MULTILINESTRING ((1 2, 3 4), EMPTY)", "POLYGON ((0 0, 9 0, 9 89), (1 1, 2 1, 2 2))",
		"MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0)), EMPTY)", "GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION EMPTY)", "(40.7, -73.9)", "40.7;-73.9", "", "(", "POINT", "srid=", "1e999 2",
	} {
		f.Add(s)
	}
	m := mapping(f)
	m.Fields = make([]FieldMapping, len(m.Fields))
	mapper, err := m.Compile()
	if err != nil {
		f.Fatal(err)
	}
	for _, where := range []PlaceColumns{{WKT: "place"}, {Point: "place", Order: LatLon}} {
		if _, err := mapper.Columns([]string{"place", "id"}, where); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, where := range []PlaceColumns{{WKT: "place"}, {Point: "place", Order: LatLon}} {
			columns, err := mapper.Columns([]string{"place", "id"}, where)
			if err != nil {
				t.Fatal(err)
			}
			p := mapper.NewParser()
			p.Begin(1)
			p.Row(columns, []string{s, "a"}, Place{})
			slab := p.Finish()
			if n := len(slab.Changes) + int(slab.Refused.Count()); n != 1 {
				t.Fatalf("%d records for one", n)
			}
			if len(slab.Changes) == 0 {
				continue
			}
			if err := mapper.Schema().Check(0, &slab.Changes[0]); err != nil {
				t.Fatalf("accepted, but the layer refuses it: %v", err)
			}
			// Where orb reads it too, it is the same.
			g, err := wkt.Unmarshal(s)
			got := slab.Changes[0].Feature.Geometry
			if err == nil && got != nil && where.WKT != "" && g.GeoJSONType() == got.GeoJSONType() && g.GeoJSONType() == "LineString" &&
				g.Bound().Max[1] < 85 && g.Bound().Min[1] > -85 && !orb.Equal(g, got) {
				t.Fatalf("got %v, orb has %v", got, g)
			}
		}
	})
}

// TestPlaceCellMasksPrivateValues refuses cells of a place that only a private field shows.
func TestPlaceCellMasksPrivateValues(t *testing.T) {
	t.Parallel()
	const secret = "secret-13800138000"
	for _, c := range []struct {
		where   PlaceColumns
		private bool
	}{
		{PlaceColumns{Point: "s", Order: LatLon}, true},
		{PlaceColumns{WKT: "s"}, true},
		{PlaceColumns{Lon: "s", Lat: "lat"}, true},
		{PlaceColumns{Lon: "lat", Lat: "s"}, true},
		{PlaceColumns{WKT: "s"}, false},
	} {
		m := mapping(t)
		m.Schema.Fields[0].Private = c.private
		mapper, err := m.Compile()
		if err != nil {
			t.Fatal(err)
		}
		columns, err := mapper.Columns([]string{"id", "s", "i", "f", "b", "t", "lat"}, c.where)
		if err != nil {
			t.Fatal(err)
		}
		p := mapper.NewParser()
		p.Begin(1)
		p.Row(columns, []string{"a", secret, "", "", "", "", "1"}, Place{Line: 2})
		got := show(t, mapper, p.Finish())
		if strings.Contains(got, secret) == c.private || strings.Contains(got, masked) != c.private {
			t.Errorf("%+v, private %v: got %s", c.where, c.private, got)
		}
	}
}

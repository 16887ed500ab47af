package ingest

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

func TestMappingProblemsAtOnce(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.ID = Template{}
	m.Fields[0] = FieldMapping{From: "a", Value: column.StringOf("b")}
	m.Fields[1] = FieldMapping{Value: column.StringOf("b"), Layouts: []string{LayoutUnix}}
	m.Fields[2] = FieldMapping{Values: map[string]string{"a": "b"}, Zone: time.UTC}
	m.Fields[3] = FieldMapping{From: strings.Repeat("x", MaxPath+1)}
	m.Fields[4] = FieldMapping{From: "t", Layouts: []string{"iso", "15:04", time.DateOnly, LayoutUnixMillis}}
	m.Nulls = make([]string, MaxNulls+1)
	m.Gate.Bounds = &orb.Bound{Min: orb.Point{0, 10}, Max: orb.Point{1, 9}}
	_, err := m.Compile()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`layer "test"`, "no id template", `field "string": it has both a property "a" and a constant`, `field "int": a constant of type string in a field of type int`,
		`field "int": time layouts or a zone in a field of type int`, `field "float": replacements without a property`, `field "float": time layouts or a zone`,
		`field "bool": a property name of 1025 bytes`, `layout "iso" has no year`, `layout "15:04" has no year`, "65 null markers", "bounds end south",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), time.DateOnly+`" has no year`) {
		t.Errorf("a good layout is refused:\n%v", err)
	}
	m = mapping(t)
	m.Fields = m.Fields[:3]
	if _, err := m.Compile(); err == nil || !strings.Contains(err.Error(), "3 field mappings for 5 fields") {
		t.Errorf("got %v", err)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	dc := &orb.Bound{Min: orb.Point{-77.2, 38.7}, Max: orb.Point{-76.8, 39.1}}
	beijing := &orb.Bound{Min: orb.Point{115.4, 39.4}, Max: orb.Point{117.5, 41.1}}
	fiji := &orb.Bound{Min: orb.Point{176, -20}, Max: orb.Point{-178, -15}}
	nan := math.NaN()
	tests := []struct {
		name   string
		bounds *orb.Bound
		p      orb.Point
		want   Reason
	}{
		{"anywhere", nil, orb.Point{12, -34}, ""},
		{"the corners of the world", nil, orb.Point{-180, 85.0511287}, ""},
		{"too far east", nil, orb.Point{180.1, 0}, ReasonPosition},
		{"near the pole", nil, orb.Point{0, 85.06}, ReasonPosition},
		{"not a number", nil, orb.Point{nan, 1}, ReasonPosition},
		{"infinite", dc, orb.Point{math.Inf(1), 38.8}, ReasonPosition},
		{"zero", nil, orb.Point{0, 0}, ReasonZero},
		{"on the equator", nil, orb.Point{0.1, 0}, ""},
		{"inside", dc, orb.Point{-77, 38.9}, ""},
		{"on the edge", dc, orb.Point{-77.2, 39.1}, ""},
		{"outside", dc, orb.Point{-77.3, 38.9}, ReasonBounds},
		{"north", dc, orb.Point{-77, 39.2}, ReasonBounds},
		{"swapped", dc, orb.Point{38.9, -77}, ReasonSwapped},
		{"swapped beyond the world", beijing, orb.Point{39.9, 116.4}, ReasonSwapped},
		{"swapped without bounds", nil, orb.Point{39.9, 116.4}, ReasonPosition},
		{"over the antimeridian, west", fiji, orb.Point{179, -17}, ""},
		{"over the antimeridian, east", fiji, orb.Point{-179, -17}, ""},
		{"on the other side of the world", fiji, orb.Point{0, -17}, ReasonBounds},
	}
	for _, tt := range tests {
		g := Gate{Bounds: tt.bounds}
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		got, want := g.Check(tt.p)
		if got != tt.want || (got == "") != (want == "") {
			t.Errorf("%s: got %q (%s), want %q", tt.name, got, want, tt.want)
		}
	}
	bad := Gate{Bounds: &orb.Bound{Min: orb.Point{nan, 0}, Max: orb.Point{1, 1}}}
	if bad.Validate() == nil {
		t.Error("bounds of NaN pass")
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"lon", "id", "s", "i", "f", "b", "t", "lat", "x", "x"}
	if _, err := mapper.Columns(header, PlaceColumns{Lon: "lon", Lat: "lat"}); err != nil {
		t.Error(err)
	}
	_, err = mapper.Columns([]string{"id", "s", "i", "F", "b", "t"}, PlaceColumns{Lon: "lon", Lat: "lat"})
	if want := `no column "f", "lon", "lat"; the columns are "id", "s", "i", "F", "b", "t"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = mapper.Columns(append(header, "s"), PlaceColumns{Lon: "lon", Lat: "lat"})
	if err == nil || !strings.HasPrefix(err.Error(), `column "s" stands twice; the columns are "lon", `) {
		t.Errorf("got %v", err)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Nulls = []string{"NA"}
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	columns, err := mapper.Columns([]string{"id", "s", "i", "f", "b", "t", "lon", "lat"}, PlaceColumns{Lon: "lon", Lat: "lat"})
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(1)
	for i, row := range []string{
		"a|x|1|1.5|true|2016-08-03T20:47:11Z|116.4|39.9",
		"b||||||| 39.9",
		"c|||||||",
		"d|NA|NA||||NA| NA ",
		"e||||||116,4|39.9",
		"|x|||||1|2",
		"f|x",
		"g|x|||||1|2|3",
		"h||||||39.9|116.4",
		"i||x||||1|2",
		"j|caf\xe9|||||1|2",
	} {
		p.Row(columns, strings.Split(row, "|"), Place{File: "f.csv", Line: i + 2})
	}
	want := `"a" at 116.4, 39.9 string="x" int=1 float=1.5 bool=true time=2016-08-03T20:47:11Z
"c"
"d"
row f.csv:8: 2 cells: want 8, as in the header
row f.csv:9: 9 cells: want 8, as in the header
text f.csv:12: string: caf�: want UTF-8
id f.csv:7: id: null: want a text or number for the id
geometry f.csv:3: lon: want degrees as a decimal number, or both cells empty
geometry f.csv:6: lon: 116,4: want degrees as a decimal number, or both cells empty
position f.csv:10: 39.9, 116.4: want a longitude in -180…180 and a latitude in ±85.0511288
type f.csv:11: int: x: want a whole number within ±2⁶³`
	if got := show(t, mapper, p.Finish()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestZeroWithAnAddressHasNoPlace sends records at 0, 0 with and without an address.
func TestZeroWithAnAddressHasNoPlace(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Address = "addr"
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Begin(1)
	for i, record := range []string{
		`"coordinates":[0,0]},"properties":{"id":"a","addr":"12 Lane St"}`,
		`"coordinates":[0,0]},"properties":{"id":"b","addr":"  "}`,
		`"coordinates":[0,0]},"properties":{"id":"c","addr":null}`,
		`"coordinates":[0,0]},"properties":{"id":"d"}`,
		`"coordinates":[1,2]},"properties":{"id":"e","addr":"12 Lane St"}`,
	} {
		p.Feature(`{"type":"Feature","geometry":{"type":"Point",`+record+`}`, Place{File: "f.json", Line: i + 1})
	}
	want := `"a"
"e" at 1, 2
zero f.json:2: 0, 0: want a position, or an address: 0, 0 stands for an unknown place
zero f.json:3: 0, 0: want a position, or an address: 0, 0 stands for an unknown place
zero f.json:4: 0, 0: want a position, or an address: 0, 0 stands for an unknown place`
	if got := show(t, mapper, p.Finish()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

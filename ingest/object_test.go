package ingest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// parseObjects reads objects, received at the second 1,000, and returns what became of each, one a line.
func parseObjects(t testing.TB, m *Mapping, objects ...string) string {
	t.Helper()
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Receive(1_000e6, 1_000e6)
	p.Begin(len(objects))
	for i, o := range objects {
		p.Object(o, Place{Line: i + 1})
	}
	return show(t, mapper, p.Finish())
}

func TestObject(t *testing.T) {
	t.Parallel()
	lonLat := PlaceProperties{PlaceColumns: PlaceColumns{Lon: "pos.x", Lat: "pos.y"}}
	point := PlaceProperties{PlaceColumns: PlaceColumns{Point: "p", Order: LatLon}}
	wkt := PlaceProperties{PlaceColumns: PlaceColumns{WKT: "w"}}
	geometry := PlaceProperties{Geometry: "g"}
	for _, c := range []struct {
		name, object string
		place        PlaceProperties
		want         string
	}{
		{"members", `{"id": 7, "s": "a", "i": 3, "b": true, "t": "1970-01-01T00:00:01Z", "more": [{}]}`, PlaceProperties{}, `"7" string="a" int=3 bool=true time=1970-01-01T00:00:01Z`},
		{"the last of a name", `{"id": 1, "s": "a", "s": "b"}`, PlaceProperties{}, `"1" string="b"`},
		{"degrees at paths", `{"id": 1, "pos": {"x": 116.5, "y": "39.5"}}`, lonLat, `"1" at 116.5, 39.5`},
		{"no degrees", `{"id": 1, "pos": {"x": null}}`, lonLat, `"1"`},
		{"one degree", `{"id": 1, "pos": {"x": 1}}`, lonLat, "geometry :1: pos.y: want degrees as a decimal number, or both cells empty"},
		{"a list as degree", `{"id": 1, "pos": {"x": [1], "y": 2}}`, lonLat, "geometry :1: pos.x: an object or array: want degrees as a decimal number, or both cells empty"},
		{"zero", `{"id": 1, "pos": {"x": 0, "y": 0}}`, lonLat, "zero :1: 0, 0: want a position, or an address: 0, 0 stands for an unknown place"},
		{"a pair", `{"id": 1, "p": "39.5, 116.5"}`, point, `"1" at 116.5, 39.5`},
		{"a list of two", `{"id": 1, "p": [ 39.5 , 116.5 ]}`, point, `"1" at 116.5, 39.5`},
		{"an empty list", `{"id": 1, "p": []}`, point, `"1"`},
		{"a list of three", `{"id": 1, "p": [1, 2, 3]}`, point, "geometry :1: p: [1, 2, 3]: want a list of two numbers, " + wantPointCell[LatLon]},
		{"a number as point", `{"id": 1, "p": 3}`, point, "geometry :1: p: a number: want " + wantPointCell[LatLon]},
		{"WKT", `{"id": 1, "w": "LINESTRING (1 1, 2 2)"}`, wkt, `"1" at LINESTRING(1 1,2 2)`},
		{"a list as WKT", `{"id": 1, "w": [1, 2]}`, wkt, "geometry :1: w: an object or array: want a geometry as WKT, in a text"},
		{"a geometry", `{"id": 1, "g": {"type": "Point", "coordinates": [1, 2]}}`, geometry, `"1" at 1, 2`},
		{"a line", `{"s": "in front", "g": {"coordinates": [[1, 1], [2, 2]], "type": "LineString"}, "id": 1}`, geometry, `"1" at LINESTRING(1 1,2 2) string="in front"`},
		{"no geometry", `{"id": 1, "g": null}`, geometry, `"1"`},
		{"a broken geometry", `{"id": 1, "g": {"type": "Point"}}`, geometry, "geometry :1: geometry: Point without coordinates: want " + wantGeometry},
		{"a text as geometry", `{"id": 1, "g": "x"}`, geometry, "geometry :1: g: text: want a GeoJSON geometry: " + wantGeometry},
		{"no object", `[1]`, PlaceProperties{}, "feature :1: want a JSON object"},
		{"broken", `{"id": 1`, PlaceProperties{}, "json :1: want JSON: at byte 9, a comma or }"},
		{"more behind it", `{"id": 1} {}`, PlaceProperties{}, "json :1: want JSON: at byte 11, nothing behind the object"},
		{"no id", `{"s": "a"}`, PlaceProperties{}, "id :1: id: nothing: want a text or number for the id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := mapping(t)
			m.Place = c.place
			if got := parseObjects(t, m, c.object); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestObjectIsFeature: an object is what a feature with the same properties and place is.
func TestObjectIsFeature(t *testing.T) {
	t.Parallel()
	m := mapping(t)
	m.Place.Geometry = "g"
	m.ID = template(t, "{$id}")
	object := parseObjects(t, m, `{"id": "a", "g": {"type": "Point", "coordinates": [1, 2]}, "s": "x\ty", "f": 1.50}`)
	feature := parse(t, m, `{"type": "Feature", "id": "a", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"s": "x\ty", "f": 1.50}}`)
	if object != feature {
		t.Errorf("got %s\nwant %s", object, feature)
	}
}

// ordered returns a mapping whose layer is ordered by hidden fields.
func ordered(t testing.TB) *Mapping {
	t.Helper()
	m := mapping(t)
	m.Schema.Fields = append(m.Schema.Fields,
		layers.Field{Name: ObservedField, Kind: column.Time, Private: true},
		layers.Field{Name: VersionField, Kind: column.Int, Private: true})
	m.Fields = append(m.Fields, FieldMapping{From: "seen"}, FieldMapping{From: "rev"})
	m.Schema.Observed, m.Schema.Version = ObservedField, VersionField
	m.MaxFuture = 10 * time.Minute
	return m
}

func TestDelete(t *testing.T) {
	t.Parallel()
	m := ordered(t)
	m.Delete = DeleteRule{From: "op", Values: []string{"delete", "D"}}
	m.Place.Geometry = "g"
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	p.Receive(1_000e6, 2_000e6)
	p.Begin(4)
	p.Object(`{"id": 1, "op": "delete", "seen": "1970-01-01T00:00:05Z", "rev": 3, "i": "no number", "g": "no geometry"}`, Place{})
	p.Object(`{"id": 2, "op": "D"}`, Place{})
	p.Feature(`{"type": "Feature", "geometry": 7, "properties": {"id": 3, "op": "D", "seen": "1970-01-01T00:00:05Z"}}`, Place{})
	p.Object(`{"id": 4, "op": "Delete", "seen": "1970-01-01T00:00:05Z"}`, Place{}) // another word: no delete
	got := p.Finish().Changes
	null := make([]column.Value, 5)
	five := column.MicrosOf(5e6)
	want := []layers.Change{
		{Op: layers.Delete, Feature: layers.Feature{ID: "1", Values: append(null[:5:5], five, column.IntOf(3))}},
		{Op: layers.Delete, Feature: layers.Feature{ID: "2", Values: append(null[:5:5], column.MicrosOf(1_000e6), column.Value{})}},
		{Op: layers.Delete, Feature: layers.Feature{ID: "3", Values: append(null[:5:5], five, column.Value{})}},
		{Op: layers.Upsert, Feature: layers.Feature{ID: "4", Values: append(null[:5:5], five, column.Value{})}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b column.Value) bool { return a == b }), cmp.Comparer(func(a, b orb.Geometry) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteByExpressionAndRow(t *testing.T) {
	t.Parallel()
	m := ordered(t)
	m.Delete = DeleteRule{Expression: `r.state == "gone" && int(r.n) > 1`}
	mapper, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	p := mapper.NewParser()
	var refused []string
	p.Each(func(r *Refusal, _ string) { refused = append(refused, string(r.Reason)+" "+r.Field) })
	header := []string{"id", "s", "i", "f", "b", "t", "seen", "rev", "state", "n"}
	columns, err := mapper.Columns(header, PlaceColumns{})
	if err != nil {
		t.Fatal(err)
	}
	without, err := mapper.Columns(header[:8], PlaceColumns{}) // a table without the optional columns
	if err != nil {
		t.Fatal(err)
	}
	p.Begin(4)
	p.Row(columns, []string{"1", "", "", "", "", "", "", "", "gone", "2"}, Place{})
	p.Row(columns, []string{"2", "", "", "", "", "", "", "", "gone", "1"}, Place{})
	p.Row(columns, []string{"3", "", "", "", "", "", "", "", "gone", "x"}, Place{})
	p.Row(columns, []string{"", "", "", "", "", "", "", "", "gone", "2"}, Place{})
	p.Row(without, []string{"4", "", "", "", "", "", "", ""}, Place{})
	var ops []layers.Op
	for _, c := range p.Finish().Changes {
		ops = append(ops, c.Op)
	}
	if want := []layers.Op{layers.Delete, layers.Upsert, layers.Upsert}; !cmp.Equal(ops, want) {
		t.Errorf("got %v, want %v", ops, want)
	}
	if want := []string{"expression delete", "id id"}; !cmp.Equal(refused, want) {
		t.Errorf("got %v, want %v", refused, want)
	}
}

func TestFuture(t *testing.T) {
	t.Parallel()
	m := ordered(t)
	m.Delete = DeleteRule{From: "op", Values: []string{"D"}}
	got := parseObjects(t, m,
		`{"id": 1, "seen": "1970-01-01T00:26:40Z"}`, `{"id": 2, "seen": "1970-01-01T00:26:40.000001Z"}`, `{"id": 3, "op": "D", "seen": "1971-01-01T00:00:00Z"}`, `{"id": 4}`)
	const want = `"1" $observed=1970-01-01T00:26:40Z
"4"
future :2: $observed: 1970-01-01T00:26:40.000001Z: want a time at most 10m0s ahead of now, which is 1970-01-01T00:16:40Z
future :3: $observed: 1971-01-01T00:00:00Z: want a time at most 10m0s ahead of now, which is 1970-01-01T00:16:40Z`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestHiddenFieldsMaskOnlySecrets: the value of a hidden field is shown in refusals unless only a private
// field shows its property.
func TestHiddenFieldsMaskOnlySecrets(t *testing.T) {
	t.Parallel()
	m := ordered(t)
	if got := parseObjects(t, m, `{"id": 1, "seen": "yesterday"}`); !strings.Contains(got, "yesterday") {
		t.Errorf("got %s, want the value in it", got)
	}
	m = ordered(t)
	m.Schema.Fields[4].Private = true
	m.Fields[4].From = "seen"
	for _, seen := range []string{"yesterday", "2026-01-01T00:00:00Z"} {
		if got := parseObjects(t, m, `{"id": 1, "seen": "`+seen+`"}`); strings.Contains(got, seen) || !strings.Contains(got, masked) {
			t.Errorf("got %s, want no value in it", got)
		}
	}
}

func TestReceived(t *testing.T) {
	t.Parallel()
	m := ordered(t)
	m.Fields[5] = FieldMapping{Received: true}
	if got, want := parseObjects(t, m, `{"id": 1}`), `"1" $observed=1970-01-01T00:16:40Z`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCutJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, path, want string }{
		{"a list", "[1, {\"a\": [2]},\n \"x\" ]", "", `1@1 {"a": [2]}@1 "x"@2`},
		{"an empty list", " [ ] ", "", ""},
		{"an object", "\n{\"a\": 1} ", "", `{"a": 1}@2`},
		{"a collection", `{"features": [{"x": 1}], "type": "FeatureCollection"}`, "", `{"x": 1}@1`},
		{"no collection", `{"features": [{"x": 1}], "type": "Box"}`, "", `{"features": [{"x": 1}], "type": "Box"}@1`},
		{"a path", `{"data": {"items": [1, 2]}}`, "data.items", "1@1 2@1"},
		{"a path to one", `{"data": {"item": {"a": 1}}}`, "data.item", `{"a": 1}@1`},
		{"a path into nothing", `{"data": {}}`, "data.items", `error line 1, byte 1: want an object with records at "data.items"`},
		{"broken", "[1,\n 2", "", "error line 2, byte 7: want a comma or ]"},
		{"two", "{} {}", "", "error line 1, byte 4: want nothing behind the JSON text"},
		{"nothing", " ", "", "error line 1, byte 2: want a value"},
		{"too deep", strings.Repeat("[", 200), "", "error line 1, byte 129: want less nesting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := cutText(c.text, c.path); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

func cutText(text, path string) string {
	var parts []string
	err := CutJSON(text, path, func(start, end, line int) error {
		parts = append(parts, text[start:end]+"@"+string(rune('0'+line)))
		return nil
	})
	if err != nil {
		parts = append(parts, "error "+err.Error())
	}
	return strings.Join(parts, " ")
}

func FuzzCutJSON(f *testing.F) {
	for _, text := range []string{`[1, {"a": [2]}]`, `{"features": [{}], "type": "FeatureCollection"}`, `{"a": {"b": [1]}}`, `[`, ` `, "[\n]"} {
		f.Add(text, "")
		f.Add(text, "a.b")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		if CheckRecordsPath(path) != nil {
			return
		}
		last := 0
		err := CutJSON(text, path, func(start, end, line int) error {
			if start < last || end <= start || end > len(text) || line < 1 {
				t.Fatalf("%d to %d, line %d, behind %d", start, end, line, last)
			}
			if sc := (&scanner{s: text[start:end]}); sc.skip(0, 0) != end-start {
				t.Fatalf("%q is no JSON value", text[start:end])
			}
			last = end
			return nil
		})
		if err != nil && last != 0 {
			t.Fatalf("records before the error %v", err)
		}
		IsFeature(text)
	})
}

func FuzzObject(f *testing.F) {
	f.Add(`{"id": 1, "p": [1, 2], "op": "D", "seen": "2026-01-01T00:00:00Z"}`)
	f.Add(`{"id": 1, "p": {"type": "Point", "coordinates": [1, 2]}}`)
	f.Add(`{"id": 1, "p": "POINT (1 2)"}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range []PlaceProperties{
			{PlaceColumns: PlaceColumns{Point: "p", Order: LonLat}}, {PlaceColumns: PlaceColumns{WKT: "p"}}, {Geometry: "p"}, {PlaceColumns: PlaceColumns{Lon: "p.0", Lat: "p.1"}},
		} {
			m := ordered(t)
			m.Place, m.Delete = w, DeleteRule{From: "op", Values: []string{"D"}}
			parseObjects(t, m, text) // which checks that the layer takes what is accepted
		}
	})
}

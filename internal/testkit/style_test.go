package testkit

import (
	"strings"
	"testing"
)

// TestStyleProblems: the check finds each kind of mistake, so that a style without problems means
// something.
func TestStyleProblems(t *testing.T) {
	t.Parallel()
	contents := map[string]Contents{"a/a": {
		Fields: map[string]float64{"kind": 0, "title": 14}, Values: map[string][]string{"kind": {"x", "y"}},
		Kinds: []string{"Point"}, Everywhere: true,
	}}
	const good = `{"id":"a","type":"circle","source":"a","source-layer":"a","filter":["match",["geometry-type"],["Point","MultiPoint"],true,false]}`
	tests := []struct{ name, layers, want string }{
		{"good", good, ""},
		{"id twice", good + "," + good, "a: its id stands twice"},
		{"no source", good + `,{"id":"b","type":"circle","source":"b","source-layer":"b"}`, `b: there is no source "b"`},
		{"no source layer", good + `,{"id":"b","type":"circle","source":"a","source-layer":"c"}`, `b: the source "a" has no layer "c"`},
		{
			"no field", good + `,{"id":"b","type":"symbol","source":"a","source-layer":"a","layout":{"x":["to-string",["get","secret"]]}}`,
			`b: there is no field "secret"`,
		},
		{
			"field too early", good + `,{"id":"b","type":"symbol","source":"a","source-layer":"a","minzoom":13,"layout":{"x":["get","title"]}}`,
			`b: field "title" is read from zoom 13 on, and in tiles from zoom 14 on`,
		},
		{"field in time", good + `,{"id":"b","type":"symbol","source":"a","source-layer":"a","minzoom":14,"layout":{"x":["has","title"]}}`, ""},
		{
			"step too early", good + `,{"id":"b","type":"circle","source":"a","source-layer":"a","paint":{"x":["step",["zoom"],1,13.5,["get","title"]]}}`,
			`b: field "title" is read from zoom 13.5 on, and in tiles from zoom 14 on`,
		},
		{"step in time", good + `,{"id":"b","type":"circle","source":"a","source-layer":"a","paint":{"x":["step",["zoom"],1,14,["get","title"]]}}`, ""},
		{
			"no value", good + `,{"id":"b","type":"circle","source":"a","source-layer":"a","paint":{"x":["match",["get","kind"],["x","z"],1,0]}}`,
			`b: field "kind" never is "z"`,
		},
		{
			"wrong kind", good + `,{"id":"b","type":"fill","source":"a","source-layer":"a","filter":["all",["match",["geometry-type"],["Polygon"],true,false],["get","kind"]]}`,
			`b: draws [Polygon], and there are [Point]`,
		},
		{"nothing drawn", `{"id":"b","type":"line","source":"a","source-layer":"a"}`, `a/a: nothing draws Point from zoom 0 on`},
		{"hole", strings.Replace(good, `"type"`, `"maxzoom":14,"type"`, 1) +
			`,{"id":"b","type":"symbol","source":"a","source-layer":"a","minzoom":15,"layout":{"icon-image":"x"}}`, `a/a: nothing draws Point from zoom 14 on`},
		{"no hole", strings.Replace(good, `"type"`, `"maxzoom":14,"type"`, 1) +
			`,{"id":"b","type":"symbol","source":"a","source-layer":"a","minzoom":14,"layout":{"icon-image":"x"}}`, ""},
		{"texts are no points", strings.Replace(good, `"type"`, `"maxzoom":14,"type"`, 1) +
			`,{"id":"b","type":"symbol","source":"a","source-layer":"a","minzoom":14,"layout":{"text-field":"x"}}`, `a/a: nothing draws Point from zoom 14 on`},
		{"half zooms in any order", strings.Replace(good, `"type"`, `"minzoom":10.5,"type"`, 1) +
			`,{"id":"b","type":"circle","source":"a","source-layer":"a","minzoom":10,"maxzoom":10.5}` +
			`,{"id":"c","type":"circle","source":"a","source-layer":"a","maxzoom":10}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := StyleProblems([]byte(`{"sources":{"a":{"tiles":["http://h/tiles/x,a/{z}/{x}/{y}.mvt"]}},"layers":[`+tt.layers+`]}`), contents)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(got, "\n"); (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
				t.Errorf("got %q, want %q", all, tt.want)
			}
		})
	}
}

// TestStyleProblemsOfCells: cells are drawn below their zoom, features from it on, and neither elsewhere.
func TestStyleProblemsOfCells(t *testing.T) {
	t.Parallel()
	contents := map[string]Contents{"a/a": {
		Fields: map[string]float64{"kind": 0}, Kinds: []string{"Point"}, Everywhere: true, Below: 10,
		Cells: &Contents{Fields: map[string]float64{"h3": 0, "count": 0}, Kinds: []string{"Polygon"}, Everywhere: true},
	}}
	const (
		cells    = `{"id":"c","type":"fill","source":"a","source-layer":"a","maxzoom":10,"paint":{"x":["get","count"]}}`
		features = `{"id":"f","type":"circle","source":"a","source-layer":"a","minzoom":10,"filter":["!",["has","h3"]],"paint":{"x":["get","kind"]}}`
	)
	tests := []struct{ name, layers, want string }{
		{"good", cells + "," + features, ""},
		{"no cells", features, "a/a cells: nothing draws Polygon from zoom 0 on"},
		{"no features", cells, "a/a: nothing draws Point from zoom 10 on"},
		{"too far", strings.Replace(cells, "10", "11", 1) + "," + features, "c: draws zooms 0 to 11, of cells below 10 and of features from there on"},
		{"too short", strings.Replace(cells, "10", "9", 1) + "," + features, "a/a cells: nothing draws Polygon from zoom 9 on"},
		{"late", cells + "," + strings.Replace(features, "10", "11", 1), "a/a: nothing draws Point from zoom 10 on"},
		{"a feature's field of a cell", strings.Replace(cells, `"get","count"`, `"get","kind"`, 1) + "," + features, `c: there is no field "kind"`},
		{"a cell's field of a feature", cells + "," + strings.Replace(features, `"get","kind"`, `"get","count"`, 1), `f: there is no field "count"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := StyleProblems([]byte(`{"sources":{"a":{"tiles":["http://h/tiles/a/{z}/{x}/{y}.mvt"]}},"layers":[`+tt.layers+`]}`), contents)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(got, "\n"); (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
				t.Errorf("got %q, want %q", all, tt.want)
			}
		})
	}
}

// TestStyleProblemsOfPlaces: names draw places.
func TestStyleProblemsOfPlaces(t *testing.T) {
	t.Parallel()
	const names = `{"sources":{"a":{"tiles":["http://h/tiles/x,a/{z}/{x}/{y}.mvt"]}},"layers":[{"id":"a","type":"symbol","source":"a","source-layer":"a","layout":{"text-field":"x"}}]}`
	for _, named := range []bool{true, false} {
		got, err := StyleProblems([]byte(names), map[string]Contents{"a/a": {Kinds: []string{"Point"}, Named: named}})
		if err != nil || (len(got) == 0) != named {
			t.Errorf("named %v: got %q, %v", named, got, err)
		}
	}
}

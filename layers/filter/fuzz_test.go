package filter

import (
	"errors"
	"testing"
)

// seeds are filters in text; their canonical JSON seeds the other target.
var seeds = []string{
	"votes > 3 AND category = 'Pothole'",
	"NOT (votes BETWEEN 1 AND 2.5) OR urgent",
	"CASEI(title) LIKE CASEI('%main_st\\%%') AND id IN ('7', 'x')",
	"category NOT IN ('a', 'b') AND title IS NOT NULL",
	"(votes + floor * -2) div 3 ^ 2 % 5 < score / height",
	"T_DURING(INTERVAL(reported, closed), INTERVAL('2024-05-01', '..'))",
	"T_INTERSECTS(reported, DATE('2024-05-01')) OR reported > TIMESTAMP('2024-05-01T08:30:00.5+08:00')",
	"S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))",
	"NOT S_WITHIN(geometry, MULTIPOLYGON(((0 0, 4 0, 4 4, 0 0), (2 1, 3 1, 3 2, 2 1))))",
	"S_CROSSES(LINESTRING(175 0, 185 1), geometry) AND S_EQUALS(MULTIPOINT(1 2, (3 4)), POINT(1 2))",
	"S_TOUCHES(geometry, POLYGON((170 -10, 190 -10, 190 10, 170 -10)))",
	"S_OVERLAPS(geometry, MULTILINESTRING((0 0, 1 1), (1 1, 2 0)))",
	"\"and\" = 1 AND \"select \"\"x\"\" 街\" <= 9223372036854775807",
	"'it''s' < category AND 1.5e3 >= votes AND votes <> 1e-300 AND TRUE",
}

// check holds what a decoder took against the rules: its canonical form is read as itself.
func check(t *testing.T, lang Lang, filter string) {
	t.Helper()
	e, err := Parse(lang, filter, testSchema())
	if err != nil {
		var known *Error
		if !errors.As(err, &known) || known.Reason == "" {
			t.Fatalf("the error is %v, not an *Error", err)
		}
		return
	}
	checkCanonical(t, e)
	Compile(e)
}

func FuzzText(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, filter string) { check(t, Text, filter) })
}

func FuzzJSON(f *testing.F) {
	for _, s := range seeds {
		e, err := Parse(Text, s, testSchema())
		if err != nil {
			f.Fatalf("%s: %v", s, err)
		}
		f.Add(string(e.JSON()))
	}
	f.Add(`{"op":"t_overlaps","args":[{"interval":["..",{"property":"closed"}]},{"interval":["2024-05-01",".."]}]}`)
	f.Add(`{"op":"=","args":[{"casei":{"property":"title"}},{"op":"casei","args":["\ud800A"]}]}`)
	f.Fuzz(func(t *testing.T, filter string) { check(t, JSON, filter) })
}

func FuzzDatetime(f *testing.F) {
	for _, s := range []string{"2024-05-01", "2024-05-01T08:30:00Z/..", "../2024-05-01", "/", "2024-05-01/2024-05-02T00:00:00.5-01:00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDatetime(s)
		if err != nil {
			return
		}
		again, err := ParseDatetime(d.String())
		if err != nil || again != d {
			t.Fatalf("%q is %v, whose text %q is %v (%v)", s, d, d.String(), again, err)
		}
		e, err := d.Expr(testSchema())
		if err != nil {
			t.Fatal(err)
		}
		checkCanonical(t, e)
	})
}

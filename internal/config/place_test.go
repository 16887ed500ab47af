package config

import "testing"

func TestProblemKnowsItsPlace(t *testing.T) {
	t.Parallel()
	c, err := Parse("city.yaml", []byte(`city: A city
layers:
  reports: {title: Reports, licence: CC0-1.0, fields: {c: {type: int}}}
sources:
  desk:
    layer: reports
    files:
      - a.csv
      - b.csv
    id: "{no}"
    csv: {lon: x, lat: y}
    fields:
      c: from
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct{ path, want string }{
		{"sources.desk.files[1]", "city.yaml:9:9: sources.desk.files[1]: it"},
		{"sources.desk.files[7]", "city.yaml:7:5: sources.desk.files[7]: it"}, // the list
		{At("sources", "desk", "fields", "c"), "city.yaml:13:7: sources.desk.fields.c: it"},
		{At("sources", "desk", "csv", "lon"), "city.yaml:11:11: sources.desk.csv.lon: it"},
		{"archives.none", "city.yaml:1:1: archives.none: it"},
		{"", "city.yaml:1:1: it"},
	} {
		if got := c.Problem(at.path, "%s", "it").String(); got != at.want {
			t.Errorf("%s: got %q, want %q", at.path, got, at.want)
		}
	}
}

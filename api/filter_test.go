package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

// filtered are the schemas of three layers: reports with a time field, roads without, lamps with neither a
// time field nor a status.
func filtered() (reports, roads, lamps *layers.Schema) {
	reports = &layers.Schema{Name: "reports", TimeField: "at", Fields: []layers.Field{
		{Name: "status", Kind: column.String}, {Name: "at", Kind: column.Time}, {Name: "votes", Kind: column.Int},
	}}
	roads = &layers.Schema{Name: "roads", Fields: []layers.Field{{Name: "status", Kind: column.String}, {Name: "votes", Kind: column.Float}}}
	lamps = &layers.Schema{Name: "lamps", Fields: []layers.Field{{Name: "watts", Kind: column.Float}}}
	return reports, roads, lamps
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	reports, roads, lamps := filtered()
	alone, both := []*layers.Schema{reports}, []*layers.Schema{reports, roads}
	for name, c := range map[string]struct {
		raw       string
		schemas   []*layers.Schema
		query     string // of what is read; "" means everything
		selectors []int
	}{
		"nothing":                    {"", alone, "", nil},
		"other parameters":           {"v=1&%zz=%zz&limit=%&&=", alone, "", nil},
		"a language of nothing":      {"filter-lang=cql2-json", alone, "", nil},
		"text":                       {"filter=status%20=+%27open%27", alone, "filter=status%20%3D%20%27open%27", []int{1}},
		"a name with escapes":        {"%66ilter=status='open'", alone, "filter=status%20%3D%20%27open%27", []int{1}},
		"said to be text":            {"filter=status='open'&filter-lang=cql2-text", alone, "filter=status%20%3D%20%27open%27", []int{1}},
		"JSON":                       {"filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"status"},"open"]}`) + "&filter-lang=cql2-json", alone, "filter=status%20%3D%20%27open%27", []int{1}},
		"a day":                      {"datetime=2026-01-02", alone, "datetime=2026-01-02T00%3A00%3A00Z%2F2026-01-02T23%3A59%3A59.999999Z", []int{1}},
		"both":                       {"datetime=2026-01-02T00:00:00Z/..&filter=votes>2", alone, "filter=votes%20%3E%3D%203&datetime=2026-01-02T00%3A00%3A00Z%2F..", []int{2}},
		"of two layers":              {"filter=status='open'", both, "filter=status%20%3D%20%27open%27", []int{1, 1}},
		"time of one of two":         {"datetime=2026-01-02T03:04:05Z", both, "datetime=2026-01-02T03%3A04%3A05Z", []int{1, 0}},
		"time beside what has none":  {"datetime=../..", []*layers.Schema{lamps, reports, roads}, "datetime=..%2F..", []int{0, 1, 0}},
		"braces, for a URL template": {"filter=status='{z}'", alone, "filter=status%20%3D%20%27%7Bz%7D%27", []int{1}},
	} {
		f, err := (*Filters)(nil).ParseRaw(c.raw, c.schemas...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := f.Query(); got != c.query {
			t.Errorf("%s: got %q, want %q", name, got, c.query)
		}
		if (f == nil) != (c.selectors == nil) {
			t.Errorf("%s: got %v", name, f)
			continue
		}
		if f == nil {
			continue
		}
		for i, where := range f.Where() {
			if len(where) != c.selectors[i] {
				t.Errorf("%s: layer %d has %d selectors, want %d", name, i, len(where), c.selectors[i])
			}
		}
		again, err := (*Filters)(nil).ParseRaw(f.Query(), c.schemas...)
		if err != nil || again.Canonical() != f.Canonical() || again.Query() != f.Query() {
			t.Errorf("%s: %q is read as %v, %v, want the same again", name, f.Query(), again, err)
		}
	}
}

// TestFilterKeys: what is written in two ways has one canonical form, and what differs has two.
func TestFilterKeys(t *testing.T) {
	t.Parallel()
	reports, roads, _ := filtered()
	key := func(raw string, schemas ...*layers.Schema) string {
		f, err := (*Filters)(nil).ParseRaw(raw, schemas...)
		if err != nil {
			t.Fatal(err)
		}
		return f.Canonical()
	}
	same := []string{
		"filter=status='open' AND votes>2", "filter=2<votes+and+(status+=+'open')", "v=7&filter-lang=cql2-json&filter=" +
			url.QueryEscape(`{"op":"and","args":[{"op":">","args":[{"property":"votes"},2]},{"op":"=","args":[{"property":"status"},"open"]}]}`),
	}
	for _, raw := range same[1:] {
		raw, first := strings.ReplaceAll(raw, "<", "%3C"), strings.ReplaceAll(same[0], " ", "%20")
		if a, b := key(raw, reports), key(first, reports); a != b {
			t.Errorf("got %q of %s and %q of %s, want one", a, raw, b, first)
		}
	}
	seen := map[string]string{}
	for _, raw := range []string{"filter=status='a'", "filter=status='b'", "datetime=2026-01-02", "datetime=2026-01-02/..", "datetime=2026-01-02&filter=status='a'"} {
		k := key(raw, reports, roads)
		if other, twice := seen[k]; twice {
			t.Errorf("%s and %s have one key", raw, other)
		}
		seen[k] = raw
	}
}

func TestFilterErrors(t *testing.T) {
	t.Parallel()
	reports, roads, lamps := filtered()
	m := telemetry.NewMetrics()
	fs := NewFilters(m)
	type wrong struct {
		parameter, position string
		layer               layers.Name
		detail              string // a part
	}
	for name, c := range map[string]struct {
		raw     string
		schemas []*layers.Schema
		want    wrong
	}{
		"twice":            {"filter=a=1&filter=a=1", []*layers.Schema{reports}, wrong{"filter", "", "", "filter stands 2 times; once is accepted."}},
		"escape":           {"filter=status+LIKE+'100%'", []*layers.Schema{reports}, wrong{"filter", "", "", "not escaped as in a URL"}},
		"empty":            {"filter=", []*layers.Schema{reports}, wrong{"filter", "", "", "the filter is empty"}},
		"syntax":           {"filter=status+=", []*layers.Schema{reports}, wrong{"filter", "line 1, column 9", "", "line 1, column 9: "}},
		"language":         {"filter=status='a'&filter-lang=sql", []*layers.Schema{reports}, wrong{"filter-lang", "", "", "cql2-text and cql2-json"}},
		"language twice":   {"filter=status='a'&filter-lang=cql2-text&filter-lang=cql2-text", []*layers.Schema{reports}, wrong{"filter-lang", "", "", "stands 2 times"}},
		"unknown field":    {"filter=state='a'", []*layers.Schema{reports}, wrong{"filter", "line 1, column 1", "", `"state"`}},
		"large":            {"filter=status='" + strings.Repeat("a", 1<<14) + "'", []*layers.Schema{reports}, wrong{"filter", "", "", "more than 8192"}},
		"a layer lacks it": {"filter=votes>1", []*layers.Schema{lamps, reports}, wrong{"filter", "line 1, column 1", "lamps", "the filter must fit every layer: lamps: line 1, column 1: "}},
		"two lack what":    {"filter=votes>1+AND+watts>1", []*layers.Schema{lamps, roads, reports}, wrong{"filter", "line 1, column 1", "lamps", "; roads: line 1, column 13: "}},
		"all lack it":      {"filter=volts>1", []*layers.Schema{lamps, roads}, wrong{"filter", "line 1, column 1", "lamps", "no layer fits: lamps: line 1, column 1: "}},
		"syntax for all":   {"filter=votes+>", []*layers.Schema{reports, roads}, wrong{"filter", "line 1, column 8", "", "line 1, column 8: "}},
		"datetime":         {"datetime=yesterday", []*layers.Schema{reports}, wrong{"datetime", "", "", `"yesterday"`}},
		"datetime twice":   {"datetime=..&datetime=..", []*layers.Schema{reports}, wrong{"datetime", "", "", "stands 2 times"}},
		"no time":          {"datetime=2026-01-02", []*layers.Schema{roads}, wrong{"datetime", "", "", "roads has no time field"}},
		"no time at all":   {"datetime=2026-01-02", []*layers.Schema{roads, lamps}, wrong{"datetime", "", "", "None of the layers has a time field"}},
	} {
		_, err := fs.ParseRaw(c.raw, c.schemas...)
		var got *FilterError
		if !errors.As(err, &got) {
			t.Errorf("%s: got %v, want a FilterError", name, err)
			continue
		}
		if got.Parameter != c.want.parameter || got.Position != c.want.position || got.Layer != c.want.layer || !strings.Contains(got.Detail, c.want.detail) {
			t.Errorf("%s: got %+v, want %+v", name, *got, c.want)
		}
		if !strings.HasSuffix(got.Error(), ".") || strings.HasSuffix(got.Error(), "..") || strings.HasPrefix(got.Error(), "filter: ") {
			t.Errorf("%s: %q is no sentence", name, got.Error())
		}
	}
	var many []*layers.Schema
	for i := range 2 * maxMisfits {
		many = append(many, &layers.Schema{Name: layers.Name(fmt.Sprint("l", i)), Fields: []layers.Field{{Name: fmt.Sprint("f", i), Kind: column.Int}}})
	}
	if _, err := fs.ParseRaw("filter=f0=1", many...); err == nil || strings.Count(err.Error(), "there is no property") != maxMisfits {
		t.Errorf("got %v, want why of %d layers", err, maxMisfits)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), `hutong_filter_refused_total{limit="text"} 1`) {
		t.Error("the bound that was hit is not counted")
	}
}

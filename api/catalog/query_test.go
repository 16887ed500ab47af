package catalog

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
)

// newCatalog returns the catalogue of two layers: reports, points but for one that has no place, and
// areas of each kind of geometry.
func newCatalog(t *testing.T) *Catalog {
	t.Helper()
	return countedCatalog(t, telemetry.NewMetrics())
}

// countedCatalog is the same with its metrics in m.
func countedCatalog(t *testing.T, m *telemetry.Metrics) *Catalog {
	t.Helper()
	reports := publicOf(t, &layers.Schema{Name: "reports", IDField: "ref", TimeField: "at", Fields: []layers.Field{
		{Name: "phone", Kind: column.String, Private: true},
		{Name: "status", Kind: column.String, Keep: true},
		{Name: "title", Kind: column.String},
		{Name: "urgent", Kind: column.Bool},
		{Name: "at", Kind: column.Time},
	}}, []layers.Feature{
		{ID: "R-1", Geometry: orb.Point{116.4, 39.9}, Values: report("open", "Pothole, 12 Yongan Lane", true, 1)},
		{ID: "R-2", Geometry: orb.Point{116.41, 39.9}, Values: report("closed", "Pothole, 7 Fuxing Lane", false, 2)},
		{ID: "R-3", Geometry: orb.Point{116.42, 39.9}, Values: report("Lost, found", "噪声 at night", false, 3)},
		{ID: "R-4", Geometry: orb.Point{-179.9, 10}, Values: report("open", "Far away", true, 4)},
		{ID: "R-5", Values: report("open", "Pothole somewhere", true, 5)},
	})
	areas := publicOf(t, &layers.Schema{Name: "areas", Fields: []layers.Field{{Name: "name", Kind: column.String}}}, []layers.Feature{
		{ID: "line", Geometry: orb.LineString{{116, 39}, {116.5, 39.5}}, Values: []column.Value{column.StringOf("River")}},
		{ID: "lines", Geometry: orb.MultiLineString{{{116, 39}, {116.5, 39.5}}, {{117, 39}, {117, 40}}}},
		{ID: "places", Geometry: orb.MultiPoint{{116, 39}, {117, 40}}},
		{ID: "park", Geometry: orb.Polygon{{{116, 39}, {117, 39}, {117, 40}, {116, 40}, {116, 39}}, {{116.4, 39.4}, {116.4, 39.6}, {116.6, 39.6}, {116.4, 39.4}}}},
		{ID: "parks", Geometry: orb.MultiPolygon{{{{116, 39}, {117, 39}, {117, 40}, {116, 39}}}, {{{118, 39}, {119, 39}, {119, 40}, {118, 39}}}}},
	})
	ls, err := api.NewLayers([]*api.Layer{{View: reports}, {View: areas}})
	if err != nil {
		t.Fatal(err)
	}
	return New(ls, nil, api.Base{PublicURL: "https://maps.example"}, m)
}

// wantMetrics checks that each of lines stands among the metrics.
func wantMetrics(t *testing.T, m *telemetry.Metrics, lines ...string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range lines {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func report(status, title string, urgent bool, day int) []column.Value {
	return []column.Value{
		column.StringOf("secret pothole"), column.StringOf(status), column.StringOf(title), column.BoolOf(urgent),
		column.TimeOf(time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC)),
	}
}

func publicOf(t *testing.T, schema *layers.Schema, list []layers.Feature) *view.Layer {
	t.Helper()
	live, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := layers.Batch{Layer: schema.Name}
	for _, f := range list {
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	return view.Public(live)
}

func serve(c *Catalog) http.Handler {
	s := api.NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), c.Routes())
	s.Ready()
	return s
}

// answer is what a query's answer says beside its features' fields.
type answer struct {
	Features []struct {
		ID, Layer, Match string
	}
	NumberMatched, NumberReturned int
	Complete                      bool
	Snapshot                      int
	Omitted                       []string
}

func ask(t *testing.T, h http.Handler, target string) (ids []string, a answer) {
	t.Helper()
	w := get(t, h, target)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/geo+json" {
		t.Fatalf("%s: got %d %s, %v", target, w.Code, w.Body, err)
	}
	if _, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes()); err != nil {
		t.Errorf("%s: orb does not read it: %v", target, err)
	}
	for _, f := range a.Features {
		ids = append(ids, f.ID)
	}
	if a.NumberReturned != len(ids) {
		t.Errorf("%s: got %d returned, want %d", target, a.NumberReturned, len(ids))
	}
	return ids, a
}

func TestWindow(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	const at = "/layers/reports/features?bbox="
	for _, c := range []struct {
		name, target string
		want         []string
		complete     bool
	}{
		{"nearest to the middle first", at + "116.395,39.8,116.445,40", []string{"R-3", "R-2", "R-1"}, true},
		{"a limit", at + "116.395,39.8,116.445,40&limit=1", []string{"R-3"}, false},
		{"the world", at + "-180,-90,180,90", []string{"R-1", "R-2", "R-3", "R-4"}, true},
		{"across the antimeridian", at + "170,0,-170,20", []string{"R-4"}, true},
		{"nothing", at + "0,0,1,1", nil, true},
		{"one value", at + "116,39,117,40&status=open", []string{"R-1"}, true},
		{"two values", at + "116,39,117,40&status=open&status=closed", []string{"R-2", "R-1"}, true},
		{"two values in a list", at + "116,39,117,40&status=open,closed", []string{"R-2", "R-1"}, true},
		{"a list and one more", at + "116,39,117,40&status=open,none&status=closed", []string{"R-2", "R-1"}, true},
		{"a value with a comma", at + "116,39,117,40&status=Lost%2C%20found", []string{"R-3"}, true},
		{"a value with a comma in a list", at + "116,39,117,40&status=Lost%2C+found,closed", []string{"R-3", "R-2"}, true},
		{"a name with escapes", at + "116,39,117,40&%73tatus=open", []string{"R-1"}, true},
		{"commas of the box escaped", at + "116%2C39%2C117%2C40&limit=1", []string{"R-3"}, false},
		{"a bool", at + "116,39,117,40&urgent=true", []string{"R-1"}, true},
		{"an interval", at + "116,39,117,40&datetime=2026-01-01T12:00:00Z/2026-01-02T12:00:00Z", []string{"R-2", "R-1"}, true},
		{"an open start", at + "116,39,117,40&datetime=../2026-01-01T12:00:00Z", []string{"R-1"}, true},
		{"an open end", at + "116,39,117,40&datetime=2026-01-03T00:00:00Z/", []string{"R-3"}, true},
		{"both ends open", at + "116,39,117,40&datetime=../..", []string{"R-3", "R-2", "R-1"}, true},
		{"an instant", at + "116,39,117,40&datetime=2026-01-02T20:00:00%2B08:00", []string{"R-2"}, true},
		{"a day", at + "116,39,117,40&datetime=2026-01-02", []string{"R-2"}, true},
		{"a filter", at + "116,39,117,40&filter=title+LIKE+%27Pothole%25%27", []string{"R-2", "R-1"}, true},
		{"a filter beside the rest", at + "116,39,117,40&status=open,closed&filter=urgent=FALSE&datetime=2026-01-02/..&limit=9", []string{"R-2"}, true},
		{"a filter in JSON", at + "116,39,117,40&filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"status"},"open"]}`), []string{"R-1"}, true},
		{"a filter by place", at + "-180,-90,180,90&filter=S_INTERSECTS(geometry,BBOX(-180,0,-179,20))", []string{"R-4"}, true},
		{"an empty parameter", at + "116,39,117,40&status=", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, a := ask(t, h, c.target)
			if diff := cmp.Diff(c.want, got); c.name != "the world" && diff != "" || len(got) != len(c.want) || a.Complete != c.complete || a.Snapshot != 1 {
				t.Errorf("got %+v (-want +got):\n%s", a, diff)
			}
			if c.name == "a limit" && a.NumberMatched != 3 {
				t.Errorf("got %d matched, want 3", a.NumberMatched)
			}
		})
	}
}

// TestGeometries: every kind comes back as GeoJSON as it went in.
func TestGeometries(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	for id, want := range map[string]string{
		"line":   `{"type":"LineString","coordinates":[[116.0000000,39.0000000],[116.5000000,39.5000000]]}`,
		"lines":  `{"type":"MultiLineString","coordinates":[[[116.0000000,39.0000000],[116.5000000,39.5000000]],[[117.0000000,39.0000000],[117.0000000,40.0000000]]]}`,
		"places": `{"type":"MultiPoint","coordinates":[[116.0000000,39.0000000],[117.0000000,40.0000000]]}`,
	} {
		var f struct{ Geometry json.RawMessage }
		if err := json.Unmarshal(get(t, h, "/layers/areas/features/"+id).Body.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(f.Geometry)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	for id, want := range map[string]struct{ polygons, rings, vertices int }{"park": {1, 2, 5}, "parks": {2, 1, 4}} {
		f, err := geojson.UnmarshalFeature(get(t, h, "/layers/areas/features/"+id).Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		all, ok := f.Geometry.(orb.MultiPolygon)
		if !ok {
			all = orb.MultiPolygon{f.Geometry.(orb.Polygon)}
		}
		if len(all) != want.polygons || len(all[0]) != want.rings || len(all[0][0]) != want.vertices || all[0][0].Orientation() != orb.CCW {
			t.Errorf("%s: got %v", id, all)
		}
	}
}

// holder is a client that reads when it is allowed to.
type holder struct {
	*httptest.ResponseRecorder
	write func()
}

func (h holder) Write(p []byte) (int, error) {
	h.write()
	return h.ResponseRecorder.Write(p)
}

// TestSlowClientsHoldNoTurn: a turn is over before an answer is sent.
func TestSlowClientsHoldNoTurn(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	c.looks = looks{turns: api.NewTurns(1, 0, telemetry.NewMetrics().Counter("late", "Late.").With())}
	for _, target := range []string{"/search?q=pothole", "/layers/reports/features?bbox=116,39,117,40", "/layers/reports/features?near=116,39"} {
		written := false
		w := holder{httptest.NewRecorder(), func() {
			written = true
			if !c.looks.turns.Enter(t.Context(), false) {
				t.Errorf("%s: no turn while the answer is sent", target)
				return
			}
			c.looks.turns.Leave(false)
		}}
		serve(c).ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if !written || w.Code != http.StatusOK {
			t.Errorf("%s: got %d %s", target, w.Code, w.Body)
		}
	}
}

// TestCollectionIsBounded: features stop before there are too many bytes, but the first one is told.
func TestCollectionIsBounded(t *testing.T) {
	t.Parallel()
	v := newCatalog(t).layers.Public()[1].View.Now()
	everywhere, err := api.ParseBox([]string{"-180,-90,180,90"})
	if err != nil {
		t.Fatal(err)
	}
	found := v.Window(t.Context(), view.WindowQuery{Boxes: everywhere, Limit: 100})
	for most, want := range map[int]int{1: 1, 600: 2, maxCollectionBytes: 5} {
		list := newCollection()
		list.most = most
		var a answer
		if err := json.Unmarshal(writeWindow(list, v, found), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Features) != want || a.NumberReturned != want || a.NumberMatched != 5 || a.Complete != (want == 5) {
			t.Errorf("%d bytes: got %+v, want %d features", most, a, want)
		}
	}
}

// TestWindowAtTheEdge: a window of the whole world holds what lies at the map's edges.
func TestWindowAtTheEdge(t *testing.T) {
	t.Parallel()
	v := publicOf(t, &layers.Schema{Name: "edges"}, []layers.Feature{
		{ID: "north", Geometry: orb.Point{-180, world.MaxLatitude}}, {ID: "south", Geometry: orb.Point{180, -world.MaxLatitude}},
	}).Now()
	for _, text := range []string{"-180,-90,180,90", "179,-90,-179,90"} {
		boxes, err := api.ParseBox([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		if found := v.Window(t.Context(), view.WindowQuery{Boxes: boxes, Limit: 9}); len(found.Rows) != 2 {
			t.Errorf("%s: got %d features, want both", text, len(found.Rows))
		}
	}
}

// TestPrivateFieldsAreUnknown: asking about a private field is answered as asking about none (S10).
func TestPrivateFieldsAreUnknown(t *testing.T) {
	t.Parallel()
	schema := newCatalog(t).layers.Public()[0].View.Schema()
	_, private := windowOf("bbox=1,2,3,4&phone=x", schema)
	_, none := windowOf("bbox=1,2,3,4&phony=x", schema)
	const want = `there is no parameter "phony"; accepted are bbox, limit, filter, filter-lang, datetime, status, title, urgent`
	if none == nil || none.Error() != want || private == nil || strings.ReplaceAll(private.Error(), "phone", "phony") != want {
		t.Errorf("got %v and %v, want %s", private, none, want)
	}
}

// TestWindowFilterProblems: a filter of a window is refused as one of a tile is, and one on a private field as
// one on none (S10).
func TestWindowFilterProblems(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	const at = "/layers/reports/features?bbox=116,39,117,40"
	for query, want := range map[string]string{
		"&filter=status+%3D":                     `"code":"filter_invalid","detail":"line 1, column 9: `,
		"&filter=a=1&filter=a=1":                 `"detail":"filter stands 2 times; once is accepted.","parameter":"filter"}`,
		"&filter=urgent=TRUE&filter-lang=sql":    `"parameter":"filter-lang"}`,
		"&datetime=soon":                         `"code":"parameter_invalid"`,
		"&filter=urgent=TRUE&status=open&what=1": `there is no parameter \"what\"`,
	} {
		if w := get(t, h, at+query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want %s", query, w.Code, w.Body, want)
		}
	}
	asked := func(name string) string { // not by get: the answer says again what was asked
		return testkit.Ask(h, http.MethodGet, at+"&filter="+name+"%3D%27x%27").Body.String()
	}
	private, none := asked("phone"), asked("phony")
	if strings.ReplaceAll(private, "phone", "phony") != none {
		t.Errorf("a private field is told from none:\n%s\n%s", private, none)
	}
}

// TestFieldsCalledAsParameters: a window may be narrowed by a field whatever another query calls its
// parameters; one that a parameter of windows hides is not told of.
func TestFieldsCalledAsParameters(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{Name: "houses"}
	var values []column.Value
	for _, name := range []string{"number", "near", "k", "bbox", "limit", "datetime"} {
		schema.Fields = append(schema.Fields, layers.Field{Name: name, Kind: column.String})
		values = append(values, column.StringOf("12"))
	}
	ls, err := api.NewLayers([]*api.Layer{{View: publicOf(t, schema, []layers.Feature{
		{ID: "1", Geometry: orb.Point{116.4, 39.9}, Values: values}, {ID: "2", Geometry: orb.Point{116.4, 39.9}},
	})}})
	if err != nil {
		t.Fatal(err)
	}
	h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
	const at = "/layers/houses/features?bbox=116,39,117,40"
	for query, want := range map[string][]string{
		"&number=12": {"1"}, "&near=12": {"1"}, "&k=12": {"1"}, "&number=12&near=12&k=12": {"1"}, "&number=13": nil, "&limit=12": {"1", "2"},
	} {
		if got, _ := ask(t, h, at+query); !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	const want = `there is no parameter \"x\"; accepted are bbox, limit, filter, filter-lang, datetime, number, near, k"`
	if w := get(t, h, at+"&x=1"); !strings.Contains(w.Body.String(), want) {
		t.Errorf("got %s, want %s", w.Body, want)
	}
}

// TestRefusalsSayWhatIsAccepted: the list of layers and queries by number and by place take nothing but their own
// parameters.
func TestRefusalsSayWhatIsAccepted(t *testing.T) {
	t.Parallel()
	h := serve(newCatalog(t))
	for query, want := range map[string]string{
		"/layers?details=brief":             `no parameter \"details\"; accepted is detail`,
		"/layers?detail=brief&x":            `no parameter \"x\"`,
		"/layers?detail=brief&detail=brief": "detail stands 2 times",
		"/layers?detail=":                   "detail is brief",
		"/layers?detail=brief&x=%zz":        "escaped as in a URL",
		"near=116,39&limit=1&bogus=1":       `no parameter \"bogus\"; accepted are near, k`,
		"near=116,39&limit=1":               `no parameter \"limit\"; accepted are near, k`,
		"near=116,39&near=1,1":              "near stands 2 times",
		"near=116,39&k=":                    "k is a number from 1 to 100",
		"near=116,39&k=1&k=2":               "k stands 2 times",
		"number=5&x=1":                      `no parameter \"x\"; accepted is number`,
		"number=5&number=5":                 "number stands 2 times",
		"number=5&x=%zz":                    "escaped as in a URL",
		"near=116,39&x=%zz":                 "escaped as in a URL",
		"number=5&near=116,39":              "Ask with one of",
	} {
		if !strings.HasPrefix(query, "/") {
			query = "/layers/reports/features?" + query
		}
		w := get(t, h, query)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want 400 with %q", query, w.Code, w.Body, want)
		}
	}
}

// TestIDsInOtherCase: an id that differs in case only comes before those that start so.
func TestIDsInOtherCase(t *testing.T) {
	t.Parallel()
	v := publicOf(t, &layers.Schema{Name: "codes", Fields: []layers.Field{{Name: "text", Kind: column.String}}}, []layers.Feature{
		{ID: "ab12"}, {ID: "AB1"}, {ID: "ab1"}, {ID: "x", Values: []column.Value{column.StringOf("of ab1")}},
	}).Now()
	found, _ := v.Find(t.Context(), view.FindQuery{Text: "ab1", Limit: 9})
	var got []string
	for _, f := range found {
		got = append(got, string(f.ID()))
	}
	if diff := cmp.Diff([]string{"ab1", "AB1", "ab12", "x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestQueriesWait: while all turns are taken, a query is refused when its client has gone.
func TestQueriesWait(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	c.looks = looks{turns: api.NewTurns(1, time.Hour, telemetry.NewMetrics().Counter("late", "Late.").With())}
	if !c.looks.turns.Enter(t.Context(), false) {
		t.Fatal("no turn")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, target := range []string{"/search?q=x", "/layers/reports/features?bbox=1,2,3,4", "/layers/reports/features?near=1,2"} {
		w := httptest.NewRecorder()
		serve(c).ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
		if w.Code != 499 {
			t.Errorf("%s: got %d, want 499", target, w.Code)
		}
	}
}

// TestQueriesHaveTurns: there are as many turns as processors, at least two; who gets none is told to come again, and is
// counted.
func TestQueriesHaveTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // by a clock that only waits move
		m := telemetry.NewMetrics()
		c := countedCatalog(t, m)
		for range max(2, runtime.GOMAXPROCS(0)) {
			if !c.looks.turns.Enter(t.Context(), false) {
				t.Fatal("fewer turns than processors")
			}
		}
		for _, target := range []string{"/search?q=x", "/layers/reports/features?bbox=1,2,3,4", "/layers/reports/features?near=1,2"} {
			begun := time.Now()
			w := httptest.NewRecorder()
			serve(c).ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || time.Since(begun) != lookWait {
				t.Errorf("%s: got %d %v after %v, want 503 with Retry-After after %v", target, w.Code, w.Header(), time.Since(begun), lookWait)
			}
		}
		wantMetrics(t, m, "hutong_query_refused_total 3")
		c.looks.turns.Leave(false)
		ask(t, serve(c), "/layers/reports/features?near=1,2")
	})
}

// TestFilteredQueriesHaveHalf: filters, which may be costly, leave a turn to queries without.
func TestFilteredQueriesHaveHalf(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	c.looks = looks{turns: api.NewTurns(2, 0, telemetry.NewMetrics().Counter("late", "Late.").With())}
	if !c.looks.turns.Enter(t.Context(), true) {
		t.Fatal("no turn")
	}
	for target, want := range map[string]int{
		"/layers/reports/histogram": http.StatusOK, "/layers/reports/histogram?filter=status='open'": http.StatusServiceUnavailable, "/layers/reports/histogram?datetime=2026-01-01": http.StatusServiceUnavailable,
		"/layers/reports/features?bbox=1,2,3,4": http.StatusOK, "/layers/reports/features?bbox=1,2,3,4&filter=status='open'": http.StatusServiceUnavailable,
		"/layers/reports/features?near=1,2": http.StatusOK, "/search?q=x": http.StatusOK, "/search?q=x&filter=status='open'": http.StatusServiceUnavailable,
	} {
		if w := get(t, serve(c), target); w.Code != want {
			t.Errorf("%s: got %d %s, want %d", target, w.Code, w.Body, want)
		}
	}
	c.looks.turns.Leave(true)
	ask(t, serve(c), "/layers/reports/features?bbox=1,2,3,4&filter=status='open'")
}

func TestBrief(t *testing.T) {
	t.Parallel()
	const want = `{"layers":[{"name":"reports","count":5,"located":4,"seq":1},{"name":"areas","count":5,"located":5,"seq":1}]}` + "\n"
	if diff := cmp.Diff(want, get(t, serve(newCatalog(t)), "/layers?detail=brief").Body.String()); diff != "" {
		t.Error(diff)
	}
	const dated = `{"layers":[{"name":"complaints","count":4,"located":3,"seq":1,"changed":"2026-01-02T03:04:05.006Z","turned":"2026-01-02T03:09:05.006Z"}]}` + "\n"
	if diff := cmp.Diff(dated, get(t, newServer(t), "/layers?detail=brief").Body.String()); diff != "" {
		t.Error(diff)
	}
}

// windowOf reads a query by window as it stands in a URL.
func windowOf(raw string, schema *layers.Schema) (view.WindowQuery, error) {
	query, err := api.ParseQuery(raw)
	if err != nil {
		return view.WindowQuery{}, err
	}
	return parseWindow(query, listsOf(raw), schema)
}

func FuzzWindow(f *testing.F) {
	schema := &layers.Schema{Name: "a", TimeField: "at", Fields: []layers.Field{
		{Name: "at", Kind: column.Time}, {Name: "status", Kind: column.String}, {Name: "urgent", Kind: column.Bool},
	}}
	f.Add("bbox=116,39,117,40&limit=5&status=a&status=b&datetime=2026-01-01T00:00:00Z/..")
	f.Add("bbox=170,-90,-170,90&urgent=true&datetime=2026-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, s string) {
		q, err := windowOf(s, schema)
		if err != nil {
			return
		}
		if q.Limit < 1 || q.Limit > MaxWindow || len(q.Boxes) > 2 {
			t.Errorf("%q: got %+v", s, q)
		}
		for _, b := range q.Boxes {
			if b.Empty() {
				t.Errorf("%q: got an empty box in %+v", s, q)
			}
		}
	})
}

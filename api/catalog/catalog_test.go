package catalog

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// newServer serves one layer with four features, one of them without a place.
func newServer(t *testing.T) http.Handler {
	t.Helper()
	schema := &layers.Schema{
		Name: "complaints", IDField: "ref", TimeField: "at",
		Fields: []layers.Field{
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "status", Kind: column.String, Keep: true},
			{Name: "votes", Kind: column.Int, Priority: 3},
			{Name: "at", Kind: column.Time, FromZoom: 14},
		},
	}
	live, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	upsert := func(id layers.FeatureID, g orb.Geometry, status string, votes int64) layers.Change {
		return layers.Change{Feature: layers.Feature{ID: id, Geometry: g, Values: []column.Value{
			column.StringOf("secret"), column.StringOf(status), column.IntOf(votes),
			column.TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)),
		}}}
	}
	nulls := layers.Change{Feature: layers.Feature{ID: "42", Geometry: orb.Point{116.5, 40}}}
	_, err = live.Apply(layers.Batch{Layer: "complaints", Changes: []layers.Change{
		upsert("a/b c?%", orb.Point{116.3912345, 39.9076543}, `new "and" <odd>`, 7),
		upsert("far", orb.Point{117, 41}, "open", math.MaxInt64),
		upsert("nowhere", nil, "open", 1),
		nulls,
	}})
	if err != nil {
		t.Fatal(err)
	}
	v := view.Public(live)
	builder, err := tiles.New(v.Schema(), tiles.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	drawing := styles.Drawing{TitleZH: "投诉", Fields: map[string]styles.FieldLook{
		"status": {Title: styles.Words{EN: "Status", ZH: "状态"}, Values: map[string]styles.ValueLook{"open": {Title: styles.Words{EN: "Open", ZH: "未办理"}}}},
		"votes":  {Unit: "votes"},
	}}.Chosen(v.Schema())
	fresh := api.NewFreshness("complaints", nil)
	changed := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	fresh.Passed(api.Passage{Observed: changed.Add(-2 * time.Second), Received: changed.Add(-40 * time.Millisecond), Visible: changed})
	fresh.Turned(changed.Add(5 * time.Minute))
	ls, err := api.NewLayers([]*api.Layer{{
		Drawing: drawing, Fresh: fresh,
		View: v, Tiles: builder, Title: "Complaints", Description: "What people report.", Licence: "CC-BY-4.0", Attribution: "The city",
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := api.NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), New(ls, nil, api.Base{PublicURL: "https://maps.example"}, telemetry.NewMetrics()).Routes())
	s.Ready()
	return s
}

func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "phone") {
		t.Errorf("%s: the body holds a private field: %s", target, w.Body)
	}
	return w
}

func TestLayer(t *testing.T) {
	t.Parallel()
	w := get(t, newServer(t), "/layers/complaints")
	if w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	want := `{"name":"complaints","title":"Complaints","title_zh":"投诉","draw":{"status":"status","number":"votes"},"description":"What people report.","licence":"CC-BY-4.0",` +
		`"attribution":"The city","count":4,"located":3,"extent":[116.3912345,39.9076543,117,41],"seq":1,"summary_seq":1,"changed":"2026-01-02T03:04:05.006Z","turned":"2026-01-02T03:09:05.006Z",` +
		`"freshness":{"changed":"2026-01-02T03:04:05.006Z","observed":"2026-01-02T03:04:03.006Z",` +
		`"event_lag_seconds":{"p50":2,"p99":2},"tile_lag_seconds":{"p50":0.04,"p99":0.04}},` +
		`"minzoom":0,"maxzoom":18,"id_field":"ref","time_field":"at","fields":[` +
		`{"name":"status","title":"Status","title_zh":"状态","type":"string","keep":true,"values":3,"distinct":2,` +
		`"common":[{"value":"open","count":2,"title":"Open","title_zh":"未办理"},{"value":"new \"and\" \u003codd\u003e","count":1}]},` +
		`{"name":"votes","unit":"votes","type":"int","priority":3,"values":3,"min":1,"max":"9223372036854775807"},` +
		`{"name":"at","type":"time","from_zoom":14,"values":3,"min":"2026-01-02T03:04:05.678Z","max":"2026-01-02T03:04:05.678Z"}],"links":[` +
		`{"rel":"self","href":"https://maps.example/layers/complaints","type":"application/json"},` +
		`{"rel":"collection","href":"https://maps.example/layers","type":"application/json"},` +
		`{"rel":"tilejson","href":"https://maps.example/tiles/complaints.json","type":"application/json"},` +
		`{"rel":"tiles","href":"https://maps.example/tiles/complaints/{z}/{x}/{y}.mvt","type":"application/vnd.mapbox-vector-tile"},` +
		`{"rel":"features","href":"https://maps.example/layers/complaints/features/{id}","type":"application/geo+json"},` +
		`{"rel":"items","href":"https://maps.example/layers/complaints/features?bbox={west},{south},{east},{north}","type":"application/geo+json"}]}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

// TestSummarySeq: a layer says which state its fields tell of when that is not the newest.
func TestSummarySeq(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // by a clock that only waits move
		live, err := layers.New(&layers.Schema{Name: "a", Fields: []layers.Field{{Name: "v", Kind: column.Int}}}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := view.Public(live)
		builder, err := tiles.New(v.Schema(), tiles.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		ls, err := api.NewLayers([]*api.Layer{{View: v, Tiles: builder}})
		if err != nil {
			t.Fatal(err)
		}
		h := serve(New(ls, nil, api.Base{}, telemetry.NewMetrics()))
		want := func(seq, summarySeq, values int) {
			t.Helper()
			var got struct {
				Seq        int
				SummarySeq int `json:"summary_seq"`
				Fields     []struct{ Values int }
			}
			if err := json.Unmarshal(get(t, h, "/layers/a").Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.Seq != seq || got.SummarySeq != summarySeq || got.Fields[0].Values != values {
				t.Errorf("got %+v, want state %d and %d values of state %d", got, seq, values, summarySeq)
			}
		}
		want(0, 0, 0)
		if _, err := live.Apply(layers.Batch{Layer: "a", Changes: []layers.Change{{Feature: layers.Feature{ID: "1", Values: []column.Value{column.IntOf(7)}}}}}); err != nil {
			t.Fatal(err)
		}
		want(1, 0, 0)
		time.Sleep(time.Second)
		want(1, 1, 1)
	})
}

func TestLayers(t *testing.T) {
	t.Parallel()
	w := get(t, newServer(t), "/layers")
	var got struct {
		Layers []struct {
			Name  string
			Count int
		}
		Links []struct{ Rel, Href string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Layers) != 1 || got.Layers[0].Name != "complaints" || got.Layers[0].Count != 4 || len(got.Links) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestFeature(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, c := range []struct{ target, want string }{
		{"/layers/complaints/features/a%2Fb%20c%3F%25", `{"type":"Feature","id":"a/b c?%",` +
			`"geometry":{"type":"Point","coordinates":[116.3912345,39.9076543]},` +
			`"properties":{"ref":"a/b c?%","status":"new \"and\" \u003codd\u003e","votes":7,"at":"2026-01-02T03:04:05.678Z"}}`},
		{"/layers/complaints/features/nowhere", `{"type":"Feature","id":"nowhere","geometry":null,` +
			`"properties":{"ref":"nowhere","status":"open","votes":1,"at":"2026-01-02T03:04:05.678Z"}}`},
		{"/layers/complaints/features/far", `{"type":"Feature","id":"far",` +
			`"geometry":{"type":"Point","coordinates":[117.0000000,41.0000000]},` +
			`"properties":{"ref":"far","status":"open","votes":"9223372036854775807","at":"2026-01-02T03:04:05.678Z"}}`},
		{"/layers/complaints/features?number=42", `{"type":"Feature","id":"42",` +
			`"geometry":{"type":"Point","coordinates":[116.5000000,40.0000000]},` +
			`"properties":{"ref":"42","status":null,"votes":null,"at":null}}`},
	} {
		w := get(t, h, c.target)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/geo+json" {
			t.Errorf("%s: got %d %v", c.target, w.Code, w.Header())
		}
		if diff := cmp.Diff(c.want+"\n", w.Body.String()); diff != "" {
			t.Errorf("%s: %s", c.target, diff)
		}
		if _, err := geojson.UnmarshalFeature(w.Body.Bytes()); err != nil {
			t.Errorf("%s: orb does not read it: %v", c.target, err)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	w := get(t, h, "/layers/complaints/features?near=116.4,39.9&k=2")
	got, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Features) != 2 || got.Features[0].ID != "a/b c?%" || got.Features[1].ID != "42" {
		t.Errorf("got %s, want the two nearest, nearest first", w.Body)
	}
	if !strings.Contains(w.Body.String(), `"distance_metres":1`) {
		t.Errorf("got %s, want a distance of about 1.1 km", w.Body)
	}
	all, err := geojson.UnmarshalFeatureCollection(get(t, h, "/layers/complaints/features?near=116.4,39.9").Body.Bytes())
	if err != nil || len(all.Features) != 3 {
		t.Errorf("without k: got %v, %v, want the three that have a place", all, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, c := range []struct {
		target string
		status int
		code   string
	}{
		{"/layers/nothing", 404, "layer_not_found"},
		{"/layers/nothing/features/1", 404, "layer_not_found"},
		{"/layers/nothing/features?number=1", 404, "layer_not_found"},
		{"/layers/complaints/features/none", 404, "feature_not_found"},
		{"/layers/complaints/features/" + strings.Repeat("x", 1000), 404, "feature_not_found"},
		{"/layers/complaints/features?number=1", 404, "feature_not_found"},
		{"/layers/complaints/features?number=007", 400, "parameter_invalid"},
		{"/layers/complaints/features?number=9007199254740992", 400, "parameter_invalid"},
		{"/layers/complaints/features?number=", 400, "parameter_invalid"},
		{"/layers/complaints/features", 400, "parameter_invalid"},
		{"/layers/complaints/features?number=1&near=1,2", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=1", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=a,b", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=NaN,1", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=200,1", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=1,89", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=1,2&k=0", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=1,2&k=101", 400, "parameter_invalid"},
		{"/layers/complaints/features?near=1,2&k=x", 400, "parameter_invalid"},
		{"/layers/complaints/features/", 404, "not_found"},
		{"/layers?detail=full", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,NaN", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,3,3,2", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,91", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&bbox=1,2,3,4", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&near=1,2", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&limit=1001", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&votes=2.5", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&phon=x", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&datetime=yesterday", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&datetime=2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&status=%zz", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&k=3", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&limit=0", 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4" + strings.Repeat("&status=x", 101), 400, "parameter_invalid"},
		{"/layers/complaints/features?bbox=1,2,3,4&status=x" + strings.Repeat(",x", 100), 400, "parameter_invalid"},
		{"/search", 400, "parameter_invalid"},
		{"/search?q=", 400, "parameter_invalid"},
		{"/search?q=%00", 400, "parameter_invalid"},
		{"/search?q=%ff", 400, "parameter_invalid"},
		{"/search?q=" + strings.Repeat("x", 201), 400, "parameter_invalid"},
		{"/search?q=x&limit=51", 400, "parameter_invalid"},
		{"/search?q=a" + strings.Repeat("+a", 16), 400, "parameter_invalid"},
		{"/search?q=%zz", 400, "parameter_invalid"},
		{"/search?q=x&q=y", 400, "parameter_invalid"},
		{"/search?q=x&near=1", 400, "parameter_invalid"},
		{"/search?q=x&colour=red", 400, "parameter_invalid"},
		{"/search?q=x&layers=nothing", 404, "layer_not_found"},
	} {
		w := get(t, h, c.target)
		var p struct{ Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.status || p.Code != c.code {
			t.Errorf("%s: got %d %s, %v, want %d %s", c.target, w.Code, w.Body, err, c.status, c.code)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("116.39,39.91")
	f.Add(" 1 , -2e1")
	f.Fuzz(func(t *testing.T, s string) {
		lon, lat, err := parsePlace(s)
		if err != nil {
			return
		}
		if !(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) {
			t.Errorf("parsePlace(%q) = %v, %v", s, lon, lat)
		}
	})
}

// TestNewestOnly: what is told of a layer as it is, whole, is not told to who asks for some of it or for another time.
func TestNewestOnly(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, path := range []string{"/layers/complaints", "/layers/complaints/features/42"} {
		for _, query := range []string{"asof=1", "filter=votes%3E1", "filter-lang=cql2-json", "datetime=2026-01-01", "datum=gcj02"} {
			w := get(t, h, path+"?"+query)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"code":"parameter_invalid"`) || !strings.Contains(w.Body.String(), "/layers/{name}/features and") {
				t.Errorf("%s?%s: got %d %s, want 400 with what takes it", path, query, w.Code, w.Body)
			}
		}
		if w := get(t, h, path+"?other=1"); w.Code != http.StatusOK {
			t.Errorf("%s: got %d %s, want no heed of other parameters", path, w.Code, w.Body)
		}
	}
	if w := get(t, h, "/layers/nothing?asof=1"); w.Code != http.StatusNotFound {
		t.Errorf("got %d for no layer, want 404", w.Code)
	}
}

package tile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/cache"
)

// schema has one field of each kind and a private one.
func schema(name layers.Name) *layers.Schema {
	return &layers.Schema{Name: name, IDField: "ref", TimeField: "at", Fields: []layers.Field{
		{Name: "status", Kind: column.String, Keep: true},
		{Name: "count", Kind: column.Int},
		{Name: "level", Kind: column.Float},
		{Name: "open", Kind: column.Bool},
		{Name: "at", Kind: column.Time},
		{Name: "title", Kind: column.String, FromZoom: 14},
		{Name: "phone", Kind: column.String, Private: true},
	}}
}

// point is an upsert of a feature at a place in degrees.
func point(id layers.FeatureID, lon, lat float64) layers.Change {
	return layers.Change{Feature: layers.Feature{
		ID: id, Geometry: orb.Point{lon, lat},
		Values: []column.Value{
			column.StringOf("open"), column.IntOf(3), column.FloatOf(1.5), column.BoolOf(true),
			column.TimeOf(time.Unix(1_700_000_000, 0)), column.StringOf("a hole in the road"), column.StringOf("secret"),
		},
	}}
}

// fixture serves the layers it was made of.
type fixture struct {
	http.Handler
	cache    *cache.Cache
	versions *cache.Versions
	live     map[layers.Name]*layers.Layer
	fresh    map[layers.Name]*api.Freshness
	metrics  *telemetry.Metrics
}

func newFixture(t testing.TB, o tiles.Options, changes ...layers.Change) fixture {
	t.Helper()
	return newFixtureWith(t, o, cache.Options{}, changes...)
}

func newFixtureWith(t testing.TB, o tiles.Options, co cache.Options, changes ...layers.Change) fixture {
	t.Helper()
	var list []*api.Layer
	var cached []cache.Layer
	f := fixture{live: map[layers.Name]*layers.Layer{}, fresh: map[layers.Name]*api.Freshness{}, versions: cache.NewVersions("complaints", "empty")}
	for _, name := range []layers.Name{"complaints", "empty"} {
		live, err := layers.New(schema(name), layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if name == "complaints" {
			if _, err := live.Apply(layers.Batch{Layer: name, Changes: changes}); err != nil {
				t.Fatal(err)
			}
		}
		v := view.Public(live)
		builder, err := tiles.New(v.Schema(), o)
		if err != nil {
			t.Fatal(err)
		}
		f.fresh[name] = api.NewFreshness(name, nil)
		list = append(list, &api.Layer{
			Fresh: f.fresh[name], View: v, Tiles: builder, Title: "Complaints", Description: "What people report.", Attribution: "City <b> & Co",
		})
		cached = append(cached, cache.Layer{View: v, Tiles: builder})
		f.live[name] = live
	}
	ls, err := api.NewLayers(list)
	if err != nil {
		t.Fatal(err)
	}
	f.metrics = telemetry.NewMetrics()
	f.cache, err = cache.New(cached, f.versions, f.metrics, co)
	if err != nil {
		t.Fatal(err)
	}
	server := api.NewServer(slog.New(slog.DiscardHandler), f.metrics, New(ls, f.cache, api.NewFilters(f.metrics), api.Base{}).Routes())
	server.Ready()
	f.Handler = server
	return f
}

// publish applies changes to complaints as the server does.
func (f fixture) publish(t *testing.T, changes ...layers.Change) {
	t.Helper()
	delta, err := f.live["complaints"].Apply(layers.Batch{Layer: "complaints", Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	f.versions.Advance(delta)
}

// get asks for target with these header pairs.
func (f fixture) get(t testing.TB, target string, pairs ...string) *httptest.ResponseRecorder {
	t.Helper()
	return testkit.Ask(f, http.MethodGet, "http://city.example"+target, pairs...)
}

func TestTile(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults(), point("7", 116.39, 39.91), point("b", 116.391, 39.911))
	for _, ext := range []string{"mvt", "pbf"} {
		w := f.get(t, "/tiles/complaints/0/0/0."+ext)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: got %d %s", ext, w.Code, w.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/vnd.mapbox-vector-tile", "Cache-Control": "no-cache",
			"Vary": "Accept, Accept-Encoding", "Content-Encoding": "", "Access-Control-Allow-Origin": "*",
			api.HeaderDropped: "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		decoded, err := mvt.Unmarshal(w.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(decoded) != 1 || decoded[0].Name != "complaints" || len(decoded[0].Features) != 2 {
			t.Fatalf("got %+v, want one layer with two features", decoded)
		}
		if _, ok := decoded[0].Features[0].Properties["title"]; ok {
			t.Error("title is in a tile below its zoom")
		}
		if bytes.Contains(w.Body.Bytes(), []byte("secret")) {
			t.Error("a private value is in the tile")
		}
	}
}

func TestTileEncodingsAndConditions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults(), point("7", 116.39, 39.91))
	plain := f.get(t, "/tiles/complaints/0/0/0.mvt")
	packed := f.get(t, "/tiles/complaints/0/0/0.mvt", "Accept-Encoding", "gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("got %v, want gzip", packed.Header())
	}
	gz, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(gz)
	if err != nil || !bytes.Equal(body, plain.Body.Bytes()) {
		t.Errorf("gzip and identity differ: %d and %d bytes, %v", len(body), plain.Body.Len(), err)
	}
	tag := packed.Header().Get("ETag")
	same := f.get(t, "/tiles/complaints/0/0/0.mvt", "Accept-Encoding", "gzip", "If-None-Match", "W/"+tag)
	if same.Code != http.StatusNotModified || same.Body.Len() != 0 || same.Header().Get("ETag") != tag {
		t.Errorf("got %d %v, want 304 with the ETag", same.Code, same.Header())
	}
	if w := f.get(t, "/tiles/complaints/0/0/0.mvt", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Header().Get("ETag") != tag {
		t.Errorf("the other encoding's ETag: got %d %v, want 304 with it", w.Code, w.Header())
	}
	f.publish(t, point("7", 116.390001, 39.910001)) // less than a tile unit away
	if w := f.get(t, "/tiles/complaints/0/0/0.mvt", "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("after a change that the tile does not show: got %d, want 304", w.Code)
	}
	f.publish(t, point("7", -116.39, 39.91))
	if w := f.get(t, "/tiles/complaints/0/0/0.mvt", "If-None-Match", tag); w.Code != http.StatusOK {
		t.Errorf("after a change: got %d, want 200", w.Code)
	}
}

func TestTileOutcomes(t *testing.T) {
	t.Parallel()
	o := tiles.Defaults()
	o.MinZoom, o.MaxZoom = 2, 14
	f := newFixture(t, o, point("7", 116.39, 39.91))
	for _, c := range []struct {
		target string
		status int
		code   string
	}{
		{"/tiles/complaints/2/3/1.mvt", 200, ""},
		{"/tiles/complaints/2/0/3.mvt", 204, ""},
		{"/tiles/empty/2/0/0.pbf", 204, ""},
		{"/tiles/%65mpty/2/0/0.pbf", 204, ""},
		{"/tiles/complaints%2Cempty/2/3/1.mvt", 200, ""},
		{"/tiles/complaints/2%2F3/1.mvt", 404, "not_found"},
		{"/tiles/complaints/2/3%2F1.mvt/1.mvt", 400, "tile_malformed"},
		{"/tiles//2/0/0.mvt", 404, "not_found"},
		{"/tiles/complaints/2/0/", 404, "not_found"},
		{"/tiles/nothing/2/0/0.mvt", 404, "layer_not_found"},
		{"/tiles/complaints/1/0/0.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/15/0/0.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/25/0/0.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/2/4/0.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/2/0/4.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/2/0/99999999999999999999.mvt", 404, "tile_out_of_range"},
		{"/tiles/complaints/2/-1/0.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/2/0/x.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/2/0/.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/02/0/0.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/2/0/0.5.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/2/0/%2B1.mvt", 400, "tile_malformed"},
		{"/tiles/complaints/2/0/0", 404, "not_found"},
		{"/tiles/complaints/2/0/0.png", 404, "not_found"},
		{"/tiles/complaints/2/0", 404, "not_found"},
		{"/tiles/complaints", 404, "not_found"},
		{"/tiles/nothing.json", 404, "layer_not_found"},
		{"/tiles/complaints.json", 200, ""},
	} {
		w := f.get(t, c.target)
		var p struct{ Code string }
		if c.code != "" {
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Errorf("%s: the body %q is no problem: %v", c.target, w.Body, err)
			}
		}
		if w.Code != c.status || p.Code != c.code {
			t.Errorf("%s: got %d %s, want %d %s", c.target, w.Code, p.Code, c.status, c.code)
		}
		if w.Code == 204 && (w.Body.Len() != 0 || w.Header().Get("Content-Type") != "") {
			t.Errorf("%s: 204 with %v and %d bytes", c.target, w.Header(), w.Body.Len())
		}
	}
}

func TestTileTellsWhatItDropped(t *testing.T) {
	t.Parallel()
	o := tiles.Defaults()
	o.Budget = 20_000
	o.Distinct = map[string]int{"status": 4}
	var changes []layers.Change
	for i := range 2000 {
		changes = append(changes, point(layers.FeatureID("id-"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String()),
			116.3+float64(i%50)/1000, 39.9+float64(i/50)/1000))
	}
	f := newFixture(t, o, changes...)
	w := f.get(t, "/tiles/complaints/0/0/0.mvt")
	if w.Code != http.StatusOK || w.Body.Len() > o.Budget {
		t.Fatalf("got %d with %d bytes, want a tile within %d", w.Code, w.Body.Len(), o.Budget)
	}
	got := w.Header().Get(api.HeaderDropped)
	if !strings.HasPrefix(got, "features=") || strings.HasPrefix(got, "features=0,") || !strings.Contains(got, ", fields=") {
		t.Errorf("got %s: %q", api.HeaderDropped, got)
	}
	metrics := httptest.NewRecorder()
	f.metrics.Handler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`hutong_tile_builds_total{layer="complaints",outcome="built"} 1`,
		`hutong_tile_size_bytes_count{layer="complaints"} 1`,
		`hutong_tile_build_duration_seconds_count{layer="complaints"} 1`,
	} {
		if !strings.Contains(metrics.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics.Body.String(), `hutong_tile_dropped_features_total{layer="complaints"} 0`) {
		t.Error("dropped features are not counted")
	}
}

// TestTileTellsHowFreshItIs with whatever status it is answered, of several layers by the one that changed
// last.
func TestTileTellsHowFreshItIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults(), point("7", 116.39, 39.91))
	const whole = "/tiles/complaints/0/0/0.mvt"
	first := f.get(t, whole)
	if got := first.Header().Get(api.HeaderFreshness); got != "" {
		t.Errorf("before any change: got %q", got)
	}
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	f.fresh["complaints"].Passed(api.Passage{Observed: at.Add(-time.Minute), Received: at.Add(-20 * time.Millisecond), Visible: at})
	f.fresh["empty"].Passed(api.Passage{Visible: at.Add(time.Second)})
	complaints, empty := "changed=@1767355200, event-lag=60.000, tile-lag=0.020", "changed=@1767355201"
	for _, c := range []struct {
		target string
		status int
		want   string
		pairs  []string
	}{
		{whole, http.StatusOK, complaints, nil},
		{whole, http.StatusNotModified, complaints, []string{"If-None-Match", first.Header().Get("ETag")}},
		{"/tiles/complaints/9/0/0.mvt", http.StatusNoContent, complaints, nil},
		{"/tiles/complaints,empty/0/0/0.mvt", http.StatusOK, empty, nil},
		{"/tiles/complaints/0/0/1.mvt", http.StatusNotFound, "", nil},
	} {
		w := f.get(t, c.target, c.pairs...)
		if got := w.Header().Get(api.HeaderFreshness); got != c.want || w.Code != c.status {
			t.Errorf("%s: got %d and %q, want %d and %q", c.target, w.Code, got, c.status, c.want)
		}
	}
	w := f.get(t, "/tiles/complaints,empty.json")
	if want := `"freshness":{"complaints":{"changed":"2026-01-02T12:00:00.000Z","observed":"2026-01-02T11:59:00.000Z",`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("the TileJSON lacks %s: %s", want, w.Body)
	}
}

func TestTileJSON(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults(), point("7", 116.25, 39.5), point("8", 116.75, 40.5))
	w := f.get(t, "/tiles/complaints.json")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got %v", w.Header())
	}
	bounds, ok := got["bounds"].([]any)
	if !ok || len(bounds) != 4 || bounds[0].(float64) > 116.25 || bounds[1].(float64) > 39.5 ||
		bounds[2].(float64) < 116.75 || bounds[3].(float64) < 40.5 || bounds[2].(float64) > 116.7500002 {
		t.Errorf("got bounds %v, want about 116.25, 39.5, 116.75, 40.5 and not less", bounds)
	}
	delete(got, "bounds")
	want := map[string]any{
		"tilejson": "3.0.0", "scheme": "xyz", "version": "1.0.0",
		"name": "Complaints", "description": "What people report.", "attribution": "City &lt;b&gt; &amp; Co",
		"tiles":   []any{"http://city.example/tiles/complaints/{z}/{x}/{y}.mvt"},
		"minzoom": 0.0, "maxzoom": 18.0,
		"center": []any{116.5, 40.001831, 8.0},
		"vector_layers": []any{map[string]any{
			"id": "complaints", "description": "Complaints", "minzoom": 0.0, "maxzoom": 18.0,
			"fields": map[string]any{
				"ref": "String", "status": "String", "title": "String",
				"count": "Number", "level": "Number", "at": "Number", "open": "Boolean",
			},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTileJSONOfAnEmptyLayer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults())
	var got struct {
		Bounds []float64
		Center []float64
	}
	w := f.get(t, "/tiles/empty.json")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []float64{-180, -85.0511287, 180, 85.0511287}
	if diff := cmp.Diff(want, got.Bounds); diff != "" || got.Center != nil {
		t.Errorf("got %+v, want the world and no center: %s", got, diff)
	}
}

// TestClientThatLeft is answered as such, in the log and the metrics, and its build is let go.
func TestClientThatLeft(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults(), point("7", 116.39, 39.91))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/tiles/complaints/0/0/0.mvt", nil))
	if w.Code != 499 {
		t.Errorf("got %d, want 499", w.Code)
	}
	if w := f.get(t, "/tiles/complaints/0/0/0.mvt"); w.Code != http.StatusOK {
		t.Errorf("the next client: got %d, want 200", w.Code)
	}
}

// TestRefusals holds what becomes of the cache's errors; tiles/cache tests when they come.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := newFixture(t, tiles.Defaults())
	set, err := f.cache.Set("complaints")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{cache.ErrBusy, 503, "busy"},
		{context.Canceled, 499, "cancelled"},
		{context.DeadlineExceeded, 499, "cancelled"},
		{tiles.ErrZoom, 404, "tile_out_of_range"},
	} {
		w := httptest.NewRecorder()
		refuseTile(w, httptest.NewRequest(http.MethodGet, "/", nil), set, c.err)
		if w.Code != c.status || !strings.Contains(w.Body.String(), `"`+c.code+`"`) || (w.Header().Get("Retry-After") == "1") != (c.status == 503) {
			t.Errorf("%v: got %d %v %s, want %d %s", c.err, w.Code, w.Header(), w.Body, c.status, c.code)
		}
	}
}

package cells

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/layers/world"
)

// Cells of resolution 8: two of Beijing, and one across the antimeridian.
var (
	first  = cell(116.39, 39.9)
	second = cell(116.50, 39.9)
	dateln = cell(180, 0)
)

func cell(lon, lat float64) hexgrid.Cell {
	c, err := hexgrid.At(lon, lat, 8)
	if err != nil {
		panic(err)
	}
	return c
}

// newCells serves two layers, of which complaints is counted, at the resolutions 7 and 8. Its cells are points
// in place of hexagons.
func newCells(t *testing.T) *Cells {
	t.Helper()
	schema := &layers.Schema{Name: "complaints", IDField: "h3", Fields: []layers.Field{
		{Name: "count", Kind: column.Int},
		{Name: "newest", Kind: column.Time},
		{Name: "cost_mean", Kind: column.Float},
	}}
	counted, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := layers.Batch{Layer: "complaints", Seq: 41}
	for i, c := range []hexgrid.Cell{first, second, dateln} {
		lon, lat := c.Centre()
		f := layers.Feature{ID: layers.FeatureID(c.String()), Geometry: orb.Point{lon, lat}, Values: []column.Value{
			column.IntOf(int64(i + 1)), column.TimeOf(time.Unix(1_700_000_000, 5000)), column.FloatOf(2.5),
		}}
		if i > 0 {
			f.Values = f.Values[:1]
		}
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := counted.Apply(b); err != nil {
		t.Fatal(err)
	}
	plain, err := layers.New(&layers.Schema{Name: "plain"}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ls, err := api.NewLayers([]*api.Layer{
		{View: view.Public(counted), Counted: &api.Counted{Min: 7, Max: 8, Schema: schema, Now: func() func(hexgrid.Resolution) layers.Reader {
			return func(r hexgrid.Resolution) layers.Reader {
				if r != 8 {
					return plain.Snapshot()
				}
				return counted.Snapshot()
			}
		}, Of: func(_ layers.Seq, blocks iter.Seq2[*layers.Block, column.Bits], _ hexgrid.Resolution) layers.Reader {
			out, err := layers.New(schema, layers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := layers.Batch{Layer: "complaints", Seq: 41}
			for block, rows := range blocks { // these are cells themselves
				for row := range block.Len() {
					if rows == nil || rows.Has(row) {
						b.Changes = append(b.Changes, layers.Change{Feature: layers.Row{Block: block, Index: row}.Feature()})
					}
				}
			}
			if _, err := out.Apply(b); err != nil {
				t.Fatal(err)
			}
			return out.Snapshot()
		}}},
		{View: view.Public(plain)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(ls, api.NewFilters(telemetry.NewMetrics()), telemetry.NewMetrics())
}

func (c *Cells) get(target string, headers ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	for _, r := range c.Routes() {
		mux.Handle(r.Pattern, r.Handler)
	}
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// answer is what JSON says.
type answer struct {
	Layer                          string
	Resolution, Snapshot, Returned int
	Cells                          []map[string]any
}

func (c *Cells) cells(t *testing.T, target string) answer {
	t.Helper()
	var a answer
	w := c.get(target)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s: %v", target, w.Code, w.Body, err)
	}
	return a
}

func TestJSON(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	got := c.cells(t, "/h3/complaints/8?cells="+first.String()+","+strings.ToUpper(second.String())+","+first.String())
	lon, lat := first.Centre()
	lon2, lat2 := second.Centre()
	want := answer{Layer: "complaints", Resolution: 8, Snapshot: 41, Returned: 2, Cells: []map[string]any{
		{"h3": first.String(), "lon": round(lon), "lat": round(lat), "count": 1.0, "newest": "2023-11-14T22:13:20.000005Z", "cost_mean": 2.5},
		{"h3": second.String(), "lon": round(lon2), "lat": round(lat2), "count": 2.0},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestLargeIntegers are exact for whoever reads them: JSON has them as texts, as features and tiles do.
func TestLargeIntegers(t *testing.T) {
	t.Parallel()
	for v, want := range map[int64]string{
		1 << 53: "9007199254740992", -1 << 53: "-9007199254740992",
		1<<53 + 1: `"9007199254740993"`, -1<<53 - 1: `"-9007199254740993"`,
	} {
		if got := string(appendValue(nil, column.IntOf(v))); got != want {
			t.Errorf("JSON of %d: %s, want %s", v, got, want)
		}
		if got := textOf(column.IntOf(v)); got != strconv.FormatInt(v, 10) {
			t.Errorf("CSV of %d: %s", v, got)
		}
	}
}

// TestSelected asks for cells of some features.
func TestSelected(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	got := c.cells(t, "/h3/complaints/8?filter=count%3E1&bbox=116,39,117,40")
	if got.Returned != 1 || got.Snapshot != 41 || got.Cells[0]["h3"] != second.String() {
		t.Errorf("got %+v, want the second cell alone", got)
	}
	tag := c.get("/h3/complaints/8").Header().Get("ETag")
	if other := c.get("/h3/complaints/8?filter=count%3E1").Header().Get("ETag"); other == tag || other == "" {
		t.Errorf("all and some have the ETags %s and %s", tag, other)
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	for query, want := range map[string]int{
		"": 3, "?bbox=116.3,39.8,116.45,40": 1, "?bbox=116,39,117,41": 2, "?bbox=170,-1,-170,1": 1, "?bbox=-180,-85,180,85": 3,
		"?bbox=0,0,1,1": 0, "?cells=" + dateln.String(): 1, "?cells=" + cell(0, 50).String(): 0,
	} {
		if got := c.cells(t, "/h3/complaints/8"+query); got.Returned != want || len(got.Cells) != want {
			t.Errorf("%s: %d cells, want %d", query, got.Returned, want)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	for _, w := range []*httptest.ResponseRecorder{
		c.get("/h3/complaints/8?f=csv&cells=" + first.String() + "," + second.String()),
		c.get("/h3/complaints/8?cells="+first.String()+","+second.String(), "Accept", "text/html, text/csv;q=0.9"),
	} {
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || w.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
			t.Fatalf("%v, %s", err, w.Header())
		}
		lon, lat := first.Centre()
		lon2, lat2 := second.Centre()
		want := [][]string{
			{"h3", "lon", "lat", "count", "newest", "cost_mean", "snapshot"},
			{first.String(), fmt.Sprint(round(lon)), fmt.Sprint(round(lat)), "1", "2023-11-14T22:13:20.000005Z", "2.5", "41"},
			{second.String(), fmt.Sprint(round(lon2)), fmt.Sprint(round(lat2)), "2", "", "", "41"},
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestArrow(t *testing.T) {
	t.Parallel()
	w := newCells(t).get("/h3/complaints/8?cells="+first.String()+","+second.String(), "Accept", "application/vnd.apache.arrow.stream")
	r, err := ipc.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	about := r.Schema().Metadata()
	if diff := cmp.Diff(map[string]string{"layer": "complaints", "resolution": "8", "snapshot": "41"}, about.ToMap()); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}
	if !r.Next() {
		t.Fatal("no batch")
	}
	record := r.Record()
	count, newest := record.Column(3).(*array.Int64), record.Column(4).(*array.Timestamp)
	if record.NumRows() != 2 || record.Column(0).(*array.String).Value(1) != second.String() || count.Value(1) != 2 ||
		newest.Value(0) != 1_700_000_000_000_005 || !newest.IsNull(1) || record.Column(5).(*array.Float64).Value(0) != 2.5 {
		t.Errorf("got %v", record)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	for _, refused := range [][2]string{
		{"/h3/none/8", "there is no layer"},
		{"/h3/plain/8", "The layer plain is not counted by cell."},
		{"/h3/plain", "The layer plain is not counted by cell."},
		{"/h3/complaints?filter=count%3E1", "/h3/{layer}/{resolution} accepts filter"},
		{"/h3/complaints/6", "Cells of complaints have the resolutions 7 to 8."},
		{"/h3/complaints/x", "Cells of complaints have the resolutions 7 to 8."},
		{"/h3/complaints/8?limit=1", `there is no parameter "limit"; accepted are bbox, cells, f, filter, filter-lang, datetime`},
		{"/h3/complaints/8?filter=cout%3E1", `cout`},
		{"/h3/complaints/8?datetime=2026-08-01", "time"},
		{"/h3/complaints/8?f=xml", `f is json, csv or arrow, not "xml"`},
		{"/h3/complaints/8?bbox=1,2,3", "bbox is west,south,east,north in degrees"},
		{"/h3/complaints/8?bbox=1,2,3,4&cells=8", "bbox and cells are two ways to choose cells"},
		{"/h3/complaints/8?cells=xyz", `cells: \"xyz\" is not 15 digits long`},
		{"/h3/complaints/7?cells=" + first.String(), "has resolution 8, and the path says 7"},
		{"/h3/complaints/8?cells=" + strings.Repeat("a,", 1000), "cells names 1001 cells, more than 1000"},
	} {
		target, want := refused[0], refused[1]
		w := c.get(target)
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(strings.ToLower(w.Body.String()), strings.ToLower(want)) &&
			!strings.Contains(strings.ReplaceAll(w.Body.String(), `\"`, `"`), want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
	c.selected = 1
	if w := c.get("/h3/complaints/8?filter=count%3E1"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "select more than 1 features") {
		t.Errorf("two features where one is the most: %d %s", w.Code, w.Body)
	}
	c.most = 2
	if w := c.get("/h3/complaints/8"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "more than 2 cells") {
		t.Errorf("three cells where two are the most: %d %s", w.Code, w.Body)
	}
}

// TestCountingEnds: what takes too long to count is refused, also when nothing of it is selected, and what is counted
// already is not.
func TestCountingEnds(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	c.countTime = -1
	for _, filter := range []string{"count%3E1", "count%3E99"} {
		w := c.get("/h3/complaints/8?filter=" + filter)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"code":"busy"`) {
			t.Errorf("%s: got %d %v %s, want 503 with when to come again", filter, w.Code, w.Header(), w.Body)
		}
	}
	if got := c.cells(t, "/h3/complaints/8"); got.Returned != 3 {
		t.Errorf("got %+v, want all cells without counting", got)
	}
}

// dear are cells that are not to be made.
type dear struct {
	layers.Reader
	t *testing.T
}

func (dear) MoreThan(_ world.Box, most int) bool { return most < 3 }

func (d dear) Search(world.Box, func(layers.Row) bool) (stats layers.ScanStats) {
	d.t.Error("cells were made that are too many")
	return stats
}

// TestTooManyAreNotMade: where the state of cells can tell that they are too many, it makes none.
func TestTooManyAreNotMade(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	c.most = 2
	counted := c.layers.Public()[0].Counted
	now := counted.Now
	counted.Now = func() func(hexgrid.Resolution) layers.Reader {
		at := now()
		return func(r hexgrid.Resolution) layers.Reader { return dear{at(r), t} }
	}
	for _, query := range []string{"", "?bbox=0,0,180,80", "?bbox=170,-80,-170,80"} {
		if w := c.get("/h3/complaints/8" + query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "more than 2 cells") {
			t.Errorf("%s: got %d %s, want 400", query, w.Code, w.Body)
		}
	}
}

// TestFilteredHaveHalf: requests with a filter leave a turn to those without; who went away before is no refusal.
func TestFilteredHaveHalf(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	c.turns = api.NewTurns(2, 0, telemetry.NewMetrics().Counter("late", "Late.").With())
	if !c.turns.Enter(t.Context(), true) {
		t.Fatal("no turn")
	}
	for target, want := range map[string]int{"/h3/complaints/8": http.StatusOK, "/h3/complaints/8?filter=count%3E1": http.StatusServiceUnavailable} {
		if w := c.get(target); w.Code != want || want != http.StatusOK && w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: got %d %v %s, want %d", target, w.Code, w.Header(), w.Body, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/h3/complaints/8?filter=count%3E1", nil)
	r.SetPathValue("layer", "complaints")
	r.SetPathValue("resolution", "8")
	if c.serve(w, r); w.Code != 499 {
		t.Errorf("got %d for who went away, want 499", w.Code)
	}
	c.turns.Leave(true)
	if got := c.cells(t, "/h3/complaints/8?filter=count%3E1"); got.Returned != 2 {
		t.Errorf("got %+v, want two cells when there is a turn", got)
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	c := newCells(t)
	tag := c.get("/h3/complaints/8").Header().Get("ETag")
	if w := c.get("/h3/complaints/8", "If-None-Match", tag); tag == "" || w.Code != http.StatusNotModified {
		t.Errorf("%s: %d, want 304", tag, w.Code)
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	var got about
	w := newCells(t).get("/h3/complaints")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := about{
		Layer: "complaints", Snapshot: 41,
		Resolutions: []resolution{{7, hexgrid.AverageEdgeMetres(7), 0}, {8, hexgrid.AverageEdgeMetres(8), 3}},
		Properties:  []property{{"h3", "string"}, {"lon", "float"}, {"lat", "float"}, {"count", "int"}, {"newest", "time"}, {"cost_mean", "float"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestAboutIsOfOneState describes a layer that changes meanwhile: what is told of all resolutions is of the state that is named.
func TestAboutIsOfOneState(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{Name: "complaints", IDField: "h3"}
	counted, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	grow := func() {
		id := layers.FeatureID(strconv.Itoa(counted.Snapshot().Count()))
		if _, err := counted.Apply(layers.Batch{Layer: "complaints", Changes: []layers.Change{{Feature: layers.Feature{ID: id}}}}); err != nil {
			t.Error(err)
		}
	}
	grow()
	now := func() func(hexgrid.Resolution) layers.Reader {
		state := counted.Snapshot()
		grow()
		return func(hexgrid.Resolution) layers.Reader { return state }
	}
	ls, err := api.NewLayers([]*api.Layer{{View: view.Public(counted), Counted: &api.Counted{Min: 7, Max: 9, Schema: schema, Now: now}}})
	if err != nil {
		t.Fatal(err)
	}
	var got about
	w := New(ls, api.NewFilters(telemetry.NewMetrics()), telemetry.NewMetrics()).get("/h3/complaints")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Resolutions {
		if r.Cells != int(got.Snapshot) {
			t.Errorf("%d cells of resolution %d in state %d, want as many", r.Cells, r.Resolution, got.Snapshot)
		}
	}
}

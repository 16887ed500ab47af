package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
)

// TestCountsAreTold reads in catalogue, TileJSON, features and style what a page must know of a view of counts.
func TestCountsAreTold(t *testing.T) {
	t.Parallel()
	city := keptCity(t, t.TempDir(), 5)
	city.Data = nil
	spec := &city.Counts[0]
	spec.Spec.By, spec.Spec.Until = view.ByWeek, time.Date(2026, 8, 12, 0, 0, 0, 0, spec.Spec.Zone)
	spec.Spec.Sets = append(spec.Spec.Sets, view.CountSet{Name: "bad", Where: view.Matching(column.Where(0, column.Equal, column.StringOf("bad")))})
	spec.Titles = []styles.Words{{EN: "In a bad state", ZH: "状况不佳"}}
	a, _ := newTestApp(t, city, nil)
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	list := manyReports("a", 24)
	for i := range list {
		list[i].Feature.Values[1] = column.TimeOf(time.Date(2026, 8, 5, 12, 0, 0, 0, time.UTC))
		if i < 9 {
			list[i].Feature.Values[0] = column.StringOf("bad")
		}
	}
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "reports", Changes: list}); err != nil {
		t.Fatal(err)
	}
	if err := a.store.counts.first(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	a.server.Ready()
	p := &private{App: a}

	type period = string
	type offered struct {
		Least       int
		By          string
		Sets        []api.TableSet
		Resolutions []int
		FromZooms   []int `json:"from_zooms"`
		Periods     []period
	}
	want := offered{
		5, "week",
		[]api.TableSet{{Name: "all", Title: "All", TitleZH: "全部"}, {Name: "bad", Title: "In a bad state", TitleZH: "状况不佳"}},
		[]int{6, 8},
		[]int{0, 10},
		[]period{"2026-W32", "2026-W31"},
	}
	var catalogue struct {
		Draw   struct{ Category, Number, Label string }
		Tables offered
		Fields []struct{ Name, Title string }
	}
	p.json(t, "/layers/counts", &catalogue)
	if diff := gocmp.Diff(want, catalogue.Tables); diff != "" {
		t.Errorf("the catalogue (-want +got):\n%s", diff)
	}
	if d := catalogue.Draw; d.Category != "" || d.Number != "count" || d.Label != "h3" || catalogue.Fields[0].Title != "Number" {
		t.Errorf("got %+v", catalogue)
	}
	var brief struct {
		Layers []struct{ Name, Period string }
	}
	p.json(t, "/layers?detail=brief", &brief)
	if got := brief.Layers[len(brief.Layers)-1]; got.Name != "counts" || got.Period != "2026-W32" {
		t.Errorf("in brief: got %+v", got)
	}
	var tileJSON struct {
		Tiles  []string
		Tables map[string]struct {
			Set, Period string
			Sets        []api.TableSet
			Periods     []period
		}
	}
	p.json(t, "/tiles/counts.json?set=bad&period=2026-W31", &tileJSON)
	if got := tileJSON.Tables["counts"]; got.Set != "bad" || got.Period != "2026-W31" || len(got.Sets) != 2 || len(got.Periods) != 2 ||
		!strings.HasSuffix(tileJSON.Tiles[0], "?period=2026-W31&set=bad") {
		t.Errorf("got %+v", tileJSON)
	}
	p.json(t, "/tiles/counts.json", &tileJSON)
	if got := tileJSON.Tables["counts"]; got.Set != "all" || got.Period != "2026-W32" || strings.Contains(tileJSON.Tiles[0], "?") {
		t.Errorf("of the newest: got %+v", tileJSON)
	}

	for query, want := range map[string]int{"": 4, "&resolution=8": 2, "&resolution=8&set=bad": 1, "&resolution=6,8&set=all&period=2026-W32": 2, "&period=2026-W31": 0} {
		var found struct{ NumberMatched int }
		p.json(t, "/layers/counts/features?bbox=116,39,117,41"+query, &found)
		if found.NumberMatched != want {
			t.Errorf("%s: got %d cells, want %d", query, found.NumberMatched, want)
		}
	}
	if status, body, _ := p.ask("/layers/counts/features?bbox=116,39,117,41&resolution=x"); status != http.StatusBadRequest || !strings.Contains(body, "resolution is a whole number") {
		t.Errorf("got %d %s", status, body)
	}

	for query, want := range map[string]int{"": 0, "&layers=counts": 1} {
		var found struct{ NumberReturned int }
		p.json(t, "/search?limit=1&q=all"+query, &found)
		if found.NumberReturned != want {
			t.Errorf("a search with %q finds %d cells, want %d", query, found.NumberReturned, want)
		}
	}

	_, body, _ := p.ask("/styles/light.json")
	var style struct {
		Metadata map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &style); err != nil {
		t.Fatal(err)
	}
	var told []struct {
		Name  string
		Cells *struct {
			Least   int
			Legends []struct{ Legend []struct{ From, To *float64 } }
		}
	}
	if err := json.Unmarshal(style.Metadata[styles.LayersKey], &told); err != nil {
		t.Fatal(err)
	}
	cells := told[len(told)-1].Cells
	if cells == nil || cells.Least != 5 || *cells.Legends[0].Legend[0].From != 5 {
		t.Errorf("the style tells %s", style.Metadata[styles.LayersKey])
	}
}

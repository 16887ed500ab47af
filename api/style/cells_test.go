package style

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// TestCells: a style draws the cells of an overview below its end, those of a layer of cells at all zooms,
// by the breaks of the moment.
func TestCells(t *testing.T) {
	t.Parallel()
	breaks := []float64{10, 20}
	var list []*api.Layer
	for _, name := range []layers.Name{"plain", "overview", "derived"} {
		live, err := layers.New(&layers.Schema{Name: name, IDField: "id"}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := view.Public(live)
		builder, err := tiles.New(v.Schema(), tiles.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		l := &api.Layer{View: v, Tiles: builder}
		if name != "plain" {
			l.Cells, l.Breaks = styles.Hexes, func(uint8) []float64 { return breaks }
		}
		if name == "overview" {
			l.Overview = &tiles.Overview{Builder: builder, Views: make([]*view.Layer, 10)}
		}
		list = append(list, l)
	}
	ls, err := api.NewLayers(list)
	if err != nil {
		t.Fatal(err)
	}
	s := api.NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), New(ls, api.Base{}, Options{}).Routes())
	s.Ready()
	type told struct {
		Name  string
		Cells *struct {
			Kind    string
			Below   int
			Legends []struct{ Legend []struct{ From float64 } }
		}
	}
	ask := func() []told {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example/styles/light.json", nil))
		var d struct {
			Metadata struct {
				Layers []told `json:"hutong:layers"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		return d.Metadata.Layers
	}
	got := ask()
	if got[0].Cells != nil {
		t.Errorf("got cells %+v of a layer without", got[0].Cells)
	}
	for i, below := range map[int]int{1: 10, 2: 0} {
		if c := got[i].Cells; c == nil || c.Kind != "hexes" || c.Below != below || len(c.Legends) != 1 || len(c.Legends[0].Legend) != 3 {
			t.Errorf("%s: got cells %+v, want hexagons below %d in three classes", got[i].Name, c, below)
		}
	}
	breaks = []float64{50}
	if diff := cmp.Diff([]struct{ From float64 }{{0}, {50}}, ask()[2].Cells.Legends[0].Legend); diff != "" {
		t.Errorf("with other breaks (-want +got):\n%s", diff)
	}
}

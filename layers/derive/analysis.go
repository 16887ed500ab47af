package derive

import (
	"fmt"
	"math"
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/hexgrid"
)

// Analysis is how hot spots were computed, as the catalogue tells it. It never changes once it was returned.
type Analysis struct {
	// Method is "getis-ord-gi-star", with an H3 grid of the resolution whose cells have edges of EdgeMetres on average.
	Method     string             `json:"method"`
	Resolution hexgrid.Resolution `json:"resolution"`
	EdgeMetres float64            `json:"edge_metres"`
	// Of is the layer that is counted, in its state SourceSeq.
	Of        layers.Name `json:"of"`
	SourceSeq layers.Seq  `json:"source_seq"`
	// Filter selects what is counted; "" is everything. Area is the layer whose polygons are the study area, "" the
	// hull of the cells that count something. Rate is what the counts are divided by; nil when they are not.
	Filter string      `json:"filter,omitempty"`
	Area   layers.Name `json:"area,omitempty"`
	Rate   *RateBase   `json:"rate,omitempty"`
	// Rings is within how many rings cells are neighbours; Grow by how many the area was grown.
	Rings int `json:"rings"`
	Grow  int `json:"grow"`
	// Correction is what bins do about many tests, "fdr" or "none"; Level is the false discovery rate of significant.
	Correction string  `json:"correction"`
	Level      float64 `json:"level"`
	// Window is what was counted; nil when time does not matter. Emerging is what was classified.
	Window   *Window `json:"window,omitempty"`
	Emerging *Window `json:"emerging,omitempty"`
	// ComputedAt is when that was, RFC 3339.
	ComputedAt string `json:"computed_at"`
	// Reason says why the layer is empty; "" when it is not.
	Reason string `json:"reason,omitempty"`
	// Cells is n. Counted is all that was counted in the window, of which Outside is in no cell of n.
	Cells   int `json:"n"`
	Counted int `json:"counted"`
	Outside int `json:"outside"`
	// Mean and SD are those of the values, with n in the denominator; Occupied of the cells count something; Significant
	// of them are flagged; Bins are how many have each bin, from -3 to 3.
	Mean        float64 `json:"mean"`
	SD          float64 `json:"sd"`
	Occupied    int     `json:"occupied"`
	Significant int     `json:"significant"`
	Bins        [7]int  `json:"bins"`
	// Backtest is how well the window before said what is in this one; nil without time.
	Backtest *BacktestResult `json:"backtest,omitempty"`
	// Notes are on this computation, Caveats on all such.
	Notes   []string `json:"notes,omitempty"`
	Caveats []Caveat `json:"caveats"`
}

// RateBase is what counts are divided by: features of a layer, or the sum of one of its fields.
type RateBase struct {
	Of     layers.Name `json:"of"`
	Number string      `json:"number,omitempty"`
}

// Window is a number of steps, From included and To not, RFC 3339 in UTC.
type Window struct {
	From        string `json:"from"`
	To          string `json:"to"`
	Steps       int    `json:"steps"`
	StepSeconds int64  `json:"step_seconds,omitempty"`
}

// BacktestResult is how many of the events of the window lay in cells that were hot, with a bin of at least 1, in the
// window before it, From included and To not.
type BacktestResult struct {
	From     string  `json:"from"`
	To       string  `json:"to"`
	HotCells int     `json:"hot_cells"`
	Events   int     `json:"events"`
	Hits     int     `json:"hits"`
	HitRate  float64 `json:"hit_rate"`
	// Accuracy is the prediction accuracy index: HitRate over the share of the cells that were hot. 1 is what as many
	// cells at random would do. Nil without events or hot cells.
	Accuracy *float64 `json:"prediction_accuracy_index"`
}

// Caveat is what the numbers do not say.
type Caveat struct {
	// Code is one of a closed set, see docs/formats/hotspots.md.
	Code string `json:"code"`
	Text string `json:"text"`
}

// The caveats, of all hot spots, of rates and of emerging ones.
var (
	caveats = []Caveat{
		{"relative", "Hot is relative to this study area and this window: there are hot spots in a quiet month as in a bad one."},
		{"reports", "A report is not an incident: counts follow people and habits of reporting."},
		{"cause", "A hot spot says where, not why, and not that it will last."},
		{"tests", "Many cells are tested at once, and their neighbourhoods overlap: false discovery rates are a guide, and do not cover looking at many filters, windows and resolutions."},
		{"clustering", "In a city nearly everything clusters: read z as an order, and p as a lower bound."},
		{"few", "With few neighbours or rare events a single report may make a cell hot: take larger cells, more rings or a longer window."},
		{"grid", "Another grid, resolution or number of rings makes another map."},
		{"edges", "A cell at the edge of the study area knows nothing of what lies beyond."},
		{"difference", "One cell with a flag and one without need not differ significantly."},
	}
	rateCaveat     = Caveat{"rate", "Where a rate's denominator is small it jumps about: many extreme rates are small denominators."}
	emergingCaveat = Caveat{"trend", "Neighbouring z of emerging hot spots are alike, since each step is in two neighbourhoods and reports have weekdays and seasons: trends seem more significant than they are, and are not corrected for the number of cells."}
)

// analysis returns what is known before anything is computed.
func (h *HotSpots) analysis(in *HotInput) *Analysis {
	a := &Analysis{
		Method: "getis-ord-gi-star", Resolution: h.cube.spec.Resolution, EdgeMetres: math.Round(10*hexgrid.AverageEdgeMetres(h.cube.spec.Resolution)) / 10,
		Of: in.Source.Schema().Name, SourceSeq: in.Source.Seq(), Rings: h.spec.Rings, Grow: h.spec.Grow,
		Correction: "fdr", Level: h.spec.Level, ComputedAt: in.Now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Caveats: slices.Clip(caveats),
	}
	if h.spec.Uncorrected {
		a.Correction = "none"
	}
	if h.cube.time >= 0 {
		last := h.Step(in.Now)
		a.Window = &Window{
			From: instant(h.cube.Begin(last - Step(h.spec.Window) + 1)), To: instant(h.cube.Begin(last + 1)),
			Steps: h.spec.Window, StepSeconds: int64(h.cube.spec.Step / time.Second),
		}
	}
	if h.spec.Rate {
		a.Caveats = append(a.Caveats, rateCaveat)
	}
	if h.spec.Emerging {
		a.Caveats = append(a.Caveats, emergingCaveat)
	}
	return a
}

// instant returns a time as steps have it, RFC 3339.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// note adds a note.
func (a *Analysis) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// add adds what values, counts and rows say.
func (a *Analysis) add(values, counts []float64, rows []hotRow) {
	n, sum, inside := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / n
	squares := 0.0
	for i, v := range values {
		squares += (v - mean) * (v - mean)
		inside += counts[i]
		if counts[i] > 0 {
			a.Occupied++
		}
		if rows[i].significant {
			a.Significant++
		}
		a.Bins[rows[i].bin+3]++
	}
	a.Mean, a.SD, a.Outside = figures(mean), figures(math.Sqrt(squares/n)), a.Counted-int(inside)
}

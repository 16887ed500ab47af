package cells

import (
	"net/http"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
)

// about describes what is counted of a layer.
type about struct {
	Layer       layers.Name  `json:"layer"`
	Snapshot    layers.Seq   `json:"snapshot"`
	Resolutions []resolution `json:"resolutions"`
	Properties  []property   `json:"properties"`

	// Periods and Sets choose a table of a view of counts.
	Periods []view.Period `json:"periods,omitempty"`
	Sets    []string      `json:"sets,omitempty"`
}

// resolution is one of those there are, with the number of cells that have features.
type resolution struct {
	Resolution hexgrid.Resolution `json:"resolution"`
	EdgeMetres float64            `json:"edge_metres"` // mean
	Cells      int                `json:"cells"`
}

type property struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (c *Cells) about(w http.ResponseWriter, r *http.Request) {
	l := c.counted(w, r)
	if l == nil || api.RefuseChoice(w, r, "this is what there is of all features as they are; /h3/{layer}/{resolution} accepts filter, filter-lang and datetime") {
		return
	}
	a := about{Layer: l.Name(), Properties: []property{{"h3", "string"}, {"lon", "float"}, {"lat", "float"}}}
	if l.Tables != nil {
		a.counts(l)
		api.SendJSON(w, r, "application/json", a)
		return
	}
	for i := range l.Counted.Schema.Fields {
		f := &l.Counted.Schema.Fields[i]
		a.Properties = append(a.Properties, property{f.Name, f.Kind.String()})
	}
	now := l.Counted.Now()
	for n := l.Counted.Min; n <= l.Counted.Max; n++ {
		at := now(n)
		a.Snapshot = at.Seq()
		a.Resolutions = append(a.Resolutions, resolution{n, hexgrid.AverageEdgeMetres(n), at.Count()})
	}
	api.SendJSON(w, r, "application/json", a)
}

// counts describes a view of counts: how many cells the newest table of all has.
func (a *about) counts(l *api.Layer) {
	choice, _ := l.Tables.Choose(nil) // nothing is asked for
	now := l.View.Now()
	a.Snapshot, a.Periods, a.Sets = now.Seq(), l.Tables.State().Periods, l.Tables.SetNames()
	for _, f := range l.View.Schema().Fields[:view.CountH3] {
		a.Properties = append(a.Properties, property{f.Name, f.Kind.String()})
	}
	for _, n := range l.Tables.Resolutions {
		a.Resolutions = append(a.Resolutions, resolution{n, hexgrid.AverageEdgeMetres(n), now.Where(choice.Where(n)).Count()})
	}
}

package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

// defaultBins is how many bins a histogram has when nobody says.
const defaultBins = 60

// histogramOf is a histogram as JSON, without its ends where no feature has a time.
type histogramOf struct {
	Layer    layers.Name `json:"layer"`
	Field    string      `json:"field"`
	Snapshot layers.Seq  `json:"snapshot"`
	From     string      `json:"from,omitempty"`
	To       string      `json:"to,omitempty"`
	Width    float64     `json:"width_seconds"`
	Counts   []int       `json:"counts"`
	Before   int         `json:"before"`
	After    int         `json:"after"`
	Undated  int         `json:"undated"`
	Complete bool        `json:"complete"`
}

// histogram answers how many features of a layer there are by time.
func (c *Catalog) histogram(w http.ResponseWriter, r *http.Request) {
	l := c.layers.Find(w, r, r.PathValue("name"))
	if l == nil {
		return
	}
	schema := l.View.Schema()
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	filter, err := c.filters.Parse(query, schema)
	if wrong, ok := errors.AsType[*api.FilterError](err); ok {
		wrong.Refuse(w, r)
		return
	}
	q, err := parseHistogram(query)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	if q.Field = schema.FieldIndex(schema.TimeField); q.Field < 0 {
		api.Refuse(w, r, api.CodeNotFound, "The layer has no time field that may be asked about.")
		return
	}
	c.looks.by(filter != nil).answerAs(w, r, "application/json", func() []byte {
		ctx, cancel := context.WithTimeout(r.Context(), c.windowTime)
		defer cancel()
		v := l.View.Now()
		if filter != nil {
			v = v.Where(filter.Where()[0]...)
		}
		h := v.Histogram(ctx, q)
		if !h.Whole && r.Context().Err() == nil {
			c.cut.With("histogram").Add(1)
		}
		body, err := json.Marshal(histogramOf{
			Layer: l.Name(), Field: schema.TimeField, Snapshot: v.Seq(), From: instant(h.From), To: instant(h.To),
			Width: float64(h.Width) / 1e6, Counts: h.Counts, Before: h.Before, After: h.After, Undated: h.Nulls, Complete: h.Whole,
		})
		if err != nil {
			panic(err) // becomes a 500 and a log line
		}
		return append(body, '\n')
	})
}

// instant writes a time in full, "" when it is null.
func instant(v column.Value) string {
	if v.IsNull() {
		return ""
	}
	return v.Time().Format(time.RFC3339Nano)
}

// parseHistogram reads the query of a histogram, all but the field and filters. Its errors are whole sentences for the client.
func parseHistogram(query url.Values) (view.HistogramQuery, error) {
	q := view.HistogramQuery{Bins: defaultBins}
	if err := api.Accept(query, append([]string{"bins", "bbox", "from", "to"}, api.FilterNames()...)...); err != nil {
		return q, err
	}
	var err error
	if query.Has("bins") {
		if q.Bins, err = parseCount("bins", query["bins"], view.MaxBins); err != nil {
			return q, err
		}
	}
	if query.Has("bbox") {
		if q.Boxes, err = api.ParseBox(query["bbox"]); err != nil {
			return q, err
		}
	}
	if q.From, err = parseEdge(query, "from"); err != nil {
		return q, err
	}
	if q.To, err = parseEdge(query, "to"); err != nil {
		return q, err
	}
	if !q.From.IsNull() && !q.To.IsNull() && q.To.Micros() < q.From.Micros() {
		return q, errors.New("from is later than to")
	}
	return q, nil
}

// parseEdge reads the parameter of a name, an RFC 3339 time; null when it is not there.
func parseEdge(query url.Values, name string) (column.Value, error) {
	if !query.Has(name) {
		return column.Value{}, nil
	}
	text, err := api.Single(name, query[name])
	if err != nil {
		return column.Value{}, err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return column.Value{}, fmt.Errorf("%s: %.40q is not an RFC 3339 time such as 2026-01-02T03:04:05Z", name, text)
	}
	return column.TimeOf(t), nil
}

// Package cells serves what is counted by H3 cell, to those who compute with it.
//
// # Routes
//
//	GET /h3/{layer}                                  which resolutions and properties there are
//	GET /h3/{layer}/{resolution}                     all cells of a resolution
//	GET /h3/{layer}/{resolution}?bbox=w,s,e,n        those whose outlines meet a box of degrees
//	GET /h3/{layer}/{resolution}?cells=88…,88…       those named, which may have finer or coarser ones not
//	GET /h3/{layer}/{resolution}?datetime=&filter=   cells that count only the features that these select
//	GET /h3/{view}/{resolution}?period=P&set=S       of a view of counts: one of its tables, by itself the newest of all
//
// f=json, csv or arrow says as what, else the Accept header, else it is JSON. An answer is of one snapshot of
// the layer, which it names: all cells of it were counted between the same two changes. Cells in which nothing is
// are left out. Coarser cells are made of the finest ones, see docs/formats/hexgrid.md.
//
// Everything may be used from any goroutine. It is the only importer of Arrow.
package cells

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// Bounds of one request.
const (
	// MaxCells is the most cells of an answer.
	MaxCells = 100_000
	// MaxNamed is the most cells that one names.
	MaxNamed = 1000
	// MaxSelected is the most features that a filter or a time may select, which are counted for the request: some seconds of a
	// processor.
	MaxSelected = 1_000_000

	// countTime is how long one may count what these select: that many features, and to decide about all others. Cells that
	// count some of it would be wrong, so that there is no answer by then.
	countTime = 5 * time.Second

	wait = 2 * time.Second // for a turn
)

// Cells answers with cells of all layers that are counted. It may be used from any goroutine.
type Cells struct {
	layers    *api.Layers
	filters   *api.Filters
	turns     api.Turns // with a filter have half of them
	large     telemetry.Count
	slow      telemetry.Count
	most      int           // MaxCells, fewer in tests
	selected  int           // MaxSelected, fewer in tests
	countTime time.Duration // countTime, less in tests
}

// New returns the cells of ls, whose filters fs reads.
func New(ls *api.Layers, fs *api.Filters, m *telemetry.Metrics) *Cells {
	late := m.Counter("hutong_h3_refused_total", "Requests for cells refused, by reason.", "reason")
	return &Cells{
		layers: ls, filters: fs, turns: api.NewTurns(max(2, runtime.GOMAXPROCS(0)), wait, late.With("busy")),
		large: late.With("too_many"), slow: late.With("slow"), most: MaxCells, selected: MaxSelected, countTime: countTime,
	}
}

// Routes returns the routes of cells.
func (c *Cells) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/h3/{layer}", Label: "h3_layer", Handler: http.HandlerFunc(c.about)},
		{Pattern: "/h3/{layer}/{resolution}", Label: "h3", Handler: http.HandlerFunc(c.serve)},
	}
}

// counted returns the layer of a path if it is counted by cell; else it answers and returns nil.
func (c *Cells) counted(w http.ResponseWriter, r *http.Request) *api.Layer {
	l := c.layers.Find(w, r, r.PathValue("layer"))
	if l != nil && l.Counted == nil && l.Tables == nil {
		api.Refuse(w, r, api.CodeNotFound, fmt.Sprintf("The layer %s is not counted by cell.", l.Name()))
		return nil
	}
	return l
}

func (c *Cells) serve(w http.ResponseWriter, r *http.Request) {
	l := c.counted(w, r)
	if l == nil {
		return
	}
	n, err := strconv.ParseUint(r.PathValue("resolution"), 10, 8)
	resolution := hexgrid.Resolution(n)
	if err != nil || !has(l, resolution) {
		api.Refuse(w, r, api.CodeNotFound, fmt.Sprintf("Cells of %s have the resolutions %s.", l.Name(), resolutionsOf(l)))
		return
	}
	q, err := c.parse(r, resolution, l)
	if problem := (*api.FilterError)(nil); errors.As(err, &problem) {
		problem.Refuse(w, r)
		return
	} else if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	if !c.turns.Enter(r.Context(), q.filter != nil) {
		if r.Context().Err() != nil {
			api.Refuse(w, r, api.CodeCancelled, "")
			return
		}
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeBusy, "Too many requests for cells are under way.")
		return
	}
	answer, err := c.prepare(r, l, q)
	switch {
	case r.Context().Err() != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
	case errors.Is(err, context.DeadlineExceeded):
		c.slow.Add(1)
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeBusy, fmt.Sprintf("Counting what filter and datetime select takes longer than %v. What was found of it is kept for a while, so asking again may do; "+
			"so may a filter that is simpler to decide.", c.countTime))
	case err != nil:
		c.large.Add(1)
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
	default:
		answer.Send(w, r)
	}
}

// prepare makes an answer and ends the turn.
func (c *Cells) prepare(r *http.Request, l *api.Layer, q query) (api.Answer, error) {
	defer c.turns.Leave(q.filter != nil)
	t := tableOf(l, q, c.most)
	if q.filter != nil {
		var err error
		if t.at, err = c.count(r.Context(), l, q); err != nil {
			return api.Answer{}, err
		}
	}
	if err := t.fill(q); err != nil {
		return api.Answer{}, err
	}
	return api.Prepare(r, q.format.contentType, q.format.write(&t)), nil
}

// query is what a request asks for.
type query struct {
	resolution hexgrid.Resolution
	boxes      []world.Box // nil is everywhere
	named      []hexgrid.Cell
	format     format
	counts     api.TableChoice // of a view of counts
	filter     *api.Filter     // of other layers; nil counts all features
}

// count returns the cells of the features that q selects. The error says that they are too many, is that of ctx, or
// [context.DeadlineExceeded].
func (c *Cells) count(ctx context.Context, l *api.Layer, q query) (layers.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, c.countTime)
	defer cancel()
	v := l.View.Now().Where(q.filter.Where()[0]...)
	n := 0
	blocks := func(yield func(*layers.Block, column.Bits) bool) {
		for b, rows := range v.Selected(ctx) {
			if rows == nil {
				n += b.Len()
			} else {
				n += rows.Count()
			}
			if n > c.selected || !yield(b, rows) {
				return
			}
		}
	}
	at := l.Counted.Of(v.Seq(), blocks, q.resolution)
	if n > c.selected {
		return nil, fmt.Errorf("filter and datetime select more than %d features, which are counted for this answer; select fewer, or all", c.selected)
	}
	return at, ctx.Err()
}

// parse reads a query. Its errors are whole sentences for the client.
func (c *Cells) parse(r *http.Request, resolution hexgrid.Resolution, l *api.Layer) (query, error) {
	q := query{resolution: resolution}
	values, err := api.ParseQuery(r.URL.RawQuery)
	accepted := []string{"bbox", "cells", "f"}
	switch {
	case err != nil:
	case l.Tables != nil:
		accepted = append(accepted, api.TableNames()...)
		q.counts, err = l.Tables.Choose(values)
	default:
		accepted = append(accepted, api.FilterNames()...)
		q.filter, err = c.filters.Parse(values, l.View.Schema())
	}
	if err == nil {
		err = api.Accept(values, accepted...)
	}
	if err != nil {
		return q, err
	}
	if values.Has("bbox") && values.Has("cells") {
		return q, errors.New("bbox and cells are two ways to choose cells; take one of them")
	}
	if values.Has("bbox") {
		if q.boxes, err = api.ParseBox(values["bbox"]); err != nil {
			return q, err
		}
	}
	if values.Has("cells") {
		if q.named, err = parseCells(values["cells"], resolution); err != nil {
			return q, err
		}
	}
	q.format, err = formatOf(r, values)
	return q, err
}

// parseCells reads names of cells.
func parseCells(values []string, resolution hexgrid.Resolution) ([]hexgrid.Cell, error) {
	list, err := api.Single("cells", values)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(list, ",") + 1; n > MaxNamed {
		return nil, fmt.Errorf("cells names %d cells, more than %d", n, MaxNamed)
	}
	named := []hexgrid.Cell{}
	seen := map[hexgrid.Cell]bool{}
	for text := range strings.SplitSeq(list, ",") {
		cell, err := hexgrid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("cells: %s", strings.TrimPrefix(err.Error(), "hexgrid: "))
		}
		if have := cell.Resolution(); have != resolution {
			return nil, fmt.Errorf("cells: %s has resolution %d, and the path says %d", cell, have, resolution)
		}
		if !seen[cell] {
			seen[cell] = true
			named = append(named, cell)
		}
	}
	return named, nil
}

// formatOf returns as what a client wants its answer.
func formatOf(r *http.Request, values url.Values) (format, error) {
	if values.Has("f") {
		name, err := api.Single("f", values["f"])
		if err != nil {
			return format{}, err
		}
		for _, f := range formats {
			if f.name == name {
				return f, nil
			}
		}
		return format{}, fmt.Errorf("f is json, csv or arrow, not %.20q", name)
	}
	for _, header := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(header, ",") {
			media, _, _ := strings.Cut(part, ";")
			for _, f := range formats {
				if strings.EqualFold(strings.TrimSpace(media), f.media) {
					return f, nil
				}
			}
		}
	}
	return formats[0], nil
}

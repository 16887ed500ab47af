package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/filter"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/styles"
	"hutong/tiles"
)

// How hot spots are kept.
//
//  1. A cube of the layer that is counted runs inside its commits.
//  2. One goroutine looks five times a second which hot spots are out of date: because a layer that they are made of has
//     moved, or because time has. Each is computed at most once in its interval, and for a fifth of the time at most.
//  3. What changed visibly is applied to the layer of hot spots. Then, holding the store's mutex, versions advance and
//     clients are told (S3): readers never wait, and the write path waits for that only.
//
// Layers of hot spots are in no log and no checkpoint: they are computed again at the start, before the server is
// ready. Their states have numbers of their own, since they change between entries of the log, an epoch for each
// process: they begin with its time. Versions and tiles compare only numbers of one layer. Clients are told of a change under the number of the store's newest
// state, which they know how to go on from; and at the start that everything changed, because another process
// may have shown them something else under that number.
const (
	hotTick  = 200 * time.Millisecond
	hotShare = 5
)

// HotSpots describes a layer of hot spots.
type HotSpots struct {
	// Name is the layer's name, Of that of the layer that is counted.
	Name, Of layers.Name
	// Title, TitleZH and Description are plain text; "" where there is none.
	Title, TitleZH, Description string
	// Shown says that maps show it before anybody asks for it.
	Shown bool
	// Resolution is that of the cells.
	Resolution hexgrid.Resolution
	// Filter selects what is counted, in CQL2 text over the public fields of Of; "" is everything.
	Filter string
	// Area is the layer whose polygons are the study area; "" is the hull of what is counted.
	Area layers.Name
	// Step is how long a step of time is; 0 counts without time.
	Step time.Duration
	// Rate is what counts are divided by, which the cells of its layer hold; nil when they are not.
	Rate *derive.RateBase
	// Spec says the rest; its Rate is set from the one above.
	Spec derive.HotSpec
	// Every is how often they are computed at most.
	Every time.Duration
}

// hotSpots are all layers of hot spots of a store.
type hotSpots struct {
	store    *Store
	list     []*hotLayer
	derivers map[layers.Name][]layers.Deriver // by layer that is counted
	seconds  *telemetry.Histograms
	computed *telemetry.Counts
}

// hotLayer is one. All but analysis belongs to the goroutine that computes.
type hotLayer struct {
	spec  *HotSpots
	cube  *derive.Cube
	hot   *derive.HotSpots
	layer *layers.Layer
	fresh *api.Freshness

	source, area, rate *layers.Layer // the last two nil when there is none
	base               *derive.Index // of rate
	number             int           // of base's numbers that counts are divided by; negative divides by its counts

	analysis atomic.Pointer[derive.Analysis]
	made     hotInputs // of which what it says was computed
	known    bool
	next     time.Time // not before
}

// hotInputs is what hot spots are computed from: states of layers, and the step that it is.
type hotInputs struct {
	source, area, rate layers.Seq
	step               derive.Step
}

// newHotSpots makes the derivers that the hot spots of city need. The error lists everything that is wrong with them.
func newHotSpots(city *City, s *Store, m *telemetry.Metrics) (*hotSpots, error) {
	h := &hotSpots{store: s, derivers: map[layers.Name][]layers.Deriver{}}
	if len(city.HotSpots) == 0 {
		return h, nil
	}
	h.seconds = m.Histogram("hutong_hotspots_seconds", "How long hot spots took to compute and apply.",
		[]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}, "layer")
	h.computed = m.Counter("hutong_hotspots_computed_total",
		"Times hot spots were computed, by outcome: done, empty (there can be none, see the layer's analysis) or failed.", "layer", "outcome")
	from := map[layers.Name]*Layer{} // those that everybody sees, as they see hot spots
	for i := range city.Layers {
		if l := &city.Layers[i]; !l.Hidden {
			from[l.Schema.Name] = l
		}
	}
	var errs []error
	for i := range city.HotSpots {
		l, err := h.add(&city.HotSpots[i], from)
		if err != nil {
			errs = append(errs, fmt.Errorf("app: hot spots %s: %w", city.HotSpots[i].Name, err))
			continue
		}
		h.list = append(h.list, l)
	}
	return h, errors.Join(errs...)
}

// add makes the derivers of one.
func (h *hotSpots) add(spec *HotSpots, from map[layers.Name]*Layer) (*hotLayer, error) {
	names := []layers.Name{spec.Of, spec.Area}
	if spec.Rate != nil {
		names = append(names, spec.Rate.Of)
	}
	for _, name := range names {
		if name != "" && from[name] == nil {
			return nil, fmt.Errorf("there is no layer %q that everybody sees", name)
		}
	}
	l := &hotLayer{spec: spec, number: -1}
	source := from[spec.Of].Schema
	cube := derive.CubeSpec{Resolution: spec.Resolution, Finest: from[spec.Of].finest(), Now: h.store.clock}
	var err error
	if cube.Filter, err = selectorOf(spec.Filter, source); err != nil {
		return nil, err
	}
	if spec.Step > 0 {
		cube.Time, cube.Step, cube.Keep = source.TimeField, spec.Step, 2*spec.Spec.Window
		if cube.Time == "" {
			return nil, fmt.Errorf("the layer %s has no time", spec.Of)
		}
	}
	hot := spec.Spec
	hot.Rate = spec.Rate != nil
	if l.cube, err = derive.NewCube(source, cube); err != nil {
		return nil, err
	}
	if l.hot, err = derive.NewHotSpots(spec.Name, l.cube, hot); err != nil {
		return nil, err
	}
	h.derivers[spec.Of] = append(h.derivers[spec.Of], l.cube)
	if spec.Rate == nil {
		return l, nil
	}
	return l, l.divide(spec.Rate, from[spec.Rate.Of])
}

// divide looks for what counts are divided by among what is counted of a layer.
func (l *hotLayer) divide(by *derive.RateBase, of *Layer) error {
	switch {
	case of.Cells == nil:
		return fmt.Errorf("the layer %s is not counted by cell", by.Of)
	case of.finest() < l.spec.Resolution:
		return fmt.Errorf("the layer %s is counted up to resolution %d, and the hot spots are of %d", by.Of, of.finest(), l.spec.Resolution)
	case by.Number == "":
		return nil
	}
	if l.number = slices.Index(of.Cells.Numbers, by.Number); l.number < 0 {
		return fmt.Errorf("the layer %s has no sums of %q", by.Of, by.Number)
	}
	return nil
}

// selectorOf returns what a filter over the public fields of a layer selects; nil for "".
func selectorOf(text string, schema *layers.Schema) (layers.Selector, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // everything
	}
	public, columns, err := view.Spec{}.Schema(schema)
	if err != nil {
		return nil, err
	}
	expr, err := filter.Parse(filter.Text, text, public)
	if err != nil {
		return nil, err
	}
	return filter.Compile(expr).Renumber(columns), nil
}

// layers makes the layers of hot spots, once the store has those that they are made of.
func (h *hotSpots) layers(lags *api.LagMetrics) ([]*api.Layer, error) {
	var out []*api.Layer
	for _, l := range h.list {
		l.source = h.store.layers[l.spec.Of].Layer
		if l.spec.Area != "" {
			l.area = h.store.layers[l.spec.Area].Layer
		}
		if l.spec.Rate != nil {
			of := h.store.layers[l.spec.Rate.Of]
			l.rate, l.base = of.Layer, of.cells.index
		}
		var err error
		if l.layer, err = layers.New(l.hot.Schema(), layers.Options{}); err != nil {
			return nil, err
		}
		v := view.Public(l.layer)
		builder, err := tiles.New(v.Schema(), hotTiles(l.spec.Resolution))
		if err != nil {
			return nil, err
		}
		l.fresh = api.NewFreshness(l.spec.Name, lags)
		drawing := styles.Drawing{TitleZH: l.spec.TitleZH, Hidden: !l.spec.Shown}.Chosen(v.Schema())
		out = append(out, &api.Layer{
			View: v, Tiles: builder, Title: l.spec.Title, Description: l.spec.Description,
			Drawing: drawnWith(drawing, images()), Fresh: l.fresh, Analysis: l.analysis.Load, Cells: styles.Hotspots, Of: l.spec.Of,
		})
	}
	return out, nil
}

// hotTiles returns how hot spots are cut into tiles: from the zoom on at which the edge of a cell is two pixels of a tile
// of 512 on the equator, so that a tile has 25,000 of them at most.
func hotTiles(r hexgrid.Resolution) tiles.Options {
	o := tiles.Defaults()
	pixels := 2 * math.Pi * world.EarthRadiusMetres / 512 / hexgrid.AverageEdgeMetres(r) // at zoom 0, an edge's inverse
	o.MinZoom = min(uint8(max(math.Ceil(math.Log2(2*pixels)), 0)), o.MaxZoom)
	return o
}

// first computes all of them, before anybody asks for them.
func (h *hotSpots) first(ctx context.Context, log *slog.Logger) {
	for _, l := range h.list {
		if ctx.Err() == nil {
			h.compute(l, l.inputs(h.store.clock()), log)
		}
	}
}

// run keeps all of them up to date until ctx is done.
func (h *hotSpots) run(ctx context.Context, log *slog.Logger) {
	if len(h.list) == 0 {
		return
	}
	for range every(ctx, hotTick) {
		for _, l := range h.list {
			if ctx.Err() != nil {
				return
			}
			if time.Now().Before(l.next) {
				continue
			}
			if in := l.inputs(h.store.clock()); !l.known || in != l.made {
				h.compute(l, in, log)
			}
		}
	}
}

// inputs returns what there is to compute from at a time. It reads no feature.
func (l *hotLayer) inputs(now time.Time) hotInputs {
	in := hotInputs{source: l.source.Snapshot().Seq(), step: l.hot.Step(now)}
	if l.area != nil {
		in.area = l.area.Snapshot().Seq()
	}
	if l.rate != nil {
		in.rate = l.rate.Snapshot().Seq()
	}
	return in
}

// compute computes one and shows it. in was there before.
func (h *hotSpots) compute(l *hotLayer, in hotInputs, log *slog.Logger) {
	start := time.Now()
	input := derive.HotInput{Source: l.source.Snapshot(), Now: h.store.clock()}
	if l.area != nil {
		input.Boundary = l.area.Snapshot()
	}
	if l.rate != nil {
		input.Base = l.baseOf(l.rate.Snapshot())
	}
	changes, a := l.hot.Compute(input)
	a.Filter, a.Area, a.Rate = l.spec.Filter, l.spec.Area, l.spec.Rate
	outcome := "done"
	switch err := h.show(l, changes, a); {
	case err != nil:
		outcome = "failed"
		l.hot.Undo()
		log.Error("hot spots could not be shown; the layer stays as it was", slog.String("layer", string(l.spec.Name)), slog.Any("error", err))
	case a.Reason != "":
		outcome = "empty"
		if !l.known {
			log.Warn("there are no hot spots", slog.String("layer", string(l.spec.Name)), slog.String("reason", a.Reason))
		}
	}
	l.made, l.known = in, true
	took := time.Since(start)
	l.next = start.Add(max(l.spec.Every, hotShare*took))
	h.seconds.With(string(l.spec.Name)).Observe(took.Seconds())
	h.computed.With(string(l.spec.Name), outcome).Add(1)
	log.Debug("hot spots computed", slog.String("layer", string(l.spec.Name)), slog.String("outcome", outcome), slog.Int("changed", len(changes)),
		slog.Float64("seconds", took.Seconds()))
}

// baseOf returns what counts are divided by, in a state of the layer that has it.
func (l *hotLayer) baseOf(s *layers.Snapshot) func(hexgrid.Cell) float64 {
	cells, _ := l.base.Of(s)
	return func(c hexgrid.Cell) float64 {
		found, ok := cells.Get(c)
		switch {
		case !ok:
			return 0
		case l.number >= 0:
			return found.Number(l.number).Sum
		default:
			return float64(found.Count())
		}
	}
}

// firstSeq returns the number of the first state of hot spots in this process: the time in milliseconds. They change five
// times a second at most, so that none of another process is as high, and no number stands for two states.
func (h *hotSpots) firstSeq() layers.Seq { return layers.Seq(max(h.store.clock().UnixMilli(), 1)) } //nolint:gosec // positive

// show applies changes and tells of them.
func (h *hotSpots) show(l *hotLayer, changes []layers.Change, a *derive.Analysis) error {
	delta := layers.Delta{Layer: l.spec.Name, Seq: l.layer.Snapshot().Seq()}
	if len(changes) > 0 {
		batch := layers.Batch{Layer: l.spec.Name, Changes: changes}
		if delta.Seq == 0 {
			batch.Seq = h.firstSeq()
		}
		var err error
		if delta, err = l.layer.Apply(batch); err != nil {
			return err
		}
	}
	l.analysis.Store(a)
	if !l.known { // whatever another process has shown
		delta.Everywhere, delta.Places, delta.Boxes = true, nil, nil
	} else if len(changes) == 0 {
		return nil
	}
	s := h.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions.Advance(delta)
	if now := s.now(); delta.Everywhere {
		l.fresh.Loaded(now)
	} else {
		l.fresh.Passed(api.Passage{Visible: now})
	}
	delta.Seq = s.seq
	s.tell(delta)
	return nil
}

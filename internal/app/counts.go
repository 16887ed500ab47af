package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// How views of counts are kept.
//
//  1. One goroutine looks five times a second whether a period is over that a view counts. Then it counts the newest
//     state of the layer, decides what is published ([view.CountSpec]) and writes all tables down, so that
//     nothing is counted twice, not behind a start either: the difference would tell of what came between.
//  2. The published cells are applied to a layer of the view's own, which holds nothing else. So all doors tell of the
//     tables alone. Then versions advance and clients are told that everything changed (S3), never where.
//  3. Between two periods nothing of the view moves: not its cells, their number, its state, its tiles or its times.
//
// States of these layers have numbers of their own, as those of hot spots.

// CountView describes a view of counts.
type CountView struct {
	// Name is the view's name, Of that of the layer that is counted.
	Name, Of layers.Name
	// Audience is who may open it.
	Audience view.Audience
	// Title, TitleZH, Description, Licence and Attribution are plain text; "" where there is none.
	Title, TitleZH, Description, Licence, Attribution string
	// Hidden says that maps show it only once somebody asks for it.
	Hidden bool
	// Spec says what is counted.
	Spec view.CountSpec
	// Titles are what people call the sets, in the order of those of Spec, without that of all.
	Titles []styles.Words
	// Digest names all that Spec says: tables that were made by another are not gone on with.
	Digest string
}

// countViews are all views of counts of a store.
type countViews struct {
	store  *Store
	list   []*countLayer
	folder string // where tables are written down; "" is nowhere
	made   *telemetry.Counts
}

// countLayer is one. All but state belongs to the goroutine that counts.
type countLayer struct {
	spec   *CountView
	source *layers.Layer
	layer  *layers.Layer
	fresh  *api.Freshness
	tables []*view.Table
	failed view.Period // the last period that was due when counting failed, so that it is not tried at once again
	again  time.Time   // not before, when that was all time
	shown  bool

	state atomic.Pointer[countState]
}

// countState is what there is to tell of one state of the tables.
type countState struct {
	*api.TablesState
	mean map[hexgrid.Resolution]float64 // of the published counts of the newest table of all
}

// newCountViews makes the layers of the views of counts of a city. The error lists everything that is wrong with them.
func newCountViews(city *City, s *Store, m *telemetry.Metrics) (*countViews, error) {
	c := &countViews{store: s}
	if city.Data != nil {
		c.folder = city.Data.Folder
	}
	if len(city.Counts) == 0 {
		return c, nil
	}
	c.made = m.Counter("hutong_view_counts_total",
		"Times a view of counts had something to count, by outcome: done, too_many (cells) or failed.", "layer", "outcome")
	var errs []error
	for i := range city.Counts {
		spec := new(city.Counts[i]) // its own: From is put in when that is known
		of := s.layers[spec.Of]
		if of == nil {
			errs = append(errs, fmt.Errorf("app: view %s is of layer %s, which does not exist", spec.Name, spec.Of))
			continue
		}
		live, err := layers.New(view.CountSchema(spec.Name), layers.Options{})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l := &countLayer{spec: spec, source: of.Layer, layer: live}
		l.state.Store(&countState{TablesState: &api.TablesState{}})
		c.list = append(c.list, l)
	}
	return c, errors.Join(errs...)
}

// layers returns them as they are served.
func (c *countViews) layers(city *City, lags *api.LagMetrics) ([]*api.Layer, error) {
	latitude := 0.0
	if city.Center != nil {
		latitude = city.Center.Lat()
	}
	var out []*api.Layer
	for _, l := range c.list {
		v := view.Public(l.layer)
		resolutions := l.spec.Spec.Resolutions
		builder, err := tiles.New(v.Schema(), hotTiles(resolutions[0]))
		if err != nil {
			return nil, err
		}
		l.fresh = api.NewFreshness(l.spec.Name, lags)
		zoomed := func(zoom uint8) hexgrid.Resolution { return resolutionAmong(resolutions, zoom, latitude) }
		tables := &api.Tables{
			At:    func() layers.Reader { return l.layer.Snapshot() },
			Least: l.spec.Spec.K, Resolutions: resolutions, Zoom: zoomed,
			By: l.spec.Spec.By, Sets: l.spec.sets(), State: func() *api.TablesState { return l.state.Load().TablesState },
		}
		out = append(out, &api.Layer{
			View: v, Audience: l.spec.Audience, Tiles: builder, Title: l.spec.Title, Description: l.spec.Description,
			Licence: l.spec.Licence, Attribution: l.spec.Attribution, Drawing: l.spec.drawing(), Fresh: l.fresh,
			Tables: tables, Cells: styles.Hexes,
			Breaks: func(zoom uint8) []float64 { return breaksAround(l.state.Load().mean[zoomed(zoom)]) },
		})
	}
	return out, nil
}

// resolutionAmong returns that of list, which is rising, whose cells tiles of a zoom show: the finest that is not finer
// than what an overview shows, else the coarsest.
func resolutionAmong(list []hexgrid.Resolution, zoom uint8, latitude float64) hexgrid.Resolution {
	best := list[0]
	for _, r := range list {
		if r <= derive.ResolutionFor(zoom, latitude, 0, list[len(list)-1]) {
			best = r
		}
	}
	return best
}

// first takes what was written down, and counts what is due, before anybody asks.
func (c *countViews) first(ctx context.Context, log *slog.Logger) error {
	for _, l := range c.list {
		tables, err := c.recover(l, log)
		if err != nil {
			return err
		}
		// Those that are too old go, also when nothing is due any more: the config may keep fewer weeks than before.
		c.show(l, l.spec.Spec.Kept(tables, c.store.clock()), log)
		c.count(ctx, l, log)
	}
	return nil
}

// run counts what is due until ctx is done.
func (c *countViews) run(ctx context.Context, log *slog.Logger) {
	if len(c.list) == 0 {
		return
	}
	for range every(ctx, hotTick) {
		for _, l := range c.list {
			c.count(ctx, l, log)
		}
	}
}

// count counts what is due of one view.
func (c *countViews) count(ctx context.Context, l *countLayer, log *slog.Logger) {
	now := c.store.clock()
	spec := &l.spec.Spec
	due := spec.Due(l.tables, now)
	if len(due) == 0 || !now.After(l.again) && due[len(due)-1] == l.failed {
		return
	}
	log = log.With(slog.String("view", string(l.spec.Name)))
	start := time.Now()
	// Who counts what is due counts the state in which it was due, or one shortly after.
	tables, err := spec.Advance(ctx, l.tables, now, func() layers.Reader { return l.source.Snapshot() })
	if err == nil {
		err = l.keep(c.folder, tables)
	}
	switch {
	case ctx.Err() != nil:
		return // it is due at the next start
	case err != nil:
		outcome := "failed"
		l.failed, l.again = due[len(due)-1], now.Add(time.Minute) // a disk may be full for a while
		if errors.Is(err, view.ErrCountCells) {
			outcome, l.again = "too_many", now.Add(time.Hour)
		}
		c.made.With(string(l.spec.Name), outcome).Add(1)
		log.Error("counts could not be published; the tables stay as they were", slog.String("period", due[len(due)-1].String()), slog.Any("error", err))
		c.reason(l, err)
		return
	}
	c.made.With(string(l.spec.Name), "done").Add(1)
	c.show(l, tables, log)
	log.Info("counts published", slog.Int("periods", len(due)), slog.Int("cells", l.layer.Snapshot().Count()), slog.Float64("seconds", time.Since(start).Seconds()))
}

// reason notes why there are no newer tables.
func (c *countViews) reason(l *countLayer, err error) {
	was := l.state.Load()
	reason := "The newest tables could not be written down."
	if errors.Is(err, view.ErrCountCells) {
		reason = fmt.Sprintf("The tables would have more than %d cells: fewer weeks, sets or resolutions, or coarser cells, would fit.", view.MaxCountCells)
	}
	l.state.Store(&countState{&api.TablesState{Periods: was.Periods, Reason: reason}, was.mean})
}

// show makes the layer that of tables, and tells that all of it changed.
func (c *countViews) show(l *countLayer, tables []*view.Table, log *slog.Logger) {
	changes := l.spec.Spec.Changes(l.tables, tables, func(cell hexgrid.Cell) orb.Geometry { return derive.Polygon(cell) })
	delta := layers.Delta{Layer: l.spec.Name, Seq: l.layer.Snapshot().Seq()}
	if len(changes) > 0 {
		var err error
		if delta, err = l.layer.Apply(layers.Batch{Layer: l.spec.Name, Changes: changes}); err != nil {
			log.Error("counts cannot be shown", slog.String("view", string(l.spec.Name)), slog.Any("error", err))
			return
		}
	}
	if l.shown && len(tables) == len(l.tables) && slices.Equal(tables, l.tables) {
		return
	}
	l.tables, l.shown = tables, true
	l.state.Store(tablesState(tables, l.spec.Spec.From))
	delta.Everywhere, delta.Places, delta.Boxes = true, nil, nil // where it changed is where there are features
	s := c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions.Advance(delta)
	l.fresh.Loaded(s.now())
	delta.Seq = s.seq
	s.tell(delta)
}

// tablesState returns what there is to tell of tables of a view that began behind a time, if it did.
func tablesState(tables []*view.Table, from time.Time) *countState {
	out := &countState{&api.TablesState{Periods: view.Newest(tables)}, map[hexgrid.Resolution]float64{}}
	if len(tables) == 0 {
		if !from.IsZero() {
			out.Reason = "The view began anew on or after " + from.UTC().Format(time.DateOnly) + ": what was published before is not published in another way."
		}
		return out
	}
	newest := slices.IndexFunc(tables, func(t *view.Table) bool { return t.Period == out.Periods[0] })
	cells := map[hexgrid.Resolution]int{}
	for _, cell := range tables[newest].Cells {
		if r := cell.Cell.Resolution(); cell.Published && cell.Set == 0 {
			cells[r]++
			out.mean[r] += float64(cell.Count)
		}
	}
	for r, n := range cells {
		out.mean[r] /= float64(n)
	}
	return out
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"hutong/api"
	"hutong/ingest"
	"hutong/ingest/expiry"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
	"hutong/tiles/cache"
)

// Store is the live layers of a city. What is accepted goes to the log first, if there is one, and comes
// back from it in order; else it is applied at once. It may be used from any goroutine.
type Store struct {
	layers   map[layers.Name]*liveLayer
	order    []*liveLayer  // of layers, as the city has them
	views    []*liveView   // of all layers, as the city has them
	public   *api.Registry // layers that are not hidden, and views
	versions *cache.Versions
	hot      *hotSpots
	aged     []*view.Layer // those with ages
	counts   *countViews
	now      func() time.Time // the wall clock
	records  *telemetry.Counts
	refused  *telemetry.Counts
	outcomes *telemetry.Counts
	restarts *telemetry.Counts
	resyncs  *telemetry.Counts // of views with a delay

	log      changeLog // nil keeps what is accepted in memory only
	receipts *receipts

	mu   sync.Mutex // held while something becomes visible, known and told, one after the other (S1, S3)
	seq  layers.Seq // of the newest state of any layer
	torn error      // some layers have the state seq, and others never will
	tell func(layers.Delta)

	erased map[layers.Name]layers.Seq            // guarded by mu: the last erasure of each layer that had one
	forget func(layer layers.Name, s layers.Seq) // called with mu held when something was erased
}

var _ ingest.Acceptor = (*Store)(nil)

// liveLayer is a layer and how fresh it is.
type liveLayer struct {
	*layers.Layer
	fresh *api.Freshness
	aging expiry.Options
	view  *view.Layer    // what everybody sees of it unless it is hidden: all but its private fields
	views []*liveView    // the others, fed in the commits of the layer
	past  *tiles.Builder // of tiles of states that never change, which have no ages; nil when the layer is hidden
	cells *cellCounts    // nil when it is not counted by cell
	// followers are the layers that change where and when this one does.
	followers []layers.Name
}

// ages reports whether features age.
func (l *liveLayer) ages() bool { return l.aging.Stale > 0 || l.aging.Expired > 0 }

// NewStore returns the empty layers of city. The error lists everything that is wrong with them.
func NewStore(city *City, m *telemetry.Metrics) (*Store, error) {
	s := &Store{
		layers: make(map[layers.Name]*liveLayer, len(city.Layers)), now: time.Now,
		receipts: newReceipts(), tell: func(layers.Delta) {},
		erased: map[layers.Name]layers.Seq{}, forget: func(layers.Name, layers.Seq) {},
	}
	s.resyncs = m.Counter("hutong_view_resyncs_total",
		"Times that a view with a delay took the whole state of its layer: at a start, or since too many changes waited.", "layer", "reason")
	n := &newStore{Store: s, city: city, lags: api.NewLagMetrics(m)}
	var errs []error
	hot, err := newHotSpots(city, s, m)
	if err != nil {
		return nil, err
	}
	s.hot = hot
	for i := range city.Layers {
		errs = append(errs, n.layer(&city.Layers[i]))
	}
	for i := range city.Views {
		errs = append(errs, n.view(&city.Views[i]))
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	for _, source := range slices.Concat(city.Sources, city.Live) {
		if s.layers[source.Layer()] == nil && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("app: source %s feeds layer %s, which does not exist", source.Name(), source.Layer()))
		}
	}
	if len(errs) == 0 {
		errs = append(errs, n.derived(city.Derived)...)
		computed, err := hot.layers(n.lags)
		if err != nil {
			errs = append(errs, err)
		}
		for _, l := range computed {
			l.Licence, l.Attribution = city.rights(l.Of)
			n.list, n.names = append(n.list, l), append(n.names, l.Name())
		}
		errs = append(errs, n.counted(m)...)
	}
	public, err := api.NewRegistry(n.list)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	s.public, s.versions = public, cache.NewVersions(n.names...)
	s.observe(m)
	return s, nil
}

// newStore is a store that is being made.
type newStore struct {
	*Store
	city  *City
	lags  *api.LagMetrics
	list  []*api.Layer  // what is served
	names []layers.Name // of list
}

// counted adds the views of counts.
func (n *newStore) counted(m *telemetry.Metrics) []error {
	counts, err := newCountViews(n.city, n.Store, m)
	n.counts = counts
	if err != nil {
		return []error{err}
	}
	list, err := counts.layers(n.city, n.lags)
	if err != nil {
		return []error{err}
	}
	for _, l := range list {
		n.list, n.names = append(n.list, l), append(n.names, l.Name())
	}
	return nil
}

// layer adds a layer.
func (n *newStore) layer(spec *Layer) error {
	counted, err := newCells(n.city, spec)
	if err != nil {
		return err
	}
	live, err := layers.New(spec.Schema, layers.Options{Derivers: append(counted.derivers(), n.hot.derivers[spec.Schema.Name]...)})
	if err != nil {
		return err
	}
	if counted != nil {
		counted.live = live
	}
	l := &liveLayer{
		Layer: live, cells: counted, fresh: api.NewFreshness(live.Name(), n.lags), view: view.Public(live),
		aging: expiry.Options{Stale: spec.TTL.Stale, Expired: spec.TTL.Expired, Class: spec.TTL.Field, Now: n.clock},
	}
	if n.layers[live.Name()] != nil {
		return fmt.Errorf("app: layer %s stands twice", live.Name())
	}
	if err := n.age(&l.view, &spec.Age); err != nil {
		return err
	}
	served := &api.Layer{
		View: l.view, Title: spec.Title, Description: spec.Description, Licence: spec.Licence, Attribution: spec.Attribution, Fresh: l.fresh,
	}
	if err := n.serve(!spec.Hidden, spec.Drawing, spec.Tiles, served); err != nil {
		return err
	}
	if l.past, err = timeless(served, spec.Tiles); err != nil {
		return err
	}
	if err := counted.overviewOf(served, spec); err != nil {
		return err
	}
	n.layers[live.Name()] = l
	n.order = append(n.order, l)
	return nil
}

// serve adds a layer or view to what is served, if it is to be.
func (n *newStore) serve(served bool, d styles.Drawing, t tiles.Options, l *api.Layer) error {
	if ages := l.View.Ages(); ages != nil {
		d, t = drawnByAge(d, ages.Spec()), cutByAge(t, ages.Spec())
	}
	builder, err := tiles.New(l.View.Schema(), t)
	if err != nil {
		return err
	}
	drawing := d.Chosen(l.View.Schema())
	if err := drawing.Check(l.View.Schema()); err != nil {
		return fmt.Errorf("app: layer %s: drawing: %w", l.Name(), err)
	}
	if err := checkIcons(&drawing); err != nil {
		return fmt.Errorf("app: layer %s: drawing: %w", l.Name(), err)
	}
	if served {
		l.Tiles, l.Drawing = builder, drawnWith(drawing, images())
		n.list, n.names = append(n.list, l), append(n.names, l.Name())
	}
	return nil
}

// clock is the wall clock, that of a test when it has one.
func (s *Store) clock() time.Time { return s.now() }

// Versions returns what the store tells of each change once it is visible.
func (s *Store) Versions() *cache.Versions { return s.versions }

// Public returns the layers as their audiences may see them.
func (s *Store) Public() *api.Registry { return s.public }

// sized is what metrics tell of a state.
type sized interface {
	Seq() layers.Seq
	Count() int
	Located() int
	Bytes() int
}

// observe registers what the store tells of itself.
func (s *Store) observe(m *telemetry.Metrics) {
	s.records = m.Counter("hutong_ingest_accepted_total", "Records that were accepted.", "source")
	s.refused = m.Counter("hutong_ingest_refused_total", "Records that were refused, by reason.", "source", "reason")
	s.outcomes = m.Counter("hutong_ingest_outcomes_total",
		"Accepted changes by what became of them: applied, duplicate, late or too_late.", "source", "outcome")
	s.restarts = m.Counter("hutong_ingest_restarts_total", "Times that a live source was run again because it had failed.", "source")
	each := func(name, help string, stored bool, of func(r sized) float64) {
		m.Sample(name, help, []string{"layer"}, func(emit func(float64, ...string)) {
			for _, l := range s.order {
				emit(of(l.Snapshot()), string(l.Name()))
			}
			for _, v := range s.views {
				if v.store() != nil || !stored {
					emit(of(v.newest()), string(v.view.Name()))
				}
			}
			for _, l := range s.public.All() {
				if l.Of != "" || l.Tables != nil {
					emit(of(l.View.Now()), string(l.Name()))
				}
			}
		})
	}
	each("hutong_layer_features", "Features on a layer or view.", false, func(r sized) float64 { return float64(r.Count()) })
	each("hutong_layer_located_features", "Features on a layer or view that have a place.", false,
		func(r sized) float64 { return float64(r.Located()) })
	each("hutong_layer_seq", "Number of the newest state of a layer or view.", false, func(r sized) float64 { return float64(r.Seq()) })
	each("hutong_layer_store_bytes", "Heap that the store of a layer takes, or of a view that has one.", true,
		func(r sized) float64 { return float64(r.Bytes()) })
	tombstones := func(name, help string, of func(l *liveLayer) int) {
		m.Sample(name, help, []string{"layer"}, func(emit func(float64, ...string)) {
			for _, l := range s.order {
				emit(float64(of(l)), string(l.Name()))
			}
		})
	}
	tombstones("hutong_layer_tombstones", "Deletes that a layer remembers, so that older reports do not bring features back.",
		func(l *liveLayer) int { return l.Tombstones() })
	tombstones("hutong_layer_crowded_tombstones", "Deletes that a layer has let go because it remembered too many.",
		func(l *liveLayer) int { return l.CrowdedTombstones() })
	m.Sample("hutong_view_waiting_changes", "Changes that a view with a delay does not show yet, each feature once in a sixty-fourth of the delay.",
		[]string{"layer"}, func(emit func(float64, ...string)) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, v := range s.views {
				if v.late != nil {
					emit(float64(v.late.waiting), string(v.view.Name()))
				}
			}
		})
	kept := func(name, help string, of func(l *view.Layer) float64) {
		m.Sample(name, help, []string{"layer"}, func(emit func(float64, ...string)) {
			for _, l := range s.public.All() {
				emit(of(l.View), string(l.Name()))
			}
		})
	}
	kept("hutong_filter_kept_bytes", "Heap that is taken by what is kept of which features filters select.", func(l *view.Layer) float64 {
		bytes, _ := l.Kept()
		return float64(bytes)
	})
	kept("hutong_filter_forgotten", "Times that some of what is kept of filters was forgotten, since there is no room for more.",
		func(l *view.Layer) float64 {
			_, forgotten := l.Kept()
			return float64(forgotten)
		})
	m.Sample("hutong_tile_features_limit", "Most features of one tile of a layer.", []string{"layer"},
		func(emit func(float64, ...string)) {
			for _, l := range s.public.All() {
				emit(float64(l.Tiles.Limit()), string(l.Name()))
			}
		})
}

// Load runs sources to their end into empty layers: layers side by side, at most GOMAXPROCS of them,
// the sources of one layer one after the other. Nothing of a layer is visible before all its
// sources are read. The first error stops everything.
func (s *Store) Load(ctx context.Context, sources []ingest.Source, log *slog.Logger) error {
	byLayer := map[layers.Name][]ingest.Source{}
	for _, source := range sources {
		byLayer[source.Layer()] = append(byLayer[source.Layer()], source)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, l := range s.order {
		list := byLayer[l.Name()]
		if len(list) == 0 {
			continue
		}
		wg.Go(func() {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				return
			}
			if err := s.loadLayer(ctx, l, list, log); err != nil {
				cancel(err) // the first one counts
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// loadLayer runs the sources of one layer into it.
func (s *Store) loadLayer(ctx context.Context, l *liveLayer, sources []ingest.Source, log *slog.Logger) error {
	loader, err := l.Load()
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished {
			loader.Abort()
		}
	}()
	for _, source := range sources {
		start := time.Now()
		var report ingest.Report
		err := source.Run(ctx, loaderPublisher{loader, l}, &report)
		s.report(log, source, report.Summary(), time.Since(start))
		if err != nil {
			return fmt.Errorf("app: layer %s: source %s: %w", l.Name(), source.Name(), err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq = max(s.seq, firstSeq)
	delta, err := loader.FinishAt(s.seq)
	if err != nil {
		return fmt.Errorf("app: layer %s: %w", l.Name(), err)
	}
	finished = true
	s.shown(l.fresh, &delta, api.Passage{}, l.followers...)
	return s.fillViews(l)
}

// report logs and counts what became of a source's records. Examples hold no private value: a report
// masks them.
func (s *Store) report(log *slog.Logger, source ingest.Source, sum ingest.Summary, took time.Duration) {
	log = log.With(slog.String("source", source.Name()), slog.String("layer", string(source.Layer())))
	s.records.With(source.Name()).Add(int(sum.Accepted))
	newRefusals(s.refused, source).count(sum)
	logRefused(log, sum.Reasons)
	log.Info("source read", slog.Int64("read", sum.Read), slog.Int64("accepted", sum.Accepted),
		slog.Int64("refused", sum.Refused), slog.Float64("seconds", took.Seconds()))
}

// loaderPublisher publishes into a bulk load.
type loaderPublisher struct {
	loader *layers.Loader
	layer  *liveLayer
}

var _ ingest.Publisher = loaderPublisher{}

// Publish adds a batch to the load.
func (p loaderPublisher) Publish(ctx context.Context, batch layers.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.layer.ages() {
		batch.Changes, _ = expiry.Age(p.layer.Schema(), p.layer.aging, batch.Changes)
	}
	return p.loader.Add(batch.Changes)
}

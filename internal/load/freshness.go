package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"hutong/layers"
	"hutong/tiles/grid"
)

// Bounds of a run that measures freshness.
const (
	maxProbes    = 256              // changes that are followed at once
	probeTimeout = 10 * time.Second // for the event of a change, and then for its tile
	probePoll    = 2 * time.Millisecond
)

// FreshnessOptions say what is measured of the way of a change to a tile.
type FreshnessOptions struct {
	// Changes are what is sent; the first change of each request is followed. With a rate of 0 lone changes are sent: one,
	// then the next one [FreshnessOptions.Pause] after the one before was seen.
	Changes IngestOptions
	// Layer is the name of the layer that the source feeds.
	Layer string
	// Pause is between lone changes.
	Pause time.Duration
	// Zoom is that of the tiles in which changes are looked for.
	Zoom uint8
	// Tiles asks for other tiles at its rate meanwhile, and for as long as Idle before; a rate of 0 asks for none.
	Tiles Options
	// Idle is how long tiles are asked for before anything changes.
	Idle time.Duration
}

// Validate returns every problem of o at once, joined, or nil.
func (o *FreshnessOptions) Validate() error {
	c := o.changes()
	errs := []error{c.Validate()}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("load: "+format, args...)) }
	if o.Changes.Duration <= 0 {
		fail("a run needs a duration")
	}
	if o.Layer == "" {
		fail("the layer has no name")
	}
	if o.Zoom > grid.MaxZoom {
		fail("zoom %d is not 0 to %d", o.Zoom, grid.MaxZoom)
	}
	if o.Pause < 0 || o.Idle < 0 {
		fail("a pause is negative")
	}
	if o.Tiles.Rate > 0 {
		t := o.Tiles
		t.Duration = o.Changes.Duration
		errs = append(errs, t.Validate())
	}
	return errors.Join(errs...)
}

// changes returns the options of the changes.
func (o *FreshnessOptions) changes() IngestOptions {
	c := o.Changes
	if c.Rate == 0 {
		c.Batch, c.Connections = 1, 1
	}
	return c
}

// Freshness measures how long a change takes from its acknowledgement to the event that tells of it, and on to the new
// bytes of a tile that shows it, until the run is over or ctx is done, which is no error: the result then says that
// it was stopped. The error is about the options, or says that there is no stream.
func Freshness(ctx context.Context, client *http.Client, o FreshnessOptions) (*FreshnessResult, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := o.changes()
	all, err := newStreams(c.Server, []string{o.Layer}, 1)
	if err != nil {
		return nil, err
	}
	f := &follower{
		options: &o, client: client, watch: newWatch(o.Layer), free: make(chan uint64, maxProbes), moved: make(map[*record]*probe),
		tiles: &Tileset{Template: below(c.Server, "tiles", o.Layer) + "/{z}/{x}/{y}.mvt"},
	}
	for i := range uint64(maxProbes) {
		f.free <- c.Changes.First + uint64(c.Changes.Features) + i
	}
	listening, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	hello := make(chan struct{})
	var once sync.Once
	wg.Go(func() {
		all.follow(listening, true, func(e event) {
			once.Do(func() { close(hello) })
			f.watch.see(e)
		})
	})
	timer := time.NewTimer(probeTimeout)
	defer timer.Stop()
	select {
	case <-hello:
	case <-ctx.Done():
	case <-timer.C:
		return nil, fmt.Errorf("load: no stream of layer %s within %s: %s", o.Layer, probeTimeout, all.first())
	}
	result := &FreshnessResult{}
	if o.Tiles.Rate > 0 && o.Idle > 0 && ctx.Err() == nil {
		t := o.Tiles
		t.Count, t.Duration = 0, o.Idle
		if result.Idle, err = Run(ctx, client, t); err != nil {
			return nil, err
		}
	}
	beside, leave := context.WithCancel(ctx)
	defer leave()
	if o.Tiles.Rate > 0 && ctx.Err() == nil {
		t := o.Tiles
		t.Count, t.Duration = 0, c.Duration
		wg.Go(func() { result.Loaded, _ = Run(beside, client, t) }) // Validate has looked at the options
	}
	c.hooks = hooks{prepare: f.prepare, answers: "all"}
	if c.Rate == 0 {
		c.hooks.prepare = f.prepareLone
	}
	c.hooks.answered = func(_ int, first *record, r *receipt, due, at time.Time) { f.answered(listening, first, r, due, at) }
	result.Changes, err = Ingest(ctx, client, c)
	f.following.Wait()
	if err != nil || result.Changes.Requests == 0 {
		leave() // there is no load to measure tiles under
	}
	stop()
	wg.Wait()
	if err != nil {
		return nil, err
	}
	result.Stopped = ctx.Err() != nil
	f.read(result)
	result.Reconnects, result.StreamError = all.reconnects.Load(), all.first()
	return result, nil
}

// follower follows changes to their tiles.
type follower struct {
	options *FreshnessOptions
	client  *http.Client
	watch   *watch
	tiles   *Tileset
	free    chan uint64 // ids of changes that are not followed now

	following sync.WaitGroup

	mu    sync.Mutex
	moved map[*record]*probe
	sums  freshSums
}

// probe is a change that is followed.
type probe struct {
	record record
	id     string
	tile   grid.Tile
	tag    string // the ETag of its tile before, "" when it had none
}

// prepare places the first change of a request and looks at the tile there before. It returns nil when too many are
// followed already.
func (f *follower) prepare(ctx context.Context, w *writer) *record {
	select {
	case number := <-f.free:
		p := &probe{record: w.place(number), id: w.id(number)}
		p.tile = grid.At(p.record.point(), f.options.Zoom)
		if _, tag, _, err := f.tile(ctx, p.tile, ""); err == nil {
			p.tag = tag
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.moved[&p.record] = p
		return &p.record
	default:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sums.skipped++
		return nil
	}
}

// prepareLone is prepare once the change before was seen, and a pause later.
func (f *follower) prepareLone(ctx context.Context, w *writer) *record {
	f.following.Wait() // the only connection's own changes
	if !pause(ctx, f.options.Pause) {
		return nil
	}
	return f.prepare(ctx, w)
}

// answered follows a change once it is acknowledged.
func (f *follower) answered(ctx context.Context, first *record, r *receipt, due, at time.Time) {
	if first == nil {
		return
	}
	f.mu.Lock()
	p := f.moved[first]
	delete(f.moved, first)
	f.mu.Unlock()
	if r == nil || r.Seq == 0 || r.first() != "applied" {
		f.mu.Lock()
		f.sums.refused++
		f.mu.Unlock()
		f.free <- p.record.number
		return
	}
	if id := r.firstID(); id != "" {
		p.id = id
	}
	f.following.Go(func() {
		f.follow(ctx, p, r.Seq, due, at)
		f.free <- p.record.number
	})
}

// follow waits for the event of a change, then for the bytes of its tile.
func (f *follower) follow(run context.Context, p *probe, seq uint64, due, acked time.Time) {
	ctx, cancel := context.WithTimeout(run, probeTimeout)
	defer cancel()
	x := f.watch.await(seq, p.tile)
	var told time.Time
	select {
	case told = <-x.at:
	case <-ctx.Done():
		f.watch.giveUp(x)
		f.mu.Lock()
		defer f.mu.Unlock()
		if run.Err() != nil {
			f.sums.skipped++ // cut off by the end of the run
		} else {
			f.sums.untold++
		}
		return
	}
	shown, unchanged, without, err := f.look(ctx, p)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sums.unchanged += unchanged
	f.sums.without += without
	if err != nil && run.Err() != nil {
		f.sums.skipped++
		return
	}
	if err != nil {
		f.sums.unshown++
		if f.sums.firstError == "" {
			f.sums.firstError = fmt.Sprintf("%s in tile %s: %s", p.id, p.tile, err)
		}
		return
	}
	f.sums.told.add(told.Sub(acked))
	f.sums.fetched.add(shown.Sub(told))
	f.sums.fresh.add(shown.Sub(acked))
	f.sums.whole.add(shown.Sub(due))
}

// look asks for the tile of a change until it shows it, and returns when it did and how many answers said that the
// tile had not changed, or did not have the change.
func (f *follower) look(ctx context.Context, p *probe) (at time.Time, unchanged, without int64, err error) {
	id, _ := layers.FeatureID(p.id).Number()
	tag := p.tag
	for {
		status, newTag, body, err := f.tile(ctx, p.tile, tag)
		at = time.Now()
		switch {
		case err != nil && ctx.Err() == nil:
			return at, unchanged, without, err
		case err != nil:
		case status == http.StatusNotModified:
			unchanged++
		case status == http.StatusOK || status == http.StatusNoContent:
			has, err := shows(body, p.tile, f.options.Layer, id, &p.record)
			if err != nil || has {
				return at, unchanged, without, err
			}
			without++
			tag = newTag
		default:
			return at, unchanged, without, fmt.Errorf("load: the answer is %d", status)
		}
		if !pause(ctx, probePoll) {
			return at, unchanged, without, fmt.Errorf("load: %s after its event the tile does not show it", probeTimeout)
		}
	}
}

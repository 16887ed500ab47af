package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"hutong/internal/compress"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// flight is a build under way. The cache's mutex guards it until gone is closed; then entry and err
// are final.
type flight struct {
	set     *Set
	variant *Variant
	key     Key
	want    compress.Encoding
	cancel  context.CancelFunc
	// waiters counts the requests that its result is good for.
	waiters int
	// seqs are the states that it builds from: nil before it looked for them, zeros while it does, which are good for
	// nobody who needs a change.
	seqs states
	// gone is closed when the flight is no longer in the cache's table: it is over, or everybody left.
	gone  chan struct{}
	entry *entry
	err   error
}

// PanicError is the panic of a build, which would otherwise end the process: builds have goroutines
// of their own. Whoever waited for the build panics with it.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns the panic's value and where it came from.
func (e *PanicError) Error() string { return fmt.Sprintf("cache: build: %v\n%s", e.Value, e.Stack) }

// await returns an entry that is fresh enough for a request of now, built if need be.
func (c *Cache) await(ctx context.Context, set *Set, v *Variant, k Key, want compress.Encoding) (*entry, error) {
	needs := c.needs(set, k.Tile)
	for {
		c.mu.Lock()
		if e, ok := c.entries.GetEntryQuietly(k); ok && !anyNewer(needs, e.Value.seqs) {
			c.mu.Unlock()
			return e.Value, nil // a build ended in between
		}
		f := c.flights[k]
		if f == nil {
			f = c.start(set, v, k, want)
		}
		good := f.seqs == nil || !anyNewer(needs, f.seqs)
		if good {
			f.waiters++
		}
		c.mu.Unlock()
		select {
		case <-f.gone:
		case <-ctx.Done():
		}
		if good {
			c.leave(f)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case good:
			return f.result()
		}
	}
}

// leave takes a request out of a flight. The last one out ends it.
func (c *Cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiters--; f.waiters > 0 || c.flights[f.key] != f {
		return
	}
	c.metrics.abandoned.Add(1)
	f.cancel()
	c.remove(f)
}

// remove takes f out of the table. The mutex is held.
func (c *Cache) remove(f *flight) {
	delete(c.flights, f.key)
	close(f.gone)
}

// result is what a flight that is gone brought.
func (f *flight) result() (*entry, error) {
	if p, ok := f.err.(*PanicError); ok { //nolint:errorlint // nobody wraps it
		panic(p)
	}
	return f.entry, f.err
}

// start begins a build for nobody yet. The mutex is held.
func (c *Cache) start(set *Set, v *Variant, k Key, want compress.Encoding) *flight {
	// A build outlives the request that began it if others wait for it.
	ctx, cancel := context.WithCancel(context.Background())
	f := &flight{set: set, variant: v, key: k, want: want, cancel: cancel, gone: make(chan struct{})}
	c.flights[k] = f
	go func() {
		defer cancel()
		e, err := c.build(ctx, f)
		c.land(f, e, err)
	}()
	return f
}

// build waits for its turn and builds.
func (c *Cache) build(ctx context.Context, f *flight) (e *entry, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			e, err = nil, &PanicError{cause, debug.Stack()}
		}
	}()
	if f.variant != nil {
		if err := c.variants.enter(ctx); err != nil {
			return nil, err
		}
		defer c.variants.leave()
	}
	if err := c.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer c.gate.leave()
	views := c.take(ctx, f)
	p, err := c.concatenate(ctx, f, views)
	if err != nil {
		return nil, err
	}
	e = newEntry(&built{seqs: f.seqs}, p)
	if e.bodies[f.want].Load() == nil {
		e.bodies[f.want].Store(e.encode(f.want))
	}
	return e, nil
}

// take looks at the layers as they are now, and says so in the flight.
func (c *Cache) take(ctx context.Context, f *flight) []*view.View {
	views := make([]*view.View, len(f.set.sources))
	seqs := make(states, 2*len(views))
	c.mu.Lock()
	f.seqs = make(states, len(seqs)) // from here on a change may come too late for this build
	c.mu.Unlock()
	for i, s := range f.set.sources {
		from, _ := s.at(f.key.Tile.Z, f.variant.selects(i))
		views[i] = f.variant.of(ctx, i, from.Now())
		seqs[i], seqs[len(views)+i] = views[i].Seq(), layers.Seq(views[i].Turns())
		if views[i].Turns() == 0 {
			seqs[len(views)+i] = timeless
		}
	}
	c.mu.Lock()
	f.seqs = seqs
	c.mu.Unlock()
	return views
}

// concatenate builds the tile of each layer and appends it to those before: MVT is such that this is
// the composite. Between layers it looks whether anybody still waits.
func (c *Cache) concatenate(ctx context.Context, f *flight, views []*view.View) (*plain, error) {
	var dropped Dropped
	var err error
	bytes := inExact(func(dst []byte) []byte {
		for i, s := range f.set.sources {
			if err == nil && s.covers(f.key.Tile.Z) {
				_, builder := s.at(f.key.Tile.Z, f.variant.selects(i))
				dst, err = s.append(ctx, dst, builder, views[i], f.key.Tile, &dropped)
			}
		}
		return dst
	})
	if err == nil {
		err = ctx.Err() // before the encoding, which takes as long again
	}
	switch {
	case err != nil:
		return nil, err
	case dropped == Dropped{}:
		return newPlain(bytes, nil), nil
	default:
		return newPlain(bytes, &dropped), nil
	}
}

// append appends the layer's tile to dst and adds what it left out to dropped. On an error dst comes
// back as it was.
func (s *source) append(ctx context.Context, dst []byte, b *tiles.Builder, v *view.View, t grid.Tile, dropped *Dropped) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return dst, err
	}
	start := time.Now()
	dst, stats, err := s.build(b, dst, v, t)
	if err != nil {
		return dst, fmt.Errorf("cache: %s %s: %w", s.name, t, err)
	}
	s.meters.count(time.Since(start), &stats)
	dropped.Features += stats.DroppedFeatures
	dropped.Fields += len(stats.DroppedFields)
	dropped.Simplified += stats.Simplified
	dropped.Overrun = dropped.Overrun || stats.Overrun
	return dst, nil
}

// land ends a flight: it stores what was built unless that is stale already or nobody waited for it
// any more.
func (c *Cache) land(f *flight, e *entry, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights[f.key] != f {
		return // abandoned; another may be under way
	}
	f.entry, f.err = e, err
	if err == nil {
		c.store(f, e)
	}
	c.remove(f)
}

// store keeps a tile that was just built, if it still is what a build of now would give (S4).
func (c *Cache) store(f *flight, e *entry) {
	if !c.fresh(f.set, f.key.Tile, &e.built) {
		c.metrics.late.Add(1)
		return
	}
	c.note(f.key, e, e.bodies[f.want].Load().ETag)
	c.entries.Set(f.key, e)
}

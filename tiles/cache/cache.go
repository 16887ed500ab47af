// Package cache keeps finished tiles: their bytes in every encoding that somebody asked for, and the
// states of the layers that they were built from. It is the only importer of otter.
//
// # When a tile is fresh (S4)
//
// Publishing a batch makes its snapshot visible, then advances the [Versions], then tells clients
// (S3). A request first looks at the versions: for each of its layers the newest state in which
// something in the tile's window changed. What it gets is built from states at least as new.
// Whatever is stored keeps the states that it was built from and is compared with the versions each
// time it is used, so that nothing ever has to be invalidated and a build that finishes late can do
// no harm: it answers those who asked before the change and is thrown away.
//
// A layer with a field that depends on the clock (view.Ages) has turns beside its states: at a turn
// everything on it is stale, though no state changed. They are compared in the same way.
//
// # How a tile is built
//
// At most one build of a tile is under way. It has a context of its own that is cancelled when the
// last request that waits for it has left; a request that leaves does not disturb the others. The
// build waits for its turn at the gate, takes the views of its layers, appends their tiles one after
// the other, and encodes the result for the request that came first. A request that comes while a
// build is under way from a state that is too old for it waits for that build to end, then for one
// more: so it waits for two at most.
//
// # Encodings
//
// Inline encodings are fast. A tile that is asked for often is encoded better in the background by
// [Cache.Run]. Every encoding, old and better ones, has an ETag of its own that is a hash of its
// bytes, and a table that outlives the bytes knows them all: any of them names the tile as it is,
// see [Cache.Match].
//
// Everything may be used from any goroutine.
package cache

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// Options bound the cache and the work on tiles. The zero value is the defaults.
type Options struct {
	// Bytes is about how many bytes of finished tiles are kept; 0 means 256 MiB.
	Bytes int64
	// Tags is how many tiles' ETags are known, with or without their bytes; 0 means 131,072 (about
	// 40 MB).
	Tags int
	// Concurrent is the most tiles that are built or encoded at the same time; 0 means twice
	// GOMAXPROCS. At most half of them, at least one, are variants: filters may be slow.
	Concurrent int
	// Queue is the most builds that wait for their turn; 0 means 256. More are refused at once.
	Queue int
	// Wait is the longest that a build waits for its turn; 0 means 5 s.
	Wait time.Duration
	// Hot is how often an encoding is served from the cache before a better one is made in the
	// background; 0 means 16.
	Hot int
}

func (o Options) withDefaults() Options {
	if o.Bytes <= 0 {
		o.Bytes = 256 << 20
	}
	if o.Tags <= 0 {
		o.Tags = 1 << 17
	}
	if o.Hot <= 0 {
		o.Hot = 16
	}
	return o
}

// Layer is a layer whose tiles are cached.
type Layer struct {
	// View is what is on it.
	View *view.Layer
	// Tiles builds its tiles; made for the schema of View.
	Tiles *tiles.Builder
	// Overview is what its lower zooms are built from; nil when that is View, too.
	Overview *tiles.Overview
}

// at returns what the layer's tiles of a zoom are built from, and what builds them. What is selected is by the fields of
// View: an overview that has others counts more than that, and tiles show the features themselves.
func (l *Layer) at(zoom uint8, selected bool) (*view.Layer, *tiles.Builder) {
	if l.Overview.Covers(zoom) && (!selected || l.Overview.Shows(l.View.Schema())) {
		return l.Overview.Views[zoom], l.Overview.Builder
	}
	return l.View, l.Tiles
}

// Key names a tile in the cache.
type Key struct {
	// Layers is the canonical name of a [Set].
	Layers string
	Tile   grid.Tile
	// Variant stands for everything else that the bytes depend on, see [NewVariant]: 32 bytes, or "" when
	// nothing was asked for.
	Variant string
}

// Cache keeps tiles.
type Cache struct {
	opts     Options
	versions *Versions
	layers   map[layers.Name]*source
	singles  map[string]*Set
	entries  *otter.Cache[Key, *entry]
	tags     *otter.Cache[Key, *record]
	gate     *gate
	variants *gate // passed before gate by builds of variants
	metrics  *metrics
	upgrades chan upgrade

	mu      sync.Mutex // guards flights and what is in them
	flights map[Key]*flight
}

// source is a layer as the cache uses it.
type source struct {
	Layer
	name   layers.Name
	opts   tiles.Options
	meters *meters
	// build is what a builder does, unless a test wants to say how long it takes.
	build func(b *tiles.Builder, dst []byte, v *view.View, t grid.Tile) ([]byte, tiles.Stats, error)
}

// New returns an empty cache of the tiles of ls. versions must be told of every change of them.
func New(ls []Layer, versions *Versions, m *telemetry.Metrics, o Options) (*Cache, error) {
	o = o.withDefaults()
	c := &Cache{
		opts: o, versions: versions, layers: map[layers.Name]*source{}, singles: map[string]*Set{},
		gate: newGate(o, m), upgrades: make(chan upgrade, maxUpgrades), flights: map[Key]*flight{},
	}
	c.variants = c.gate.half()
	var err error
	c.entries, err = otter.New(&otter.Options[Key, *entry]{
		MaximumWeight: uint64(o.Bytes), Weigher: func(k Key, e *entry) uint32 { return e.weight(k) },
	})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	if c.tags, err = otter.New(&otter.Options[Key, *record]{MaximumSize: o.Tags}); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c.metrics = newMetrics(c, m)
	meters := newMeters(m)
	for _, l := range ls {
		name := l.View.Name()
		s := &source{l, name, l.Tiles.Options(), meters.layer(string(name)), (*tiles.Builder).Build}
		c.layers[name] = s
		c.singles[string(name)] = &Set{name: string(name), sources: []*source{s}}
	}
	return c, nil
}

// Get returns the tile of a set in a variant, made for this set, and in the wanted encoding, from the cache or
// built. The error is [tiles.ErrZoom] when no layer of the set has tiles at this zoom, [ErrBusy] when a bound of the
// gate was hit, or ctx's.
func (c *Cache) Get(ctx context.Context, set *Set, t grid.Tile, variant *Variant, want compress.Encoding) (*Body, error) {
	if !set.covers(t.Z) {
		return nil, fmt.Errorf("%w: %d", tiles.ErrZoom, t.Z)
	}
	k := Key{set.name, t, variant.name()}
	e, ok := c.entries.GetIfPresent(k)
	if !ok || !c.fresh(set, k.Tile, &e.built) {
		c.metrics.misses.Add(1)
		var err error
		if e, err = c.await(ctx, set, variant, k, want); err != nil {
			return nil, err
		}
		return c.encoded(ctx, k, e, want)
	}
	c.metrics.hits.Add(1)
	if b := e.bodies[want].Load(); b != nil {
		c.heat(set, k, e, want)
		return b, nil
	}
	return c.encoded(ctx, k, e, want)
}

// states are which states of a set's sources something was built from, by the sources; behind these, again by the
// sources, which turns of the clock it shows, as numbers that are compared in the same way. timeless is the turn of
// what does not depend on the clock.
type states = []layers.Seq

const timeless = layers.Seq(math.MaxUint64)

// Built tells which states of layers something was built from.
type built struct {
	seqs  states
	epoch epoch // the last one in which it was found fresh
}

// fresh reports whether nothing in the tile's window changed after b was built.
func (c *Cache) fresh(set *Set, t grid.Tile, b *built) bool {
	now := c.versions.epoch.Load() // before the versions are read
	if b.epoch.Load() == now+1 {
		return true
	}
	for i, s := range set.sources {
		if s.covers(t.Z) && (b.seqs[i] < c.last(s, t) || b.seqs[len(set.sources)+i] < c.turned(s)) {
			return false
		}
	}
	b.epoch.Store(now + 1)
	return true
}

// needs returns the states, by source, that a tile must be built from at least if it is asked for at this moment.
func (c *Cache) needs(set *Set, t grid.Tile) states {
	n := len(set.sources)
	seqs := make(states, 2*n)
	for i, s := range set.sources {
		if s.covers(t.Z) {
			seqs[i], seqs[n+i] = c.last(s, t), c.turned(s)
		}
	}
	return seqs
}

// turned is the last turn of what s shows.
func (c *Cache) turned(s *source) layers.Seq { return layers.Seq(c.versions.turned(s.name)) }

func (c *Cache) last(s *source, t grid.Tile) layers.Seq {
	buffer := s.opts.Buffer
	if s.Overview.Covers(t.Z) {
		buffer += s.Overview.Units(s.opts.Extent)
	}
	w := t.Window(s.opts.Extent, buffer)
	return c.versions.Last(s.name, t, &w)
}

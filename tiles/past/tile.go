package past

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"hutong/internal/compress"
	"hutong/internal/etag"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

// Bounds of builds that wait for their turn.
const (
	maxWaiting = 128
	buildWait  = 5 * time.Second
)

// overhead is about what a tile takes beside its bytes.
const overhead = 256

// Tile returns the tile of states, which States returned, one behind the other. The error is [tiles.ErrZoom] when
// none of them has tiles at this zoom, [cache.ErrBusy], or ctx's.
func (p *Past) Tile(ctx context.Context, states []*State, t grid.Tile, want compress.Encoding) (*cache.Body, error) {
	if !slices.ContainsFunc(states, func(s *State) bool { return s.covers(t.Z) }) {
		return nil, fmt.Errorf("%w: %d", tiles.ErrZoom, t.Z)
	}
	k := tileKey{tile: t, encoding: want}
	for _, s := range states {
		k.states += strconv.FormatUint(s.id, 36) + ","
	}
	if b := p.tiles.get(k); b != nil {
		p.metrics.hits.Add(1)
		return b, nil
	}
	p.metrics.misses.Add(1)
	if err := p.builds.enter(ctx); err != nil {
		return nil, err
	}
	defer p.builds.leave()
	var bytes []byte
	var left cache.Dropped
	for _, s := range states {
		if !s.covers(t.Z) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var stats tiles.Stats
		var err error
		if bytes, stats, err = s.Tiles.Build(bytes, s.View, t); err != nil {
			return nil, fmt.Errorf("past: %s %s: %w", s.View.Name(), t, err)
		}
		left.Features += stats.DroppedFeatures
		left.Fields += len(stats.DroppedFields)
		left.Simplified += stats.Simplified
		left.Overrun = left.Overrun || stats.Overrun
	}
	b := &cache.Body{Encoding: want, Bytes: bytes}
	if left != (cache.Dropped{}) {
		b.Dropped = &left
	}
	if len(bytes) > 0 {
		if want != compress.Identity {
			b.Bytes = compress.Append(nil, bytes, want)
		}
		b.ETag = etag.Of(b.Bytes)
	} else {
		b.Encoding = compress.Identity
	}
	b.Bytes = slices.Clip(b.Bytes)
	b.Length = strconv.Itoa(len(b.Bytes))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holdsAll(states) { // else the tile may have what was erased, or nobody would ask for it again
		p.tiles.put(k, states, b)
	}
	return b, nil
}

// holdsAll reports whether states are all held. The mutex is held.
func (p *Past) holdsAll(states []*State) bool {
	for _, s := range states {
		if !slices.ContainsFunc(p.states, func(h *held) bool { return h.id == s.id }) {
			return false
		}
	}
	return true
}

// covers reports whether the state has tiles at a zoom.
func (s *State) covers(zoom uint8) bool {
	o := s.Tiles.Options()
	return zoom >= o.MinZoom && zoom <= o.MaxZoom
}

// tileKey names a tile.
type tileKey struct {
	states   string // their ids
	tile     grid.Tile
	encoding compress.Encoding
}

// kept is the tiles that are kept, those least recently used let go first.
type kept struct {
	limit int64

	mu    sync.Mutex
	bytes int64
	byKey map[tileKey]*list.Element // of entries
	order *list.List                // most recently used first
}

// entry is a tile that is kept.
type entry struct {
	key  tileKey
	ids  []uint64
	body *cache.Body
}

func newKept(limit int64) *kept {
	return &kept{limit: limit, byKey: map[tileKey]*list.Element{}, order: list.New()}
}

func (e *entry) weight() int64 {
	return int64(overhead + len(e.key.states) + 8*len(e.ids) + len(e.body.Bytes))
}

// get returns a tile, or nil.
func (k *kept) get(key tileKey) *cache.Body {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.byKey[key]
	if at == nil {
		return nil
	}
	k.order.MoveToFront(at)
	return entryOf(at).body
}

func entryOf(at *list.Element) *entry {
	e, _ := at.Value.(*entry) // nothing else is in the list
	return e
}

// put keeps a tile.
func (k *kept) put(key tileKey, states []*State, b *cache.Body) {
	e := &entry{key: key, body: b}
	for _, s := range states {
		e.ids = append(e.ids, s.id)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.byKey[key]; old != nil {
		k.remove(old)
	}
	k.byKey[key] = k.order.PushFront(e)
	k.bytes += e.weight()
	for k.bytes > k.limit && k.order.Len() > 1 {
		k.remove(k.order.Back())
	}
}

// remove lets a tile go. The mutex is held.
func (k *kept) remove(at *list.Element) {
	e := entryOf(at)
	k.bytes -= e.weight()
	delete(k.byKey, e.key)
	k.order.Remove(at)
}

// forget lets the tiles of states go.
func (k *kept) forget(ids []uint64) {
	if len(ids) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for at := k.order.Front(); at != nil; {
		next := at.Next()
		if slices.ContainsFunc(entryOf(at).ids, func(id uint64) bool { return slices.Contains(ids, id) }) {
			k.remove(at)
		}
		at = next
	}
}

// size returns how many tiles are kept, and their bytes.
func (k *kept) size() (n int, bytes int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.byKey), k.bytes
}

// gate lets a bounded number of builds happen at once and a bounded number wait.
type gate struct {
	slots   chan struct{}
	waiting chan struct{}
	metrics *metrics
}

func newGate(n int, m *metrics) *gate {
	return &gate{slots: make(chan struct{}, n), waiting: make(chan struct{}, maxWaiting), metrics: m}
}

// enter waits for a turn. After nil the caller must call leave.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		g.metrics.builds.Add(1)
		return cache.ErrBusy
	}
	timer := time.NewTimer(buildWait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		g.metrics.builds.Add(1)
		return cache.ErrBusy
	}
}

func (g *gate) leave() { <-g.slots }

package cache

import (
	"sync"
	"sync/atomic"

	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// The pyramid has a level at every even zoom up to topLevel, where a cell is 611 metres wide on the
// equator. A level with more cells than maxSlots shares slots between cells by a hash: what shares a
// slot is stale together, which costs a build and never a wrong answer.
const (
	topLevel = 16
	levels   = topLevel/2 + 1
	maxSlots = 1 << 15

	// maxMarks is how many cells one call of Advance marks in a level before it gives up and marks
	// the level as a whole.
	maxMarks = 2 * maxSlots
)

// Versions says for every layer and cell in which state of the layer the cell last changed
// (design §4.7). A layer that never changed costs nothing, any other about 1.3 MB, however many
// cells change.
//
// Readers may use it from any goroutine and wait for nobody; [Versions.Advance] calls for one layer
// wait for each other.
type Versions struct {
	// epoch grows after every change of any layer: what was fresh in this epoch still is.
	epoch  atomic.Uint64
	layers map[layers.Name]*pyramid
}

// NewVersions returns the versions of layers that never changed.
func NewVersions(names ...layers.Name) *Versions {
	v := &Versions{layers: make(map[layers.Name]*pyramid, len(names))}
	for _, name := range names {
		v.layers[name] = &pyramid{}
	}
	return v
}

// Advance notes what a batch changed, once its snapshot is visible and before anybody is told of it
// (S3). Deltas of one layer may come in any order. A layer that the versions do not know is ignored.
func (v *Versions) Advance(d layers.Delta) {
	p := v.layers[d.Layer]
	if p == nil || !d.Everywhere && len(d.Places) == 0 && len(d.Boxes) == 0 {
		return
	}
	p.advance(&d)
	v.epoch.Add(1) // last: whoever saw the old epoch must look again
}

// Turn notes that a layer's views count ages from another moment since their turn of a number
// (hutong/layers/view.Ages.Turns), once that is so and before anybody is told of it: whatever was built before is stale
// (S4). A layer that the versions do not know is ignored.
func (v *Versions) Turn(name layers.Name, turn uint64) {
	p := v.layers[name]
	if p == nil {
		return
	}
	p.mu.Lock()
	raise(&p.turn, turn)
	p.mu.Unlock()
	v.epoch.Add(1) // last, as in Advance
}

// turned returns the last turn of a layer that was noted; 0 when there was none.
func (v *Versions) turned(name layers.Name) uint64 {
	if p := v.layers[name]; p != nil {
		return p.turn.Load()
	}
	return 0
}

// Last returns the newest state of a layer in which something in the window changed, or something
// that shares a cell with it.
func (v *Versions) Last(name layers.Name, t grid.Tile, w *grid.Window) layers.Seq {
	p := v.layers[name]
	if p == nil {
		return 0
	}
	return layers.Seq(p.last(t.Z, w))
}

// pyramid is the versions of one layer.
type pyramid struct {
	mu     sync.Mutex // held by writers
	levels [levels]atomic.Pointer[level]
	floor  atomic.Uint64 // everything changed in this state
	turn   atomic.Uint64 // and at this turn of the clock, whatever the state
}

// level is the cells of one zoom.
type level struct {
	zoom  uint8
	floor atomic.Uint64
	slots []atomic.Uint64 // a power of two
}

func newLevel(zoom uint8) *level {
	n := min(1<<(2*int(zoom)), maxSlots)
	return &level{zoom: zoom, slots: make([]atomic.Uint64, n)}
}

func (p *pyramid) advance(d *layers.Delta) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seq := uint64(d.Seq)
	if d.Everywhere {
		raise(&p.floor, seq)
		return
	}
	for i := range p.levels {
		l := p.levels[i].Load()
		if l == nil {
			l = newLevel(uint8(2 * i))
			p.levels[i].Store(l) // its cells are still zero, as they were without it
		}
		l.mark(d, seq)
	}
}

// raise makes v at least seq. Only the writer calls it.
func raise(v *atomic.Uint64, seq uint64) {
	if v.Load() < seq {
		v.Store(seq)
	}
}

// mark notes the places and boxes of one delta.
func (l *level) mark(d *layers.Delta, seq uint64) {
	if len(d.Places) > maxMarks {
		raise(&l.floor, seq)
		return
	}
	for _, p := range d.Places {
		raise(l.slot(l.cell(p.X), l.cell(p.Y)), seq)
	}
	left := uint64(maxMarks)
	for _, b := range d.Boxes {
		if b.Empty() {
			continue
		}
		n := l.count(b)
		if n > left {
			raise(&l.floor, seq)
			return
		}
		left -= n
		l.each(b, func(s *atomic.Uint64) { raise(s, seq) })
	}
}

// cell returns the column or row of a world coordinate.
func (l *level) cell(v uint32) uint32 { return uint32(uint64(v) >> (world.Bits - l.zoom)) }

// slot returns where a cell's version is. Cells of levels that fit have a slot of their own.
func (l *level) slot(x, y uint32) *atomic.Uint64 {
	if 1<<(2*int(l.zoom)) <= maxSlots {
		return &l.slots[y<<l.zoom|x]
	}
	// Fibonacci hashing; neighbours land far from each other and never together within a city.
	h := (uint64(y)<<32 | uint64(x)) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	return &l.slots[h>>32&uint64(len(l.slots)-1)]
}

// count returns the number of cells that meet b.
func (l *level) count(b world.Box) uint64 {
	return uint64(l.cell(b.Max.X)-l.cell(b.Min.X)+1) * uint64(l.cell(b.Max.Y)-l.cell(b.Min.Y)+1)
}

// each calls fn with the slot of every cell that meets b.
func (l *level) each(b world.Box, fn func(*atomic.Uint64)) {
	for y := l.cell(b.Min.Y); y <= l.cell(b.Max.Y); y++ {
		for x := l.cell(b.Min.X); x <= l.cell(b.Max.X); x++ {
			fn(l.slot(x, y))
		}
	}
}

// last looks at the level whose cells are a tile's size or half of it, so it reads 16 cells at most;
// above the top level at the top level.
func (p *pyramid) last(zoom uint8, w *grid.Window) uint64 {
	newest := p.floor.Load()
	l := p.levels[min(int(zoom)+1, topLevel)/2].Load()
	if l == nil {
		return newest
	}
	newest = max(newest, l.floor.Load())
	boxes, n := w.Boxes()
	for _, b := range boxes[:n] {
		l.each(b, func(s *atomic.Uint64) { newest = max(newest, s.Load()) })
	}
	return newest
}

package load

import (
	"encoding/json"
	"sync"
	"time"

	"hutong/layers/world"
	"hutong/tiles/grid"
)

// Bounds of what a watch remembers.
const (
	maxSeen    = 1024 // events
	maxChanged = 4096 // cells of an event; more are taken for all
	noExtent   = 4096 // the extent of a layer whose events say none
)

// changed is what an event tells of a layer (docs/formats/live.md). Of Cells, Box and All one is set.
type changed struct {
	Zoom           uint8
	Extent, Buffer uint32
	Cells          [][2]uint32
	Box            *[4]uint32
	All            bool
}

// parseChanged reads what the data of an event tell of a layer, nil when nothing. Data that cannot be understood
// are an error.
func parseChanged(data []byte, layer string) (*changed, error) {
	var d struct{ Layers map[string]*changed }
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, err
	}
	c := d.Layers[layer]
	if c == nil {
		return nil, nil
	}
	if c.Extent == 0 {
		c.Extent = noExtent
	}
	if c.Zoom > grid.MaxZoom || len(c.Cells) > maxChanged || !grid.ValidExtent(c.Extent) || c.Buffer > grid.MaxBuffer(c.Extent) {
		return &changed{All: true}, nil
	}
	return c, nil
}

// stale reports whether a tile may show what c tells of: whether its box, widened by the buffer, meets a changed
// cell.
func (c *changed) stale(t grid.Tile) bool {
	if c.All {
		return true
	}
	w := t.Window(c.Extent, c.Buffer)
	meets := func(minX, minY, maxX, maxY uint32) bool {
		nw, se := grid.Tile{Z: c.Zoom, X: minX, Y: minY}, grid.Tile{Z: c.Zoom, X: maxX, Y: maxY}
		return nw.Valid() && se.Valid() && minX <= maxX && minY <= maxY && w.Meets(world.Box{Min: nw.Box().Min, Max: se.Box().Max})
	}
	if b := c.Box; b != nil {
		return meets(b[0], b[1], b[2], b[3])
	}
	for _, at := range c.Cells {
		if meets(at[0], at[1], at[0], at[1]) {
			return true
		}
	}
	return false
}

// watch is one stream of a layer, and those who wait for an event of it. Any goroutine may use it.
type watch struct {
	layer string

	mu      sync.Mutex
	seen    []sight // the newest, in order
	waiting map[*waiter]struct{}
	bad     int64 // events that could not be understood; they count as if all had changed
}

// sight is an event that came.
type sight struct {
	seq uint64
	at  time.Time
	of  *changed
}

// waiter waits for an event that tells of a sequence and makes a tile stale.
type waiter struct {
	seq  uint64
	tile grid.Tile
	at   chan time.Time // gets one time
}

func newWatch(layer string) *watch { return &watch{layer: layer, waiting: map[*waiter]struct{}{}} }

// see takes an event.
func (w *watch) see(e event) {
	s := sight{seq: e.seq, at: time.Now(), of: &changed{All: true}}
	switch {
	case e.kind == kindChange && e.data != nil:
		of, err := parseChanged(e.data, w.layer)
		if err != nil {
			w.mu.Lock()
			w.bad++
			w.mu.Unlock()
			break
		}
		if of == nil {
			return
		}
		s.of = of
	case e.kind != kindChange && e.kind != kindReset:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == maxSeen {
		w.seen = append(w.seen[:0], w.seen[maxSeen/4:]...)
	}
	w.seen = append(w.seen, s)
	for x := range w.waiting {
		if s.tells(x) {
			x.at <- s.at
			delete(w.waiting, x)
		}
	}
}

// tells reports whether an event tells a waiter what it waits for.
func (s *sight) tells(x *waiter) bool { return s.seq >= x.seq && s.of.stale(x.tile) }

// await returns a waiter that gets the time of the first event that tells of a sequence, which may have come
// already. It must be given up if nothing came.
func (w *watch) await(seq uint64, tile grid.Tile) *waiter {
	x := &waiter{seq, tile, make(chan time.Time, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.seen {
		if w.seen[i].tells(x) {
			x.at <- w.seen[i].at
			return x
		}
	}
	w.waiting[x] = struct{}{}
	return x
}

// giveUp ends a wait.
func (w *watch) giveUp(x *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, x)
}

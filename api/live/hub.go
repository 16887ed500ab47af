// Package live tells open maps which tiles are out of date, over server-sent events (WHATWG HTML §9.2).
// The events are described in docs/formats/live.md.
//
// A [Hub] hears of every change after it is visible and the versions of tiles have advanced (S3), and tells
// of cells of the grid only: no feature, no id, no count leaves here (S10). It collects changes in windows:
// the first change is told at once, the next ones together when the window is over. An event is encoded
// once for a window and set of layers, whatever the number of clients, and each of them has its place in
// the set's queue of the last events; who falls out of it gets one reset instead.
//
// # Routes
//
//	GET /live?layers=a,b&since=EPOCH.SET-SEQ
//
// Without layers a stream is of all that the request may see. One that a token opens ends with it.
//
// [Hub.Notify] is for one goroutine at a time; everything else may be used from any.
package live

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
)

// Defaults of [Options].
const (
	// DefaultClients is the most streams at once.
	DefaultClients = 10_000
	// DefaultSets is the most different sets of layers that are followed at once.
	DefaultSets = 1024
	// DefaultRecent is how many windows are kept for clients that come back, and DefaultRecentCells how many
	// cells these may have together, eight bytes each.
	DefaultRecent      = 1024
	DefaultRecentCells = 1 << 18
)

// The window in which changes are collected after one was told: minWindow, doubled up to maxWindow while
// the clients do not keep up.
const (
	minWindow = 50 * time.Millisecond
	maxWindow = 200 * time.Millisecond
)

// Options are a hub's bounds. Zero numbers are the defaults.
type Options struct {
	// Epoch names the history that sequences count in, of letters and digits: a client may resume only
	// within it. The same name in another process promises the same history. "" is a random name.
	Epoch string
	// Clients, Sets, Recent and RecentCells are the bounds that the defaults above describe, the last two of each audience.
	Clients, Sets, Recent, RecentCells int
}

func (o Options) withDefaults() Options {
	if o.Epoch == "" {
		o.Epoch = strings.ToLower(rand.Text()[:16])
	}
	for _, bound := range []struct {
		n   *int
		std int
	}{
		{&o.Clients, DefaultClients},
		{&o.Sets, DefaultSets},
		{&o.Recent, DefaultRecent},
		{&o.RecentCells, DefaultRecentCells},
	} {
		if *bound.n == 0 {
			*bound.n = bound.std
		}
	}
	return o
}

// Hub is the streams of all layers.
type Hub struct {
	opts    Options
	doors   *api.Layers
	layers  map[layers.Name]*layer
	metrics *metrics
	wake    chan struct{} // holds one: there is something pending
	ended   chan struct{} // closed when Run ended

	// behind is how many events are in queues that clients have not written yet, over all clients.
	behind atomic.Int64

	mu      sync.Mutex
	running bool
	tick    uint64 // counts what was told
	pending window
	recent  map[view.Audience]*recent
	groups  map[string]*group
	clients int
}

// layer is what the hub knows of one.
type layer struct {
	*api.Layer
	name layers.Name
	zoom uint8 // of its cells
	own  bool  // it is in no log, and its states have numbers that mean nothing elsewhere: its changes take those of others

	// The hub's mutex protects these.
	told    layers.Seq // everything of it up to here was told, of this state perhaps a part
	start   layers.Seq // what it was when clients could first follow
	base    layers.Seq // what it was before the oldest window that is remembered
	reached uint64     // the tick of that, 0 at the start
	dropped uint64     // the tick of the last window with something of it that is remembered no more, 0 for none
}

// New returns the hub of all layers, of which a request may follow what ls shows it. Streams are accepted from
// [Hub.Start] to the end of [Hub.Run].
func New(all []*api.Layer, ls *api.Layers, m *telemetry.Metrics, opts Options) *Hub {
	opts = opts.withDefaults()
	h := &Hub{
		opts: opts, doors: ls, layers: map[layers.Name]*layer{}, groups: map[string]*group{},
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
		recent: map[view.Audience]*recent{},
	}
	for _, l := range all {
		h.layers[l.Name()] = &layer{
			Layer: l, name: l.Name(), zoom: min(topZoom, l.Tiles.Options().MaxZoom), own: l.Analysis != nil || l.Tables != nil,
		}
		h.recent[l.Audience] = &recent{most: opts.Recent, mostCells: opts.RecentCells}
	}
	h.metrics = newMetrics(m, h)
	return h
}

// Epoch returns the name of the history, see [Options].
func (h *Hub) Epoch() string { return h.opts.Epoch }

// Notify takes note of a change that is visible and whose versions have advanced. Sequences never fall;
// several changes may share one. It waits for nobody.
func (h *Hub) Notify(d layers.Delta) {
	l := h.layers[d.Layer]
	if l == nil {
		return
	}
	h.mu.Lock()
	h.pending.note(l, &d)
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default: // it will be seen with what woke already
	}
}

// Run tells clients of changes until ctx is done, then ends all streams and returns nil. It may be called
// once, after [Hub.Start].
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	wait := minWindow
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		}
		wait = h.nextWindow(wait)
		h.metrics.window.Set(wait.Seconds())
		h.tell()
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
	}
}

// Start notes the state from which clients can follow, and accepts streams. It is called once, when the
// layers are as they are to be served first. epoch is [Options.Epoch] once that is known, or "".
func (h *Hub) Start(epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if epoch != "" {
		h.opts.Epoch = epoch
	}
	for _, l := range h.layers {
		if !l.own {
			l.told = l.View.Now().Seq()
		}
	}
	for _, l := range h.layers {
		if l.own {
			l.told = h.newestBeside(l)
		}
		l.start, l.base = l.told, l.told
	}
	h.running = true
}

// nextWindow returns the window after one of a length. The measure of pressure is how many events of the
// last windows still wait to be written when the next ones are due: more than a tenth of the clients has
// one, so that a few slow clients do not slow down the others.
func (h *Hub) nextWindow(last time.Duration) time.Duration {
	h.mu.Lock()
	clients := h.clients
	h.mu.Unlock()
	if 10*h.behind.Load() > int64(clients) {
		return min(2*last, maxWindow)
	}
	return max(last/2, minWindow)
}

// tell puts what is pending into the queues of all sets that it is about.
func (h *Hub) tell() {
	h.mu.Lock()
	w := h.pending
	h.pending = window{}
	h.mu.Unlock()

	parts := make(map[layers.Name][]byte, len(w.dirty))
	for l, d := range w.dirty {
		parts[l.name] = d.append(nil, l)
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	h.remember(&w)
	for _, g := range h.groups {
		seq := newestOf(g.layers)
		frame := h.change(g, seq, parts)
		if frame != nil {
			h.behind.Add(int64(g.clients))
			h.metrics.change.Add(g.clients)
		}
		g.publish(seq, frame)
	}
}

// remember moves the numbers of the layers of a window, and keeps it for clients that come back. h.mu is held.
func (h *Hub) remember(w *window) {
	h.tick++
	for l, m := range w.moved {
		m.prev = l.told
		if !l.own {
			l.told = max(l.told, m.last)
		}
		w.moved[l] = m
	}
	byAudience := map[view.Audience]*window{}
	for l, m := range w.moved {
		if l.own {
			l.told = max(l.told, h.newestBeside(l))
		}
		m.last = l.told
		d := w.dirty[l]
		if d == nil && m.prev == m.last {
			continue
		}
		part := byAudience[l.Audience]
		if part == nil {
			part = &window{tick: h.tick, moved: map[*layer]move{}}
			byAudience[l.Audience] = part
		}
		part.moved[l] = m
		if d != nil {
			*part.of(l) = *d
		}
	}
	for audience, part := range byAudience {
		h.recent[audience].add(*part)
	}
}

// newestBeside returns the newest number that was told of a layer in the log which all who see l may see. h.mu is held.
func (h *Hub) newestBeside(l *layer) (seq layers.Seq) {
	for _, other := range h.layers {
		if !other.own && (other.Audience.Open() || other.Audience == l.Audience) {
			seq = max(seq, other.told)
		}
	}
	return seq
}

// change returns the event of the parts that are about some layers of a set, nil when none is. seq is the set's number.
func (h *Hub) change(g *group, seq layers.Seq, parts map[layers.Name][]byte) []byte {
	var frame []byte
	for _, l := range g.layers {
		part := parts[l.name]
		if part == nil {
			continue
		}
		if frame == nil {
			frame = h.open(g, eventChange, seq)
		}
		frame = append(frame, part...)
		frame = append(frame, ',')
	}
	if frame == nil {
		return nil
	}
	return shut(frame)
}

// join makes a client one of a set's. The problem is "" or why it may not.
func (h *Hub) join(names []layers.Name) (g *group, next uint64, problem string) {
	key := keyOf(names)
	h.mu.Lock()
	defer h.mu.Unlock()
	g = h.groups[key]
	switch {
	case h.clients >= h.opts.Clients:
		return nil, 0, boundClients
	case g == nil && len(h.groups) >= h.opts.Sets:
		return nil, 0, boundSets
	case g == nil:
		list := make([]*layer, len(names))
		for i, name := range names {
			list[i] = h.layers[name]
		}
		g = newGroup(key, list)
		h.groups[key] = g
	}
	h.clients++
	g.clients++
	return g, g.head, ""
}

// keyOf returns the name of a set: its layers' names, sorted, joined by commas.
func keyOf(names []layers.Name) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

// leave ends a client of a set that has taken the events before next.
func (h *Hub) leave(g *group, next uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.behind.Add(-int64(g.head - next)) //nolint:gosec // events that wait, far fewer than 2⁶³
	h.clients--
	if g.clients--; g.clients == 0 {
		delete(h.groups, g.key)
	}
}

// Package past holds states of layers that never change any more, and their tiles: layers as they were, and
// snapshots that were pinned. It knows how to keep few of them; what makes one is its caller's.
//
//	request ──► States ──► held? ──────────────────────────► Tile ──► kept? ──► bytes
//	                        │ no: one flight for all who ask   │ no: build, at most so many at once
//	                        └► queue ──► made, one at a time   └► least recently used go first
//
// All of it is bounded: how many states are held and what they take, how many wait to be made, the bytes of
// tiles, and the builds under way. A state that nobody asked for in a while is let go, and one is let go at once
// when something in it was erased ([Past.Drop], [Past.Hold]): what is under way then ends with [ErrHeld], so
// that no state and no tile from before comes back (S10).
//
// Everything may be used from any goroutine.
package past

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles"
)

// The reasons for which there is no state now. Each is one to try again but ErrTooLarge.
var (
	// ErrBusy says that too many states wait to be made, or that one took too long.
	ErrBusy = errors.New("past: too many states are being made")
	// ErrHeld says that the past waits while something is erased from it, or that it was meanwhile.
	ErrHeld = errors.New("past: something is being erased")
	// ErrTooLarge says that a state takes more than all may together.
	ErrTooLarge = errors.New("past: the state is too large")
)

// Options bound what is held. The zero value is the defaults.
type Options struct {
	// States is how many are held at most, one a layer; 0 means 8.
	States int
	// Memory is about how many bytes the states held take at most, beside the one that is being made; 0 means
	// 1 GiB.
	Memory int64
	// Queue is how many makings of states wait for their turn at most; 0 means 8.
	Queue int
	// Wait is how long a request waits for a state; 0 means 30 s. What is being made is made to its end.
	Wait time.Duration
	// Idle is how long a state is held that nobody asks for; 0 means 10 minutes.
	Idle time.Duration
	// TileBytes is about how many bytes of tiles are kept; 0 means 64 MiB.
	TileBytes int64
	// Builds is how many tiles are built or encoded at once; 0 means GOMAXPROCS.
	Builds int
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// State is one layer as it was. It never changes.
type State struct {
	// View is what everybody may see of it.
	View *view.View
	// Tiles builds its tiles; made for the schema of View.
	Tiles *tiles.Builder
	// Bytes is what it takes that nobody else holds.
	Bytes int64
	// Since is the first sequence at which the layer was like this: the state is that of every sequence from
	// here to the one it was made for.
	Since layers.Seq

	id uint64 // of those held, from 1
}

// Make makes the states of layers, in their order.
type Make func(ctx context.Context, names []layers.Name) ([]*State, error)

// held is a state that is held.
type held struct {
	*State
	from string
	upTo layers.Seq // the last sequence that it is known to be the state of
	used time.Time
}

// Past holds states.
type Past struct {
	o       Options
	metrics *metrics
	tiles   *kept
	builds  *gate
	making  chan struct{} // holds a token while a state is made

	mu      sync.Mutex
	states  []*held // most recently used first
	ids     uint64
	flights map[string]*flight
	holds   int
	closed  bool
}

// New returns a Past that holds nothing.
func New(o Options, m *telemetry.Metrics) *Past {
	o.setDefaults()
	p := &Past{o: o, making: make(chan struct{}, 1), flights: map[string]*flight{}}
	p.tiles = newKept(o.TileBytes)
	p.metrics = newMetrics(p, m)
	p.builds = newGate(o.Builds, p.metrics)
	return p
}

// Memory returns the bytes that the states may take.
func (p *Past) Memory() int64 { return p.o.Memory }

// States returns the states of layers at a sequence, in the order of names, which how makes if they are not held.
// from says of what: "" for the log, else the name of a snapshot. The error is [ErrBusy], [ErrHeld], [ErrTooLarge],
// ctx's or that of how.
func (p *Past) States(ctx context.Context, from string, seq layers.Seq, names []layers.Name, how Make) ([]*State, error) {
	list, missing, f, err := p.join(from, seq, names, how)
	if err != nil || len(missing) == 0 {
		return list, err
	}
	timer := time.NewTimer(p.o.Wait)
	defer timer.Stop()
	select {
	case <-f.done:
		p.leave(f, false)
	case <-ctx.Done():
		p.leave(f, false)
		return nil, ctx.Err()
	case <-timer.C:
		p.leave(f, true)
		p.metrics.late.Add(1)
		return nil, ErrBusy
	}
	made, err := f.result()
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if list[i] == nil {
			list[i] = made[slices.Index(missing, name)]
		}
	}
	return list, nil
}

// join finds what is held, and for the rest a flight, of which it makes the caller one more who waits.
func (p *Past) join(from string, seq layers.Seq, names []layers.Name, how Make) (list []*State, missing []layers.Name, f *flight, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds > 0 || p.closed {
		p.metrics.held.Add(1)
		return nil, nil, nil, ErrHeld
	}
	list, missing = p.find(from, seq, names)
	if len(missing) == 0 {
		return list, nil, nil, nil
	}
	if len(names) > p.o.States {
		p.metrics.large.Add(1)
		return nil, nil, nil, ErrTooLarge
	}
	key := flightKey(from, seq, missing)
	f = p.flights[key]
	if f == nil {
		if len(p.flights) > p.o.Queue {
			p.metrics.full.Add(1)
			return nil, nil, nil, ErrBusy
		}
		f = p.start(key, from, seq, missing, how)
	}
	f.waiters++
	return list, missing, f, nil
}

// find returns the states that are held, nil for those that are not, and which these are. The mutex is held.
func (p *Past) find(from string, seq layers.Seq, names []layers.Name) (list []*State, missing []layers.Name) {
	list = make([]*State, len(names))
	for i, name := range names {
		at := slices.IndexFunc(p.states, func(h *held) bool {
			return h.from == from && h.View.Name() == name && h.Since <= seq && seq <= h.upTo
		})
		if at < 0 {
			missing = append(missing, name)
			continue
		}
		h := p.states[at]
		h.used = p.o.Now()
		copy(p.states[1:at+1], p.states[:at])
		p.states[0] = h
		list[i] = h.State
	}
	return list, missing
}

// hold holds a state, and lets others go for it. The mutex is held.
func (p *Past) hold(from string, seq layers.Seq, s *State) {
	for _, h := range p.states { // it is known already, for fewer sequences
		if h.from == from && h.View.Name() == s.View.Name() && h.Since == s.Since {
			h.upTo = max(h.upTo, seq)
			if s.id == 0 { // else others may be reading it
				s.id = h.id
			}
			return
		}
	}
	if s.id == 0 {
		p.ids++
		s.id = p.ids
	}
	p.states = slices.Insert(p.states, 0, &held{State: s, from: from, upTo: seq, used: p.o.Now()})
	for n := len(p.states); n > 1 && (n > p.o.States || p.bytes() > p.o.Memory); n = len(p.states) {
		p.drop(func(h *held) bool { return h == p.states[n-1] })
		p.metrics.room.Add(1)
	}
}

// bytes is what the states take. The mutex is held.
func (p *Past) bytes() int64 {
	var n int64
	for _, h := range p.states {
		n += h.Bytes
	}
	return n
}

// drop lets states go, and their tiles. The mutex is held.
func (p *Past) drop(which func(*held) bool) (n int) {
	last := len(p.states)
	var gone []uint64
	p.states = slices.DeleteFunc(p.states, func(h *held) bool {
		if !which(h) {
			return false
		}
		gone = append(gone, h.id)
		return true
	})
	p.tiles.forget(gone)
	return last - len(p.states)
}

// Drop lets go of the states of a layer, "" for all, that come from the log, "", or a snapshot, and of what is being
// made of them: what is asked for next is made anew.
func (p *Past) Drop(from string, layer layers.Name) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.drop(func(h *held) bool { return h.from == from && (layer == "" || h.View.Name() == layer) })
	p.metrics.erased.Add(n)
	for key, f := range p.flights {
		if f.from == from && (layer == "" || slices.Contains(f.names, layer)) {
			p.abandon(key, f)
		}
	}
}

// Hold lets everything go, waits until nothing is being made any more, and keeps it so until release is called:
// meanwhile whoever asks gets [ErrHeld]. The error is ctx's.
func (p *Past) Hold(ctx context.Context) (release func(), err error) {
	p.mu.Lock()
	p.holds++
	p.metrics.erased.Add(p.drop(func(*held) bool { return true }))
	var under []*flight
	for key, f := range p.flights {
		under = append(under, f)
		p.abandon(key, f)
	}
	p.mu.Unlock()
	var once sync.Once
	release = func() {
		once.Do(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.holds--
		})
	}
	for _, f := range under {
		select {
		case <-f.ended:
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		}
	}
	// One that was abandoned before may still be at it.
	select {
	case p.making <- struct{}{}:
		<-p.making
		return release, nil
	case <-ctx.Done():
		release()
		return nil, ctx.Err()
	}
}

// Run lets states go that nobody asks for until ctx is done; then it ends what is being made, waits for it, and
// returns nil. From then on there is no past.
func (p *Past) Run(ctx context.Context) error {
	ticker := time.NewTicker(max(p.o.Idle/10, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.expire()
		case <-ctx.Done():
			p.mu.Lock()
			p.closed = true
			p.mu.Unlock()
			release, err := p.Hold(context.WithoutCancel(ctx))
			if err == nil {
				release()
			}
			return nil
		}
	}
}

// expire lets the states go that nobody asked for in a while.
func (p *Past) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.o.Now().Add(-p.o.Idle)
	p.metrics.idle.Add(p.drop(func(h *held) bool { return h.used.Before(since) }))
}

// flightKey names a flight.
func flightKey(from string, seq layers.Seq, names []layers.Name) string {
	var b strings.Builder
	b.WriteString(from)
	b.WriteByte('@')
	b.Write(appendSeq(nil, seq))
	for _, name := range names {
		b.WriteByte(',')
		b.WriteString(string(name))
	}
	return b.String()
}

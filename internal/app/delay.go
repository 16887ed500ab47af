package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/view"
)

// How a view is shown late.
//
// What follows from a commit for a view with a delay waits, redacted, in buckets of a sixty-fourth of the delay, by id:
// of several changes of a feature in one bucket the last counts. A bucket is shown as one state once its last change is
// as old as the delay, so that nothing is ever early, and late by a sixty-fourth and two seconds at most. The state has
// the number of the newest commit in it, or the one behind the view's own if that is higher.
//
// Nothing that waits outlives the process, so behind a start it takes the whole state: it is redacted aside, and takes
// the place of the view's store once it is as old as the delay. Until then the view stays as it is: as it was before the
// start with a data folder (delaykept.go), else empty. The same happens when too much waits: what waits is let go, and the state of that moment takes its place. If too much
// waits again before that is shown nothing waits any more, and once it is shown the state of then is taken. So a view
// whose layer changes more than it can hold is shown in steps, never early, and never with anything missing.
//
// What is erased from the layer does not wait: it leaves what is shown, what waits and what is made aside at once.

// Bounds of what waits, for each view.
const (
	maxLate      = 1 << 17  // changes
	maxLateBytes = 64 << 20 // about, of ids, texts and vertices
	lateBuckets  = 64       // of a delay
)

// lateTick is how often views are looked at that show something late.
const lateTick = time.Second

// delayed is what a view with a delay does not show yet. It is guarded by the mutex of its store.
type delayed struct {
	delay       time.Duration
	most, bound int // changes and bytes; replaced in tests

	buckets        []lateBucket // the oldest first
	waiting, bytes int          // of buckets

	wanted *layers.Snapshot // to be made pending; nil when nothing is
	making bool             // what was wanted is being made
	// pending is a state aside; it and what comes before it take the store's place at its time.
	pending *layers.Layer
	at      time.Time // when what is wanted, made or pending is due
	erased  []layers.FeatureID
	behind  bool // nothing waits: the state is taken once pending is shown

	resyncs *telemetry.Counts
}

// lateBucket is what becomes visible together.
type lateBucket struct {
	from    time.Time
	seq     layers.Seq
	changes map[layers.FeatureID]lateChange
}

// lateChange is a change and about how many bytes it has.
type lateChange struct {
	layers.Change
	bytes int
}

func newDelayed(delay time.Duration, resyncs *telemetry.Counts) *delayed {
	return &delayed{delay: delay, most: maxLate, bound: maxLateBytes, resyncs: resyncs}
}

// width is how long a bucket takes changes.
func (l *delayed) width() time.Duration { return max(l.delay/lateBuckets, time.Second) }

// taking reports whether a state takes the place of what is shown, and changes have to wait for that.
func (l *delayed) taking() bool { return l.wanted != nil || l.making || l.pending != nil }

// take has a state shown when it is as old as the delay, instead of all that waits.
func (l *delayed) take(state *layers.Snapshot, now time.Time) {
	l.clear()
	l.wanted, l.at, l.erased = state, now.Add(l.delay), nil
}

// clear lets go of what waits.
func (l *delayed) clear() { l.buckets, l.waiting, l.bytes = nil, 0, 0 }

// put has changes wait that the commit seq of the layer made, whose state is after.
func (l *delayed) put(changes []layers.Change, seq layers.Seq, after *layers.Snapshot, v *liveView, now time.Time) {
	if l.behind || len(changes) == 0 {
		return
	}
	if n := len(l.buckets); n == 0 || now.Sub(l.buckets[n-1].from) >= l.width() {
		l.buckets = append(l.buckets, lateBucket{from: now, changes: map[layers.FeatureID]lateChange{}})
	}
	b := &l.buckets[len(l.buckets)-1]
	b.seq = seq
	for i := range changes {
		c := owned(&changes[i])
		id := c.Feature.ID
		if old, there := b.changes[id]; there {
			l.bytes -= old.bytes
		} else {
			l.waiting++
		}
		b.changes[id] = c
		l.bytes += c.bytes
	}
	if l.waiting <= l.most && l.bytes <= l.bound {
		return
	}
	l.resyncs.With(string(v.view.Name()), "full").Add(1)
	if l.taking() {
		l.clear()
		l.behind = true
		return
	}
	l.take(after, now)
}

// owned returns a change that shares no memory with a store, whose blocks would stay as long as it waits.
func owned(c *layers.Change) lateChange {
	const overhead = 200 // of an entry of a map, a feature and its slices
	o := lateChange{*c, overhead + len(c.Feature.ID) + geometryBytes(c.Feature.Geometry)}
	o.Feature.ID = layers.FeatureID(strings.Clone(string(c.Feature.ID)))
	for i, v := range o.Feature.Values { // the slice is the redactor's, and new
		o.Feature.Values[i] = v.Clone()
		o.bytes += 32 + len(v.Text())
	}
	return o
}

// geometryBytes is about how many bytes a geometry takes.
func geometryBytes(g orb.Geometry) int {
	const header, position = 24, 16
	switch g := g.(type) {
	case orb.MultiPoint:
		return header + position*len(g)
	case orb.LineString:
		return header + position*len(g)
	case orb.MultiLineString:
		n := header
		for _, line := range g {
			n += geometryBytes(line)
		}
		return n
	case orb.Polygon:
		n := header
		for _, ring := range g {
			n += header + position*len(ring)
		}
		return n
	case orb.MultiPolygon:
		n := header
		for _, polygon := range g {
			n += geometryBytes(polygon)
		}
		return n
	default: // a point, or none
		return position
	}
}

// erase takes a feature out of what waits and what is aside.
func (l *delayed) erase(id layers.FeatureID) error {
	for i := range l.buckets {
		if old, there := l.buckets[i].changes[id]; there {
			l.bytes -= old.bytes
			l.waiting--
			delete(l.buckets[i].changes, id)
		}
	}
	if l.wanted != nil || l.making {
		l.erased = append(l.erased, id)
	}
	if l.pending == nil {
		return nil
	}
	return drop(l.pending, id, 0)
}

// drop deletes a feature from a store, if it has it.
func drop(store *layers.Layer, id layers.FeatureID, seq layers.Seq) error {
	if _, there := store.Snapshot().Find(id); !there {
		return nil
	}
	_, err := store.Apply(layers.Batch{Layer: store.Name(), Changes: []layers.Change{{Op: layers.Delete, Feature: layers.Feature{ID: id}}}, Seq: seq})
	return err
}

// eraseNow takes what a commit erases out of a view with a delay, and returns what that changes in what is shown, and
// the changes that are left of those that the commit means for the view. after is the layer's state behind it: what came
// back in the same commit has to be shown again, also where it is what it was before.
func (v *liveView) eraseNow(commit, changes []layers.Change, seq layers.Seq, after *layers.Snapshot) (delta layers.Delta, left []layers.Change, err error) {
	var gone []layers.Change
	for i := range commit {
		if commit[i].Op != layers.Erase {
			continue
		}
		id := v.redactor.ID(commit[i].Feature.ID)
		if err := v.late.erase(id); err != nil {
			return layers.Delta{}, nil, err
		}
		changes = slices.DeleteFunc(changes, func(c layers.Change) bool { return c.Feature.ID == id })
		if row, back := after.Find(commit[i].Feature.ID); back {
			if f, shown := v.redactor.Row(row); shown {
				changes = append(changes, layers.Change{Op: layers.Upsert, Feature: f})
			}
		}
		if _, there := v.store().Snapshot().Find(id); there {
			gone = append(gone, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}})
		}
	}
	if len(gone) == 0 {
		return layers.Delta{}, changes, nil
	}
	delta, err = v.store().Apply(layers.Batch{Layer: v.view.Name(), Changes: gone, Seq: max(seq, v.store().Snapshot().Seq()+1)})
	return delta, changes, err
}

// showLate shows what is due until ctx is done.
func (s *Store) showLate(ctx context.Context, log *slog.Logger) {
	for range every(ctx, lateTick) {
		for _, v := range s.views {
			if v.late == nil {
				continue
			}
			if err := s.stepLate(ctx, v); err != nil && ctx.Err() == nil {
				log.Error("a view with a delay cannot be shown", slog.String("view", string(v.view.Name())), slog.Any("error", err))
			}
		}
	}
}

// late reports whether any view is shown late.
func (s *Store) late() bool {
	for _, v := range s.views {
		if v.late != nil {
			return true
		}
	}
	return false
}

// stepLate makes what is wanted of a view and shows what is due. Only one goroutine may call it.
func (s *Store) stepLate(ctx context.Context, v *liveView) error {
	if err := s.makePending(ctx, v); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, now := v.late, s.now()
	if l.pending != nil && !now.Before(l.at) {
		if err := s.swap(v, now); err != nil {
			return err
		}
	}
	for !l.taking() && len(l.buckets) > 0 && !now.Before(l.buckets[0].from.Add(l.width()+l.delay)) {
		b := l.buckets[0]
		l.buckets = l.buckets[1:]
		shown := v.store().Snapshot()
		batch := layers.Batch{Layer: v.view.Name(), Seq: max(b.seq, shown.Seq()+1)}
		for _, c := range b.changes {
			if !view.Shows(shown, &c.Change) {
				batch.Changes = append(batch.Changes, c.Change)
			}
			l.bytes -= c.bytes
		}
		l.waiting -= len(b.changes)
		if len(batch.Changes) == 0 { // what came and went meanwhile was never shown, and nobody may learn that it was there
			continue
		}
		delta, err := v.store().Apply(batch)
		if err != nil { // a defect: what the store has goes on to be shown
			return err
		}
		s.shown(v.fresh, &delta, api.Passage{Observed: v.newestOf(batch.Changes)})
	}
	return nil
}

// swap puts the pending state of a view in the place of its store. s.mu is held.
func (s *Store) swap(v *liveView, now time.Time) error {
	l := v.late
	next := l.pending
	l.pending = nil
	if last := v.store().Snapshot().Seq(); next.Snapshot().Seq() <= last { // something was erased since it was taken
		if _, err := next.Apply(layers.Batch{Layer: next.Name(), Seq: last + 1}); err != nil {
			return err
		}
	}
	v.kept.Store(next)
	state := next.Snapshot()
	s.shown(v.fresh, &layers.Delta{Layer: v.view.Name(), Seq: state.Seq(), Inserted: state.Count(), Everywhere: true}, api.Passage{})
	if l.behind {
		l.behind = false
		l.take(v.of.Snapshot(), now)
	}
	return nil
}

// makePending redacts the state that is wanted of a view, while the store goes on.
func (s *Store) makePending(ctx context.Context, v *liveView) error {
	l := v.late
	s.mu.Lock()
	state := l.wanted
	l.wanted, l.making = nil, state != nil
	s.mu.Unlock()
	if state == nil {
		return nil
	}
	next, err := layers.New(v.store().Schema(), layers.Options{})
	if err == nil {
		_, err = v.fill(ctx, next, state)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.making = false
	if err != nil {
		l.wanted = state // again at the next tick
		return err
	}
	l.pending = next
	for _, id := range l.erased {
		if err := drop(next, id, 0); err != nil {
			return err
		}
	}
	l.erased = nil
	return nil
}

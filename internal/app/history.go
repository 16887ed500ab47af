package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	api "hutong/api/snapshot"
	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/journal"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
	"hutong/tiles/past"
)

// How a layer is served as it was.
//
//  1. A moment becomes a sequence: that of the last message that was durable then (moments.go).
//  2. A layer that has not changed since is taken as it is. Else the newest checkpoint up to the sequence is pinned,
//     with the log behind it, loaded into a layer of its own, and the log applied up to the sequence.
//  3. Package tiles/past holds what was made, and its tiles.
//
// Once something was erased from a layer, no sequence of it from before is served any more (S10), whether log and
// checkpoints are without it already or not: what is held of it is let go when the erasure is applied, and the last
// erasure of each layer stands in the notes of the checkpoints. While an erasure is under way nothing of the past is
// served, so that nothing keeps the files that have to go.

// maxPastFeatures is how many features the layers may have of which a past state is made.
const maxPastFeatures = 20_000_000

// erasedNote is the note with the last erasure of each layer.
const erasedNote = "erased"

// history is the past of a city with a data folder.
type history struct {
	app      *App
	states   *past.Past
	changing chan struct{} // holds a token while something is pinned, unpinned or erased
	moments  moments
}

var _ api.Source = (*history)(nil)

// newHistory returns the past of a city; nil when it keeps nothing.
func newHistory(a *App, m *telemetry.Metrics) *history {
	if a.city.Data == nil {
		return nil
	}
	h := &history{app: a, states: past.New(a.city.Data.Past, m), changing: make(chan struct{}, 1)}
	a.store.forget = func(layer layers.Name, _ layers.Seq) {
		h.states.Drop("", layer)
		a.durable.note(erasedNote, a.store.erased)
	}
	return h
}

// source returns h for the surface: nothing, not a nil of some type, when there is none.
func (h *history) source() api.Source {
	if h == nil {
		return nil
	}
	return h
}

// remember takes the last erasures from the note of a checkpoint.
func (s *Store) remember(note json.RawMessage) error {
	if note == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := json.Unmarshal(note, &s.erased); err != nil {
		return fmt.Errorf("app: the checkpoint's note of erasures: %w", err)
	}
	return nil
}

// erasedFrom returns the last erasure of layers, 0 when there was none.
func (s *Store) erasedFrom(names []layers.Name) (last layers.Seq) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		last = max(last, s.erased[name])
	}
	return last
}

// change waits for its turn among what changes the past, and then for the end of its context.
func (h *history) change(ctx context.Context) (release func(), err error) {
	select {
	case h.changing <- struct{}{}:
		return func() { <-h.changing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hold keeps everybody from the past until release is called. A nil history has nothing to hold.
func (h *history) hold(ctx context.Context) (release func(), err error) {
	if h == nil {
		return func() {}, nil
	}
	done, err := h.change(ctx)
	if err != nil {
		return nil, err
	}
	let, err := h.states.Hold(ctx)
	if err != nil {
		done()
		return nil, err
	}
	return func() { let(); done() }, nil
}

// check returns why a past of layers is not served, or nil. What everybody may see of a layer must be the layer but for
// its private fields: a checkpoint has all of it.
func (h *history) check(names []layers.Name) error {
	for _, name := range names {
		public := h.app.store.public.Named(name)
		if public == nil {
			return fmt.Errorf("%w: %s", layers.ErrLayer, name)
		}
		if l := h.app.store.layers[name]; l == nil || public.View != l.view {
			return fmt.Errorf("%w: %s", api.ErrView, name)
		}
	}
	return nil
}

// AsOf returns layers as they were at a sequence.
func (h *history) AsOf(ctx context.Context, seq layers.Seq, names []layers.Name) ([]*past.State, error) {
	list, err := h.states.States(ctx, "", seq, names, func(ctx context.Context, names []layers.Name) ([]*past.State, error) {
		return h.make(ctx, seq, names)
	})
	if err != nil {
		return nil, err
	}
	if h.app.store.erasedFrom(names) > seq { // since Seq has looked
		return nil, past.ErrHeld
	}
	return list, nil
}

// make makes past states.
func (h *history) make(ctx context.Context, seq layers.Seq, names []layers.Name) ([]*past.State, error) {
	list := make([]*past.State, len(names))
	var older []layers.Name
	for i, name := range names {
		public := h.app.store.public.Named(name)
		v := public.View.Timeless().Now()
		if v.Seq() > seq {
			older = append(older, name)
			continue
		}
		// It is as it was. What later changes leave of this state alone is not more than all of it.
		list[i] = &past.State{View: v, Tiles: h.app.store.layers[name].past, Since: v.Seq(), Bytes: min(int64(v.Bytes()), h.states.Memory())}
	}
	if len(older) == 0 {
		return list, nil
	}
	made, err := h.app.durable.asOf(ctx, seq, older, h.states.Memory())
	if errors.Is(err, errPruned) {
		first, _ := h.first(names)
		return nil, first
	}
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if list[i] != nil {
			continue
		}
		l := made[slices.Index(older, name)]
		s := l.Snapshot()
		list[i] = &past.State{
			View: view.Public(l).Now(), Tiles: h.app.store.layers[name].past, Since: s.Seq(), Bytes: int64(s.Bytes()),
		}
	}
	return list, nil
}

// errPruned says that what a state is made from has gone since its sequence was found.
var errPruned = errors.New("app: the state is not kept any more")

// brokenTries is how many damaged checkpoints are passed over for older ones.
const brokenTries = 3

// asOf returns layers of their own, as those of the store were at a sequence. limit is the bytes they may take.
func (d *durable) asOf(ctx context.Context, seq layers.Seq, names []layers.Name, limit int64) (list []*layers.Layer, err error) {
	for range brokenTries {
		list, err = d.tryAsOf(ctx, seq, names, limit)
		if !errors.Is(err, checkpoint.ErrBroken) {
			break
		}
	}
	if errors.Is(err, checkpoint.ErrNone) || errors.Is(err, checkpoint.ErrBroken) || errors.Is(err, journal.ErrGone) { // since Seq has looked
		return nil, errPruned
	}
	return list, err
}

func (d *durable) tryAsOf(ctx context.Context, seq layers.Seq, names []layers.Name, limit int64) ([]*layers.Layer, error) {
	pinned, err := d.checkpoints.PinAt(seq)
	if err != nil {
		return nil, err
	}
	defer pinned.Release()
	features, in := 0, map[layers.Name]bool{}
	for i := range pinned.Info.Layers {
		if l := &pinned.Info.Layers[i]; slices.Contains(names, l.Name) {
			features += l.Features
			in[l.Name] = true
		}
	}
	if features > maxPastFeatures {
		return nil, fmt.Errorf("%w: %d features", past.ErrTooLarge, features)
	}
	var list []*layers.Layer
	for _, name := range names {
		if !in[name] { // it came later, from files: what it was before no log tells
			return nil, errPruned
		}
		l, err := layers.New(d.store.layers[name].Schema(), layers.Options{})
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	if _, err := pinned.Load(ctx, list); err != nil {
		return nil, err
	}
	if err := fits(list, limit); err != nil {
		return nil, err
	}
	r := newReplay(list)
	if err := d.journal.Read(ctx, pinned.Info.Seq, seq, r.add); err != nil {
		return nil, err
	}
	if err := r.flush(); err != nil {
		return nil, err
	}
	return list, fits(list, limit)
}

// fits returns an error when layers take more bytes than they may.
func fits(list []*layers.Layer, limit int64) error {
	var n int64
	for _, l := range list {
		n += int64(l.Snapshot().Bytes())
	}
	if n > limit {
		return fmt.Errorf("%w: %d bytes", past.ErrTooLarge, n)
	}
	return nil
}

// List returns the snapshots.
func (h *history) List() []*snapshot.Meta { return h.app.durable.snapshots.List() }

// Find returns a snapshot.
func (h *history) Find(name string) (*snapshot.Meta, error) {
	return h.app.durable.snapshots.Find(name)
}

// Tile returns a tile of states.
func (h *history) Tile(ctx context.Context, states []*past.State, t grid.Tile, want compress.Encoding) (*cache.Body, error) {
	return h.states.Tile(ctx, states, t, want)
}

// Hidden reports whether a layer of a snapshot has what not everybody may see any more.
func (h *history) Hidden(l *snapshot.Layer) bool {
	fields, all := h.app.store.hides(l)
	return all || len(fields) > 0
}

// Pinned returns layers of a snapshot.
func (h *history) Pinned(ctx context.Context, m *snapshot.Meta, names []layers.Name) ([]*past.State, error) {
	hidden := slices.DeleteFunc(slices.Clone(names), func(name layers.Name) bool { return !h.Hidden(m.Layer(name)) })
	if len(hidden) > 0 {
		return nil, &api.HiddenError{Layers: hidden}
	}
	return h.states.States(ctx, m.Name, m.Seq, names, func(ctx context.Context, names []layers.Name) ([]*past.State, error) {
		features := 0
		for _, name := range names {
			features += m.Layer(name).Features
		}
		if features > maxPastFeatures {
			return nil, fmt.Errorf("%w: %d features", past.ErrTooLarge, features)
		}
		loaded, err := h.app.durable.snapshots.Load(ctx, m.Name, names)
		if err != nil {
			return nil, err
		}
		var list []*past.State
		for _, l := range loaded {
			builder, err := tiles.New(l.Schema(), tileOptions(&m.Layer(l.Name()).Tiles))
			if err != nil {
				return nil, fmt.Errorf("%w: %s: %w", snapshot.ErrDamaged, m.Name, err)
			}
			list = append(list, &past.State{
				View: view.Public(l).Now(), Tiles: builder, Since: l.Snapshot().Seq(), Bytes: int64(l.Snapshot().Bytes()),
			})
		}
		return list, nil
	})
}

// Pin makes a snapshot.
func (h *history) Pin(ctx context.Context, name string, names []layers.Name, m api.Moment) (*snapshot.Meta, error) {
	release, err := h.change(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	d, store := h.app.durable, h.app.store
	if state, _ := d.journal.Health(); state != journal.StateOK {
		return nil, api.ErrReadOnly
	}
	if err := d.snapshots.CanPin(name); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = h.all()
	}
	meta := snapshot.Meta{
		Name: name, Hutong: telemetry.ReadBuild().Version, TileRules: tiles.Rules, Epoch: d.journal.Epoch(),
		Time: m.Time, Pinned: store.now().UTC(),
	}
	seq, err := h.pinned(ctx, m, names)
	if err != nil {
		return nil, err
	}
	if meta.Time.IsZero() {
		meta.Time = meta.Pinned
	}
	var copies []*layers.Layer
	for _, n := range names { // one at a time, so that no more than one is there twice
		states, err := h.AsOf(ctx, seq, []layers.Name{n})
		if err != nil {
			return nil, err
		}
		l, err := snapshot.Copy(ctx, states[0].View, states[0].Since)
		if err != nil {
			return nil, err
		}
		copies = append(copies, l)
		// Everybody reads it: it is the number of the last message that changed one of the layers, not of one behind it (S10).
		meta.Seq = max(meta.Seq, states[0].Since, firstSeq)
		if err := fits(copies, h.states.Memory()); err != nil {
			return nil, err
		}
		meta.Layers = append(meta.Layers, h.describe(n))
	}
	if m.Seq > 0 {
		if meta.Time, err = h.wasSo(ctx, meta.Seq, seq); err != nil {
			return nil, err
		}
	}
	pinned, err := d.snapshots.Pin(ctx, meta, copies)
	if err == nil && store.erasedFrom(names) > seq { // by another node, meanwhile
		err = errors.Join(past.ErrHeld, d.snapshots.Unpin(name))
	}
	return pinned, err
}

// all returns the layers that have a past that is served, by name.
func (h *history) all() []layers.Name {
	var names []layers.Name
	for _, name := range slices.Sorted(maps.Keys(h.app.store.layers)) {
		if h.check([]layers.Name{name}) == nil {
			names = append(names, name)
		}
	}
	return names
}

// describe returns what a snapshot says of a layer beside its state.
func (h *history) describe(name layers.Name) snapshot.Layer {
	l := h.app.store.public.Named(name)
	o := h.app.store.layers[name].past.Options()
	return snapshot.Layer{
		Name: name, Title: l.Title, Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
		Schema: snapshot.SchemaOf(l.View.Timeless().Schema()),
		Tiles: snapshot.Tiles{
			MinZoom: o.MinZoom, MaxZoom: o.MaxZoom, Extent: o.Extent, Buffer: o.Buffer, Budget: o.Budget,
			Distinct: o.Distinct, Tiny: uint8(o.Tiny), Vertices: o.Vertices,
		},
	}
}

// tileOptions is the reverse of what describe keeps of them.
func tileOptions(t *snapshot.Tiles) tiles.Options {
	return tiles.Options{
		MinZoom: t.MinZoom, MaxZoom: t.MaxZoom, Extent: t.Extent, Buffer: t.Buffer, Budget: t.Budget,
		Distinct: t.Distinct, Tiny: tiles.Tiny(t.Tiny), Vertices: t.Vertices,
	}
}

// Unpin removes a snapshot.
func (h *history) Unpin(ctx context.Context, name string) error {
	release, err := h.change(ctx)
	if err != nil {
		return err
	}
	defer release()
	err = h.app.durable.snapshots.Unpin(name)
	h.states.Drop(name, "")
	return err
}

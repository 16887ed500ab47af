package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"hutong/api"
	"hutong/internal/erasure"
	"hutong/layers"
	"hutong/layers/view"
)

// How views are fed.
//
// A view that only chooses fields reads its layer's own store, and takes nothing but a Delta of its own. Any other
// has a store, which holds what it shows and nothing else, so that no door can tell more. It costs as much memory
// as a layer with those features and fields.
//
//  1. When a layer was loaded, from files or a checkpoint, all of it is redacted into the stores of its views. They
//     are in no checkpoint: what they hold follows from the layer.
//  2. Behind each commit of the layer, under the store's mutex and before anybody is told, each feature that the batch
//     was about is redacted as it was and as it is. If that differs, the view's store changes in a commit of its own
//     with the same number (S1, S8); else there is none, so that nobody learns that there was a change (S10).

// liveView is a view of a layer, beside the one that everybody has.
type liveView struct {
	spec  *View
	of    *liveLayer
	view  *view.Layer
	fresh *api.Freshness
	time  int // position of the time field among those shown, −1 without one

	kept     atomic.Pointer[layers.Layer] // its store; nil for a choice of fields
	redactor *view.Redactor               // into it; nil before there is a secret
	late     *delayed                     // nil without a delay
}

// errNoSecret says that nobody has said where the secret of views is.
var errNoSecret = errors.New("app: a view that moves places or replaces ids needs a secret that outlives the server: give the city a data folder, or a file with a secret")

// what describes what a view shows, for the name of a history. It has nothing of the secret.
func (v *View) what() string {
	p := &v.Policy
	snap := -1
	if p.Snap != nil {
		snap = int(*p.Snap)
	}
	return fmt.Sprintf("%s of %s: %q %q %d %v %v", p.Name, v.Layer, p.Fields, v.Where, snap, p.KeyedIDs, v.Delay)
}

// view adds a view of a layer that is there.
func (n *newStore) view(spec *View) error {
	of := n.layers[spec.Layer]
	if of == nil {
		return fmt.Errorf("app: view %s is of layer %s, which does not exist", spec.Policy.Name, spec.Layer)
	}
	v := &liveView{spec: spec, of: of, fresh: api.NewFreshness(spec.Policy.Name, n.lags)}
	if spec.Delay > 0 {
		v.late = newDelayed(spec.Delay, n.resyncs)
	}
	if err := v.open(); err != nil {
		return err
	}
	if err := n.age(&v.view, &spec.Age); err != nil {
		return err
	}
	v.time = v.view.Schema().FieldIndex(v.view.Schema().TimeField)
	if err := n.serve(true, spec.Drawing, spec.Tiles, &api.Layer{
		View: v.view, Audience: spec.Audience, Title: spec.Title, Description: spec.Description, Licence: spec.Licence,
		Attribution: spec.Attribution, Fresh: v.fresh,
	}); err != nil {
		return err
	}
	of.views = append(of.views, v)
	n.views = append(n.views, v)
	return nil
}

// open makes what is served, and the store if it needs one.
func (v *liveView) open() (err error) {
	p := v.spec.Policy
	if p.Plain() && v.spec.Delay == 0 {
		v.view, err = view.New(v.of.Layer, view.Spec{Name: p.Name, Fields: p.Fields})
		return err
	}
	schema, err := p.Schema(v.of.Schema())
	if err != nil {
		return err
	}
	store, err := layers.New(schema, layers.Options{})
	if err != nil {
		return err
	}
	v.kept.Store(store)
	v.view = view.Of(schema, func() layers.Reader { return v.store().Snapshot() })
	if p.NeedsSecret() {
		return nil // later
	}
	v.redactor, err = view.NewRedactor(v.of.Schema(), p)
	return err
}

// store returns what holds what the view shows, nil for a choice of fields.
func (v *liveView) store() *layers.Layer { return v.kept.Load() }

// newest returns the newest state of what the view is made from.
func (v *liveView) newest() layers.Reader {
	if v.store() != nil {
		return v.store().Snapshot()
	}
	return v.of.Snapshot()
}

// needSecret reports whether a view waits for a secret.
func (s *Store) needSecret() bool {
	for _, v := range s.views {
		if v.store() != nil && v.redactor == nil {
			return true
		}
	}
	return false
}

// hideBy gives the views that wait for it their secret, before anything is loaded.
func (s *Store) hideBy(secret []byte) error {
	for _, v := range s.views {
		if v.store() == nil || v.redactor != nil {
			continue
		}
		p := v.spec.Policy
		p.Secret = secret
		var err error
		if v.redactor, err = view.NewRedactor(v.of.Schema(), p); err != nil {
			return err
		}
	}
	return nil
}

// hideByFile reads the secret of views from a file, if they need one.
func (s *Store) hideByFile(path string) error {
	if path == "" || !s.needSecret() {
		return nil
	}
	secret, err := readSecret(path)
	if err != nil {
		return err
	}
	return s.hideBy(secret)
}

// hideByFolder takes the secret of views from a data folder, if they need one and it was in no other file. made says that the
// folder had none.
func (s *Store) hideByFolder(folder string) (made bool, err error) {
	if !s.needSecret() {
		return false, nil
	}
	secret, made, err := keptSecret(folder)
	if err != nil {
		return false, err
	}
	return made, s.hideBy(secret)
}

// filled is how many redacted features are handed to a load at once.
const filled = 1024

// fillViews fills the views of a layer that was loaded. s.mu is held.
func (s *Store) fillViews(l *liveLayer) error {
	state := l.Snapshot()
	for _, v := range l.views {
		delta := layers.Delta{Layer: v.view.Name(), Seq: state.Seq(), Everywhere: true}
		switch {
		case v.late != nil:
			v.late.resyncs.With(string(v.view.Name()), "start").Add(1)
			v.late.take(state, s.now())
			continue
		case v.store() != nil:
			var err error
			if delta, err = v.fill(context.Background(), v.store(), state); err != nil {
				return fmt.Errorf("app: view %s: %w", v.view.Name(), err)
			}
		}
		s.shown(v.fresh, &delta, api.Passage{})
	}
	return nil
}

// fill redacts a state of the layer into a store that is empty, until ctx is done.
func (v *liveView) fill(ctx context.Context, store *layers.Layer, state *layers.Snapshot) (layers.Delta, error) {
	if v.redactor == nil {
		return layers.Delta{}, errNoSecret
	}
	loader, err := store.Load()
	if err != nil {
		return layers.Delta{}, err
	}
	defer loader.Abort() // nothing once it is finished
	changes := make([]layers.Change, 0, filled)
	if err := v.redactor.Each(state, func(f layers.Feature) error {
		changes = append(changes, layers.Change{Feature: f})
		if len(changes) < filled {
			return nil
		}
		err := loader.Add(changes)
		changes = changes[:0]
		return errors.Join(err, ctx.Err())
	}); err != nil {
		return layers.Delta{}, err
	}
	if err := loader.Add(changes); err != nil {
		return layers.Delta{}, err
	}
	return loader.FinishAt(state.Seq())
}

// showAll tells what a commit of l changed, for it and for its views. before is the state before it. live says that
// somebody may hear of it. An error means that a view is not at the state of its layer, which takes a defect. s.mu is
// held.
func (s *Store) showAll(l *liveLayer, before *layers.Snapshot, changes []layers.Change, d *layers.Delta, p api.Passage, live bool) error {
	var ids []layers.FeatureID
	if len(l.views) > 0 {
		ids = changed(changes, d.Outcomes)
	}
	after := l.Snapshot()
	public := l.view.Delta(d, ids, before, after)
	s.show1(l.fresh, &public, p, live, l.followers...)
	for _, v := range l.views {
		delta, observed, err := v.follow(d, ids, changes, before, after, s.now())
		if err != nil {
			return fmt.Errorf("app: view %s is not at state %d, as its layer is: %w", v.view.Name(), d.Seq, err)
		}
		if !delta.Everywhere && delta.Inserted+delta.Updated+delta.Deleted+len(delta.Places)+len(delta.Boxes) == 0 {
			continue // nobody may learn that there was a change
		}
		own := p
		own.Observed, own.Private = observed, false
		if at := observedBy(l.Schema()); v.store() == nil && at >= 0 && v.view.Schema().FieldIndex(l.Schema().Fields[at].Name) >= 0 {
			own.Observed = p.Observed
		}
		s.show1(v.fresh, &delta, own, live)
	}
	return nil
}

// show1 tells what changed on one layer or view, and on those that follow it.
func (s *Store) show1(fresh *api.Freshness, d *layers.Delta, p api.Passage, live bool, followers ...layers.Name) {
	if live {
		s.shown(fresh, d, p, followers...)
	} else {
		s.advance(d, followers...)
	}
}

// follow brings the view to the state of its layer behind a commit of changes, and returns what changed in it, and the
// newest of the times that came. A view with a delay shows nothing yet, but for erasures.
func (v *liveView) follow(d *layers.Delta, ids []layers.FeatureID, commit []layers.Change, before, after *layers.Snapshot, now time.Time) (delta layers.Delta, observed time.Time, err error) {
	if v.store() == nil {
		return v.view.Delta(d, ids, before, after), time.Time{}, nil
	}
	if v.redactor == nil {
		return layers.Delta{}, time.Time{}, errNoSecret
	}
	var changes []layers.Change
	for _, id := range ids {
		old, was := before.Find(id)
		now, is := after.Find(id)
		if c, differs := v.redactor.Change(id, old, was, now, is); differs {
			changes = append(changes, c)
		}
	}
	if v.late != nil {
		if delta, changes, err = v.eraseNow(commit, changes, d.Seq, after); err == nil {
			v.late.put(changes, d.Seq, after, v, now)
		}
		return delta, time.Time{}, err
	}
	if len(changes) == 0 {
		return layers.Delta{}, time.Time{}, nil
	}
	delta, err = v.store().Apply(layers.Batch{Layer: v.view.Name(), Changes: changes, Seq: d.Seq})
	return delta, v.newestOf(changes), err
}

// newestOf returns the newest of the times that changes of the view's store bring, the zero time if they bring none.
func (v *liveView) newestOf(changes []layers.Change) (newest time.Time) {
	for i := range changes {
		if c := &changes[i]; c.Op == layers.Upsert && v.time >= 0 {
			if at := c.Feature.Values[v.time]; !at.IsNull() && at.Time().After(newest) {
				newest = at.Time()
			}
		}
	}
	return newest
}

// down notes that a source of the layer cannot be read, up that it can, for its views, too.
func (l *liveLayer) down(source string, now time.Time) {
	l.fresh.Down(source, now)
	for _, v := range l.views {
		v.fresh.Down(source, now)
	}
}

func (l *liveLayer) up(source string) {
	l.fresh.Up(source)
	for _, v := range l.views {
		v.fresh.Up(source)
	}
}

// search notes if the view's store has what is shown of a feature that is erased.
func (v *liveView) search(id layers.FeatureID, found *erasure.Places) {
	if v.store() == nil {
		return // it reads the layer's
	}
	state := v.store().Snapshot()
	if _, there := state.Find(v.redactor.ID(id)); there {
		found.Addf("the view %s, state %d", v.view.Name(), state.Seq())
	}
}

// changed returns the ids of the changes that were applied, each once.
func changed(changes []layers.Change, outcomes []layers.Outcome) []layers.FeatureID {
	ids := make([]layers.FeatureID, 0, len(changes))
	seen := make(map[layers.FeatureID]struct{}, len(changes))
	for i := range changes {
		id := changes[i].Feature.ID
		if _, twice := seen[id]; twice || i < len(outcomes) && outcomes[i] != layers.Applied {
			continue
		}
		seen[id] = struct{}{}
		ids = append(ids, id)
	}
	return ids
}

package snapshot

import (
	"context"
	"fmt"
	"path/filepath"

	"hutong/journal/checkpoint"
	"hutong/layers"
	"hutong/layers/view"
)

// copyRows is how many features are copied at once.
const copyRows = 4096

// Copy returns a layer of what a view shows, with no other field: its state is seq. Tiles of it are those of
// the view, byte for byte (S5). Meanwhile the view's features are there twice.
func Copy(ctx context.Context, v *view.View, seq layers.Seq) (*layers.Layer, error) {
	l, err := layers.New(v.Schema(), layers.Options{})
	if err != nil {
		return nil, fmt.Errorf("snapshot: layer %s: %w", v.Name(), err)
	}
	loader, err := l.Load()
	if err != nil {
		return nil, fmt.Errorf("snapshot: layer %s: %w", v.Name(), err)
	}
	defer loader.Abort() // nothing after Finish
	var changes []layers.Change
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		ready, err := v.Schema().Prepare(changes)
		if err == nil {
			err = loader.AddOrdered(ready)
		}
		changes = nil // Prepare keeps them
		return err
	}
	v.Scan(nil, func(f layers.Feature) bool {
		if changes = append(changes, layers.Change{Feature: f}); len(changes) >= copyRows {
			err = flush()
		}
		return err == nil
	})
	if err == nil && len(changes) > 0 {
		err = flush()
	}
	if err == nil {
		_, err = loader.FinishAt(max(seq, 1))
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: layer %s: %w", v.Name(), err)
	}
	return l, nil
}

// Load returns layers of a snapshot, in the order of names, each of which it must have. The error is
// [ErrNotFound], [ErrGone], [ErrDamaged], [ErrNewer], ctx's, or what the disk says.
func (s *Store) Load(ctx context.Context, name string, names []layers.Name) ([]*layers.Layer, error) {
	m, err := s.Find(name)
	switch {
	case err != nil:
		return nil, err
	case m.Gone != nil:
		return nil, ErrGone
	}
	var list []*layers.Layer
	for _, n := range names {
		record := m.Layer(n)
		if record == nil {
			return nil, fmt.Errorf("%w: it has no layer %q", ErrNotFound, n)
		}
		schema, err := record.Schema.Layers(n)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: layer %s: %w", ErrDamaged, name, n, err)
		}
		l, err := layers.New(schema, layers.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w: %s: layer %s: %w", ErrDamaged, name, n, err)
		}
		list = append(list, l)
	}
	kept, err := s.checkpoint(name)
	if err == nil {
		err = load(ctx, kept, m, list)
	}
	if err != nil {
		if now, found := s.Find(name); found != nil { // unpinned, or erased from, meanwhile
			return nil, found
		} else if now.Gone != nil {
			return nil, ErrGone
		}
		return nil, err
	}
	return list, nil
}

// load fills layers from the checkpoint of a snapshot.
func load(ctx context.Context, kept *checkpoint.Store, m *Meta, list []*layers.Layer) error {
	pinned, err := kept.Pin()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
	}
	defer pinned.Release()
	if _, err := pinned.Load(ctx, list); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
	}
	for _, l := range list {
		if want := m.Layer(l.Name()); l.Snapshot().Count() != want.Features || l.Snapshot().Seq() != want.Seq {
			return fmt.Errorf("%w: %s: layer %s has %d features of state %d, not %d of %d", ErrDamaged, m.Name, l.Name(),
				l.Snapshot().Count(), l.Snapshot().Seq(), want.Features, want.Seq)
		}
	}
	return nil
}

// checkpoint opens the checkpoint of a snapshot. It makes no folder: the snapshot may be unpinned, or erased from, since
// it was found, and its name is then free, or has no files any more.
func (s *Store) checkpoint(name string) (*checkpoint.Store, error) {
	kept, err := checkpoint.Open(filepath.Join(s.folder, name, checkpointFolder), checkpoint.Options{Existing: true, Log: s.o.Log})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return kept, nil
}

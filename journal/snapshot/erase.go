package snapshot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hutong/internal/erasure"
	"hutong/journal/atomicfile"
	"hutong/layers"
)

// Erase ends the snapshots that have a feature of a layer: first they say that they are gone, then their files are
// removed. It returns their names. One that cannot be read is in proof.Unsearched. What it was broken off in is
// done when it is called again.
func (s *Store) Erase(ctx context.Context, layer layers.Name, id layers.FeatureID, p *erasure.Pattern, at time.Time) (gone []string, err error) {
	s.work.Lock()
	defer s.work.Unlock()
	for _, m := range s.List() {
		if m.Gone != nil || m.Layer(layer) == nil {
			continue
		}
		var found erasure.Proof
		if _, err := s.search(ctx, m, layer, id, p, &found); err != nil {
			return gone, err
		}
		if found.Found.Count == 0 {
			continue
		}
		if err := s.end(m, layer, at); err != nil {
			return gone, fmt.Errorf("snapshot: erase from %s: %w", m.Name, err)
		}
		gone = append(gone, m.Name)
	}
	return gone, nil
}

// end makes a snapshot one that is gone.
func (s *Store) end(m *Meta, layer layers.Name, at time.Time) error {
	next := *m
	next.Gone = &Gone{At: at.UTC(), Layer: layer}
	text, err := next.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(s.folder, m.Name)
	if err := atomicfile.Replace(filepath.Join(path, metaName), text, fileMode); err != nil {
		return err
	}
	s.mu.Lock()
	s.all[m.Name] = &entry{meta: &next}
	s.mu.Unlock()
	return errors.Join(os.RemoveAll(filepath.Join(path, checkpointFolder)), atomicfile.SyncFolder(path))
}

// Search decodes every file of every snapshot and looks for a feature of a layer, as checkpoint.Store.Search does. It
// returns the paths, below the data folder, of the files with mentions.
func (s *Store) Search(ctx context.Context, layer layers.Name, id layers.FeatureID, p *erasure.Pattern, proof *erasure.Proof) (mentioned map[string]bool, err error) {
	s.work.Lock()
	defer s.work.Unlock()
	mentioned = map[string]bool{}
	for _, m := range s.List() {
		if m.Gone != nil {
			continue
		}
		var one erasure.Proof
		files, err := s.search(ctx, m, layer, id, p, &one)
		if err != nil {
			return nil, err
		}
		proof.Checkpoints += one.Checkpoints
		proof.Rows += one.Rows
		for _, place := range one.Found.Places {
			proof.Found.Addf("snapshot %s, %s", m.Name, place)
		}
		for _, place := range one.Mentions.Places {
			proof.Mentions.Addf("snapshot %s, %s", m.Name, place)
		}
		proof.Unsearched = append(proof.Unsearched, one.Unsearched...)
		for file, has := range files {
			mentioned[Folder+"/"+m.Name+"/"+checkpointFolder+"/files/"+file] = has
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, e := range s.all {
		if e.err != nil {
			proof.Unsearched = append(proof.Unsearched, fmt.Sprintf("snapshot %s, which cannot be read: unpin it", name))
		}
	}
	return mentioned, nil
}

// search searches one snapshot.
func (s *Store) search(ctx context.Context, m *Meta, layer layers.Name, id layers.FeatureID, p *erasure.Pattern, proof *erasure.Proof) (map[string]bool, error) {
	kept, err := s.checkpoint(m.Name)
	if err != nil {
		return nil, err
	}
	files, err := kept.Search(ctx, layer, id, p, proof)
	if err != nil {
		return nil, fmt.Errorf("snapshot: search %s: %w; unpin it if it cannot be read", m.Name, err)
	}
	return files, nil
}

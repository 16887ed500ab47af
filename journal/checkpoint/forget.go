package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"hutong/internal/erasure"
	"hutong/internal/geoparquet"
	"hutong/layers"
)

// Forget removes every checkpoint before seq, and the files that no other has, because something in them was
// erased. The one of seq is read first, byte by byte: nothing is left to fall back to until the next one is
// written. It returns the sequences of those removed. When it returns without an error they do not come back.
func (s *Store) Forget(ctx context.Context, seq layers.Seq) ([]layers.Seq, error) {
	s.work.Lock()
	defer s.work.Unlock()
	var removed []layers.Seq
	found := false
	for _, e := range s.snapshot() {
		switch {
		case e.seq > seq:
		case e.seq == seq && e.err == nil:
			found = true
			files := e.manifest.files()
			if err := each(ctx, len(files), func(_ context.Context, i int) error { return s.checkFile(files[i]) }); err != nil {
				return nil, fmt.Errorf("checkpoint: %d is damaged, so that the older ones stay: %w", seq, err)
			}
		case !found:
			return nil, fmt.Errorf("checkpoint: there is no checkpoint %d that could be read", seq)
		default:
			if err := s.fs.Remove(filepath.Join(s.folder, manifestName(e.seq))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return removed, fmt.Errorf("checkpoint: forget %d: %w", e.seq, err)
			}
			s.without(e.seq)
			removed = append(removed, e.seq)
		}
	}
	if err := s.fs.SyncDir(s.folder); err != nil { // before any file goes that a manifest named
		return removed, fmt.Errorf("checkpoint: forget: %w", err)
	}
	if err := s.sweepFiles(); err != nil {
		return removed, err
	}
	if err := s.fs.SyncDir(filepath.Join(s.folder, filesFolder)); err != nil {
		return removed, fmt.Errorf("checkpoint: forget: %w", err)
	}
	return removed, nil
}

// Search decodes every file of every checkpoint, and of those that are pinned, and looks for a feature of a layer:
// features and tombstones with its id are found, other rows with the id in a text are mentions. It returns the
// names of the files with mentions. A checkpoint that cannot be read is in proof.Unsearched.
func (s *Store) Search(ctx context.Context, layer layers.Name, id layers.FeatureID, p *erasure.Pattern, proof *erasure.Proof) (mentioned map[string]bool, err error) {
	s.work.Lock()
	defer s.work.Unlock()
	mentioned = map[string]bool{}
	x := searcher{store: s, layer: layer, id: id, pattern: p, proof: proof, mentioned: mentioned, searched: map[string]bool{}}
	for _, e := range s.snapshot() {
		if e.manifest == nil {
			proof.Unsearched = append(proof.Unsearched, fmt.Sprintf("checkpoint %d, which cannot be read", e.seq))
			continue
		}
		if err := x.manifest(ctx, e.manifest, ""); err != nil {
			return nil, err
		}
	}
	for _, m := range s.pinnedManifests() {
		if err := x.manifest(ctx, m, ", which a backup under way keeps until it ends"); err != nil {
			return nil, err
		}
	}
	return mentioned, nil
}

// searcher is one call to Search.
type searcher struct {
	store     *Store
	layer     layers.Name
	id        layers.FeatureID
	pattern   *erasure.Pattern
	proof     *erasure.Proof
	searched  map[string]bool // checkpoints share files
	mentioned map[string]bool
}

// manifest searches the files of a checkpoint; why says why they are there, in what is found.
func (x *searcher) manifest(ctx context.Context, m *manifest, why string) error {
	for i := range m.Layers {
		l := &m.Layers[i]
		for _, f := range []*fileRecord{&l.Features, l.Tombstones, l.Erased} {
			if f == nil || x.searched[f.File] {
				continue
			}
			x.searched[f.File] = true
			search := search{pattern: x.pattern, proof: x.proof, file: f, why: why, column: l.IDColumn}
			if f != &l.Features {
				search.column = "id"
			}
			if l.Name == x.layer {
				search.id = x.id
			}
			if err := x.store.withFile(f, func(in file) error { return search.run(ctx, in) }); err != nil {
				return fmt.Errorf("checkpoint: search: %w", err)
			}
			x.proof.Checkpoints++
			x.mentioned[f.File] = search.mentions > 0
		}
	}
	return nil
}

// search is that of one file.
type search struct {
	pattern  *erasure.Pattern
	proof    *erasure.Proof
	file     *fileRecord
	why      string           // the file is there, "" when a checkpoint has it
	column   string           // with the ids
	id       layers.FeatureID // "" in a file of another layer
	mentions int
}

func (x *search) run(ctx context.Context, in io.ReaderAt) error {
	r, err := geoparquet.Open(in, x.file.Bytes)
	if err != nil {
		return err
	}
	defer r.Close()
	columns := r.Columns()
	var texts []int
	for i := range columns {
		if columns[i].Kind == geoparquet.Text {
			texts = append(texts, i)
		}
	}
	if err := r.Select(texts); err != nil {
		return err
	}
	for row := 0; ; row++ {
		if row%groupRows == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := r.Next()
		if errors.Is(err, io.EOF) {
			x.proof.Rows += row
			return nil
		}
		if err != nil {
			return err
		}
		x.row(r, columns, texts)
	}
}

// row looks at the texts of a row.
func (x *search) row(r *geoparquet.Reader, columns []geoparquet.Column, texts []int) {
	mentions := false
	for _, i := range texts {
		v := r.Value(i)
		if columns[i].Name == x.column && x.id != "" && string(v.Bytes) == string(x.id) {
			x.proof.Found.Addf("checkpoint file %s%s", x.file.File, x.why)
			return
		}
		mentions = mentions || x.pattern.Plain() && x.pattern.In(v.Bytes)
	}
	if mentions {
		x.mentions++
		x.proof.Mentions.Addf("checkpoint file %s", x.file.File)
	}
}
